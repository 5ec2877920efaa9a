"""The files of deployment/monitoring: checked, tried alert by alert, and run."""
