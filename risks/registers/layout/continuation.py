"""Continued risks: rows that give one more action or asset of the risk above."""

from collections.abc import Sequence

from risks.registers.layout.shape import TableShape, texts
from risks.registers.reading.sheet import NumberedRow


def fill_continued(shape: TableShape, rows: Sequence[NumberedRow]) -> list[int]:
    """Write id and title of the risk above into the rows that go on with it; return their numbers.

    Such a row has no title, no rating, and no id or that of the row above.
    """
    continued = []
    above: Sequence[str] = ()
    for number, cells in rows:
        if shape.has_title(cells):
            above = cells
        elif above and continues(shape, cells, above):
            for index in (*shape.ids, *shape.titles):
                if index < len(above):
                    cells.extend([""] * (index + 1 - len(cells)))
                    cells[index] = above[index]
            continued.append(number)
    return continued


def continues(shape: TableShape, cells: Sequence[str], above: Sequence[str]) -> bool:
    ids = texts(cells, shape.ids)
    return (
        bool(texts(cells, shape.many))
        and not texts(cells, shape.ratings)
        and (not ids or ids == texts(above, shape.ids))
    )
