"""The filters above the list of risks.

`fields` is the table of what can be filtered by, made from the filters of the API; `words` turns
"me" and "in 30 days" into what those take; `values` counts what can be chosen; `chips` shows the
filters in use; `choosing` is the page on which one is added.
`choices` are rows for forms elsewhere.
"""
