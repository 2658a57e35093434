"""The sample hospital's recorded run with what its people have answered: what stands, what stops, and why."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache

import msgspec
import pytest

from posture import catalog, configuration, registry
from posture.assessment import Assessment, Run
from posture.demo import recorded
from posture.demo.hospital import scope_text
from posture.demo.statements import statements
from posture.evaluate import evaluate
from posture.governance.ledger import Attestation, Entry, Ledger, Treatment
from posture.governance.period import today
from posture.imports import load
from posture.model import Evidence, Status
from posture.request import Request

AT = datetime(2026, 11, 24, 18, tzinfo=UTC)
OVERLAY = 'overlays = ["hipaa-nprm-2025"]'
SATISFIED = {Status.SATISFIED, Status.SATISFIED_BY_ALTERNATIVE}


@cache
def evidence() -> tuple[Evidence, ...]:
    return (*recorded.read(), *load([recorded.ACTIVE_DIRECTORY], registry.collectors()).evidence)


@cache
def ledger() -> Ledger:
    scope = configuration.parse(scope_text(recorded.FOLDER, today=AT.date()), "sample")
    controls = {control.id: control for control in catalog.built_in()[catalog.SCORED].control}
    said = statements(scope, controls, today(AT, "America/Chicago"))
    return Ledger(entries=tuple(Entry(number=at, at=AT, by="demo", statement=each) for at, each in enumerate(said, 1)))


def assessed(
    records: tuple[Evidence, ...] | None = None, *, said: Ledger | None = None, overlay: bool = True, at: datetime = AT
) -> Assessment:
    text = scope_text(recorded.FOLDER, today=AT.date())
    assert OVERLAY in text
    request = Request(
        run=Run(id="r", started=AT),
        scope=configuration.parse(text if overlay else text.replace(OVERLAY, ""), "sample"),
        as_of=at,
        version="0",
        probes=tuple(recorded.probes()),
        ledger=ledger() if said is None else said,
    )
    return evaluate(
        request,
        evidence() if records is None else records,
        registry.load_checks(),
        registry.collectors(),
        catalog.built_in(),
    )


@pytest.fixture(scope="module")
def whole() -> Assessment:
    return assessed()


def test_the_proposed_rule_changes_nothing_of_the_rule_in_force(whole: Assessment):
    without = assessed(overlay=False)

    assert [each.catalog.id for each in whole.frameworks if each.proposed] == ["hipaa-nprm-2025"]
    assert not any(each.proposed for each in without.frameworks)
    for part in ("controls", "coverage", "gaps", "risks", "exceptions", "decisions", "observations", "services"):
        assert getattr(whole, part) == getattr(without, part), part
    assert [each for each in whole.frameworks if not each.proposed] == list(without.frameworks)


def test_without_answers_nothing_is_satisfied_and_with_them_only_what_was_answered_for():
    alone = assessed(said=Ledger())
    answered = {
        each.statement.control
        for each in ledger().entries
        if isinstance(each.statement, Attestation) and each.statement.answer == "yes"
    }
    whole = assessed()
    parents = {control.parent for control in whole.controls}

    every = [*alone.controls, *(control for framework in alone.frameworks for control in framework.controls)]
    assert not [control.id for control in every if control.status in SATISFIED]
    assert {control.id for control in whole.controls if control.status is Status.SATISFIED} - parents <= answered


def test_every_control_has_one_of_the_answers_and_all_figures_agree(whole: Assessment):
    counted = [control for control in whole.controls if control.counted]

    assert len(counted) == whole.coverage.controls.of == sum(each.of for each in whole.coverage.answered)
    for status, field in ((Status.SATISFIED, "satisfied"), (Status.RISK_ACCEPTED, "risk_accepted")):
        assert sum(control.status is status for control in counted) == getattr(whole.coverage.controls, field) > 0
    assert all(control.reason for control in counted)


def test_an_exception_leaves_every_fail_a_fail(whole: Assessment):
    alone = assessed(said=Ledger())

    assert whole.observations == alone.observations
    assert [gap.failed for gap in whole.gaps] == [gap.failed for gap in alone.gaps]
    assert sum(gap.accepted for gap in whole.gaps) == 1


def test_answers_run_out_and_what_they_satisfied_is_not_assessed_again(whole: Assessment):
    later = assessed(at=AT.replace(year=2028))

    assert [control.id for control in whole.controls if control.status in SATISFIED]
    assert not [control.id for control in later.controls if control.status in SATISFIED | {Status.NOT_APPLICABLE}]
    assert {each.state for each in later.attestations} == {"missing", "expired"}


def losses(assessment: Assessment) -> dict[str, set[str]]:
    """The services that stop by being reached, and from where."""
    found: dict[str, set[str]] = {}
    for scenario in assessment.blast_radius.scenarios:
        for loss in scenario.losses:
            if loss.path:
                found.setdefault(loss.service, set()).add(scenario.start)
    return found


def test_the_services_that_stop_are_named_with_the_reason_and_go_with_its_cause(whole: Assessment):
    (reason,) = {
        loss.because
        for scenario in whole.blast_radius.scenarios
        for loss in scenario.losses
        if loss.service == "ehr" and scenario.start == "clinical"
    }
    assert "127.20.10.12" in reason
    assert "without a log-in (6379/tcp)" in reason
    assert losses(whole)["ehr"] == {"servers", "clinical", "devices"}

    mended = losses(assessed(tuple(closed(record, "127.20.10.12", 6379) for record in evidence())))

    assert "ehr" not in mended


def closed(record: Evidence, address: str, port: int) -> Evidence:
    """The same evidence, with one port of one host closed."""
    if record.envelope.format != "nmap-xml":
        return record
    text = record.payload.decode()
    for host in re.findall(r"<host[ >].*?</host>", text, re.DOTALL):
        if f'addr="{address}"' in host:
            shut = re.sub(
                rf'<port protocol="tcp" portid="{port}">.*?</port>',
                f'<port protocol="tcp" portid="{port}"><state state="closed" reason="reset" reason_ttl="64"/></port>',
                host,
                flags=re.DOTALL,
            )
            text = text.replace(host, shut)
    return Evidence.of(msgspec.structs.replace(record.envelope), text.encode())


def test_the_register_of_risks_is_carried_and_its_order_says_what_matters_most(whole: Assessment):
    assert [risk.place for risk in whole.risks] == list(range(1, len(whole.risks) + 1))
    assert {gap.risk for gap in whole.gaps} <= {risk.id for risk in whole.risks}
    assert any(risk.services for risk in whole.risks)
    assert {risk.source for risk in whole.risks} == {"gap", "control", "service"}
    treated = {each.statement.risk for each in ledger().entries if isinstance(each.statement, Treatment)}
    assert {risk.id for risk in whole.risks if risk.owner} == treated
    assert {risk.id for risk in whole.risks if risk.overdue} < treated
