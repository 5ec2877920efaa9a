"""The list of risks: `listing` (one page of it, from the query string), `filter_form`, and
`risk_list` (its view)."""
