"""The matrix and re-banding: a fixed number of statements, with ledger and history."""

from threading import Event

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from openrisk.errors import StaleVersion
from risks.history import recorded
from risks.models import Change, Matrix, Risk, ScoreChange
from risks.scoring import default_levels
from risks.services.matrix import matrix_of, preview_levels, update_matrix
from risks.services.risks import update_risk
from tests.risks.factories import make_risk
from tests.risks.threads import in_threads

ALL_LOW = [["low"] * 5 for _ in range(5)]


def _with_cell(likelihood, impact, level):
    levels = default_levels()
    levels[likelihood - 1][impact - 1] = level
    return levels


def _band(organization, levels, **more):
    instance = Matrix.objects.get(organization=organization)
    return update_matrix(actor=None, instance=instance, levels=levels, **more)


@pytest.fixture
def risks(organization):
    """Ratings 5 x 5 with a residual 1 x 5, 4 x 5, 1 x 1, and one that is not assessed."""
    return [
        make_risk(organization, **ratings)
        for ratings in (
            {
                "inherent_likelihood": 5,
                "inherent_impact": 5,
                "residual_likelihood": 1,
                "residual_impact": 5,
                "target_likelihood": 1,
                "target_impact": 1,
            },
            {"inherent_likelihood": 4, "inherent_impact": 5},
            {"inherent_likelihood": 1, "inherent_impact": 1},
            {},
        )
    ]


def _levels():
    names = ("inherent_level", "residual_level", "target_level", "current_level")
    return list(Risk.objects.order_by("number").values_list(*names))


def test_matrix_is_made_when_it_is_first_needed(organization):
    assert not Matrix.objects.exists()
    assert matrix_of(organization).levels == default_levels()
    assert Matrix.objects.get().organization == organization


def test_every_level_follows_the_matrix(organization, risks):
    _band(organization, _with_cell(4, 5, "high"))
    assert _levels() == [
        ("critical", "medium", "low", "medium"),
        ("high", None, None, "high"),
        ("low", None, None, "low"),
        (None, None, None, None),
    ]


def test_every_cell_can_change_at_once(organization, risks):
    _band(organization, ALL_LOW)
    assert _levels() == [
        ("low", "low", "low", "low"),
        ("low", None, None, "low"),
        ("low", None, None, "low"),
        (None, None, None, None),
    ]


def test_other_organizations_keep_their_levels(organization, risks, other_organization):
    make_risk(other_organization, inherent_likelihood=5, inherent_impact=5)
    _band(organization, ALL_LOW)
    assert Risk.objects.get(organization=other_organization).inherent_level == "critical"


def test_only_risks_in_changed_cells_are_written(organization, risks):
    _band(organization, _with_cell(4, 5, "high"))
    assert list(Risk.objects.order_by("number").values_list("version", flat=True)) == [1, 2, 1, 1]


def test_residual_and_target_cells_count_too(organization, risks):
    _band(organization, _raised(1, 5, "high"))
    assert _levels()[0] == ("critical", "high", "low", "high")


def _raised(likelihood, impact, level):
    """The default, with every cell from this one upward at least at `level`."""
    ranks = ("low", "medium", "high", "critical")
    return [
        [
            max(name, level, key=ranks.index) if row >= likelihood and column >= impact else name
            for column, name in enumerate(names, 1)
        ]
        for row, names in enumerate(default_levels(), 1)
    ]


def test_statements_do_not_grow_with_the_register(organization, risks):
    def statements(levels):
        with CaptureQueriesContext(connection) as queries:
            _band(organization, levels)
        return len(queries)

    few = statements(ALL_LOW)
    for _ in range(20):
        make_risk(organization, inherent_likelihood=4, inherent_impact=5)
    assert statements(default_levels()) == few <= 15


def test_history_and_ledger_tell_each_risk(organization, risks, admin):
    before = ScoreChange.objects.count()
    instance = Matrix.objects.get(organization=organization)
    update_matrix(actor=admin, instance=instance, levels=_with_cell(4, 5, "high"))
    change = Change.objects.filter(model="risks.risk").first()
    assert change.changes == {
        "inherent_level": ["critical", "high"],
        "current_level": ["critical", "high"],
    }
    assert (change.actor, change.comment) == (admin, "Matrix changed")
    assert ScoreChange.objects.count() == before + 1
    assert ScoreChange.objects.first().current_level == "high"


def test_history_tells_the_matrix_itself(organization, risks):
    _band(organization, _with_cell(4, 5, "high"))
    [change] = Change.objects.filter(model="risks.matrix", action="updated")
    assert change.changes == {"levels": [default_levels(), _with_cell(4, 5, "high")]}


def test_labels_and_colours_move_no_risk(organization, risks):
    instance = Matrix.objects.get(organization=organization)
    labels = ["Never", "Seldom", "Sometimes", "Often", "Always"]
    colours = {"low": "#ffffff", "medium": "#ffffff", "high": "#ffffff", "critical": "#ffffff"}
    matrix = update_matrix(actor=None, instance=instance, likelihood_labels=labels, colours=colours)
    assert (matrix.likelihood_labels, matrix.version) == (labels, 2)
    assert set(Risk.objects.values_list("version", flat=True)) == {1}


def test_new_risks_take_the_new_matrix(organization):
    matrix_of(organization)
    _band(organization, ALL_LOW)
    organization.refresh_from_db()
    assert make_risk(organization, inherent_likelihood=5, inherent_impact=5).current_level == "low"


def _somebody_waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("moved", [False, True], ids=["created", "changed"])
def test_risk_written_while_the_matrix_changes_takes_the_new_level(organization, moved):
    matrix_of(organization)
    risk = make_risk(organization, inherent_likelihood=1, inherent_impact=1)
    written, banded = Event(), Event()

    def write():
        with recorded(actor=None):
            if moved:
                update_risk(actor=None, instance=risk, inherent_likelihood=5, inherent_impact=5)
            else:
                make_risk(organization, inherent_likelihood=5, inherent_impact=5)
            written.set()
            for _ in range(1000):  # until the other either waits for us or has not
                if banded.wait(0.01) or _somebody_waits():
                    break

    def band():
        written.wait(10)
        _band(organization, [["low"] * 5] * 4 + [["low"] * 4 + ["medium"]])
        banded.set()

    in_threads(write, band)
    worst = Risk.objects.get(inherent_score=25)
    assert (worst.inherent_level, worst.current_level) == ("medium", "medium")


def test_stale_version_moves_nothing(organization, risks):
    with pytest.raises(StaleVersion):
        _band(organization, ALL_LOW, version=2)
    assert _levels()[0][0] == "critical"


# --- Preview ----------------------------------------------------------------------------------
def test_preview_counts_by_where_from_and_where_to(organization, risks):
    make_risk(organization, inherent_likelihood=5, inherent_impact=4)
    assert preview_levels(organization, ALL_LOW) == {
        "changed": 3,
        "moves": [
            {"from": "critical", "to": "low", "count": 2},
            {"from": "medium", "to": "low", "count": 1},
        ],
    }


def test_preview_of_the_present_matrix_is_empty(organization, risks):
    assert preview_levels(organization, default_levels()) == {"changed": 0, "moves": []}


def test_preview_changes_nothing(organization, risks):
    before = Change.objects.count()
    preview_levels(organization, ALL_LOW)
    assert matrix_of(organization).levels == default_levels()
    assert Change.objects.count() == before


def test_preview_says_what_then_happens(organization, risks):
    levels = _raised(1, 5, "critical")
    promised = preview_levels(organization, levels)["changed"]
    before = [row[-1] for row in _levels()]
    _band(organization, levels)
    after = [row[-1] for row in _levels()]
    assert sum(a != b for a, b in zip(before, after, strict=True)) == promised == 1


# --- Bad input --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("levels", "message"),
    [
        (None, "3 to 6 rows"),
        ("low", "3 to 6 rows"),
        ([], "3 to 6 rows"),
        ([["low"] * 5] * 2, "3 to 6 rows"),
        ([["low"] * 7] * 5, "3 to 6 rows"),
        ([["low"] * 5] * 4 + [["low"] * 6], "3 to 6 rows"),
        ([["low"] * 5] * 4 + ["lower"], "3 to 6 rows"),
        ([["low"] * 5] * 4 + [["low"] * 4 + ["awful"]], "Each level is one of"),
        ([["low"] * 5] * 4 + [["low"] * 4 + [None]], "Each level is one of"),
        ([["low"] * 5] * 4 + [["low"] * 4 + [["low"]]], "Each level is one of"),
        (_with_cell(5, 5, "low"), "must not lower the level. It does at 5 x 5"),
        (_with_cell(1, 1, "critical"), "It does at 1 x 2 and 2 x 1"),
    ],
)
def test_levels_that_make_no_matrix_are_refused(organization, risks, levels, message):
    with pytest.raises(ValidationError, match=message):
        _band(organization, levels)
    with pytest.raises(ValidationError, match=message):
        preview_levels(organization, levels)
    assert Matrix.objects.get().levels == default_levels()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("likelihood_labels", ["Low", "High"]),
        ("impact_labels", ["a", "b", "c", "d", ""]),
        ("impact_labels", ["a", "b", "c", "d", 5]),
        ("impact_labels", None),
        ("colours", {"low": "#ffffff"}),
        ("colours", None),
    ],
    ids=str,
)
def test_labels_and_colours_are_checked(organization, field, value):
    with pytest.raises(ValidationError) as refusal:
        update_matrix(actor=None, instance=matrix_of(organization), **{field: value})
    assert list(refusal.value.message_dict) == [field]
