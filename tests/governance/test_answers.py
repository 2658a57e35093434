"""Which answer speaks on a day, and what is missing."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture import catalog
from posture.catalog import SCORED, Catalog, Control, Head
from posture.governance import answers
from posture.governance.ledger import (
    Attachment,
    Attestation,
    DataFlow,
    Decision,
    Entry,
    InformationSystem,
    Ledger,
    RecordedRiskAnalysis,
    Register,
)
from posture.scope import OrganisationScope, Scope, Site

AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
FILE = Attachment(name="policy.pdf", sha256="0" * 64, size=1)


def scope(time_zone: str = "UTC", entities: tuple[str, ...] = (), sites: tuple[str, ...] = ()) -> Scope:
    organisation = OrganisationScope(name="H", time_zone=time_zone, legal_entities=entities)
    return Scope(organisation=organisation, site=tuple(Site(id=each, name=each.upper()) for each in sites))


def control(name: str = "c1", **more: object) -> Control:
    return Control(
        **{
            "id": name,
            "kind": "specification",
            "title": f"Title {name}",
            "family": "technical",
            "text": "Text.",
            "question": "Is it so?",
            **more,
        }
    )


def of_controls(*controls: Control, name: str = SCORED) -> Catalog:
    head = Head(id=name, title="T", citation="C", status="in force", as_of="2026-01-01", source="S")
    return Catalog(catalog=head, control=controls)


def ledger(*statements: object, at: datetime = AS_OF) -> Ledger:
    return Ledger(entries=tuple(Entry(number=n, at=at, by="x", statement=s) for n, s in enumerate(statements, 1)))


def attestation(answer: str = "yes", *, on: date = TODAY - 10 * DAY, days: int = 365, **more: object) -> Attestation:
    return Attestation(
        **{
            "catalog": SCORED,
            "control": "c1",
            "answer": answer,
            "owner": "M. Lee",
            "attested_on": on,
            "expires": on + days * DAY,
            **more,
        }
    )


def decision(choice: str = "alternative", *, on: date = TODAY - 10 * DAY, days: int = 365, **more: object) -> Decision:
    return Decision(
        **{
            "catalog": SCORED,
            "control": "c1",
            "choice": choice,
            "approver": "A. Patel",
            "decided_on": on,
            "review_by": on + days * DAY,
            **more,
        }
    )


def one(*statements: object, given_scope: Scope | None = None, as_of: datetime = AS_OF):
    rows = answers.attestations(ledger(*statements), [of_controls(control())], given_scope or scope(), as_of)
    (row,) = rows
    return row


def test_a_question_is_asked_of_the_organisation_of_each_legal_entity_or_of_each_site():
    here = scope(entities=("North", "South", "North"), sites=("a", "b"))

    assert answers.parties(control(), here) == ("",)
    assert answers.parties(control(per="legal-entity"), here) == ("North", "South")
    assert answers.parties(control(per="site"), here) == ("a", "b")
    assert answers.parties(control(per="site"), scope()) == ("",)
    assert answers.parties(control(per="legal-entity"), scope()) == ("",)


def test_every_counted_question_has_a_row_for_each_party_answered_or_not():
    asked = of_controls(
        control("c2", per="site"),
        control("c1"),
        control("g", kind="general-rule"),
        control("quiet", question=""),
    )

    rows = answers.attestations(ledger(attestation()), [asked], scope(sites=("b", "a")), AS_OF)

    assert [(row.control, row.party, row.state) for row in rows] == [
        ("c2", "b", "missing"),
        ("c2", "a", "missing"),
        ("c1", "", "in-force"),
    ]


def test_every_control_of_every_catalog_that_comes_with_posture_is_asked():
    every = catalog.built_in().values()

    rows = answers.attestations(Ledger(), every, scope(), AS_OF)

    counted = [(each.catalog.id, one.id) for each in every for one in each.control if one.counted]
    assert [(row.catalog, row.control) for row in rows] == counted
    assert {row.state for row in rows} == {"missing"}


def test_an_answer_is_shown_as_it_was_given():
    row = one(attestation("no", statement="Not yet.", attachments=(FILE,)))

    assert (row.answer, row.owner, row.statement, row.attachments) == ("no", "M. Lee", "Not yet.", (FILE,))
    assert (row.entry, row.title, row.question) == (1, "Title c1", "Is it so?")


def test_the_newest_that_has_begun_speaks_even_if_it_has_expired_and_an_older_one_would_hold():
    older = attestation("yes", on=TODAY - 100 * DAY, days=1_000)
    newer = attestation("no", on=TODAY - 50 * DAY, days=10)

    row = one(older, newer)

    assert (row.answer, row.state, row.entry) == ("no", "expired", 2)


def test_what_is_dated_later_than_today_does_not_speak_yet():
    assert (one(attestation("no"), attestation("yes", on=TODAY + DAY)).answer) == "no"
    assert one(attestation("yes", on=TODAY + DAY)).state == "not-yet"
    assert one(attestation("yes", on=TODAY + DAY), as_of=AS_OF + DAY).state == "in-force"


def test_it_ends_soon_within_the_notice():
    assert one(attestation(on=TODAY - 10 * DAY, days=40)).expiring
    assert not one(attestation(on=TODAY - 10 * DAY, days=41)).expiring
    assert not one(attestation(on=TODAY - 10 * DAY, days=10)).expiring


def test_today_is_a_day_of_the_organisation():
    ends_today = attestation(on=TODAY - 10 * DAY, days=10)
    late = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)

    assert one(ends_today, given_scope=scope("America/Chicago"), as_of=late).state == "in-force"
    assert one(ends_today, given_scope=scope("UTC"), as_of=late).state == "expired"


@given(st.lists(st.tuples(st.integers(-400, 60), st.integers(1, 500)), min_size=1, max_size=6))
def test_of_many_the_last_recorded_whose_day_has_come_speaks_and_no_other(dates):
    said = [attestation(on=TODAY + begins * DAY, days=length) for begins, length in dates]

    row = one(*said)

    begun = [(n, each) for n, each in enumerate(said, 1) if each.attested_on <= TODAY]
    if begun:
        number, speaks = begun[-1]
        assert (row.entry, row.state) == (number, "in-force" if speaks.expires > TODAY else "expired")
    else:
        assert row.state == "not-yet"


def test_another_party_or_catalog_is_not_answered_for():
    assert one(attestation(party="North"), attestation(catalog="hph-cpg")).state == "missing"


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_addressable_specification_has_a_row_decided_or_not():
    asked = of_controls(
        control("c1", requirement="A"),
        control("c2", requirement="R"),
        control("c3", requirement="A", per="legal-entity"),
    )

    rows = answers.decisions(ledger(decision(measure="Isolation")), asked, scope(entities=("N", "S")), AS_OF)

    assert [(row.control, row.party, row.state, row.measure) for row in rows] == [
        ("c1", "", "in-force", "Isolation"),
        ("c3", "N", "missing", ""),
        ("c3", "S", "missing", ""),
    ]


def test_a_decision_holds_until_its_review():
    asked = of_controls(control(requirement="A"))

    def stands(as_of: datetime) -> str:
        return answers.decisions(ledger(decision(on=TODAY, days=1)), asked, scope(), as_of)[0].state

    assert [stands(AS_OF + days * DAY) for days in (-1, 0, 1)] == ["not-yet", "in-force", "expired"]


# ── the hospital's own risk analysis and register ────────────────────────────────────────────────────────────────


def test_the_newest_risk_analysis_is_shown_with_its_state():
    def analysis(title: str, performed: date, review: date) -> RecordedRiskAnalysis:
        return RecordedRiskAnalysis(
            title=title,
            performed_on=performed,
            scope="All",
            approver="A. Patel",
            next_review=review,
            attachments=(FILE,),
        )

    assert answers.risk_analysis(Ledger(), scope(), AS_OF) is None
    said = ledger(analysis("2025", TODAY - 400 * DAY, TODAY + 9 * DAY), analysis("2026", TODAY - 40 * DAY, TODAY))
    found = answers.risk_analysis(said, scope(), AS_OF)
    assert found is not None
    assert (found.title, found.state, found.entry) == ("2026", "expired", 2)


def system(name: str, **more: object) -> InformationSystem:
    return InformationSystem(**{"id": name, "name": name.upper(), "hosting": "on-premises", "ephi": "yes", **more})


def problems(*systems: InformationSystem, flows: tuple[DataFlow, ...] = ()) -> tuple[str, ...]:
    return answers.register(ledger(Register(systems=systems, flows=flows)), scope(), AS_OF).problems


AGREED = {"agreement_on": TODAY - DAY}


@pytest.mark.parametrize(
    ("given_system", "words"),
    [
        (system("ehr"), []),
        (system("ehr", ephi="unknown"), ["not stated, so it counts as yes"]),
        (system("mail", hosting="cloud"), ["no business associate agreement with whoever runs it"]),
        (system("mail", hosting="cloud", ephi="no"), []),
        (system("mail", hosting="cloud", ephi="unknown"), ["not stated", "no business associate agreement"]),
        (system("mail", hosting="cloud", **AGREED), []),
        (system("bill", business_associate="Bills Inc."), ["no business associate agreement with Bills Inc."]),
        (system("bill", hosting="business-associate", **AGREED, agreement_ends=TODAY), ["ended on 2026-11-24"]),
        (system("bill", hosting="business-associate", **AGREED, agreement_ends=TODAY + DAY), []),
        (system("bill", hosting="business-associate", agreement_on=TODAY + DAY), ["begins on 2026-11-25"]),
    ],
)
def test_what_is_wanting_in_a_system_is_said(given_system, words):
    found = problems(given_system)

    assert len(found) == len(words)
    for sentence, word in zip(found, words, strict=True):
        assert word in sentence


def test_what_is_wanting_in_a_flow_is_said():
    flow = DataFlow(source="ehr", destination="LAB", what="results", protection="TLS 1.2")

    assert problems(system("ehr"), system("lab"), flows=(flow,)) == ()
    (bare,) = problems(system("ehr"), system("lab"), flows=(msgspec.structs.replace(flow, protection=" "),))
    assert bare == "The flow of results from ehr to LAB names no protection."
    (away,) = problems(system("ehr"), flows=(flow,))
    assert away == "The flow of results from ehr to LAB: LAB is no system of the register."


def test_a_register_that_was_recorded_later_is_not_declared_yet():
    assert answers.register(ledger(Register()), scope(), AS_OF - 40 * DAY).declared_on is None


def test_a_later_register_replaces_the_whole_of_an_earlier_one_and_one_recorded_later_does_not_speak_yet():
    both = ledger(Register(systems=(system("a"),)), Register(systems=(system("b"),)))

    found = answers.register(both, scope(), AS_OF)
    assert ([each.id for each in found.systems], found.declared_on, found.entry) == (["b"], TODAY, 2)
    assert answers.register(ledger(Register(), at=AS_OF), scope(), AS_OF).declared_on == TODAY
