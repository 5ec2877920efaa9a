"""References in addresses: R-0001 of a risk, M-0001 of a mitigation."""

from django.urls import register_converter

from risks.models.base import format_reference


class ReferenceConverter:
    """Converts R-0001 to its number, which is indexed. Other spellings of it are not found."""

    kind = "R"
    regex = "R-[0-9]{4,9}"

    def to_python(self, value: str) -> int:
        number = int(value.removeprefix(f"{self.kind}-"))
        if format_reference(self.kind, number) != value:
            raise ValueError(value)
        return number

    def to_url(self, value: str | int) -> str:
        return value if isinstance(value, str) else format_reference(self.kind, value)


class MitigationReferenceConverter(ReferenceConverter):
    kind = "M"
    regex = "M-[0-9]{4,9}"


register_converter(ReferenceConverter, "reference")
register_converter(MitigationReferenceConverter, "mitigation")
