"""The overview and boards as files. ReportLab takes 20 MB: import these modules when drawing.

Read `text_layout` (text that fits, in the project's fonts), `pdf_page` (text, boxes and tables),
`flowables` (blocks that flow from page to page), `document` (head and foot), `timeline_chart` and
`sections` (drawings), `widgets` (the catalogue of boards), `outlook` and `lists` (what is done,
ends or is late), then the documents: `executive_report` and `board_report`,
and `workbook`, the overview as XLSX.
"""
