"""Scores and levels of a source on the risk: said, derived, confirmed, exported and undone."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from openrisk.accounts.models import Organization, User
from openrisk.errors import Conflict
from risks.exports import csv_lines
from risks.import_runs.undo import undo_run
from risks.models import Risk
from risks.services import risks as services
from tests.risks.import_runs.uploads import (
    count_changes,
    edit_risk,
    import_register,
    only_risk,
    preview_register,
    row_of,
)

SCORE = "Risk ID,Title,Status,Risk score\nR1,Fire,Open,{}\n"


def import_score(organization: Organization, score: int = 12) -> Risk:
    import_register(organization, SCORE.format(score), derive_ratings=True)
    return only_risk(organization)


def ratings_of(risk: Risk) -> tuple[Any, ...]:
    return risk.inherent_likelihood, risk.inherent_impact, risk.derived_ratings


def test_a_score_alone_is_said_and_rates_nothing(organization: Organization) -> None:
    import_register(organization, SCORE.format(12))
    risk = only_risk(organization)
    assert ratings_of(risk) == (None, None, {})
    assert risk.source_ratings == {"inherent": "12"}
    assert import_unchanged(organization, SCORE.format(12))


def import_unchanged(organization: Organization, text: str, **options: Any) -> bool:
    return count_changes(preview_register(organization, text, **options)) == 0


def test_derived_ratings_are_marked_and_not_assessed(organization: Organization) -> None:
    risk = import_score(organization)
    assert ratings_of(risk) == (3, 4, {"inherent": "score 12"})
    assert (risk.status, risk.current_score) == ("identified", 12)
    assert services.blockers_for(risk, "assessed") == [
        "Inherent rating derived from the source's score 12: confirm or change it"
    ]
    assert import_unchanged(organization, SCORE.format(12), derive_ratings=True)


def test_a_source_that_says_assessed_stops_before_it(organization: Organization) -> None:
    text = SCORE.format(12).replace("Open", "Assessed")
    run = import_register(organization, text, derive_ratings=True)
    assert only_risk(organization).status == "identified"
    assert "confirm or change it" in row_of(run).notes[0]


def test_a_new_score_derives_again_until_someone_confirms(organization: Organization) -> None:
    import_score(organization)
    assert ratings_of(import_score(organization, 20)) == (4, 5, {"inherent": "score 20"})
    services.confirm_ratings(actor=None, risk=only_risk(organization), kind="inherent")
    risk = import_score(organization, 6)
    assert ratings_of(risk) == (4, 5, {})
    assert risk.source_ratings == {"inherent": "6"}


def test_hand_made_ratings_are_never_derived_over(organization: Organization) -> None:
    import_register(organization, SCORE.format(12))
    edit_risk(organization, inherent_likelihood=3, inherent_impact=4)
    run = import_register(organization, SCORE.format(20), derive_ratings=True)
    assert ratings_of(only_risk(organization)) == (3, 4, {})
    assert row_of(run).notes == ["The inherent rating stays: people gave or confirmed it."]


def test_saving_a_rating_confirms_it_and_nothing_else_does(organization: Organization) -> None:
    import_score(organization)
    assert edit_risk(organization, title="Big fire").derived_ratings == {"inherent": "score 12"}
    assert edit_risk(organization, residual_likelihood=1).derived_ratings != {}
    assert edit_risk(organization, inherent_likelihood=3).derived_ratings == {}


def test_an_undo_takes_derived_ratings_back_unless_they_are_confirmed(
    organization: Organization,
) -> None:
    first = import_register(organization, SCORE.format(12))
    run = import_register(organization, SCORE.format(12), "register.csv", derive_ratings=True)
    undo_run(actor=None, run=run)
    assert ratings_of(only_risk(organization)) == (None, None, {})
    undo_run(actor=None, run=first)
    run = import_register(organization, SCORE.format(12), derive_ratings=True)
    services.confirm_ratings(actor=None, risk=only_risk(organization), kind="inherent")
    with pytest.raises(Conflict):
        undo_run(actor=None, run=run)


def test_an_export_carries_both_to_another_organization(
    organization: Organization, other_organization: Organization
) -> None:
    text = "Risk ID,Title,Risk score,Risk level\nR1,Fire,12,High; so far\n"
    import_register(organization, text, derive_ratings=True)
    exported = "".join(csv_lines(Risk.objects.for_organization(organization), organization))
    assert import_unchanged(organization, exported)
    import_register(other_organization, exported)
    copy = only_risk(other_organization)
    assert copy.source_ratings == {"inherent": "12 High; so far"}
    assert copy.derived_ratings == {"inherent": "score 12"}


def test_an_export_that_was_edited_badly_is_an_error(organization: Organization) -> None:
    import_score(organization)
    exported = "".join(csv_lines(Risk.objects.for_organization(organization), organization))
    run = preview_register(organization, exported.replace("inherent: score 12", "by hand"))
    assert row_of(run).errors[0]["column"] == "derived_ratings"


def test_people_confirm_over_the_api(organization: Organization, analyst: User, api: Any) -> None:
    risk = import_score(organization)
    client: APIClient = api(analyst)
    url = f"/api/v1/risks/{risk.pk}/"
    assert client.get("/api/v1/risks/?derived=true").json()["results"][0]["source_ratings"] == {
        "inherent": "12"
    }
    assert client.patch(url, {"derived_ratings": {}, "version": 1}).status_code == 400
    answer = client.post(f"{url}confirm-ratings/", {"kind": "inherent"})
    assert (answer.status_code, answer.json()["derived_ratings"]) == (200, {})
    assert client.post(f"{url}confirm-ratings/", {"kind": "inherent"}).status_code == 400
    assert client.get("/api/v1/risks/?derived=true").json()["results"] == []
    comment = client.get(f"{url}history/").json()["results"][0]["comment"]
    assert comment == "Confirmed the inherent rating"


def test_viewers_do_not_confirm(organization: Organization, viewer: User, api: Any) -> None:
    risk = import_score(organization)
    answer = api(viewer).post(f"/api/v1/risks/{risk.pk}/confirm-ratings/", {"kind": "inherent"})
    assert answer.status_code == 403
