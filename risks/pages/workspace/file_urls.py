"""The pages of files, under /o/<organization>/files/."""

from django.urls import path

from risks.pages.workspace import attachments, evidence

urlpatterns = [
    path("", attachments.file_list, name="files"),
    path("add/", evidence.add_files, name="file-new"),
    path("add/<slug:kind>/<uuid:pk>/", evidence.add_files, name="file-add"),
    path("attach/<slug:kind>/<uuid:pk>/", evidence.attach_existing, name="file-attach"),
    path("<uuid:pk>/", attachments.file_page, name="file"),
    path("<uuid:pk>/download/", attachments.download_file, name="file-download"),
    path("<uuid:pk>/risks/", attachments.attach_to_risks, name="file-risks"),
    path("<uuid:pk>/links/<uuid:link>/remove/", evidence.detach, name="file-detach"),
    path("<uuid:pk>/delete/", attachments.delete_file, name="file-delete"),
]
