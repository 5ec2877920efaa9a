"""Names that are one in several spellings: Gebäude, GEBÄUDE, with ä as two characters."""

import unicodedata
from typing import Any

from django.db import models

from openrisk.text.cleaning import remove_invisible

# After the key of a name that stood twice before names had keys, and its number: it keeps apart
# what was apart. No name has this sign.
KEPT_APART = "\x1f"


def name_key(name: str) -> str:
    """Return `name` without differences of case, composition, width and blanks. Accents count."""
    folded = unicodedata.normalize("NFKC", remove_invisible(name)).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())


class NameKeyField(models.TextField):
    """The key of the columns `sources`, written with them by save() and bulk_create().

    QuerySet.update() of a name has to give its key as well.
    """

    def __init__(self, *sources: str, **kwargs: Any) -> None:
        self.sources = sources or ("name",)
        super().__init__(**{"editable": False, **kwargs})

    def compute(self, instance: models.Model) -> str:
        """Return the key; a row that was kept apart stays so until it gets another name."""
        present = getattr(instance, self.attname) or ""
        key = name_key(" ".join(str(getattr(instance, source)) for source in self.sources))
        return present if present.partition(KEPT_APART)[0] == key else key

    def clean(self, value: Any, model_instance: Any) -> str:
        return self.compute(model_instance)

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key = self.compute(model_instance)
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> Any:
        """As Django's own field: migrations are about columns."""
        name, _, _, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", [], kwargs
