"""Health of this process and of the installation."""
