"""Names of files that differ by a date or a version are those of one register."""

import pytest

from risks.registers.file_names import name_family


@pytest.mark.parametrize(
    "stem",
    [
        "risk-register-2026-10",
        "Risk_Register_20261031",
        "risk register Q3 2026",
        "Risk Register (1)",
        "Copy of Risk Register",
        "Risk Register - Kopie (2)",
        "risk-register_v2 FINAL",
        "risk register Oktober 2026",
        "risk register octobre",
        "RISK.REGISTER.rev3.draft",
        "risk register2026",
        "31-12-2026 risk register",
        "risk register KW40",
    ],
)
def test_dates_versions_and_copies_are_no_other_register(stem: str) -> None:
    assert name_family(stem) == "risk register"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("risks-it", "risks-hr"),
        ("iso 27001 risks", "iso 22301 risks"),
        ("suppliers 2026", "customers 2026"),
        ("audit", "register"),
    ],
)
def test_other_words_are_another_register(one: str, other: str) -> None:
    assert name_family(one) != name_family(other)
