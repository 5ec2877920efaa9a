"""What runs OpenRisk elsewhere: image, compose files, rules, dashboards; and here: `local`."""
