"""The settings of the register, under /o/<organization>/settings/."""

from django.urls import path

from risks.pages.settings import categories, matrix, retention, tags

urlpatterns = [
    path("retention/", retention.retention_page, name="settings-retention"),
    path("categories/", categories.category_list, name="settings-categories"),
    path("categories/new/", categories.new_category, name="category-new"),
    path("categories/<uuid:pk>/", categories.edit_category, name="category-edit"),
    path("categories/<uuid:pk>/merge/", categories.merge_category, name="category-merge"),
    path("categories/<uuid:pk>/delete/", categories.delete_category, name="category-delete"),
    path("matrix/", matrix.matrix_page, name="settings-matrix"),
    path("matrix/undo/", matrix.undo, name="matrix-undo"),
    path("tags/", tags.tag_list, name="settings-tags"),
]
