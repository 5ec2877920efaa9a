"""A few of the cases that `make fuzz` asks thousands of."""

import pytest
from django.core.wsgi import get_wsgi_application

from tests.proofs.fuzz.fuzzing import fuzz

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_role_meets_an_error_or_an_answer_beside_the_schema():
    lines = []
    outcome = fuzz(get_wsgi_application(), cases=140, number=7, tell=lines.append)
    assert outcome.faults == {}, outcome
    assert (outcome.cases, len(lines)) == (140, 7)
    assert len(outcome.operations) > 15
