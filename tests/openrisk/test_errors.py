"""Each refusal of the domain has one answer in the API, one on pages and one in the admin."""

import pytest

from openrisk.admin.refusals import REFUSALS as ADMIN_REFUSALS
from openrisk.admin.refusals import refusal_sentence as admin_sentence
from openrisk.api.problems import problem_for
from openrisk.errors import Conflict, DomainError, FileTooLarge, InvalidParameters, StaleVersion
from openrisk.pages.forms import REFUSALS, STALE, reasons_by_field, refusal_sentence, status_of

ERRORS = [
    (Conflict("Not now.", "Not ever."), 409, "conflict"),
    (StaleVersion(), 412, "stale_version"),
    (FileTooLarge("Split it."), 413, "body_too_large"),
]


@pytest.mark.parametrize(("error", "status", "code"), ERRORS, ids=lambda value: str(value)[:20])
def test_api_and_pages_answer_a_refusal_with_the_same_status(error, status, code):
    problem = problem_for(error)
    assert (problem["status"], problem["code"], problem["detail"]) == (status, code, str(error))
    assert status_of(error) == status


def test_a_conflict_gives_its_reasons_and_its_details_to_programs():
    error = Conflict("Not now.", "Not ever.")
    error.details = {"rows": [1]}
    problem = problem_for(error)
    assert (problem["reasons"], problem["rows"]) == (["Not now.", "Not ever."], [1])
    assert reasons_by_field(error) == {"": ["Not now.", "Not ever."]}


def test_invalid_parameters_are_named_one_by_one():
    problem = problem_for(InvalidParameters({"as_of": ["In the future."]}))
    assert problem["errors"] == [
        {"parameter": "as_of", "code": "parameter", "detail": "In the future."}
    ]


def test_pages_and_admin_say_what_to_do_about_a_stale_version():
    assert refusal_sentence(StaleVersion()) == STALE
    assert refusal_sentence(StaleVersion("Of this board.")) == "Of this board."
    assert "open the page again" in admin_sentence(StaleVersion())


@pytest.mark.parametrize("kind", DomainError.__subclasses__())
def test_pages_and_admin_catch_every_refusal(kind):
    assert issubclass(kind, REFUSALS)
    assert issubclass(kind, ADMIN_REFUSALS)
