"""Parts of `manage.py doctor`: finding.py first, then database.py, secrets.py and services.py."""
