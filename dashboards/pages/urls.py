"""The pages of figures, under /o/<organization>/."""

from django.urls import path

from dashboards.pages import analyst, boards, executive, pdf, search, start

urlpatterns = [
    path("", executive.executive_page, name="home"),
    path("search/", search.search_page, name="search"),
    path("search/results/", search.search_results, name="search-results"),
    path("start/dismiss/", start.dismiss_checklist, name="checklist-dismiss"),
    path("start/sample/fill/", start.fill_sample, name="sample-fill"),
    path("start/sample/remove/", start.remove_sample, name="sample-remove"),
    path("dashboards/", boards.board_list_page, name="boards"),
    path("dashboards/new/", boards.create_board_page, name="board-new"),
    path("dashboards/analyst/", analyst.analyst_page, name="analyst"),
    path("dashboards/executive.pdf", pdf.executive_pdf, name="executive-pdf"),
    path("dashboards/executive.xlsx", pdf.executive_workbook, name="executive-workbook"),
    path("dashboards/executive/data/", pdf.executive_data, name="executive-data"),
    path("dashboards/<slug:slug>.pdf", pdf.board_pdf, name="board-pdf"),
    path("dashboards/<slug:slug>/", boards.board_page, name="board"),
    path("dashboards/<slug:slug>/edit/", boards.edit_board_page, name="board-edit"),
]
