"""The register as pages for people. They write through the same services as the API.

Read in this order: `urls`, `listing` (one page of the list, from the query string), `risk_list`
(its view), `detail` (the page of a risk), `actions` (its buttons and forms), `editing` (add and
edit), `forms`, `history`, and `colours` (the colours of the matrix as a style sheet).
"""
