"""The protocol, explored whole within small bounds, and the mistakes that the model must catch."""

import pytest

from tests.proofs.cache_model.__main__ import explore
from tests.proofs.cache_model.checker import check
from tests.proofs.cache_model.controls import CONTROLS, PROTOCOL
from tests.proofs.cache_model.world import Rules


@pytest.mark.parametrize("name", PROTOCOL)
def test_the_protocol_serves_nothing_stale_and_nothing_of_another_scope(name: str) -> None:
    result = explore(PROTOCOL[name])
    assert not result.fault, str(result)
    assert result.states > 1000, "too few states: the bounds leave nothing to happen"


@pytest.mark.parametrize("name", CONTROLS)
def test_the_model_catches(name: str) -> None:
    control = CONTROLS[name]
    assert explore(control.bounds, control.rules).fault.startswith(control.fault)


def test_every_rule_has_a_control_that_breaks_it_and_nothing_else() -> None:
    right = Rules()
    broken = [
        [rule for rule in Rules._fields if getattr(control.rules, rule) != getattr(right, rule)]
        for control in CONTROLS.values()
    ]
    assert all(len(rules) == 1 for rules in broken)
    assert {rule for (rule,) in broken} == set(Rules._fields)


def test_the_checker_finds_the_shortest_way_to_a_fault() -> None:
    def steps(number: int) -> list[tuple[str, int]]:
        return [("add one", number + 1), ("double", number * 2)] if number < 20 else []

    result = check([1], steps, lambda number: "ten" if number == 10 else "")
    assert result.trace == ("add one", "double", "add one", "double")


def test_the_checker_says_how_many_states_there_are() -> None:
    result = check([0], lambda n: [("on", (n + 1) % 7)], lambda n: "")
    assert (result.states, result.fault) == (7, "")
