"""The pages of queues, under /o/<organization>/queues/."""

from django.urls import path

from risks.pages.queues import page

urlpatterns = [
    path("", page.queue_overview, name="queues"),
    path("<slug:kind>/", page.queue_start, name="queue"),
    path("<slug:kind>/list/", page.queue_list, name="queue-list"),
    path("<slug:kind>/<uuid:pk>/", page.queue_item, name="queue-item"),
]
