"""The pages of treatment, under /o/<organization>/treatment/."""

from django.urls import path

from risks.pages import references  # noqa: F401  registers the converters
from risks.pages.treatment import (
    action_list,
    action_steps,
    mitigation,
    mitigation_list,
    mitigation_steps,
    timeline,
)

urlpatterns = [
    path("", mitigation_list.mitigation_list, name="treatment"),
    path("timeline/", timeline.timeline_page, name="treatment-timeline"),
    path("actions/", action_list.action_list, name="treatment-actions"),
    path("actions/<uuid:pk>/done/", action_steps.complete_action, name="action-done"),
    path("<mitigation:number>/", mitigation.mitigation_page, name="mitigation-page"),
    path("<mitigation:number>/edit/", mitigation_steps.edit_mitigation, name="mitigation-edit"),
    path("<mitigation:number>/status/", mitigation_steps.change_status, name="mitigation-status"),
    path(
        "<mitigation:number>/validation/",
        mitigation_steps.validate_mitigation,
        name="mitigation-validation",
    ),
    path("<mitigation:number>/actions/", action_steps.add_action, name="action-new"),
    path("<mitigation:number>/order/", action_steps.order_actions, name="action-order"),
    path(
        "<mitigation:number>/actions/<uuid:pk>/edit/",
        action_steps.edit_action,
        name="action-edit",
    ),
    path(
        "<mitigation:number>/actions/<uuid:pk>/delete/",
        action_steps.delete_action,
        name="action-delete",
    ),
]
