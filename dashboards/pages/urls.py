"""The pages of figures, under /o/<organization>/."""

from django.urls import path

from dashboards.pages import analyst, boards, front, report

urlpatterns = [
    path("", front.home, name="home"),
    path("dashboards/", boards.board_list, name="boards"),
    path("dashboards/new/", boards.new_board, name="board-new"),
    path("dashboards/analyst/", analyst.analyst, name="analyst"),
    path("dashboards/executive.pdf", report.executive_pdf, name="executive-pdf"),
    path("dashboards/<slug:slug>.pdf", report.board_pdf, name="board-pdf"),
    path("dashboards/<slug:slug>/", boards.board_page, name="board"),
    path("dashboards/<slug:slug>/edit/", boards.edit_board, name="board-edit"),
]
