"""References of risks and mitigations: R-0001, M-0014."""

import re

_RISK_REFERENCE = re.compile(r"R-(\d{1,9})", re.IGNORECASE)


def format_reference(kind: str, number: int) -> str:
    """Return "R-0001" for number 1 of kind "R"."""
    return f"{kind}-{number:04d}"


def parse_risk_reference(text: str) -> int | None:
    """Return the number in a risk's reference, or None where the text is something else."""
    match = _RISK_REFERENCE.fullmatch(text.strip())
    return int(match[1]) if match else None
