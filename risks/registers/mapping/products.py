"""Products that export registers, recognized by the names of their columns in `products.toml`.

What a product calls a field is taken as it means it, before any guess by name or content.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from risks.registers.mapping.column_synonyms import normalize_words, split_names
from risks.registers.mapping.spelling import spaced_name


@dataclass(frozen=True)
class Product:
    """A product and the normalized names of its columns; `own` are those that only it writes."""

    name: str
    label: str  # of one of its files
    enough: int  # columns that tell its files from others
    own: frozenset[str]
    columns: frozenset[str]
    fields: Mapping[str, str]  # of columns that it gives a meaning

    def fields_of(self, headers: Sequence[str]) -> dict[str, str]:
        """The fields of those headers that the product gives a meaning."""
        by_name = {normalize_header(header): header for header in reversed(headers)}
        return {by_name[name]: field for name, field in self.fields.items() if name in by_name}


def load_products() -> tuple[Product, ...]:
    data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return tuple(
        Product(
            name=product["name"],
            label=product["label"],
            enough=product["enough"],
            own=frozenset(split_names(product["own"])),
            columns=frozenset(split_names(f"{product['own']},{product['columns']}")),
            fields=product["fields"],
        )
        for product in data["product"]
    )


PRODUCTS = load_products()


def recognize_product(headers: Sequence[str]) -> Product | None:
    """The product that wrote a file with these headers: the one with most of its columns there."""
    names = frozenset(map(normalize_header, headers))
    alike = [
        product
        for product in PRODUCTS
        if names & product.own and len(names & product.columns) >= product.enough
    ]
    return max(alike, key=lambda product: len(names & product.columns), default=None)


def normalize_header(header: str) -> str:
    return " ".join(normalize_words(spaced_name(header)))
