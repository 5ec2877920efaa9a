"""Files that people attach, without the database.

Read in this order: `names` cleans the name of a file, `media_types` finds its type by its content,
`archives` looks into archives, `storage` keeps the content where `STORAGES["attachments"]` says.
"""
