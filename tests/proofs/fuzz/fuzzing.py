"""Cases of every operation, made by schemathesis, and what is wrong with the answers."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation.modes import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.clients.routes import NEEDED
from tests.proofs.fuzz.world import ROLES, World, make_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Headers that refuse a request where they hold something made up, and how often they are sent.
RARE_HEADERS = {"X-Organization": 0.02, "If-Match": 0.1, "Idempotency-Key": 0.2}
EXAMPLES = 5  # of one operation in a row
DAYS = ("0001-01-01", "9999-12-31", "1970-01-01", "1969-12-31", "2024-02-29")
MOMENTS = tuple(
    f"{day}T{time}{zone}"
    for day in ("0001-01-01", "9999-12-31", "2024-02-29")
    for time in ("00:00:00", "23:59:59.999999")
    for zone in ("Z", "+14:00", "-12:00", "+23:59", "-23:59")
)


@dataclass
class Outcome:
    """How many cases there were, how they were answered, and each fault once, with an example."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    faults: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        answered = ", ".join(f"{count} x {code}" for code, count in sorted(self.statuses.items()))
        return (
            f"{self.cases} cases of {len(self.operations)} operations by {len(ROLES)} roles: "
            f"{len(self.faults)} faults. Answers: {answered}."
        )


def fuzz(application: Any, *, cases: int, number: int, tell: Callable[[str], Any]) -> Outcome:
    """Ask `application` (WSGI) so many `cases`; `number` seeds what they are."""
    _take_ends_of_time()
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", application)
    operations = [result.ok() for result in schema.get_all_operations()]
    rng, outcome = random.Random(number), Outcome()
    for role in ROLES:
        quota = -(-cases // len(ROLES))
        until = min(outcome.cases + quota, cases)
        while outcome.cases < until:
            _one_pass(outcome, role, operations, until=until, rng=rng)
        tell(f"{role}: {outcome}")
    return outcome


def _one_pass(
    outcome: Outcome, role: str, operations: Iterable[Any], *, until: int, rng: random.Random
) -> None:
    """Every operation in a new organization, those that delete at last."""
    world = make_world(role)
    order = sorted(operations, key=lambda one: (one.method == "delete", rng.random()))
    for operation in order:
        mode = rng.choice(
            (GenerationMode.POSITIVE, GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        )
        count = min(EXAMPLES, until - outcome.cases)
        if count <= 0:
            return
        headers = world.headers()
        if operation.label.endswith("/auth/logout/"):
            count = 1
        _ask(outcome, world, operation, mode, headers, count, rng)


def _ask(
    outcome: Outcome,
    world: World,
    operation: Any,
    mode: GenerationMode,
    headers: dict[str, str],
    count: int,
    rng: random.Random,
) -> None:
    @seed(rng.getrandbits(64))
    @settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        if outcome.cases >= limit:
            return  # Hypothesis tries some more than it is asked for
        _make_real(case, world, rng)
        _judge(outcome, case, headers)

    limit = outcome.cases + count
    try:
        ask()
    except HypothesisException:
        return  # nothing can be made of this operation in this mode


def _make_real(case: Any, world: World, rng: random.Random) -> None:
    """Mostly ask for what exists, by fields that exist: what is made up is refused at once."""
    known = world.id_for(case.operation.path)
    for name in case.path_parameters or {}:
        if known and rng.random() < 0.85:
            case.path_parameters[name] = known
    for name, share in RARE_HEADERS.items():
        if case.headers and rng.random() > share:
            case.headers.pop(name, None)
    if isinstance(case.query, dict):
        # Of twenty parameters one is always refused: then nothing would ever be listed.
        kept = rng.sample(sorted(case.query), min(len(case.query), rng.randint(0, 2)))
        _make_parameters_real(case.query, {*kept, *NEEDED}, world, rng)
    if isinstance(case.body, dict):
        _make_parameters_real(case.body, _body_fields(case.operation), world, rng)


def _make_parameters_real(
    given: dict[str, Any], fields: set[str], world: World, rng: random.Random
) -> None:
    if rng.random() < 0.9:
        for name in given.keys() - fields:
            del given[name]
    for name in given.keys() & world.ids.keys():
        if rng.random() < 0.8:
            given[name] = world.ids[name]
    if "version" in given and rng.random() < 0.5:
        given["version"] = 1


def _body_fields(operation: Any) -> set[str]:
    """The fields that the schema names: every other one is refused before anything is done."""
    definition = operation.definition.raw.get("requestBody", {})
    fields = {"version"}
    for content in definition.get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        schemas = operation.schema.raw_schema["components"]["schemas"]
        fields |= schemas.get(name, {}).get("properties", {}).keys()
    return fields


def _judge(outcome: Outcome, case: Any, headers: dict[str, str]) -> None:
    outcome.cases += 1
    outcome.operations.add(case.operation.label)
    try:
        response = case.call(headers=headers)
    except (UnicodeError, ValueError) as error:  # what no client can send, either
        outcome.statuses[0] += 1
        outcome.faults.setdefault(f"{case.operation.label}: {type(error).__name__}", str(error))
        return
    outcome.statuses[response.status_code] += 1
    try:
        case.validate_response(response, checks=CHECKS, headers=headers)
    except (FailureGroup, Failure) as failure:
        for each in getattr(failure, "exceptions", [failure]):
            name = f"{case.operation.label}: {response.status_code} {each.title}"
            curl = case.as_curl_command(headers=headers)
            outcome.faults.setdefault(name, f"{each.message}\n{response.text[:500]}\n{curl[:1500]}")


def _take_ends_of_time() -> None:
    days = st.sampled_from(DAYS) | st.dates().map(str)
    moments = st.sampled_from(MOMENTS) | st.datetimes().map(lambda at: f"{at.isoformat()}Z")
    schemathesis.openapi.format("date", days)
    schemathesis.openapi.format("date-time", moments)
