"""What the catalogs of the two HIPAA rules hold, and which checks bear on which control."""

import re
from collections import Counter
from pathlib import Path

import pytest

from posture import catalog, registry
from posture.model import Method

RULE = catalog.built_in()["hipaa-security-rule"]
BREACH = catalog.built_in()["hipaa-breach-notification"]
COUNTED = [each for each in RULE.control if each.counted]
MATRIX = [each for each in RULE.control if each.in_appendix_a]
ANSWERED = [*COUNTED, *BREACH.control]
MAPPING = Path(__file__).parent.parent / "docs" / "mapping.md"

CONTRADICTED = {
    "164.308(a)(3)(ii)(C)": {"ad-leaver-still-enabled"},
    "164.308(a)(5)(ii)(D)": {
        "ad-asrep-roastable",
        "ad-cleartext-password-attribute",
        "ad-gpp-password",
        "ad-laps-secret-readable",
        "ad-password-length",
        "ad-password-not-required",
        "ad-reversible-encryption",
        "openldap-password-hash-readable",
    },
    "164.312(a)(1)": {"datastore-unauthenticated", "docker-api-open", "vnc-without-authentication", "x11-open"},
    "164.312(a)(2)(i)": {"ad-guest-enabled"},
    "164.312(d)": {
        "ad-certificate-template-esc1",
        "datastore-unauthenticated",
        "docker-api-open",
        "ipmi-cipher-zero",
        "vnc-without-authentication",
        "x11-open",
    },
    "164.312(e)(2)(i)": {"smb-signing-not-required"},
    "164.312(e)(2)(ii)": {
        "clinical-portal-over-http",
        "dicom-cleartext",
        "ftp-cleartext",
        "hl7-cleartext",
        "login-over-http",
        "pacs-web-over-http",
        "r-services-offered",
        "telnet-offered",
        "tls-outdated",
    },
}
"""What was found to hold before a regulator (docs/mapping.md). Another pair needs that review before a line here."""


def test_the_matrix_has_18_standards_and_36_specifications_of_which_42_rows_are_rated():
    kinds = Counter(each.kind for each in MATRIX)
    rated = Counter(each.requirement for each in MATRIX if each.requirement)

    assert kinds == {"standard": 18, "specification": 36}
    assert rated == {"R": 20, "A": 22}


@pytest.mark.parametrize(
    ("family", "standards", "required", "addressable"),
    [("administrative", 9, 12, 11), ("physical", 4, 4, 6), ("technical", 5, 4, 5)],
)
def test_each_family_of_the_matrix_is_whole(family: str, standards: int, required: int, addressable: int):
    rows = [each for each in MATRIX if each.family == family]

    assert sum(each.kind == "standard" for each in rows) == standards
    assert sum(each.requirement == "R" for each in rows) == required
    assert sum(each.requirement == "A" for each in rows) == addressable


def test_every_specification_is_rated_and_a_standard_only_where_it_has_none():
    parents = {each.parent for each in COUNTED}

    for each in COUNTED:
        if each.kind == "specification":
            assert each.requirement, each.id
        elif each.requirement:
            assert each.id not in parents, each.id


def test_the_catalog_has_84_rows_of_which_12_general_rules_are_not_counted():
    assert len(RULE.control) == 84
    assert len(COUNTED) == 72
    assert all(each.id.startswith("164.306") for each in RULE.control if not each.counted)


@pytest.mark.parametrize("control", ANSWERED, ids=lambda control: control.id)
def test_what_is_counted_can_be_answered_and_not_by_tests_alone(control: catalog.Control):
    assert set(control.methods) - {Method.TEST}
    assert control.question.endswith("?")
    assert control.attach.endswith(".")
    assert control.per in {"organisation", "legal-entity", "site"}
    assert 1 <= control.months <= 12


def test_no_question_is_asked_twice_and_none_about_a_general_rule():
    questions = Counter(each.question for each in ANSWERED)

    assert max(questions.values()) == 1
    assert not [each.id for each in RULE.control if not each.counted and (each.question or each.methods)]


def test_physical_safeguards_of_buildings_are_asked_of_each_site():
    asked = {each.id for each in COUNTED if each.per == "site"}

    assert asked == {each.id for each in COUNTED if each.id.startswith(("164.310(a)", "164.310(b)", "164.310(c)"))}


def test_duties_of_each_covered_entity_are_asked_of_each():
    asked = {each.id for each in COUNTED if each.per == "legal-entity"}

    assert {"164.308(a)(1)(ii)(A)", "164.308(a)(2)", "164.308(b)(1)", "164.308(b)(3)"} <= asked
    assert {each.id for each in COUNTED if each.family == "organizational"} <= asked


def test_only_the_reviewed_checks_contradict_a_control():
    found = {each.id: set(each.contradicted_by) for each in RULE.control if each.contradicted_by}

    assert found == CONTRADICTED


def test_no_check_both_contradicts_and_supports_a_control():
    for each in RULE.control:
        named = Counter((*each.contradicted_by, *each.supported_by))
        assert not named or max(named.values()) == 1, each.id


def test_no_check_bears_on_a_general_rule_or_contradicts_both_a_control_and_one_above_it():
    parents = {each.id: each.parent for each in RULE.control}
    checks = {each.id: set(each.contradicted_by) for each in RULE.control}

    for each in RULE.control:
        assert each.counted or not (each.contradicted_by or each.supported_by), each.id
        above = parents[each.id]
        while above:
            assert not checks[each.id] & checks[above], each.id
            above = parents[above]


def rows(heading: str) -> list[list[str]]:
    section = MAPPING.read_text(encoding="utf-8").partition(f"## {heading}\n")[2].partition("\n## ")[0]
    table = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_the_reviewed_table_is_what_the_catalog_holds_and_gives_a_reason_for_each_pair():
    table = rows("The checks there are")
    reviewed = sorted((check, control, now) for check, control, now, _, _ in table if now != "none")
    held = sorted(
        (check, control.id, bearing)
        for control in RULE.control
        for bearing, checks in (("contradicts", control.contradicted_by), ("supports", control.supported_by))
        for check in checks
    )

    assert reviewed == held
    assert all(why for *_, why in table)
    assert len({(check, control) for check, control, *_ in table}) == len(table)


def test_the_verdicts_for_checks_to_come_name_controls_that_are_there():
    controls = {each.id for each in COUNTED}
    table = rows("The checks to come")

    for check, contradicts, supports, why in table:
        contradicted, supported = ({*cell.split(", ")} - {"–"} for cell in (contradicts, supports))
        assert contradicted | supported, check
        assert contradicted | supported <= controls, check
        assert not contradicted & supported, check
        assert why, check
    assert not {check for check, *_ in table} & set(registry.load_checks().by_id)


def test_breach_notification_is_a_catalog_of_its_own():
    assert len(BREACH.control) == 22
    assert (BREACH.catalog.status, BREACH.catalog.citation) == ("in force", "45 CFR Part 164 Subpart D")
    assert BREACH.catalog.version
    assert BREACH.catalog.as_of
    assert BREACH.catalog.source
    assert {each.family for each in BREACH.control} == {"breach-notification"}
    assert {each.kind for each in BREACH.control} == {"standard", "specification"}
    assert all(re.match(r"164\.4(0[2468]|1[024])", each.id) for each in BREACH.control)
    assert not [each.id for each in RULE.control if each.id.startswith("164.4")]


def test_no_scan_bears_on_breach_notification():
    for each in BREACH.control:
        assert not each.contradicted_by, each.id
        assert not each.supported_by, each.id
        assert set(each.methods) == {Method.EXAMINE, Method.INTERVIEW}, each.id


@pytest.mark.parametrize(
    ("control", "words"),
    [
        ("164.402(2)", "presumed a breach"),
        ("164.404(b)", "no later than 60 calendar days after discovery"),
        ("164.404(d)(2)", "for fewer than 10 individuals"),
        ("164.404(d)(2)", "for 10 or more by a conspicuous posting for 90 days"),
        ("164.404(d)(2)", "active for at least 90 days"),
        ("164.406", "more than 500 residents of one State or jurisdiction"),
        ("164.406", "no later than 60 calendar days after discovery"),
        ("164.408(b)", "500 individuals or more"),
        ("164.408(c)", "fewer than 500 individuals"),
        ("164.408(c)", "no later than 60 days after its end"),
        ("164.410", "no later than 60 calendar days after discovery"),
        ("164.412", "no longer than 30 days"),
        ("164.414(a)", "164.530(b), (d), (e), (g), (h), (i) and (j)"),
    ],
)
def test_the_numbers_of_the_breach_rule_are_those_of_the_rule(control: str, words: str):
    text = {each.id: each.text for each in BREACH.control}[control]

    assert words in text
