"""The page of a risk: `detail` (what it shows), `actions` (its buttons and forms), `editing` (add
and edit), `forms`, and `history`."""
