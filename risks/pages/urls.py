"""The pages of the register, under /o/<organization>/risks/."""

from django.urls import path

from risks.pages import colours, references  # noqa: F401  registers the converters
from risks.pages.bulk_changes import changes as bulk
from risks.pages.register import arranging, board, quick_edit, risk_list, saved_views
from risks.pages.register.filters import choosing
from risks.pages.risk import actions, assessment, comments, detail, editing, relations
from risks.pages.treatment import on_risk

urlpatterns = [
    path("", risk_list.risk_list, name="risk-list"),
    path("export/", risk_list.export_risks, name="risk-export"),
    path("export/shown/", risk_list.export_shown, name="risk-export-shown"),
    path("filters/", choosing.choose_field, name="risk-filters"),
    path("filters/<slug:name>/", choosing.choose_values, name="risk-filter"),
    path("arrange/", arranging.arrange_list, name="risk-list-arrange"),
    path("views/new/", saved_views.new_view, name="risk-view-new"),
    path("views/<slug:slug>/edit/", saved_views.edit_view, name="risk-view-edit"),
    path("views/<slug:slug>/update/", saved_views.update_view, name="risk-view-update"),
    path("views/<slug:slug>/delete/", saved_views.delete_view, name="risk-view-delete"),
    path("matrix.css", colours.matrix_css, name="matrix-css"),
    path("new/", editing.new_risk, name="risk-new"),
    path("board/", board.risk_board, name="risk-board"),
    path("<reference:number>/move/", board.move_risk, name="risk-move"),
    path("bulk/", bulk.bulk_change, name="risk-bulk"),
    path("changes/", bulk.change_list, name="risk-changes"),
    path("changes/<uuid:pk>/", bulk.change_page, name="risk-change"),
    path("changes/<uuid:pk>/apply/", bulk.apply_change, name="risk-change-apply"),
    path("changes/<uuid:pk>/preview/", bulk.preview_again, name="risk-change-preview"),
    path("changes/<uuid:pk>/undo/", bulk.undo_change, name="risk-change-undo"),
    path("<reference:number>/", detail.risk_page, name="risk-page"),
    path("<reference:number>/edit/", editing.edit_risk, name="risk-edit"),
    path("<reference:number>/quick/<slug:part>/", quick_edit.edit_part, name="risk-quick-edit"),
    path("<reference:number>/transitions/", actions.change_status, name="risk-transition"),
    path("<reference:number>/delete/", actions.delete_risk, name="risk-delete"),
    path("<reference:number>/comments/", comments.add_comment, name="risk-comment"),
    path("<reference:number>/comments/<uuid:pk>/", comments.edit_comment, name="comment-edit"),
    path(
        "<reference:number>/comments/<uuid:pk>/delete/",
        comments.delete_comment,
        name="comment-delete",
    ),
    path("<reference:number>/watch/", comments.change_watch, name="risk-watch"),
    path(
        "<reference:number>/mitigations/<uuid:pk>/watch/",
        comments.change_watch,
        name="mitigation-watch",
    ),
    path(
        "<reference:number>/mitigations/<uuid:pk>/comments/",
        comments.add_comment,
        name="mitigation-comment",
    ),
    path("members/", comments.suggest_members, name="mention-choices"),
    path("<reference:number>/rating/", assessment.rate_risk, name="risk-rate"),
    path("<reference:number>/links/", assessment.change_links, name="risk-links"),
    path("<reference:number>/relations/", relations.add_relation, name="risk-relations"),
    path(
        "<reference:number>/relations/<uuid:pk>/remove/",
        relations.remove_relation,
        name="risk-relation-remove",
    ),
    path("<reference:number>/review/", actions.mark_reviewed, name="risk-review"),
    path(
        "<reference:number>/confirm-ratings/",
        actions.confirm_ratings,
        name="risk-confirm-ratings",
    ),
    path("<reference:number>/acceptances/", actions.request_acceptance, name="risk-acceptances"),
    path(
        "<reference:number>/acceptances/<uuid:pk>/",
        actions.decide_acceptance,
        name="risk-acceptance",
    ),
    path("<reference:number>/mitigations/new/", on_risk.new_mitigation, name="mitigation-new"),
    path(
        "<reference:number>/suggestions/<uuid:pk>/",
        actions.decide_suggestion,
        name="risk-suggestion",
    ),
]
