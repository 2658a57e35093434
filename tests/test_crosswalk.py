from pathlib import Path

import pytest

from posture import catalog, crosswalk
from posture.assessment import Crosswalk
from posture.errors import PostureError

BUILT_IN = catalog.built_in()
HIPAA = {each.id for each in BUILT_IN["hipaa-security-rule"].control}
TABLES = {table.id: table for table in crosswalk.built_in()}


@pytest.mark.parametrize(
    ("name", "pairs"), [("nist-800-53r5", 278), ("nist-csf-2.0", 124), ("hicp-2023", 80), ("hph-cpg", 53)]
)
def test_each_crosswalk_has_all_its_pairs_with_controls_that_are_there(name: str, pairs: int):
    table = TABLES[name]

    assert sum(len(targets) for targets in table.pairs.values()) == pairs
    assert set(table.pairs) <= HIPAA
    assert set(table.titles) == {target for targets in table.pairs.values() for target in targets}
    assert table.basis
    assert table.source
    assert table.confidence


def test_a_control_has_what_each_framework_pairs_it_with():
    found = crosswalk.of("164.312(d)")

    assert Crosswalk(framework="hicp-2023", id="HICP-3", title="Identity and access management") in found
    assert Crosswalk(framework="hph-cpg", id="HPH-CPG-E03", title="Multifactor Authentication") in found
    assert [(each.id, each.strength) for each in found if each.framework == "nist-csf-2.0"] == [
        ("PR.AA-03", "equivalent"),
        ("PR.AA-02", "related"),
        ("PR.AA-04", "related"),
    ]
    assert "IA-2" in {each.id for each in found if each.framework == "nist-800-53r5"}


def test_what_is_paired_with_nothing_has_none():
    assert crosswalk.of("164.306(b)(2)") == ()
    assert crosswalk.of("nothing") == ()


@pytest.mark.parametrize("name", TABLES)
def test_a_view_is_the_crosswalk_the_other_way_round(name: str):
    table = TABLES[name]
    rows = crosswalk.view(table).control

    assert len({row.id for row in rows}) == len(rows)
    assert {(control, row.id) for row in rows for control in row.anchors} == {
        (control, target) for control, targets in table.pairs.items() for target in targets
    }
    assert all(row.title for row in rows)


def test_a_view_sorts_numbers_as_numbers_and_says_the_strength():
    ids = [row.id for row in crosswalk.view(TABLES["hicp-2023"]).control]
    authentication = next(row for row in crosswalk.view(TABLES["nist-csf-2.0"]).control if row.id == "PR.AA-03")

    assert ids == [f"HICP-{number}" for number in range(1, 11)]
    assert "164.312(d) (equivalent)" in authentication.text


def test_the_goals_say_the_same_in_their_catalog_and_in_their_crosswalk():
    goals = {goal.id: (goal.title, set(goal.anchors)) for goal in BUILT_IN["hph-cpg"].control}
    viewed = {row.id: (row.title, set(row.anchors)) for row in crosswalk.view(TABLES["hph-cpg"]).control}

    assert viewed == goals


HEAD = 'id="x"\ntitle="X"\nversion="1"\nbasis="b"\nsource="s"\nconfidence="low"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'{HEAD}[pairs]\n"164.312(z)" = ["A-1"]', r"x\.toml: it pairs 164\.312\(z\), which the rule does not have"),
        (f'{HEAD}[pairs]\n"164.312(d)" = {{ "A-1" = "strong" }}', r"x\.toml: not a crosswalk: Invalid enum value"),
        (HEAD, r"x\.toml: not a crosswalk: Object missing required field `pairs`"),
        ("nonsense", r"x\.toml: not a crosswalk"),
    ],
)
def test_a_wrong_crosswalk_is_refused_with_its_file(text: str, words: str, tmp_path: Path):
    file = tmp_path / "x.toml"
    file.write_text(text)

    with pytest.raises(PostureError, match=words):
        crosswalk.load(file, HIPAA)


@pytest.mark.parametrize("text", [f"id = {'1' * 5000}", f"id = {'[' * 3000}", "id = nan"])
def test_a_hostile_crosswalk_is_one_clear_error(tmp_path: Path, text: str):
    (tmp_path / "x.toml").write_text(text)

    with pytest.raises(PostureError, match="not a crosswalk"):
        crosswalk.load(tmp_path / "x.toml", HIPAA)
