"""Words that fit every topic: people, sites, findings; and weights of the choices."""

# The members of a demo organization: e-mail name, display name, role.
MEMBERS = (
    ("viewer", "Internal Auditor", "viewer"),
    ("analyst", "Risk Analyst", "analyst"),
    ("manager", "Risk Manager", "manager"),
    ("admin", "Register Administrator", "admin"),
    ("information-security", "Information Security Officer", "analyst"),
    ("production", "Head of Production", "analyst"),
    ("procurement", "Head of Procurement", "analyst"),
    ("data-protection", "Data Protection Officer", "analyst"),
    ("continuity", "Business Continuity Coordinator", "analyst"),
    ("finance", "Head of Finance", "analyst"),
    ("human-resources", "Head of Human Resources", "analyst"),
    ("it", "Head of IT", "analyst"),
    ("online-shop", "Head of Online Shop", "analyst"),
    ("logistics", "Head of Logistics", "analyst"),
    ("quality", "Head of Quality", "analyst"),
    ("sales", "Head of Sales", "analyst"),
    ("legal", "Legal Counsel", "analyst"),
)
# People who are accountable without having an account.
OUTSIDE_OWNERS = (
    "Works council",
    "Facility management",
    "External auditor",
    "Regional sales office",
    "Customer service team",
    "Legal counsel",
)
# Sites of the load data.
SITES = tuple(f"site {number}" for number in range(1, 33))

JUSTIFICATIONS = (
    "The measures available cost more than the loss that is expected over the same time.",
    "The system is replaced next year; until then the risk is watched closely.",
    "The remaining exposure lies within the appetite that the board has set for this category.",
    "Further reduction depends on a supplier's release that is announced but not yet available.",
    "The activity is limited to few people and small amounts, and its end is planned.",
)
CONDITIONS = (
    "Report every incident to the risk manager within one working day.",
    "Review the figures each month and withdraw the acceptance when they worsen.",
    "Keep the present controls in place and test them once a quarter.",
    "",
)
CHANGE_COMMENTS = (
    "Risk workshop",
    "Monthly review with the owners",
    "Follow-up of the audit",
    "Status meeting",
    "New figures from operations",
)
IMPORT_COMMENT = "Taken over from the previous register"

# Weights of 1, 2, 3, 4 and 5: most risks lie in the middle, a few stand out.
LIKELIHOOD_WEIGHTS = (8, 24, 33, 25, 10)
IMPACT_WEIGHTS = (6, 22, 34, 27, 11)
CRITICALITY_WEIGHTS = {"low": 20, "medium": 45, "high": 25, "critical": 10}

# Findings of a scanner: rule, severity, CVSS base score, title.
SCANNER = "demo-scanner"
SCANNER_RULES = (
    ("tls-outdated-protocol", "medium", "5.3", "Server accepts an outdated TLS version"),
    ("tls-certificate-expired", "medium", "5.9", "Certificate has expired"),
    ("ssh-password-login", "medium", "6.5", "SSH accepts passwords"),
    ("default-password", "critical", "9.8", "Device answers to its default password"),
    ("update-missing-remote-code", "critical", "9.8", "Update against remote code is missing"),
    ("update-missing-privileges", "high", "7.8", "Update against escalation is missing"),
    ("share-readable-by-all", "high", "7.5", "File share is readable by everyone"),
    ("admin-page-exposed", "high", "8.1", "Administration page reachable from every network"),
    ("operating-system-unsupported", "high", "8.8", "Operating system is no longer supported"),
    ("directory-listing", "low", "3.7", "Web server lists its folders"),
    ("cookie-without-secure", "low", "3.1", "Session cookie is sent without encryption"),
    ("banner-shows-version", "info", "0.0", "Service tells its exact version"),
)  # fmt: skip
