"""The pages of imports, under /o/<organization>/imports/."""

from django.urls import path

from risks.pages.imports import file_run, listing, steps

urlpatterns = [
    path("", listing.import_list, name="imports"),
    path("new/", listing.new_import, name="import-new"),
    path("<uuid:pk>/", file_run.import_page, name="import"),
    path("<uuid:pk>/reading/", steps.read_otherwise, name="import-reading"),
    path("<uuid:pk>/preview/", steps.preview_import, name="import-preview"),
    path("<uuid:pk>/answer/", steps.answer_question, name="import-answer"),
    path("<uuid:pk>/apply/", steps.apply_to_register, name="import-apply"),
    path("<uuid:pk>/undo/", steps.undo_whole, name="import-undo"),
    path("<uuid:pk>/annotated/", file_run.download_annotated, name="import-annotated"),
]
