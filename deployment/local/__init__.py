"""The monitoring stack as processes of this machine, from the files in deployment/: no Docker."""
