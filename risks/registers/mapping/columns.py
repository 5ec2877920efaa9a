"""Columns of other registers: which of them gives which of our fields."""

from collections.abc import Iterator, Mapping, Sequence

from risks.fields import (
    CUSTOM_PREFIX,
    EXPORTED_ONLY,
    IMPORT_FIELDS,
    LEAVE_OUT,
    RATINGS,
    is_own_export,
)
from risks.registers.mapping.column_content import ColumnContent
from risks.registers.mapping.headers import (
    WEAK_SYNONYM_COST,
    FieldCandidate,
    candidate_fields,
    likeliest_field,
    rating_in_name,
    rating_letter,
    rating_letters,
    says_current,
    says_inherent,
    says_risk,
)
from risks.registers.mapping.products import recognize_product
from risks.registers.mapping.titles import TITLE_SOURCES
from risks.registers.options import CustomColumn
from risks.registers.reading.text import match_key
from risks.registers.results import ColumnMapping, MappingError

EXTRA = "extra"  # what a caller maps a column to that is to be kept as it is

# Costs: the column with the lowest one gets the field, the first column among equals.
_EMPTY_COLUMN = 8.0
_TREATMENT_BY_CELLS = 0.9  # of a column whose cells are treatments
_UNLIKELY_CELLS = 2.0
_UNKNOWN_SCALE = 1.0
_LONG_TITLE = 0.5
_CURRENT_AS_INHERENT = 1.0


def propose_mapping(
    headers: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    overrides: Mapping[str, str] | None = None,
    custom: Sequence[CustomColumn] = (),
) -> list[ColumnMapping]:
    """Propose a mapping for each header, in their order.

    `samples` are some cells of each column, none of them empty. `overrides` are fields (or
    "extra" or "leave_out") by header, and win; an unknown header or field raises MappingError.
    """
    mappings = apply_overrides(headers, overrides or {}, custom)
    mappings |= recognize_custom(headers, mappings, custom)
    if is_own_export(headers):
        for header in headers:
            own = header in IMPORT_FIELDS
            how = "name" if own else "ignored" if header in EXPORTED_ONLY else "extra"
            mappings.setdefault(header, ColumnMapping(header, header if own else None, how))
    else:
        mappings |= apply_product(headers, samples, mappings)
        taken = {mapping.field: mapping.column for mapping in mappings.values() if mapping.field}
        rest = [header for header in headers if header not in mappings]
        mappings |= assign_fields(rest, samples, taken)
    return [mappings[header] for header in headers]


def describe_missing_title(columns: Sequence[ColumnMapping]) -> str:
    """A sentence for people if no column gives the risks a title."""
    unknown = [column.column for column in columns if not column.field]
    example = f'Say which one does, as in "{(unknown or [columns[0].column])[0]}=title"'
    if len(unknown) == len(columns):
        return (
            f"None of the columns' names is known: {', '.join(unknown)}. {example}, and what the "
            "others give."
        )
    return (
        f"No column gives the risks a title. {example}. Columns without a field: "
        f"{', '.join(unknown) or 'none'}."
    )


def apply_overrides(
    headers: Sequence[str],
    overrides: Mapping[str, str],
    custom: Sequence[CustomColumn] = (),
) -> dict[str, ColumnMapping]:
    by_key = {match_key(header): header for header in headers}
    names = [column.name for column in custom]
    chosen: dict[str, ColumnMapping] = {}
    for name, field in overrides.items():
        header = name if name in headers else by_key.get(match_key(name))
        if header is None:
            raise MappingError(
                f"The file has no column '{name}'. Its columns: {', '.join(headers)}."
            )
        if field.startswith(CUSTOM_PREFIX) and field not in names:
            note = "The field that it gave before no longer exists. This column is kept in extra."
            chosen[header] = ColumnMapping(header, None, "extra", note)
            continue
        if field not in {*IMPORT_FIELDS, *names, EXTRA, LEAVE_OUT}:
            raise MappingError(
                f"'{field}' is not a field of a risk. "
                f"Fields: {', '.join((*IMPORT_FIELDS, *names, EXTRA, LEAVE_OUT))}.",
                column=header,
            )
        if field == LEAVE_OUT:
            chosen[header] = ColumnMapping(header, None, "ignored")
            continue
        if other := next((m.column for m in chosen.values() if m.field == field), None):
            raise MappingError(
                f"'{other}' and '{header}' are both mapped to {field}. Map one of them to extra.",
                column=header,
            )
        chosen[header] = ColumnMapping(header, None if field == EXTRA else field, "chosen")
    return chosen


def recognize_custom(
    headers: Sequence[str],
    chosen: Mapping[str, ColumnMapping],
    custom: Sequence[CustomColumn],
) -> dict[str, ColumnMapping]:
    """The columns that are called as a custom field is: by its label, its key, or its full name."""
    taken = {mapping.field for mapping in chosen.values()}
    names: dict[str, str] = {}
    for column in custom:
        if column.name not in taken:
            for text in (column.key, column.label, column.name):
                names[match_key(text)] = column.name
    mappings: dict[str, ColumnMapping] = {}
    for header in headers:
        name = names.get(match_key(header))
        if name and header not in chosen and header not in IMPORT_FIELDS and name not in taken:
            taken.add(name)
            mappings[header] = ColumnMapping(header, name, "name")
    return mappings


def apply_product(
    headers: Sequence[str],
    samples: Mapping[str, Sequence[str]],
    chosen: Mapping[str, ColumnMapping],
) -> dict[str, ColumnMapping]:
    """The columns whose meaning is known because a known product writes such files."""
    product = recognize_product(headers)
    if not product:
        return {}
    taken = {mapping.field for mapping in chosen.values()}
    mappings: dict[str, ColumnMapping] = {}
    for header, field in product.fields_of(headers).items():
        if header not in chosen and field not in taken and samples.get(header):
            taken.add(field)
            note = "" if likeliest_field(header) == field else f"As {product.name} names it."
            mappings[header] = ColumnMapping(header, field, "product", note)
    return mappings


def assign_fields(
    headers: Sequence[str], samples: Mapping[str, Sequence[str]], taken: dict[str, str]
) -> dict[str, ColumnMapping]:
    """Give each field to the surest column, surest first."""
    contents = {header: ColumnContent(header, samples.get(header, ())) for header in headers}
    letters = rating_letters(headers)
    offers = sorted(
        (candidate, index)
        for index, header in enumerate(headers)
        if rating_letter(header) in letters
        for candidate in weigh_candidates(contents[header])
    )
    mappings: dict[str, ColumnMapping] = {}
    lost_fields: dict[str, str] = {}
    for candidate, index in offers:
        header = headers[index]
        if header in mappings:
            continue
        if candidate.field in taken:
            lost_fields.setdefault(header, candidate.field)
            continue
        taken[candidate.field] = header
        how = "name" if candidate.cost == 0 else "synonym" if candidate.alike == 100 else "similar"
        note = describe_doubt(contents[header], candidate, taken)
        mappings[header] = ColumnMapping(header, candidate.field, how, note)
    mappings |= assign_lone_ratings([h for h in headers if h not in mappings], contents, taken)
    mappings |= assign_telling_texts([h for h in headers if h not in mappings], contents, taken)
    for header in headers:
        note = describe_loss(contents[header], lost_fields.get(header), taken)
        mappings.setdefault(header, ColumnMapping(header, None, "extra", note))
    return mappings


def assign_lone_ratings(
    headers: Sequence[str], contents: Mapping[str, ColumnContent], taken: dict[str, str]
) -> dict[str, ColumnMapping]:
    """Take the only column that names a likelihood, or an impact, among other words.

    "Likelihood of a breach" is the likelihood if there is no other; of an impact on reputation and
    one on safety, neither is the impact.
    """
    named: dict[str, list[str]] = {}
    for header in headers:
        field = rating_in_name(header)
        if field and field not in taken and contents[header].has_ratings(field):
            named.setdefault(field, []).append(header)
    mappings = {}
    for field, columns in named.items():
        label = field.replace("_", " ")
        if len(columns) == 1:
            taken[field] = columns[0]
            note = f"The only column that names it: read as the {label}."
            mappings[columns[0]] = ColumnMapping(columns[0], field, "synonym", note)
            continue
        for column in columns:
            others = ", ".join(f"'{other}'" for other in columns if other != column)
            note = f"May be the {label}, as may {others}. Kept in extra; map the one that counts."
            mappings[column] = ColumnMapping(column, None, "extra", note)
    return mappings


def assign_telling_texts(
    headers: Sequence[str], contents: Mapping[str, ColumnContent], taken: dict[str, str]
) -> dict[str, ColumnMapping]:
    """Take the texts that say most for the title, in a file with ratings and no title."""
    has_ratings = any(field in taken for field in RATINGS)
    texts = [contents[header] for header in headers if contents[header].is_telling]
    if not has_ratings or not texts or not taken.keys().isdisjoint(TITLE_SOURCES):
        return {}
    column = max(texts, key=lambda content: content.mean_length)
    field = "description" if column.is_prose else "title"
    taken[field] = column.header
    note = f"No column is called a title. The texts of this one say most: read as the {field}."
    return {column.header: ColumnMapping(column.header, field, "synonym", note)}


def describe_loss(content: ColumnContent, lost: str | None, taken: Mapping[str, str]) -> str:
    """A sentence for people if the column was not taken for what its name says, or ""."""
    candidates = candidate_fields(content.header) if content.cells else ()
    if rating_letter(content.header):
        return "A letter alone may mean other things. This column is kept in extra."
    if candidates and min(candidates).field not in taken:
        field = min(candidates).field.replace("_", " ")
        return f"The cells do not look like the {field}. This column is kept in extra."
    if lost:
        return f"'{taken[lost]}' gives the {lost}. This column is kept in extra."
    missing = [field for field in ("inherent_likelihood", "inherent_impact") if field not in taken]
    if missing and not candidates and content.has_small_ratings:
        labels = " or the ".join(field.replace("_", " ") for field in missing)
        return f"Holds ratings: map this column if it gives the {labels}. It is kept in extra."
    return ""


def describe_doubt(
    content: ColumnContent, candidate: FieldCandidate, taken: Mapping[str, str]
) -> str:
    """A sentence for people if the header could mean something else, or ""."""
    header, field = content.header, candidate.field
    label = field.replace("_", " ")
    if candidate.alike < 100:
        return f"Read as '{candidate.reading}', {candidate.alike} % alike: the {label}."
    if field.startswith("inherent_") and says_current(header):
        residual = taken.get(field.replace("inherent", "residual"))
        return f"'{residual}' is the residual one, so this was read as the inherent one."
    name_cost = min(other.cost for other in candidate_fields(header) if other.field == field)
    if name_cost >= WEAK_SYNONYM_COST:
        is_sure = {"title": says_risk(header), "treatment": content.is_treatment}.get(field)
        return "" if is_sure else f"The name may mean other things: read as the {label}."
    if field.startswith("inherent_") and header != field and not says_inherent(header):
        return "The header does not say inherent, residual or target: read as inherent."
    return ""


def weigh_candidates(content: ColumnContent) -> Iterator[FieldCandidate]:
    """The fields that the column may give, as its name and its cells say."""
    candidates = list(candidate_fields(content.header))
    if says_current(content.header):
        candidates += [
            candidate._replace(
                cost=candidate.cost + _CURRENT_AS_INHERENT,
                field=candidate.field.replace("residual", "inherent"),
            )
            for candidate in candidates
            if candidate.field.startswith("residual_")
        ]
    if not content.cells:  # a column that holds something goes first
        likeliest = min(candidates, default=None)
        yield from [likeliest._replace(cost=likeliest.cost + _EMPTY_COLUMN)] if likeliest else []
        return
    fitting = [candidate for candidate in candidates if content.fits(candidate.field)]
    for candidate in fitting or candidates:
        cost = candidate.cost
        if candidate not in fitting:
            is_guess = cost >= WEAK_SYNONYM_COST or candidate.alike < 100
            if is_guess or content.contradicts(candidate.field):
                continue
            cost += _UNLIKELY_CELLS
        if candidate.field == "treatment" and content.is_treatment:
            cost = min(cost, _TREATMENT_BY_CELLS)
        elif candidate.field in RATINGS and not content.has_ratings(candidate.field):
            cost += _UNKNOWN_SCALE
        if candidate.field == "title" and content.is_statement:
            cost += _LONG_TITLE
        yield candidate._replace(cost=cost)
