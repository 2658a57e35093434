"""Runs of a real store, compared: why each thing changed, which run is compared with, and the row of all runs."""

import tracemalloc
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from posture import catalog, configuration, registry
from posture.assessment import (
    Assessment,
    CheckResult,
    Coverage,
    ExceptionResult,
    MethodNotes,
    Observation,
    Organisation,
    ProbeResult,
    ReferenceData,
    Run,
    ThresholdValue,
    ZoneInfo,
)
from posture.demo import recorded
from posture.demo.hospital import scope_text
from posture.errors import PostureError
from posture.evaluate import evaluate
from posture.history.runs import Compared, changes_since, earlier_run, with_changes
from posture.model import Evidence, Outcome, Severity, Source
from posture.request import Request
from posture.scope import OrganisationScope, Scope
from posture.store import Event, RunRecord, Store
from posture.testing import AS_OF


@cache
def scope() -> Scope:
    return configuration.parse(scope_text(recorded.FOLDER), "sample")


def assessed(name: str, records: tuple[Evidence, ...], as_of: datetime = AS_OF.at) -> Assessment:
    request = Request(
        run=Run(id=name, started=as_of), scope=scope(), as_of=as_of, version="0", probes=tuple(recorded.probes())
    )
    return evaluate(request, records, registry.load_checks(), registry.collectors(), catalog.built_in())


@cache
def whole() -> Assessment:
    return assessed("a", tuple(recorded.read()))


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "posture.db") as opened:
        yield opened


def kept(store: Store, name: str, assessment: Assessment | None, day: int, organisation: str = "") -> RunRecord:
    began = AS_OF.at + timedelta(days=day)
    of = scope() if not organisation else Scope(organisation=OrganisationScope(name=organisation))
    run = RunRecord(id=name, started=began, operator="o", host="h", version="0", as_of=began, scope=of)
    store.begin(run)
    if assessment is not None:
        told = msgspec.structs.replace(assessment, run=Run(id=name, started=began))
        store.judged(run.id, told, began)
        store.happened(run.id, Event(at=began, kind="finished", detail={"fingerprint": told.fingerprint}))
    return run


def compared(store: Store, old: Assessment, new: Assessment) -> Compared:
    return Compared(store, kept(store, "a", old, 0), kept(store, "b", new, 1))


def told(both: Compared) -> list:
    return [each for _, subjects in both.checks() for each in subjects]


# ── real evidence ────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_compared_with_itself_has_nothing_but_what_stays_open(store: Store):
    both = compared(store, whole(), whole())

    assert {each.kind for each in told(both)} == {"still-open"}
    assert both.controls() == both.risks() == ()
    fails = sum(each.outcome is Outcome.FAIL for each in whole().observations)
    assert len(told(both)) == fails > 0


@given(st.data())
@settings(max_examples=8, deadline=None)
def test_taking_recorded_evidence_away_from_the_later_run_fixes_nothing(tmp_path_factory, data):
    records = tuple(each for each in recorded.read() if data.draw(st.booleans(), label=each.id[:8]))
    with Store(tmp_path_factory.mktemp("store") / "posture.db") as store:
        both = compared(store, whole(), assessed("b", records))
        changes = told(both)
        gaps = both.gaps({numbers.check: numbers for numbers, _ in both.checks()})

    assert not [each for each in changes if each.kind in {"fixed", "reopened"}]
    assert not [gap for gap in gaps if gap.state == "closed"]


def without_telnet(record: Evidence) -> Evidence:
    """The scan as it would be had telnet been switched off everywhere."""
    if record.envelope.format != "nmap-xml" or b'portid="23"' not in record.payload:
        return record
    tree = etree.fromstring(record.payload)
    for port in tree.iter("port"):
        if port.get("portid") == "23":
            for part in list(port):
                if part.tag == "state":
                    part.set("state", "closed")
                else:
                    port.remove(part)
    return Evidence.of(record.envelope, etree.tostring(tree))


def test_a_port_that_was_closed_since_is_fixed_and_nothing_else_is(store: Store):
    later = assessed("b", tuple(map(without_telnet, recorded.read())))

    fixed = [each for each in told(compared(store, whole(), later)) if each.kind == "fixed"]

    assert "telnet-offered" in {each.check for each in fixed}
    assert len({each.subject for each in fixed}) == 1


def test_numbers_agree_with_those_of_the_assessments(store: Store):
    records = tuple(each for each in recorded.read() if each.envelope.collector != "snmp")
    later = assessed("b", records)
    both = compared(store, whole(), later)

    for numbers, subjects in both.checks():
        own = list(subjects)
        after = next(each for each in later.checks if each.id == numbers.check)
        before = next(each for each in whole().checks if each.id == numbers.check)
        assert numbers.judged == after.passed + after.failed
        assert numbers.judged_before == before.passed + before.failed
        assert numbers.new + numbers.reopened + numbers.still_open == after.failed
        assert numbers.no_longer_assessed == sum(each.kind == "no-longer-assessed" for each in own)


# ── why ──────────────────────────────────────────────────────────────────────────────────────────────────────────

FAIL = Observation(
    check="c", severity=Severity.HIGH, outcome=Outcome.FAIL, evidence=(), subject="k", id="i", message="bad", place="z"
)
PASS = Observation(
    check="c", severity=Severity.HIGH, outcome=Outcome.PASS, evidence=(), subjects=("k",), count=1, id="p"
)
CHECK = CheckResult(
    id="c",
    title="C",
    severity=Severity.HIGH,
    kind="Host",
    summary="",
    why="",
    fix="",
    file="network/c.py",
    wants=("Reference", "Thresholds"),
)


def small(*observations: Observation, sha: str = "1", day: int = 0, **more) -> Assessment:
    method = MethodNotes(
        as_of=AS_OF.at + timedelta(days=day),
        version="0",
        statement="",
        check_files=(Source(name="network/c.py", sha256=sha * 64),),
    )
    given = {
        "run": Run(id="r", started=AS_OF.at),
        "organisation": Organisation(name="H"),
        "method": method,
        "coverage": Coverage(),
        "checks": (CHECK,),
        "observations": observations,
        **more,
    }
    return Assessment(**given)


def reasons(store: Store, old: Assessment, new: Assessment) -> dict[str, str]:
    [change] = told(compared(store, old, new))
    return {each.of: each.text for each in change.reasons}


def test_a_check_that_was_changed_is_said_to_be(store: Store):
    assert "network/c.py" in reasons(store, small(FAIL), small(PASS, sha="2"))["check"]


def test_an_exception_that_was_added_or_ended_is_said_and_fixes_nothing(store: Store):
    day = date(2026, 1, 1)
    granted = ExceptionResult(
        id="E-1",
        state="in-force",
        requester="A",
        approver="B",
        owner="C",
        rationale="",
        granted_on=day,
        expires=day,
        observations=("i",),
    )
    [change] = told(compared(store, small(FAIL), small(FAIL, exceptions=(granted,))))

    assert change.kind == "still-open"
    assert [each.text for each in change.reasons if each.of == "exception"] == [
        "the exception E-1 covers it now; it stays failed"
    ]


def test_a_threshold_a_zone_and_reference_data_that_changed_are_said(store: Store):
    def made(value: int, network: str, sha: str, *observations: Observation) -> Assessment:
        base = small(*observations)
        data = ReferenceData(
            kind="kev",
            title="KEV",
            dated=date(2026, 1, 1),
            sha256=sha,
            source="s",
            records=1,
            age_days=1,
            allowed_days=30,
        )
        method = msgspec.structs.replace(
            base.method,
            thresholds=(ThresholdValue(name="t_days", value=value, default=1, description=""),),
            reference=(data,),
        )
        zone = ZoneInfo(id="z", kind="server", policy="gentle", ephi="yes", networks=(network,))
        organisation = Organisation(name="H", zones=(zone,))
        return msgspec.structs.replace(base, method=method, organisation=organisation)

    [change] = told(compared(store, made(90, "10.0.0.0/24", "a", FAIL), made(60, "10.0.0.0/25", "b", PASS)))

    said = " ".join(each.text for each in change.reasons)
    assert "t_days was 90, and is 60" in said
    assert "networks was 10.0.0.0/24, and is 10.0.0.0/25" in said
    assert {"scope", "reference"} <= {each.of for each in change.reasons}


def test_the_same_evidence_judged_as_of_another_day_is_said(store: Store):
    evidence = ("e" * 64,)
    old, new = (msgspec.structs.replace(each, evidence=evidence) for each in (PASS, FAIL))

    [change] = told(compared(store, small(old), small(new, day=9)))

    assert [each.of for each in change.reasons] == ["time"]


def test_a_probe_that_did_not_run_is_named(store: Store):
    lost = Coverage(probes=(ProbeResult(id="p", collector="nmap", outcome="failed", zone="z", problem="no route"),))

    assert reasons(store, small(FAIL), small(coverage=lost))["evidence"] == "the nmap probe of z was failed: no route"


# ── which run ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_is_compared_with_the_latest_judged_run_of_the_same_organisation_before_it(store: Store):
    small_one = small(FAIL)
    kept(store, "1", small_one, 1)
    kept(store, "2", small_one, 2)
    kept(store, "3", None, 3)
    kept(store, "4", small_one, 4, organisation="Another")
    kept(store, "6", small_one, 6)
    replayed = kept(store, "45", small_one, 4)
    store.happened(replayed.id, Event(at=AS_OF.at, kind="replayed"))
    run = kept(store, "5", small_one, 5)

    chosen, why = earlier_run(store, run, None)

    assert chosen.id == "2"
    assert "same organisation" in why
    assert earlier_run(store, run, "1")[0].id == "1"
    assert earlier_run(store, store.run("1"), None) is None


def test_a_run_that_can_not_be_compared_with_is_an_error(store: Store):
    run, _ = kept(store, "b", small(FAIL), 1), kept(store, "c", None, 0)

    for wanted, why in (("b", "the run itself"), ("c", "was not judged"), ("x", "there is no run")):
        with pytest.raises(PostureError, match=why):
            earlier_run(store, run, wanted)


def test_the_trend_has_every_run_up_to_this_one_with_denominators(store: Store):
    first, later = kept(store, "a", whole(), 0), kept(store, "b", whole(), 1)
    kept(store, "c", whole(), 2)

    trend = changes_since(store, first, later, "").trend

    assert [each.run for each in trend] == ["a", "b"]
    for each in trend:
        assert each.controls == whole().coverage.controls.of > 0
        assert each.fails == sum(one.outcome is Outcome.FAIL for one in whole().observations)
        assert each.fails <= each.judgements <= each.asked
        assert each.checks_failed == len(whole().gaps)


def test_a_comparison_changes_neither_the_fingerprint_nor_what_is_stored(store: Store):
    kept(store, "a", whole(), 0)
    kept(store, "b", whole(), 1)
    plain = store.assessment("b")

    shown = with_changes(store, plain, None)

    assert shown.run.changes is not None
    assert shown.fingerprint == plain.fingerprint
    assert store.assessment("b") == plain
    assert msgspec.json.encode(with_changes(store, plain, None)) == msgspec.json.encode(shown)


# ── large runs ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_large_run_is_read_a_check_at_a_time(store: Store):
    checks, subjects = 40, 300

    def observations(outcome: Outcome):
        for check in range(checks):
            for at in range(subjects):
                yield msgspec.structs.replace(
                    FAIL, check=f"c{check:02}", subject=f"k{at}", id=f"{check}-{at}", outcome=outcome, message="m" * 200
                )

    results = tuple(msgspec.structs.replace(CHECK, id=f"c{check:02}") for check in range(checks))
    kept_runs = [
        kept(store, name, small(*observations(outcome), checks=results), day)
        for day, (name, outcome) in enumerate((("a", Outcome.FAIL), ("b", Outcome.UNKNOWN), ("c", Outcome.FAIL)))
    ]
    tracemalloc.start()
    changes = changes_since(store, kept_runs[1], kept_runs[2], "")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert changes.count("still-open") == checks * subjects
    assert peak < 12 * 2**20, "all three runs together are 36,000 observations of about a kilobyte"


# ── what can't be compared, and what a moved measure fixes ───────────────────────────────────────────────────────


def test_a_threshold_that_was_moved_fixes_nothing(store: Store):
    def with_limit(name: str, value: int, records: tuple[Evidence, ...]) -> Assessment:
        moved = assessed(name, records)
        limits = tuple(msgspec.structs.replace(each, value=value) for each in moved.method.thresholds)
        return msgspec.structs.replace(moved, method=msgspec.structs.replace(moved.method, thresholds=limits))

    first = with_limit("a", 1, tuple(recorded.read()))
    wanting = {check.id for check in first.checks if "Thresholds" in check.wants}
    passing = tuple(
        msgspec.structs.replace(each, outcome=Outcome.PASS, evidence=()) if each.outcome is Outcome.FAIL else each
        for each in first.observations
    )
    second = msgspec.structs.replace(with_limit("b", 2, tuple(recorded.read())), observations=passing)

    changes = [each for each in told(compared(store, first, second)) if each.check in wanting]

    assert any("another measure" in reason.text for each in changes for reason in each.reasons)
    assert not [each for each in changes if each.kind == "fixed"]


def test_runs_of_two_organisations_and_a_later_one_are_not_compared(store: Store):
    here, later = kept(store, "a", whole(), 0), kept(store, "b", whole(), 1)
    kept(store, "c", whole(), -1, organisation="Another")

    for wanted, why in (("b", "is the later of the two"), ("c", "of two organisations")):
        with pytest.raises(PostureError, match=why):
            earlier_run(store, here, wanted)
    chosen = earlier_run(store, later, "a")
    assert chosen is not None
    assert chosen[0].id == "a"
