"""What the sample hospital has answered for: every state of every part, with hostile text in each."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Literal

import msgspec

from posture.assessment import (
    AnsweredCount,
    Attachment,
    AttestationResult,
    ControlPart,
    ControlResult,
    Crosswalk,
    DataFlow,
    DecisionResult,
    ExceptionResult,
    FamilyCount,
    Gap,
    InformationSystem,
    Observation,
    PracticeResult,
    RegisterResult,
    Risk,
    RiskAnalysisResult,
)
from posture.assessment.risks import Factor, Level
from posture.model import Method, Outcome, Severity, Status

TODAY = date(2026, 10, 8)
CATALOG = "hipaa-security-rule"
ENTITIES = ("St. Mary’s Regional Hospital", "St. Mary’s Physicians LLC")
SITES = ("main", "north")
BOTH = (Method.EXAMINE, Method.INTERVIEW)
ALL = (Method.TEST, Method.EXAMINE, Method.INTERVIEW)


def sha(text: str) -> str:
    """A stable stand-in for a hash."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def attached(name: str) -> tuple[Attachment, ...]:
    """One document."""
    return (Attachment(name=name, sha256=sha(name), size=48_200 + len(name)),)


def families(controls: Sequence[ControlResult]) -> tuple[FamilyCount, ...]:
    """How the counted controls of each family stand."""
    counts: dict[str, Counter[Status]] = defaultdict(Counter)
    for control in controls:
        if control.counted:
            counts[control.family][control.status] += 1
    return tuple(
        FamilyCount(
            family=family,
            of=counted.total(),
            satisfied=counted[Status.SATISFIED],
            satisfied_by_alternative=counted[Status.SATISFIED_BY_ALTERNATIVE],
            not_satisfied=counted[Status.NOT_SATISFIED],
            risk_accepted=counted[Status.RISK_ACCEPTED],
            not_assessed=counted[Status.NOT_ASSESSED],
            not_applicable=counted[Status.NOT_APPLICABLE],
        )
        for family, counted in counts.items()
    )


def answered_counts(controls: Sequence[ControlResult]) -> tuple[AnsweredCount, ...]:
    """By what the counted controls of each family are answered."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for control in controls:
        if control.counted:
            counts[control.family][control.answered.replace("-", "_")] += 1
    return tuple(AnsweredCount(family=family, of=counted.total(), **counted) for family, counted in counts.items())


# ── what was answered ───────────────────────────────────────────────────────────


def attestations(controls: Sequence[ControlResult], hostile: Sequence[str]) -> tuple[AttestationResult, ...]:
    """An answer, or that there is none, for every counted control and each of its parties."""
    said: dict[tuple[str, str], dict[str, Any]] = {
        ("164.308(a)(2)", ""): _answer("Named in charter 12.", "Compliance officer", date(2026, 3, 2), "charter.pdf"),
        ("164.310(b)", "main"): _answer("Workstation standard WS-2.", "R. Okafor", date(2026, 5, 4), "ws-2.pdf"),
        ("164.310(b)", "north"): _answer(hostile[0], hostile[1], date(2026, 5, 5), hostile[2]),
        ("164.310(c)", "main"): _answer("Wards are badge-locked.", "R. Okafor", date(2026, 5, 4), "ws-3.pdf"),
        ("164.310(c)", "north"): _answer("Two open desks.", "R. Okafor", date(2026, 5, 5), answer="no"),
        ("164.312(a)(2)(i)", ""): _answer("Every log-in is a person’s.", "IT", date(2026, 6, 1), "iam.docx", ALL),
        ("164.316(a)", ""): _answer(hostile[5], hostile[3], date(2025, 10, 20), hostile[6])
        | {"expiring": True, "expires": date(2026, 10, 20)},
        ("164.308(a)(8)", ""): _answer("Evaluated in 2024.", "Internal audit", date(2024, 9, 1), "evaluation.pdf")
        | {"state": "expired", "expires": date(2025, 9, 1)},
        ("164.308(a)(6)(ii)", ""): _answer("Response plan, from November.", "CISO", date(2026, 11, 1), "plan.pdf")
        | {"state": "not-yet", "expires": date(2027, 11, 1)},
        ("164.308(a)(4)(ii)(A)", ""): _answer(
            "No clearinghouse.", "Counsel", date(2026, 1, 9), answer="not-applicable"
        ),
        ("164.308(a)(7)(ii)(A)", ""): _answer("No copies of PACS.", "CIO", date(2026, 7, 1), answer="no"),
        ("164.308(b)(3)", ENTITIES[0]): _answer("41 contracts.", "Counsel", date(2026, 2, 1), "contracts.xlsx"),
        ("164.308(b)(3)", ENTITIES[1]): _answer("6 of 9.", "Counsel", date(2026, 2, 1), answer="partly"),
    }
    parties = {control: tuple(party for each, party in said if each == control) for control, _ in said}
    found, entry = [], 0
    for control in controls:
        for party in parties.get(control.id, ("",)) if control.counted else ():
            given = said.get((control.id, party), {})
            entry += bool(given)
            found.append(
                AttestationResult(
                    catalog=CATALOG,
                    control=control.id,
                    title=control.title,
                    question=f"{control.text.rstrip('.')}: is this done, and can you show it?",
                    party=party,
                    entry=entry if given else 0,
                    **given,
                )
            )
    return tuple(found)


def _answer(  # noqa: PLR0913, PLR0917  # one argument for each field that differs
    statement: str, owner: str, on: date, document: str = "", methods: tuple[Method, ...] = BOTH, answer: str = "yes"
) -> dict[str, Any]:
    return {
        "state": "in-force",
        "answer": answer,
        "methods": methods,
        "statement": statement,
        "owner": owner,
        "attested_on": on,
        "expires": on.replace(year=on.year + 1),
        "attachments": attached(document) if document else (),
    }


def decisions(controls: Sequence[ControlResult], hostile: Sequence[str]) -> tuple[DecisionResult, ...]:
    """A decision, or that there is none, for every addressable specification."""
    shared = {"approver": "Dr. N. Abara", "decided_on": date(2026, 5, 4), "review_by": date(2027, 5, 4)}
    taken: dict[str, dict[str, Any]] = {
        "164.310(d)(2)(iii)": shared
        | {
            "choice": "alternative",
            "why_not": "The biomedical shop moves 40 pumps a day.",
            "measure": "The logistics system records every move.",
            "risk_analysis": "Risk analysis 2026, chapter 7",
            "attachments": attached("decision-7.pdf"),
        },
        "164.312(a)(2)(iii)": shared
        | {
            "choice": "not-reasonable",
            "why_not": f"Anaesthesia can’t log in again mid-case. {hostile[6]}",
            "measure": hostile[0],
            "risk_analysis": hostile[1],
            "approver": hostile[3],
        },
        "164.308(a)(5)(ii)(A)": shared | {"choice": "implemented"},
        "164.310(a)(2)(iv)": shared
        | {"choice": "alternative", "state": "expired", "review_by": date(2026, 8, 1), "why_not": "Leased building."},
    }
    return tuple(
        DecisionResult(
            catalog=CATALOG,
            control=control.id,
            title=control.title,
            entry=40 + at if control.id in taken else 0,
            **({"state": "in-force"} | taken[control.id] if control.id in taken else {}),
        )
        for at, control in enumerate(controls)
        if control.requirement == "A"
    )


def exceptions(observations: Sequence[Observation], hostile: Sequence[str]) -> tuple[ExceptionResult, ...]:
    """Exceptions in every state; one never matched, two overlap, one is of a required specification."""
    failed: defaultdict[str, list[str]] = defaultdict(list)
    for each in observations:
        if each.outcome is Outcome.FAIL:
            failed[each.check].append(each.id)
    people = {"requester": "B. Lindqvist", "approver": "Dr. N. Abara", "owner": "Clinical engineering"}
    telnet, never = tuple(failed["telnet-offered"]), tuple(failed["ad-password-never-expires"])
    return (
        ExceptionResult(
            id="EX-2026-01",
            state="in-force",
            checks=("telnet-offered",),
            subjects=("zone:clinical",),
            rationale="The infusion gateways have nothing but Telnet until they are replaced.",
            compensating_control="Alone in a VLAN that only the gateway server reaches.",
            granted_on=date(2026, 2, 1),
            expires=date(2027, 2, 1),
            observations=telnet[:4],
            overlaps=("EX-2026-02",),
            matched=True,
            entry=51,
            **people,
        ),
        ExceptionResult(
            id="EX-2026-02",
            state="in-force",
            checks=("telnet-offered",),
            subjects=("10.20.0.1*", hostile[1]),
            rationale=hostile[0],
            compensating_control=hostile[6],
            granted_on=date(2026, 3, 1),
            expires=date(2026, 10, 9),
            observations=telnet[:1],
            overlaps=("EX-2026-01",),
            matched=True,
            entry=52,
            requester=hostile[1],
            approver=hostile[3],
            owner=hostile[2],
        ),
        ExceptionResult(
            id="EX-2026-03",
            state="in-force",
            controls=("164.308(a)(5)(ii)(D)",),
            checks=("ad-password-never-expires",),
            rationale="Service accounts are moved one by one.",
            granted_on=date(2026, 4, 1),
            expires=date(2026, 12, 31),
            observations=never,
            accepted_controls=("164.308(a)(5)(ii)(D)",),
            matched=True,
            entry=53,
            **people,
        ),
        ExceptionResult(
            id="EX-2026-04",
            state="in-force",
            controls=("164.308(a)(7)(ii)(A)",),
            rationale="The archive’s second copy is on order.",
            compensating_control="Nightly export to tape.",
            granted_on=date(2026, 7, 2),
            expires=date(2027, 1, 2),
            accepted_controls=("164.308(a)(7)(i)", "164.308(a)(7)(ii)(A)"),
            not_waived=("164.308(a)(7)(ii)(A)",),
            matched=True,
            entry=54,
            **people,
        ),
        ExceptionResult(
            id="EX-2026-05",
            state="in-force",
            checks=("smb1-offered",),
            subjects=("10.44.0.0/16",),
            rationale="For the old MRI.",
            granted_on=date(2026, 7, 2),
            expires=date(2027, 7, 2),
            note="It covers nothing that this run saw: is the device gone, or is the pattern wrong?",
            entry=55,
            **people,
        ),
        ExceptionResult(
            id="EX-2025-09",
            state="expired",
            checks=("tls-outdated",),
            rationale="Until the upgrade in August.",
            granted_on=date(2025, 9, 1),
            expires=date(2026, 9, 1),
            note="What it covered counts again as not accepted.",
            entry=12,
            **people,
        ),
        ExceptionResult(
            id="EX-2025-11",
            state="revoked",
            checks=("certificate-invalid",),
            rationale="Self-signed on the lab’s analysers.",
            granted_on=date(2025, 11, 1),
            expires=date(2026, 11, 1),
            revoked_on=date(2026, 6, 3),
            revoked_why=f"The maker gave certificates. {hostile[5]}",
            entry=14,
            **people,
        ),
        ExceptionResult(
            id="EX-2026-06",
            state="not-yet",
            checks=("snmp-v1-v2c",),
            rationale="From the day the new UPS arrives.",
            granted_on=date(2026, 11, 1),
            expires=date(2027, 11, 1),
            entry=56,
            **people,
        ),
    )


# ── what follows for the controls and gaps ──────────────────────────────────────

_ATTESTED = "Answered yes on {on}, examined and by interview; holds until {until}."


def answered_controls(
    controls: Sequence[ControlResult],
    said: Sequence[AttestationResult],
    granted: Sequence[ExceptionResult],
) -> tuple[ControlResult, ...]:
    """The controls with their parts, exceptions and crosswalks, and by what each is answered."""
    by_control: defaultdict[str, list[AttestationResult]] = defaultdict(list)
    for each in said:
        by_control[each.control].append(each)
    failing = [("164.310(c)", "north"), ("164.308(b)(3)", ENTITIES[1])]
    changed = {
        "164.310(b)": (Status.SATISFIED, _ATTESTED.format(on="5 May 2026", until="5 May 2027")),
        "164.310(c)": (Status.NOT_SATISFIED, "Answered no for north."),
        "164.312(a)(2)(i)": (Status.SATISFIED, _ATTESTED.format(on="1 June 2026", until="1 June 2027")),
        "164.316(a)": (Status.SATISFIED, _ATTESTED.format(on="20 October 2025", until="20 October 2026")),
        "164.308(a)(8)": (Status.NOT_ASSESSED, "The answer expired on 1 September 2025."),
        "164.308(b)(1)": (Status.NOT_SATISFIED, "A standard is no better than its worst specification."),
        "164.308(b)(3)": (Status.NOT_SATISFIED, f"Answered partly for {ENTITIES[1]}."),
        "164.308(a)(7)(i)": (Status.RISK_ACCEPTED, "A standard is no better than its worst specification."),
        "164.308(a)(7)(ii)(A)": (
            Status.RISK_ACCEPTED,
            "Answered no. EX-2026-04 accepts the risk, which waives nothing: it is required (45 CFR 164.306(d)(2)).",
        ),
        "164.312(a)(2)(iii)": (
            Status.RISK_ACCEPTED,
            "A documented decision under 45 CFR 164.306(d)(3)(ii)(B); an auditor weighs its rationale.",
        ),
    }
    found = []
    for control in controls:
        status, reason = changed.get(control.id, (control.status, control.reason))
        own = by_control[control.id]
        spoke = any(each.state == "in-force" for each in own)
        tested = bool(control.checks) or control.id == "164.312(a)(2)(i)"
        untested = (Method.TEST,) if Method.TEST in control.methods and not tested else ()
        answered: Literal["tested", "attested", "tested-and-attested", "accepted", "nothing"] = (
            "accepted"
            if status is Status.RISK_ACCEPTED
            else "tested-and-attested"
            if spoke and tested
            else "attested"
            if spoke or status is Status.SATISFIED_BY_ALTERNATIVE
            else "tested"
            if tested
            else "nothing"
        )
        parts = tuple(
            ControlPart(
                party=each.party,
                status=Status.NOT_SATISFIED if (control.id, each.party) in failing else Status.SATISFIED,
                reason=f"Answered {each.answer}.",
            )
            for each in own
            if each.party
        )
        found.append(
            msgspec.structs.replace(
                control,
                status=status,
                reason=reason,
                answered=answered,
                parts=parts,
                missing_methods=() if status is Status.SATISFIED else (*control.missing_methods, *untested),
                exceptions=tuple(
                    each.id
                    for each in granted
                    if each.state == "in-force"
                    and (control.id in each.accepted_controls or set(each.observations) & set(control.observations))
                ),
                crosswalks=(
                    Crosswalk(framework="nist-800-53r5", id="AC-2", title="Account Management", strength="partial"),
                    Crosswalk(framework="nist-csf-2.0", id="PR.AA-01", title="Identities are managed"),
                )
                if control.family == "technical"
                else (),
            )
        )
    return tuple(found)


def accepted_gaps(gaps: Sequence[Gap], granted: Sequence[ExceptionResult]) -> tuple[Gap, ...]:
    """The gaps with what exceptions cover, and their ids in the register."""
    found = []
    for gap in gaps:
        covering = [
            each for each in granted if each.state == "in-force" and set(each.observations) & {*gap.observations}
        ]
        covered = {key for each in covering for key in each.observations} & {*gap.observations}
        found.append(
            msgspec.structs.replace(
                gap, accepted=len(covered), exceptions=tuple(each.id for each in covering), risk=risk_id(gap.check)
            )
        )
    return tuple(found)


# ── the register of risks ───────────────────────────────────────────────────────


def risk_id(about: str) -> str:
    """The id of a risk."""
    return f"R-{sha(about)[:6].upper()}"


_LEVELS: dict[Severity, Level] = {
    Severity.CRITICAL: "very-high",
    Severity.HIGH: "high",
    Severity.MEDIUM: "moderate",
    Severity.LOW: "low",
}


def risks(gaps: Sequence[Gap], hostile: Sequence[str]) -> tuple[Risk, ...]:
    """One for each gap, one for an answer, one for a service, one that was not looked at again, and a closed one."""
    found = [
        Risk(
            id=gap.risk,
            place=0,
            title=gap.title,
            source="gap",
            about=gap.check,
            state="accepted" if gap.accepted == gap.failed else "open",
            level=_LEVELS[gap.severity],
            likelihood=_LEVELS[gap.severity],
            impact="high" if at < 8 else "moderate",
            factors=factors(at),
            subjects=gap.failed,
            ephi="yes",
            services=("ehr", "pacs") if at % 3 == 0 else (),
            controls=gap.contradicts,
            exceptions=gap.exceptions,
            why=gap.why,
            fix=gap.fix,
            owner=hostile[1] if at == 1 else "Network team" if at % 2 else "",
            response="mitigate" if at % 2 else "",
            due=TODAY + timedelta(days=20 * (at - 4)) if at % 2 else None,
            overdue=bool(at % 2) and at < 4,
            note=hostile[0] if at == 1 else "",
            first_seen=date(2026, 4, 8) if at < 6 else TODAY,
            last_seen=TODAY,
            found_on=(),
        )
        for at, gap in enumerate(gaps)
    ]
    shared: dict[str, Any] = {"factors": factors(1), "first_seen": date(2026, 1, 9), "last_seen": TODAY}
    found += [
        Risk(
            id=risk_id("164.308(a)(7)(ii)(A)"),
            place=0,
            title="Data backup plan: answered no",
            source="control",
            about="164.308(a)(7)(ii)(A)",
            state="accepted",
            level="moderate",
            likelihood="moderate",
            impact="very-high",
            controls=("164.308(a)(7)(ii)(A)",),
            exceptions=("EX-2026-04",),
            why="Its owner answered that it is not done.",
            fix="Do what the control asks for, then answer its question again.",
            **shared,
        ),
        Risk(
            id=risk_id("pacs"),
            place=0,
            title="PACS is not ready for downtime",
            source="service",
            about="pacs",
            state="open",
            level="moderate",
            likelihood="moderate",
            impact="high",
            services=("pacs",),
            controls=("164.308(a)(7)(ii)(D)",),
            why="The last downtime drill was 720 days ago.",
            fix="Do what is lacking, and state it for the service in posture.toml.",
            owner="Radiology",
            response="mitigate",
            due=date(2026, 12, 1),
            **shared,
        ),
        Risk(
            id=risk_id("nla"),
            place=0,
            title=f"Remote desktop without network level authentication {hostile[6]}",
            source="gap",
            about="rdp-without-nla",
            state="not-seen",
            level="low",
            likelihood="low",
            impact="moderate",
            subjects=2,
            **(shared | {"last_seen": date(2026, 4, 8)}),
        ),
        Risk(
            id=risk_id("ftp"),
            place=0,
            title="FTP is offered",
            source="gap",
            about="ftp-offered",
            state="closed",
            level="very-low",
            likelihood="very-low",
            impact="low",
            subjects=1,
            **(shared | {"last_seen": date(2026, 4, 8)}),
        ),
    ]
    order: list[Level] = ["very-high", "high", "moderate", "low", "very-low"]
    late = {"not-seen": 1, "closed": 2}
    found.sort(key=lambda risk: (late.get(risk.state, 0), order.index(risk.level)))
    return tuple(msgspec.structs.replace(risk, place=at) for at, risk in enumerate(found, 1))


def factors(at: int) -> tuple[Factor, ...]:
    """Two of likelihood, one of impact."""
    return (
        Factor(of="likelihood", name="Severity", level="high", why="The check is critical (Table G-4)."),
        Factor(of="likelihood", name="Reachable", level="moderate", why=f"{at + 1} zones reach it (Table G-3)."),
        Factor(of="impact", name="Clinical services", level="very-high", why="The EHR stands on it (Table H-3)."),
    )


# ── declared ────────────────────────────────────────────────────────────────────


def risk_analysis(hostile: Sequence[str]) -> RiskAnalysisResult:
    """The hospital's own."""
    return RiskAnalysisResult(
        title="Enterprise risk analysis 2026",
        performed_on=date(2026, 2, 11),
        scope=f"All sites, the cloud EHR, and paper. {hostile[0]}",
        approver="Board risk committee",
        next_review=date(2027, 2, 11),
        state="in-force",
        attachments=attached(f"risk-analysis {hostile[3]}.pdf"),
        entry=31,
    )


def register(hostile: Sequence[str]) -> RegisterResult:
    """Systems and flows, with what is wanting in them."""
    return RegisterResult(
        systems=(
            InformationSystem(
                id="ehr",
                name="Cloud EHR",
                hosting="cloud",
                ephi="yes",
                owner="CMIO",
                business_associate="Ehrsoft, Inc.",
                agreement_on=date(2024, 1, 5),
                agreement_ends=date(2027, 1, 5),
            ),
            InformationSystem(
                id="transcription",
                name=hostile[1],
                hosting="business-associate",
                ephi="yes",
                business_associate=hostile[0],
                note=hostile[6],
            ),
            InformationSystem(id="pacs", name="Image archive", hosting="on-premises", ephi="yes", owner="Radiology"),
            InformationSystem(id="badge", name="Badge printer", hosting="device", ephi="no"),
        ),
        flows=(
            DataFlow(source="pacs", destination="ehr", what="Image links", protection="TLS 1.2"),
            DataFlow(source="ehr", destination="transcription", what=hostile[2]),
        ),
        declared_on=date(2026, 6, 30),
        problems=(
            f"{hostile[1]} is run by a business associate, and no agreement is dated (45 CFR 164.308(b)(3)).",
            "The flow from ehr to transcription states no protection on its way.",
        ),
        entry=33,
    )


def practices(hostile: Sequence[str]) -> tuple[PracticeResult, ...]:
    """One with gaps, one that is younger than a year."""
    months = tuple(f"{2025 + (9 + at) // 12}-{(9 + at) % 12 + 1:02}" for at in range(1, 13))
    return (
        PracticeResult(
            framework="NIST CSF 2.0",
            practice="PR.AA-01",
            title="Identities and credentials are managed",
            since=date(2024, 1, 1),
            where="All sites",
            controls=("164.312(a)(2)(i)", "164.312(d)"),
            evidence="Policy IAM-1",
            months=months,
            runs=(1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 2),
            attested=(0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1),
            gaps=months[1:3],
        ),
        PracticeResult(
            framework="405(d) HICP",
            practice="Practice 1: e-mail",
            title=hostile[0],
            since=date(2026, 8, 1),
            where=hostile[1],
            evidence=hostile[6],
            months=months,
            runs=(0,) * 12,
            attested=(0,) * 12,
            gaps=months,
            not_yet=months[:9],
        ),
    )
