"""Scores of CVSS vectors, of versions 2, 3.0, 3.1 and 4.0."""

from decimal import Decimal

from cvss import CVSS2, CVSS3, CVSS4, CVSSError

_PREFIXES = {
    "CVSSV30": "CVSS:3.0/",
    "CVSSV3": "CVSS:3.1/",
    "CVSSV31": "CVSS:3.1/",
    "CVSSV4": "CVSS:4.0/",
}


def method_of_vector(vector: str) -> str:
    """The version of CVSS that the vector is of: "CVSSv2", "CVSSv31", ..., or ""."""
    version = vector.strip().removeprefix("CVSS:").partition("/")[0]
    by_version = {"3.0": "CVSSv3", "3.1": "CVSSv31", "4.0": "CVSSv4"}
    return by_version.get(version) or ("CVSSv2" if "/Au:" in vector else "")


def score_vector(vector: str, method: str = "") -> Decimal | None:
    """The base score of the vector, or None if it is not complete or not of CVSS.

    `method` says which version it is of if it has no prefix, e.g. "CVSSv31".
    """
    text = vector.strip().strip("()")
    if not text.startswith("CVSS:"):
        text = _PREFIXES.get(method.upper(), "") + text
    try:
        if text.startswith("CVSS:4"):
            return Decimal(str(CVSS4(text).base_score))
        score = (CVSS3(text) if text.startswith("CVSS:3") else CVSS2(text)).scores()[0]
        return Decimal(str(score))
    except CVSSError:
        return None
