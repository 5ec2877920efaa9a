"""The count of what is understood: it notices a lost cell, and the document has its table."""

import json

from risks.registers.mapping.interpreter import interpret_table
from risks.registers.table import read_table
from tests.proofs.real_input import DOCUMENT, FIGURES, insert_table, lost_cells

TABLE = read_table(b"ID,Title,Likelihood,Impact,Team\nR1,Fire,4,5,North\n", "register.csv")


def test_a_cell_is_a_value_or_kept() -> None:
    assert lost_cells(TABLE, interpret_table(TABLE)) == []


def test_a_cell_that_is_nowhere_is_lost() -> None:
    interpretation = interpret_table(TABLE)
    interpretation.rows[0].extra.clear()
    interpretation.rows[0].values["inherent_impact"] = None
    assert lost_cells(TABLE, interpretation) == [(2, "Impact"), (2, "Team")]


def test_the_document_has_the_figures() -> None:
    text = DOCUMENT.read_text()
    figures = json.loads(FIGURES.read_text())
    assert insert_table(text, figures) == text
    assert not any(file.get("lost") for files in figures.values() for file in files.values())
