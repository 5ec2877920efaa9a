"""Who may do what: users, organizations, memberships with a role, API tokens, sessions."""
