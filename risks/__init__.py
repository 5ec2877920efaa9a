"""The register: risks, treatment, assets, controls, findings, history, import and export."""
