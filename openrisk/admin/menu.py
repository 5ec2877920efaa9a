"""The sidebar of the admin: groups of (model, name, icon), shown where the person may see them.

`OPERATING` are pages of the installation, by the name of their route, for superusers.
"""

BACK = {"title": "Back to the pages", "icon": "arrow_back", "link": "/", "has_permission": True}
HOME = {"title": "Overview", "icon": "dashboard", "link": "/admin/"}
MENU = (
    (
        "Register",
        (
            ("risks.Risk", "Risks", "warning"),
            ("risks.BulkChange", "Bulk changes", "checklist"),
            ("risks.Category", "Categories", "category"),
            ("risks.Matrix", "Matrix", "grid_on"),
            ("risks.RiskRelation", "Related risks", "account_tree"),
            ("risks.SavedView", "Saved views", "bookmark"),
            ("risks.Attachment", "Files", "attach_file"),
            ("risks.Comment", "Comments", "comment"),
            ("risks.Watch", "Watches", "visibility"),
            ("risks.ImportRun", "Imports", "upload_file"),
            ("risks.ImportSource", "Import sources", "dataset"),
        ),
    ),
    (
        "Treatment",
        (
            ("risks.Mitigation", "Mitigations", "build"),
            ("risks.Acceptance", "Acceptances", "handshake"),
        ),
    ),
    ("Assets", (("risks.Asset", "Assets", "dns"),)),
    (
        "Controls",
        (
            ("risks.Framework", "Frameworks", "menu_book"),
            ("risks.Control", "Controls", "verified_user"),
        ),
    ),
    (
        "Findings",
        (
            ("risks.Finding", "Findings", "bug_report"),
            ("risks.RiskProposal", "Risk proposals", "lightbulb"),
            ("risks.FindingRule", "Finding rules", "rule"),
            ("risks.LikelihoodSuggestion", "Likelihood suggestions", "trending_up"),
        ),
    ),
    (
        "Marketplace",
        (
            ("marketplace.InstalledApp", "Apps", "extension"),
            ("marketplace.SyncRun", "Sync runs", "sync"),
            ("marketplace.InstalledPack", "Installed packs", "inventory_2"),
            ("marketplace.Review", "Reviews", "reviews"),
            ("marketplace.TrustedPublisher", "Publishers", "verified"),
        ),
    ),
    (
        "Reports",
        (
            ("dashboards.ReportSchedule", "Scheduled reports", "schedule_send"),
            ("dashboards.DocumentSettings", "Documents", "description"),
        ),
    ),
    (
        "History",
        (
            ("risks.Change", "Changes", "history"),
            ("risks.ScoreChange", "Score changes", "timeline"),
            ("risks.DeletedItem", "Deleted items", "delete"),
        ),
    ),
    (
        "Accounts",
        (
            ("accounts.Membership", "Memberships", "group"),
            ("accounts.Invitation", "Invitations", "mail"),
            ("accounts.ServiceAccount", "Service accounts", "smart_toy"),
            ("accounts.ApiToken", "API tokens", "key"),
            ("accounts.Organization", "Organizations", "domain"),
            ("accounts.AccountEvent", "Account history", "manage_history"),
            ("accounts.User", "Users", "person"),
        ),
    ),
)

OPERATING = (
    "Installation",
    (("monitoring", "Monitoring", "monitor_heart"), ("cache", "Response cache", "bolt")),
)
