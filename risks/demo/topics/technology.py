"""Topics about computers and machines."""

from risks.demo.topics.topic import Topic

IT_SECURITY = Topic(
    name="IT security",
    description="Confidentiality, integrity and availability of information technology.",
    owner="information-security",
    prefix="SEC",
    controls=(
        ("Security policy", "Rules for the use of systems are written down, known and reviewed."),
        ("Access by need", "Access is granted on request, checked twice a year and taken back."),
        ("Timely updates", "Security updates are installed within the time their severity allows."),
        ("Tested backups", "Backups are kept apart from the network and restored as a test."),
    ),
    assets=(
        ("mail server", "server"),
        ("file server", "server"),
        ("customer portal", "application"),
        ("directory service", "service"),
        ("remote access gateway", "network"),
        ("ERP system", "application"),
        ("document archive", "data"),
        ("web shop", "application"),
        ("file transfer service", "service"),
        ("source code repository", "data"),
    ),
    measures=(
        "Harden {asset} and limit who may administer it",
        "Install updates of {asset} within fixed times",
        "Require a second factor for {asset}",
        "Back up {asset} offline and test the restore",
        "Watch {asset} for unusual activity",
    ),
    actions=(
        "List all accounts and their owners",
        "Switch off what is not used",
        "Describe the target configuration",
        "Configure and test in the staging environment",
        "Roll out and watch for one week",
        "Train the administrators",
    ),
    tags=("ransomware", "access", "patching", "backup", "monitoring", "cloud", "phishing"),
)

OPERATIONAL_TECHNOLOGY = Topic(
    name="Operational technology",
    description="Machines, control systems and buildings that act on the physical world.",
    owner="production",
    prefix="OPT",
    controls=(
        ("Separated networks", "Control networks are separated from offices and the internet."),
        ("Guarded remote maintenance", "Suppliers connect on request only, and are watched."),
        ("Spare parts", "Parts that stop production when they fail are in stock."),
        ("Saved programs", "Programs of controllers are saved after every change."),
    ),
    assets=(
        ("packaging line", "facility"),
        ("process control system", "service"),
        ("building automation", "service"),
        ("robot cell", "facility"),
        ("cooling plant", "facility"),
        ("water treatment", "facility"),
        ("machine network", "network"),
        ("operator station", "endpoint"),
        ("high-bay warehouse", "facility"),
        ("historian server", "server"),
    ),
    measures=(
        "Separate {asset} from other networks",
        "Keep the important spare parts of {asset} in stock",
        "Put remote access to {asset} behind a gateway",
        "Renew the control of {asset}",
        "Save and compare the programs of {asset}",
    ),
    actions=(
        "Draw the present network plan",
        "Ask the supplier for an offer",
        "Agree on a maintenance window with production",
        "Install and take into operation",
        "Test the emergency procedure with each shift",
        "Hand the documentation over to maintenance",
    ),
    tags=("plant", "safety", "remote maintenance", "legacy", "spare parts", "network"),
)
