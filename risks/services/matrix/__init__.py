"""The matrix of an organization: read, checked, previewed, changed.

Read `reading`, `checks` (what makes a matrix),
`mapping` (what ratings become when the number of them changes), `rescoring` (risks written by set),
`preview`, `changing`, `undoing`; `layouts` has matrices to start from.
"""

from risks.services.matrix.changing import update_matrix
from risks.services.matrix.checks import check_levels
from risks.services.matrix.mapping import propose_map
from risks.services.matrix.preview import preview_levels, preview_matrix
from risks.services.matrix.reading import matrix_of

__all__ = (
    "check_levels",
    "matrix_of",
    "preview_levels",
    "preview_matrix",
    "propose_map",
    "update_matrix",
)
