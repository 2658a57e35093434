from pathlib import Path

import pytest

from posture import catalog, registry
from posture.errors import ConfigurationError, PostureError
from posture.model import Method
from posture.scope import Catalogs

BUILT_IN = catalog.built_in()
HIPAA = BUILT_IN["hipaa-security-rule"]
BESIDE = ["hph-cpg", "ransomware-readiness", "hipaa-nprm-2025"]


def test_appendix_a_has_its_standards_and_specifications():
    standards = [each for each in HIPAA.control if each.in_appendix_a and each.kind == "standard"]
    specifications = [each for each in HIPAA.control if each.in_appendix_a and each.kind == "specification"]
    rated = [each.requirement for each in (*standards, *specifications) if each.requirement]

    assert len(standards) == 18
    assert len(specifications) == 36
    assert (rated.count("R"), rated.count("A")) == (20, 22)


def test_every_part_of_the_security_rule_is_there():
    sections = {each.id[:7] for each in HIPAA.control}

    assert {"164.308", "164.310", "164.312", "164.314", "164.316"} <= sections


def test_no_counted_control_is_decided_by_tests_alone():
    for control in HIPAA.control:
        if control.counted:
            assert set(control.methods) - {Method.TEST}, control.id


def test_every_check_bears_on_a_control_and_every_control_names_checks_that_are_there():
    named = {check for each in HIPAA.control for check in (*each.contradicted_by, *each.supported_by)}

    assert named == set(registry.load_checks().by_id)


@pytest.mark.parametrize(
    ("name", "kind", "status", "rows"),
    [
        ("hph-cpg", "goal", "voluntary", 20),
        ("ransomware-readiness", "item", "practice", 44),
        ("hipaa-nprm-2025", "proposal", "proposed", 53),
    ],
)
def test_the_catalogs_beside_the_rule_have_all_their_rows(name: str, kind: str, status: str, rows: int):
    found = BUILT_IN[name]

    assert len(found.control) == rows
    assert {each.kind for each in found.control} == {kind}
    assert found.catalog.status == status
    assert found.catalog.as_of


def test_the_goals_are_ten_essential_and_ten_enhanced():
    tiers = [each.tier for each in BUILT_IN["hph-cpg"].control]

    assert (tiers.count("essential"), tiers.count("enhanced")) == (10, 10)


@pytest.mark.parametrize("name", BESIDE)
def test_each_row_can_be_answered_and_not_by_tests_alone(name: str):
    for each in BUILT_IN[name].control:
        assert set(each.methods) - {Method.TEST}, each.id
        assert each.question.endswith("?"), each.id
        assert each.attach, each.id
        assert each.text, each.id
        assert "onfidence" in each.note, each.id
        assert 1 <= each.months <= 12, each.id


@pytest.mark.parametrize("name", BESIDE)
def test_each_row_bears_on_controls_of_rules_in_force_that_are_there(name: str):
    in_force = {
        control.id for each in BUILT_IN.values() if each.catalog.status == "in force" for control in each.control
    }

    for each in BUILT_IN[name].control:
        assert set(each.anchors) <= in_force, each.id


@pytest.mark.parametrize("name", BESIDE)
def test_each_row_names_checks_that_are_there_and_none_twice(name: str):
    known = registry.load_checks().by_id

    catalog.refuse_unknown_checks(BUILT_IN[name], known)

    for each in BUILT_IN[name].control:
        assert not set(each.contradicted_by) & set(each.supported_by), each.id


def test_a_check_contradicts_only_what_nobody_could_dispute():
    ransomware = {each.id: each.contradicted_by for each in BUILT_IN["ransomware-readiness"].control}

    assert {name: checks for name, checks in ransomware.items() if checks} == {
        "RR-15": ("smb1-offered",),
        "RR-16": ("smb-signing-not-required",),
        "RR-21": ("ad-krbtgt-password-age",),
        "RR-24": ("ad-unconstrained-delegation",),
        "RR-25": ("ad-kerberoastable-privileged",),
        "RR-29": ("known-exploited-vulnerability",),
        "RR-34": ("bmc-web-reachable", "hypervisor-management-reachable", "ipmi-reachable"),
    }


def test_every_goal_that_a_check_bears_on_names_it():
    named = {each.id: {*each.contradicted_by, *each.supported_by} for each in BUILT_IN["hph-cpg"].control}

    assert "segmentation-not-enforced" in named["HPH-CPG-N07"]
    assert "host-not-in-inventory" in named["HPH-CPG-N01"]
    assert "ad-leaver-still-enabled" in named["HPH-CPG-E06"]
    assert not [each.id for each in BUILT_IN["hph-cpg"].control if Method.TEST in each.methods and not named[each.id]]


def test_nothing_contradicts_a_proposal_and_each_says_that_it_is_no_law():
    for each in BUILT_IN["hipaa-nprm-2025"].control:
        assert not each.contradicted_by, each.id
        assert each.text.startswith("Proposed, not law: "), each.id
        assert each.question.startswith("Proposed, not law. "), each.id
        assert "Proposed citation: 45 CFR " in each.note, each.id


def own(identifier: str, status: str = "own") -> catalog.Catalog:
    head = catalog.Head(id=identifier, title="t", citation="c", status=status, as_of="2026-01-01", source="s")
    return catalog.Catalog(catalog=head, control=())


def test_all_but_the_scored_and_the_proposed_are_always_reported():
    found = {each.catalog.id for each in catalog.reported(BUILT_IN, Catalogs(), ())}

    assert {"hph-cpg", "ransomware-readiness"} <= found
    assert found == set(BUILT_IN) - {"hipaa-security-rule", "hipaa-nprm-2025"}


def test_a_proposed_rule_is_reported_where_it_is_named_and_changes_nothing_of_the_rule_in_force():
    before = catalog.reported(BUILT_IN, Catalogs(), ())
    after = catalog.reported(BUILT_IN, Catalogs(overlays=("hipaa-nprm-2025",)), ())

    assert [each for each in after if each.catalog.id != "hipaa-nprm-2025"] == before
    assert len(after) == len(before) + 1
    assert HIPAA not in after


def test_own_catalogs_are_reported_whatever_their_status():
    mine = [own("mine"), own("next-year", "proposed")]

    assert catalog.reported(BUILT_IN, Catalogs(), mine)[-2:] == mine


@pytest.mark.parametrize("name", ["hipaa-nprm-2031", "hph-cpg", "hipaa-security-rule"])
def test_an_overlay_that_is_no_proposed_rule_is_told_with_its_key_and_the_mend(name: str):
    with pytest.raises(ConfigurationError) as raised:
        catalog.reported(BUILT_IN, Catalogs(overlays=(name,)), ())

    assert raised.value.exit_code == 2
    assert str(raised.value) == (
        f"posture.toml: catalogs.overlays: {name!r} is no proposed rule; there are: hipaa-nprm-2025"
    )


@pytest.mark.parametrize("mine", [[own("hipaa-security-rule")], [own("mine"), own("mine")]])
def test_an_own_catalog_can_take_no_other_ones_id(mine: list[catalog.Catalog]):
    with pytest.raises(ConfigurationError, match=r"catalogs\.own: the id '.*' is taken"):
        catalog.reported(BUILT_IN, Catalogs(), mine)


HEAD = '[catalog]\nid="x"\ntitle="t"\ncitation="c"\nstatus="own"\nas_of="a"\nsource="s"\n'
CONTROL = '[[control]]\nid="{}"\nkind="control"\ntitle="t"\nfamily="f"\ntext="t"\n'


def test_a_check_that_is_not_there_is_told_with_the_control(tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(f'{HEAD}{CONTROL.format("A-1")}contradicted_by=["telnet-offerd"]')

    with pytest.raises(PostureError, match="A-1 names the check telnet-offerd, which is not there"):
        catalog.refuse_unknown_checks(catalog.load(file), registry.load_checks().by_id)


@pytest.mark.parametrize(
    ("controls", "words"),
    [
        (CONTROL.format("A") + CONTROL.format("A"), "A is there twice"),
        (CONTROL.format("A") + 'parent="B"', "A has the parent B, which is not there"),
        (CONTROL.format("A") + 'parent="B"\n' + CONTROL.format("B") + 'parent="A"', "below itself"),
    ],
)
def test_controls_that_make_no_tree_are_told(controls: str, words: str, tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(HEAD + controls)

    with pytest.raises(PostureError, match=words) as raised:
        catalog.load(file)

    assert raised.value.where == str(file)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '[catalog]\nid="x"',
        '[catalog]\nid="x"\ntitle="t"\ncitation="c"\nstatus="law"\nas_of="a"\nsource="s"',
    ],
)
def test_what_is_no_catalog_is_told_by_its_file(text: str, tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(text)

    with pytest.raises(PostureError, match=r"own\.toml: not a catalog"):
        catalog.load(file)


OWN = """
[catalog]
id = "{id}"
title = "Ours"
citation = "Ours"
status = "own"
as_of = ""
source = ""

[[control]]
id = "1"
kind = "item"
title = "T"
family = "f"
text = "t"
{more}
"""


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("ours", "months = 99999999999", "months"),
        ("ours", "months = 0", "months"),
        ("ours", f"months = {'1' * 5000}", "not a catalog"),
        ("ours", f"anchors = {'[' * 3000}{']' * 3000}", "not a catalog"),
        ("a/b", "", "id"),
        ("a\\u001b[31m", "", "id"),
        ("", "", "id"),
    ],
)
def test_a_hostile_catalog_is_one_clear_error(tmp_path: Path, name: str, more: str, words: str):
    path = tmp_path / "own.toml"
    path.write_text(OWN.format(id=name, more=more))

    with pytest.raises(PostureError, match=words) as caught:
        catalog.load(path)

    assert caught.value.where == str(path)


def test_an_own_catalog_can_not_speak_in_the_name_of_another(tmp_path: Path):
    (tmp_path / "own.toml").write_text(OWN.format(id="hipaa-security-rule", more=""))
    (tmp_path / "twice.toml").write_text(OWN.format(id="ours", more=""))

    with pytest.raises(ConfigurationError, match="is taken"):
        catalog.every(Catalogs(own=("own.toml",)), tmp_path)
    with pytest.raises(ConfigurationError, match="is taken"):
        catalog.every(Catalogs(own=("twice.toml", "twice.toml")), tmp_path)
    assert [each.catalog.id for each in catalog.every(Catalogs(own=("twice.toml",)), tmp_path)][-1] == "ours"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
@pytest.mark.parametrize("name", ["own.toml", "own.json"])
def test_another_encoding_is_one_clear_error(tmp_path: Path, encoding: str, name: str):
    (tmp_path / name).write_text(OWN.format(id="ours", more=""), encoding=encoding)

    with pytest.raises(PostureError, match="catalog"):
        catalog.load(tmp_path / name)
