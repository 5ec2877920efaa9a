"""Registers as text, interpreted for tests."""

from typing import Any

from risks.registers.mapping.interpreter import interpret_table
from risks.registers.options import ReadingOptions
from risks.registers.results import Interpretation, InterpretedRow
from risks.registers.table import read_table

RATINGS = ("inherent_likelihood", "inherent_impact", "residual_likelihood", "residual_impact")


def read(text: str, mapping: dict[str, str] | None = None, **options: Any) -> Interpretation:
    levels = options.pop("levels", None)
    reading = ReadingOptions(mapping=mapping or {}, **options)
    table = read_table(text.encode(), "register.csv", reading)
    return interpret_table(table, reading, levels=levels)


def first(text: str, mapping: dict[str, str] | None = None, **options: Any) -> InterpretedRow:
    return read(text, mapping, **options).rows[0]


def errors(text: str, mapping: dict[str, str] | None = None) -> list[tuple[int, str | None]]:
    return [(error.row, error.column) for error in read(text, mapping).errors]


def guessed(interpretation: Interpretation, what: str) -> list[str | None]:
    return [guess.column for guess in interpretation.guesses if guess.what == what]
