"""The services of working together on the register: saved views of its list, attachments,
comments with mentions, watches, deleted items.

Deleted rows are read by `snapshots`, written again by `restoring` (with `restore_rules`), and
listed, restored and deleted for good by `deleted_items`.
"""
