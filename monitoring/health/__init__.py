"""Health of a process and of the installation.

Read `probes` (/health/live and /health/ready, for container platforms), `queue_status` (tasks and
connectors), then `health_detail` (all parts: /health/detail and the page /monitoring/).
"""
