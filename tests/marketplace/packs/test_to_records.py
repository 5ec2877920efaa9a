"""What a pack says, as records of a run."""

from marketplace.packs.archive import shipped_packs
from marketplace.packs.to_records import build_records
from risks.import_runs.changes import SourceRecord
from risks.models import Matrix
from risks.scoring import default_levels

RISKS = {
    "categories": [{"name": "Water", "description": "Too much."}, {"name": "Air"}],
    "risks": [
        {"id": "flood", "title": "Flood", "category": "Water", "description": "Wet.\r\nCold.\n",
         "suggested_treatment": [{"title": "Pump"}, {"title": "Wall", "description": "High. "}]},
        {"id": "gas", "title": "Gas", "category": "Air", "tags": ["a"], "treatment": "avoid",
         "inherent_likelihood": 1, "inherent_impact": 5,
         "suggested_treatment": [{"title": "Open a window"}]},
    ],
}  # fmt: skip


def values(model, contents):
    return {r.identity: r.values for r in build_records(contents, Matrix()) if r.model == model}


def test_risks_are_drafts_in_the_words_of_an_import():
    found = values("risks.risk", [("risks", RISKS)])
    assert found["flood"] == {
        "title": "Flood", "category": "Water", "description": "Wet.\nCold.", "status": "draft",
    }  # fmt: skip
    assert found["gas"] == {
        "title": "Gas", "category": "Air", "description": "", "status": "draft", "tags": ["a"],
        "treatment": "avoid", "inherent_likelihood": 1, "inherent_impact": 5,
    }  # fmt: skip


def test_categories_are_described_where_the_pack_does():
    found = values("risks.category", [("risks", RISKS)])
    assert found == {"Water": {"description": "Too much."}, "Air": {}}


def test_what_is_suggested_is_one_plan_of_the_risk():
    found = values("risks.mitigation", [("risks", RISKS)])
    assert found["flood"]["title"] == "Pump, and 1 more"
    assert found["flood"]["description"] == "- Pump\n- Wall: High."
    assert found["gas"]["title"] == "Open a window"


def test_a_plan_of_the_longest_titles_fits_its_column():
    suggested = [{"title": "x" * 200}] * 10
    risk = RISKS["risks"][0] | {"suggested_treatment": suggested}
    plan = values("risks.mitigation", [("risks", RISKS | {"risks": [risk]})])["flood"]
    assert len(plan["title"]) <= 255


def test_controls_name_their_framework_and_parent():
    rules = {
        "name": "Rules",
        "edition": "2026",
        "controls": [
            {"identifier": "A", "title": "All", "text": "Do it."},
            {"identifier": "A.1", "title": "One", "parent": "A"},
        ],
    }
    assert build_records([("framework", rules)], Matrix()) == [
        SourceRecord("risks.framework", "Rules 2026", 0,
               {"name": "Rules", "edition": "2026", "description": ""}),
        SourceRecord("risks.control", "Rules 2026/A", 1,
               {"framework": "Rules 2026", "identifier": "A", "title": "All", "text": "Do it.",
                "parent": ""}),
        SourceRecord("risks.control", "Rules 2026/A.1", 2,
               {"framework": "Rules 2026", "identifier": "A.1", "title": "One", "text": "",
                "parent": "A"}),
    ]  # fmt: skip


def test_a_board_keeps_its_period_as_a_filter():
    board = {"slug": "water", "name": "Water", "widgets": [{"name": "number:open"}]}
    found = values("dashboards.board", [("boards", {"boards": [board | {"period": "90d"}, board]})])
    assert found["water"] == {"name": "Water", "widgets": board["widgets"], "filters": {}}
    first = build_records([("boards", {"boards": [board | {"period": "90d"}]})], Matrix())[0]
    assert first.values["filters"] == {"period": "90d"}


def test_matrices_are_no_records():
    assert build_records(shipped_packs()["openrisk.matrices-5x5"].contents, Matrix()) == []


def test_ratings_are_brought_to_the_matrix():
    matrix = Matrix(levels=default_levels(3, 4))
    gas = next(r for r in build_records([("risks", RISKS)], matrix) if r.identity == "gas")
    assert (gas.values["inherent_likelihood"], gas.values["inherent_impact"]) == (1, 4)
