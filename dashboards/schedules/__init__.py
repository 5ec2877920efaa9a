"""dashboards.schedules"""
