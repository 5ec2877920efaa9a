"""Figures and their files under /api/v1/dashboards/.

Read `serializers` (parameters, then answers), `views` (an endpoint for each figure), then
`export_views` and `export_tables` (the same figures as CSV and XLSX), and `urls`.
"""
