"""The pages of deleted items, under /o/<organization>/deleted/."""

from django.urls import path

from risks.pages.workspace import deleted

urlpatterns = [
    path("", deleted.deleted_page, name="deleted"),
    path("<uuid:pk>/restore/", deleted.restore, name="deleted-restore"),
    path("<uuid:pk>/delete/", deleted.delete_for_good, name="deleted-delete"),
]
