"""Files to run OpenRisk with: image, compose files, rules, dashboards; `local/` runs them here."""
