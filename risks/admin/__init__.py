"""The register in Django admin. Importing this registers every model."""

from openrisk.admin.site import site
from risks.admin import catalogue, findings, imports, log, risks, treatment
from risks.history import recorded

__all__ = ("catalogue", "findings", "imports", "log", "risks", "treatment")

site.recording = recorded
site.index_template = "risks_admin/index.html"
