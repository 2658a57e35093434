"""The twelve months of a recognized security practice: what supports each, by the organisation's calendar."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.assessment import CheckResult, ControlCheck, ControlPart, ControlResult
from posture.governance.history import PastRun
from posture.governance.ledger import Attestation, Entry, Ledger, Practice, Practices
from posture.governance.practices import IN_MITIGATION, controls_tested, practices
from posture.model import Severity, Status
from posture.scope import OrganisationScope, Scope

AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
CHICAGO = "America/Chicago"


def scope(zone: str = CHICAGO) -> Scope:
    return Scope(organisation=OrganisationScope(name="H", time_zone=zone))


def control(name: str = "a", *parties: str, answered: str = "nothing") -> ControlResult:
    return ControlResult(
        catalog="hipaa-security-rule",
        id=name,
        title=name,
        kind="standard",
        family="technical",
        status=Status.NOT_ASSESSED,
        reason="",
        answered=answered,
        parts=tuple(ControlPart(party=party, status=Status.NOT_ASSESSED, reason="") for party in parties),
    )


def practice(*controls: str, since: date = date(2020, 1, 1)) -> Practice:
    return Practice(framework="NIST CSF 2.0", practice="PR.AA", since=since, controls=controls)


def attestation(
    name: str = "a", on: date = date(2026, 1, 15), expires: date = date(2026, 4, 15), **more
) -> Attestation:
    given = {"catalog": "hipaa-security-rule", "answer": "yes", "owner": "O", **more}
    return Attestation(control=name, attested_on=on, expires=expires, **given)


def run(when: datetime, *controls: str, name: str = "") -> PastRun:
    return PastRun(id=name or when.isoformat(), started=when, tested=controls)


def ledger(*statements, at: datetime) -> Ledger:
    return Ledger(entries=tuple(Entry(number=n, at=at, by="x", statement=s) for n, s in enumerate(statements, 1)))


def judged(  # noqa: PLR0913  # what is said, what was run, and when
    *statements, history=(), controls=None, as_of=AS_OF, this=None, zone=CHICAGO, at=datetime(1999, 1, 1, tzinfo=UTC)
):
    return practices(
        ledger=ledger(*statements, at=at),
        history=history,
        controls=controls or (control("a"), control("b")),
        scope=scope(zone),
        as_of=as_of,
        this_run=this or run(as_of, name="this"),
    )


def one(*statements, declared=None, **more):
    (result,) = judged(Practices(practices=(declared or practice("a", "b"),)), *statements, **more)
    return result


def test_nothing_declared_is_no_practice():
    assert judged() == ()


def test_the_newest_declaration_replaces_the_whole_of_an_earlier_one():
    assert judged(Practices(practices=(practice("a"),)), Practices()) == ()


@pytest.mark.parametrize(
    ("as_of", "zone", "first", "last"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), "UTC", "2025-12", "2026-11"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "UTC", "2026-01", "2026-12"),
        (datetime(2027, 1, 1, 0, 0, tzinfo=UTC), "UTC", "2026-02", "2027-01"),
        (datetime(2027, 1, 1, 5, 59, tzinfo=UTC), CHICAGO, "2026-01", "2026-12"),
        (datetime(2027, 1, 1, 6, 0, tzinfo=UTC), CHICAGO, "2026-02", "2027-01"),
        (datetime(2026, 12, 31, 12, 0, tzinfo=UTC), "Pacific/Kiritimati", "2026-02", "2027-01"),
        (datetime(2028, 2, 29, 12, 0, tzinfo=UTC), "UTC", "2027-03", "2028-02"),
    ],
)
def test_the_months_are_the_twelve_up_to_the_day_it_is_there(as_of, zone, first, last):
    result = one(as_of=as_of, zone=zone)

    assert (len(result.months), result.months[0], result.months[-1]) == (12, first, last)


def test_a_run_counts_in_its_month_once_if_it_tested_a_control_of_the_practice():
    june, july = datetime(2026, 6, 10, tzinfo=UTC), datetime(2026, 7, 10, tzinfo=UTC)
    history = (
        run(june, "a", "b", name="1"),
        run(june, "a", name="2"),
        run(june, "c", name="3"),
        run(july, name="4"),
        run(AS_OF, "a", name="this"),
    )

    result = one(history=history, this=run(AS_OF, "b", name="this"))

    assert {month: n for month, n in zip(result.months, result.runs, strict=True) if n} == {"2026-06": 2, "2026-11": 1}


@pytest.mark.parametrize(
    ("when", "month"),
    [
        (datetime(2026, 3, 1, 5, 59, tzinfo=UTC), "2026-02"),
        (datetime(2026, 3, 1, 6, 0, tzinfo=UTC), "2026-03"),
        (datetime(2026, 4, 1, 4, 59, tzinfo=UTC), "2026-03"),  # the clocks went forward on 8 March: UTC-5
        (datetime(2026, 4, 1, 5, 0, tzinfo=UTC), "2026-04"),
        (datetime(2026, 11, 1, 4, 59, tzinfo=UTC), "2026-10"),
        (datetime(2026, 11, 1, 5, 0, tzinfo=UTC), "2026-11"),  # they go back later on that day
    ],
)
def test_a_run_is_in_the_month_that_the_organisations_clocks_say(when, month):
    result = one(history=(run(when, "a"),))

    assert [each for each, n in zip(result.months, result.runs, strict=True) if n] == [month]


def test_runs_older_than_the_months_or_later_than_the_assessment_do_not_count():
    history = (run(datetime(2025, 11, 30, 12, tzinfo=UTC), "a"), run(AS_OF + timedelta(days=1), "a"))

    assert sum(one(history=history).runs) == 0


@pytest.mark.parametrize(
    ("on", "expires", "months"),
    [
        (date(2026, 1, 31), date(2026, 2, 1), ["2026-01"]),
        (date(2026, 1, 31), date(2026, 2, 28), ["2026-01"]),
        (date(2026, 1, 31), date(2026, 3, 1), ["2026-01", "2026-02"]),
        (date(2026, 2, 1), date(2026, 2, 28), []),
        (date(2026, 11, 1), date(2026, 11, 24), []),
        (date(2026, 11, 1), date(2026, 11, 25), ["2026-11"]),
        (date(2026, 11, 24), date(2027, 11, 24), ["2026-11"]),
        (date(2026, 11, 25), date(2027, 11, 24), []),
    ],
)
def test_an_answer_supports_the_months_on_whose_last_day_or_today_it_is_in_force(on, expires, months):
    result = one(attestation(on=on, expires=expires))

    assert [month for month, n in zip(result.months, result.attested, strict=True) if n] == months


def test_the_leap_day_is_the_last_of_its_month():
    leap = datetime(2028, 3, 1, 12, tzinfo=UTC)
    held = one(attestation(on=date(2028, 2, 29), expires=date(2028, 3, 1)), as_of=leap)

    assert dict(zip(held.months, held.attested, strict=True))["2028-02"] == 1


def test_only_a_yes_of_every_party_supports():
    def attested(*statements, controls):
        return one(*statements, controls=controls, declared=practice("a")).attested[1]

    assert attested(attestation(answer="no"), controls=[control("a")]) == 0
    assert attested(attestation(answer="partly"), controls=[control("a")]) == 0
    west, east = attestation(party="west"), attestation(party="east")
    assert attested(west, controls=[control("a", "west", "east")]) == 0
    assert attested(west, east, controls=[control("a", "west", "east")]) == 1
    assert attested(attestation(catalog="other"), controls=[control("a")]) == 0


def test_the_newest_answer_speaks_for_each_month_even_where_an_older_one_would_still_hold():
    long = attestation(on=date(2025, 12, 1), expires=date(2026, 12, 1))
    short = attestation(on=date(2026, 3, 1), expires=date(2026, 4, 15))

    result = one(long, short, declared=practice("a"))

    assert [m for m, n in zip(result.months, result.attested, strict=True) if n] == [
        "2025-12",
        "2026-01",
        "2026-02",
        "2026-03",
    ]


def test_months_with_neither_are_gaps_and_so_are_those_before_it_began_whatever_supports_them():
    every = attestation(on=date(2025, 1, 1), expires=date(2026, 6, 30))

    result = one(every, declared=practice("a", since=date(2026, 2, 28)), this=run(AS_OF, "a", name="this"))

    assert result.not_yet == ("2025-12", "2026-01")
    assert result.gaps == ("2025-12", "2026-01", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")


def test_a_practice_that_names_no_control_is_supported_by_nothing():
    result = one(attestation(), history=(run(AS_OF, "a"),), declared=practice())

    assert len(result.gaps) == 12


def test_a_practice_that_begins_later_is_a_gap_throughout():
    result = one(declared=practice("a", since=date(2026, 11, 25)), this=run(AS_OF, "a", name="this"))

    assert result.gaps == result.not_yet == result.months


def test_tested_are_those_that_a_test_answered():
    results = [
        CheckResult(id=name, title="", severity=Severity.LOW, kind="Host", summary="", why="", fix="", **counts)
        for name, counts in (("p", {"passed": 1}), ("f", {"failed": 1}), ("u", {"unknown": 9, "errors": 1}))
    ]

    def by(*checks: str) -> ControlResult:
        found = control("".join(checks), answered="accepted")
        return msgspec.structs.replace(
            found, checks=tuple(ControlCheck(check=each, bearing="supports") for each in checks)
        )

    assert controls_tested((by("p"), by("f"), by("u"), by("u", "p"), by("skipped")), results) == ("p", "f", "up")


def test_of_an_id_that_two_catalogs_have_both_have_to_be_supported():
    bears = (ControlCheck(check="p", bearing="contradicts"),)
    other = msgspec.structs.replace(control("a"), catalog="own", checks=bears)
    passed = CheckResult(id="p", title="", severity=Severity.LOW, kind="Host", summary="", why="", fix="", passed=1)

    assert controls_tested((control("a"), other), (passed,)) == ()
    assert controls_tested((other,), (passed,)) == ("a",)
    assert one(attestation(catalog="own"), controls=(control("a"), other), declared=practice("a")).attested[1] == 0


def test_a_run_that_was_made_later_than_the_day_it_speaks_of_supports_no_month_before():
    made = run(AS_OF, "a", name="this")

    assert sum(one(as_of=datetime(2026, 3, 1, tzinfo=UTC), this=made, at=datetime(2026, 1, 1, tzinfo=UTC)).runs) == 0


def test_what_was_declared_after_the_day_is_not_declared_yet():
    assert judged(Practices(practices=(practice("a"),)), as_of=AS_OF - timedelta(days=1), at=AS_OF) == ()


def test_the_words_claim_no_safe_harbour():
    assert IN_MITIGATION.startswith("Supporting, in mitigation")
    assert "no safe harbour" in IN_MITIGATION


@given(
    st.dates(min_value=date(2000, 1, 1), max_value=date(2090, 1, 1)),
    st.times(),
    st.sampled_from([CHICAGO, "UTC", "Pacific/Kiritimati", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_the_months_follow_each_other_without_a_hole(day, clock, zone):
    as_of = datetime.combine(day, clock, ZoneInfo(zone))

    months = one(as_of=as_of, zone=zone).months

    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in months]
    assert numbers == list(range(numbers[0], numbers[0] + 12))
    assert months[-1] == f"{as_of.year:04}-{as_of.month:02}"
