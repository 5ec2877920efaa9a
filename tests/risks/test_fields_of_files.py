"""Headers of our own export, which imports recognize."""

from risks.fields import IMPORT_FIELDS, REGISTER_FIELDS, is_own_export
from risks.models import Risk

OWN = ["reference", "external_id", "title", "owner_name", "inherent_likelihood"]


def test_a_file_with_our_own_names_is_our_export() -> None:
    assert is_own_export(OWN)
    assert not is_own_export(["title", "owner", "inherent_likelihood", "inherent_impact"])


def test_fields_named_as_the_model_names_them_are_fields_of_it() -> None:
    names = {field.name for field in Risk._meta.get_fields()}
    assert set(IMPORT_FIELDS) - set(REGISTER_FIELDS) <= names
