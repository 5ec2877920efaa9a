"""The pages of working together on the register: `deleted` (what can be restored), and files.

Of files, `evidence` is the card on the page of any row and what its forms do, `attachments` the
files of the organization, `attachment_targets` names the rows that files belong to.
"""
