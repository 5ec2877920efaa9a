"""The PDF of the overview and of boards. ReportLab takes 20 MB: import these modules when drawing.

Read `text_layout` (text that fits, in the project's fonts), `pdf_page` (a page of A4 with text,
boxes and tables), `timeline_chart`, `sections` (the parts of the overview), then the documents:
`executive_report` (two fixed pages) and `board_report` (as many pages as the board needs).
"""
