"""The checks of `manage.py doctor`.

Read in this order: `doctor` (all checks), `check_result`, `database_checks`, `key_checks`,
`service_checks`.
"""
