"""What a run of load tests is judged by: time, warmth, targets, and the speed of the machine."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from locustfiles.harness import __main__ as command
from locustfiles.harness.report import targets, verdict
from locustfiles.harness.warming import warm
from tests.locustfiles.test_harness import SPENT, phase, serving

CIRCUMSTANCES = {
    "scenario": "warm_cache", "measured_on": "today", "risks": 1, "organizations": 1,
    "machine": "one", "postgresql": "18", "python": "3", "django": "5",
}  # fmt: skip


def verdicts(scenario: str, **measured: float) -> dict[str, str]:
    return {one.target.name: one.verdict for one in targets.judge(scenario, measured)}


def test_a_target_holds_at_its_bound_and_not_beyond() -> None:
    found = verdicts("warm_cache", p95_ms=45, mean_ms=15.1, hit_rate=0.9, reads_per_second=1999)
    assert (found["p95_ms"], found["mean_ms"]) == ("met", "missed")
    assert (found["hit_rate"], found["reads_per_second"]) == ("met", "missed")


def test_what_was_not_measured_is_missed() -> None:
    assert verdicts("freshness", stale=0, errors=0)["foreign"] == "missed"


def test_a_generator_that_was_too_busy_voids_latencies_alone() -> None:
    found = verdicts("warm_cache", generator_cpu=0.91, p95_ms=1, hit_rate=1)
    assert (found["p95_ms"], found["hit_rate"]) == ("void", "met")


def test_a_slow_machine_voids_what_is_absolute_and_no_ratio() -> None:
    found = verdicts(
        "warm_cache", slowness=2.0, p95_ms=400, reads_per_second=9, redis_mb=1, stale=0
    )
    assert {found[name] for name in ("p95_ms", "reads_per_second", "redis_mb")} == {"void"}
    assert (found["stale"], found["hit_rate"]) == ("met", "missed")


def test_what_is_void_is_not_missed_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slow = {**CIRCUMSTANCES, "slowness": [1.0, 3.2], "cached": phase(SPENT)}
    missed = {one.target.name for one in verdict.write(slow, tmp_path)}
    assert "p95_ms" not in missed
    assert "mean_less" in missed  # it was not measured
    assert "up to 3.2 times slower" in capsys.readouterr().out


# --- Warming ------------------------------------------------------------------------------------
def recorded(folder: Path, *paths: str) -> list[Path]:
    file = folder / "asked.txt"
    lines = [f"GET\t{path}\tToken or_x\t\n" for path in paths]
    file.write_text("".join([*lines, "PATCH\t/a\tToken or_x\t{}\n"]))
    return [file]


def test_warming_goes_on_until_each_read_is_a_hit(tmp_path: Path) -> None:
    asked: Counter[str] = Counter()

    def slowly_warm(method: str, path: str) -> tuple[int, Any, str]:
        asked[path] += 1
        return 200, {}, ("MISS", "MISS", "HIT memory", "HIT front")[min(asked[path], 4) - 1]

    with serving(slowly_warm) as url:
        warmth = warm(url, recorded(tmp_path, "/a", "/b", "/a"))
    assert (warmth.share, warmth.fast, warmth.requests) == (1, 1, 2)
    assert asked == {"/a": 4, "/b": 4}  # once more than hits need: each process learns for itself


def test_warming_ends_and_says_what_is_not_hot(tmp_path: Path) -> None:
    def cold(method: str, path: str) -> tuple[int, Any, str]:
        return 200, {}, "MISS" if path == "/a" else "HIT front"

    with serving(cold) as url:
        assert warm(url, recorded(tmp_path, "/a", "/b")).share == 0.5


# --- Time ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("60s", 60), ("1m30s", 90), ("2h", 7200)]
)
def test_a_time_is_written_as_for_locust(text: str, seconds: int) -> None:
    assert command._options(["baseline", "--time", text]).time == seconds


@pytest.mark.parametrize("text", ["", "0", "soon", "1h 30m", "-5", "5 minutes"])
def test_a_time_that_is_none_is_refused_in_a_sentence(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command._options(["baseline", f"--time={text}"])
    assert "write a time such as 90, 90s, 1m30s or 2h" in capsys.readouterr().err
