"""The parts that the pages of all apps share.

Read in this order: `guards` (who may open a page; sets `request.membership`), `menu` (the side
bar), `display` (theme and density), `forms` (refusals of services beside their fields),
`comparison` (a form beside a row that someone else changed), `confirmation` (asking first), `undo`
(taking back), `submissions` (a form is carried out once), `drafts` and `form_filling` (what was
typed survives a login), `styleguide` (all components), `static_files` (gzipped for browsers),
`settings` (those of an organization), and `accounts`, the pages of accounts.
"""
