"""The pages of assets, under /o/<organization>/assets/."""

from django.urls import path

from risks.models import BulkSubject
from risks.pages.assets import asset_list, detail, duplicates, editing, importing, merging
from risks.pages.bulk_changes import changes as bulk

urlpatterns = [
    path("", asset_list.asset_list, name="asset-list"),
    path("export/", asset_list.export_assets, name="asset-export"),
    path("bulk/", bulk.bulk_change, {"subject": BulkSubject.ASSET.value}, name="asset-bulk"),
    path("import/", importing.import_assets, name="asset-import"),
    path("imports/<uuid:pk>/", importing.run_page, name="asset-import-run"),
    path("imports/<uuid:pk>/apply/", importing.apply_assets, name="asset-import-apply"),
    path("imports/<uuid:pk>/undo/", importing.undo_assets, name="asset-import-undo"),
    path("duplicates/", duplicates.duplicates_page, name="asset-duplicates"),
    path("merge/", merging.merge_page, name="asset-merge"),
    path("new/", editing.new_asset, name="asset-new"),
    path("<uuid:pk>/", detail.asset_page, name="asset-page"),
    path("<uuid:pk>/edit/", editing.edit_asset, name="asset-edit"),
    path("<uuid:pk>/edit/<slug:part>/", editing.edit_asset, name="asset-edit-part"),
    path("<uuid:pk>/delete/", editing.delete_asset, name="asset-delete"),
    path("<uuid:pk>/dependencies/", editing.add_dependency, name="asset-dependencies"),
    path(
        "<uuid:pk>/dependencies/<uuid:dependency>/remove/",
        editing.remove_dependency,
        name="asset-dependency-remove",
    ),
]
