"""Topics about others: suppliers, and people whose data is processed."""

from risks.demo.topics.topic import Topic

SUPPLIERS = Topic(
    name="Suppliers",
    description="Goods and services that others provide to the organization.",
    owner="procurement",
    prefix="SUP",
    controls=(
        ("Supplier assessment", "Suppliers are assessed before the contract and each year."),
        ("Second source", "For important goods a second supplier is qualified."),
        ("Exit plan", "For each outsourced service it is written down how to leave it."),
        ("Contract clauses", "Contracts name service levels, reporting duties and audit rights."),
    ),
    assets=(
        ("hosting provider", "supplier"),
        ("payroll provider", "supplier"),
        ("freight forwarder", "supplier"),
        ("raw material supplier", "supplier"),
        ("software vendor", "supplier"),
        ("cleaning contractor", "supplier"),
        ("contract manufacturer", "supplier"),
        ("call centre operator", "supplier"),
        ("tool maker", "supplier"),
        ("packaging supplier", "supplier"),
    ),
    measures=(
        "Qualify a second source beside {asset}",
        "Renegotiate the contract with {asset}",
        "Assess {asset} on site",
        "Write and rehearse an exit plan for {asset}",
        "Watch the figures of {asset} each month",
    ),
    actions=(
        "Collect the contracts and annexes",
        "Send the questionnaire and rate the answers",
        "Visit the supplier",
        "Compare three offers",
        "Negotiate and sign",
        "Report to the purchasing board",
    ),
    tags=("contract", "single source", "outsourcing", "delivery", "quality"),
)

PRIVACY = Topic(
    name="Privacy",
    description="Rights and freedoms of the people whose data the organization processes.",
    owner="data-protection",
    prefix="PRI",
    controls=(
        ("Record of processing", "Every processing of personal data is recorded with its purpose."),
        ("Deletion schedule", "Personal data is deleted when its purpose has ended."),
        ("Requests of people", "Requests for access or erasure are answered within a month."),
        ("Data processors", "Processors are bound by contract before they receive data."),
    ),
    assets=(
        ("customer database", "data"),
        ("applicant database", "data"),
        ("personnel archive", "data"),
        ("video surveillance", "service"),
        ("newsletter tool", "application"),
        ("visitor register", "application"),
        ("support ticket system", "application"),
        ("analytics platform", "service"),
        ("loyalty programme", "application"),
        ("medical service", "service"),
    ),
    measures=(
        "Build deletion into {asset}",
        "Restrict access to {asset} by role",
        "Assess the impact of {asset} on privacy",
        "Replace names by pseudonyms in {asset}",
        "Put the contract about {asset} in order",
    ),
    actions=(
        "Describe purpose and legal basis",
        "Agree on retention periods",
        "Correct the access rights",
        "Inform the people concerned",
        "Delete what is overdue",
        "Update the record of processing",
    ),
    tags=("personal data", "retention", "consent", "processor", "disclosure"),
)
