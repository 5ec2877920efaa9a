"""Pages of the custom fields, under /o/<organization>/settings/fields/."""

from django.urls import path

from risks.pages.settings import fields, imported_columns

urlpatterns = [
    path("", fields.field_list, name="settings-fields"),
    path("new/", fields.new_field, name="field-new"),
    path("order/", fields.order_fields, name="field-order"),
    path("imported/", imported_columns.column_list, name="field-imported"),
    path("imported/field/", imported_columns.field_from_column, name="field-from-column"),
    path("<uuid:pk>/", fields.edit_field, name="field-edit"),
    path("<uuid:pk>/retire/", fields.retire_field, name="field-retire"),
    path("<uuid:pk>/delete/", fields.delete_field, name="field-delete"),
]
