"""The sample hospital's clinical services, what ransomware would take of them, and the other frameworks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from reports.answered import families, sha

from posture.assessment import (
    BlastRadius,
    CatalogInfo,
    Change,
    ClinicalService,
    ControlResult,
    Framework,
    Hop,
    Loss,
    MapEdge,
    MapNode,
    ReadinessItem,
    Scenario,
)
from posture.model import Method, Status

_PLAN = (
    ("Data backup plan", "A"),
    ("Disaster recovery plan", "B"),
    ("Emergency mode operation plan", "C"),
    ("Testing and revision procedures", "D"),
    ("Applications and data criticality analysis", "E"),
)


def _ready(*states: str) -> tuple[ReadinessItem, ...]:
    said = {
        "present": "Stated in the scope.",
        "stale": "The last one was 720 days ago, so it does not count.",
        "missing": "The scope does not state it.",
    }
    return tuple(
        ReadinessItem(name=name, control=f"164.308(a)(7)(ii)({letter})", state=state, said=said[state])
        for (name, letter), state in zip(_PLAN, states, strict=True)
    )


def services(hostile: Sequence[str]) -> tuple[ClinicalService, ...]:
    """One that is ready, one whose drill is too old, one with nothing, and a hostile one."""
    return (
        ClinicalService(
            id="ehr",
            name="Electronic health record",
            sites=("Main hospital", "North clinic"),
            depends_on=("10.10.0.10", "zone:servers", "directory:ad-north"),
            hosts=("address:servers/10.10.0.10", "address:servers/10.10.0.11"),
            rto_hours=4,
            rpo_hours=0.25,
            downtime_procedure="Binder 7 on every ward; intranet/downtime",
            last_drill=date(2026, 6, 1),
            last_restore_test=date(2026, 7, 12),
            fallback_communication="Radios, channel 4",
            readiness=_ready("present", "present", "present", "present", "present"),
        ),
        ClinicalService(
            id="pacs",
            name="PACS",
            sites=("Main hospital",),
            depends_on=("10.30.0.0/24", "ehr", "10.77.0.9"),
            hosts=("address:devices/10.30.0.10",),
            unresolved=("10.77.0.9",),
            rto_hours=24,
            downtime_procedure="Read on the modality",
            last_drill=date(2024, 10, 18),
            readiness=_ready("missing", "missing", "missing", "stale", "missing"),
        ),
        ClinicalService(
            id="nurse-call",
            name="Nurse call",
            sites=("North clinic",),
            readiness=_ready("missing", "missing", "missing", "missing", "missing"),
        ),
        ClinicalService(
            id="lab",
            name=hostile[0],
            sites=(hostile[3],),
            depends_on=(hostile[1],),
            unresolved=(hostile[1],),
            downtime_procedure=hostile[6],
            fallback_communication=hostile[2],
            readiness=_ready("present", "stale", "missing", "present", "missing"),
        ),
    )


def blast_radius(hostile: Sequence[str]) -> BlastRadius:
    """Three starts: a ward that takes the domain, a guest network that takes nothing, and the backups."""
    seen = (sha("nmap clinical 1"),)
    to_server = Hop(
        source="address:clinical/10.20.0.10",
        target="address:servers/10.10.0.11",
        how="SMB answers on 445/tcp",
        shown=True,
        evidence=seen,
    )
    to_domain = Hop(
        source="address:servers/10.10.0.11",
        target="directory:ad-north",
        how="a member of the domain is assumed to give an attacker the domain",
        shown=False,
    )
    to_store = Hop(source="directory:ad-north", target=f"name:device/{hostile[0]}", how=hostile[1], shown=False)
    return BlastRadius(
        nodes=(
            MapNode(id="zone:clinical", name="clinical", kind="zone", machines=37, sites=("Main hospital",)),
            MapNode(id="zone:servers", name="servers", kind="zone", machines=18, sites=("Main hospital",)),
            MapNode(id="zone:devices", name="devices", kind="zone", machines=6, sites=("Main hospital",)),
            MapNode(id="zone:guest", name="guest", kind="zone", machines=6, sites=("North clinic",)),
            MapNode(id="directory:ad-north", name="ad-north", kind="directory", machines=38),
            MapNode(id="service:ehr", name="Electronic health record", kind="service", machines=2),
            MapNode(id="service:pacs", name="PACS", kind="service", machines=1, sites=("Main hospital",)),
            MapNode(id="service:lab", name=hostile[0], kind="service", sites=(hostile[3],)),
            MapNode(id="backup:servers", name=hostile[6], kind="backup", machines=1),
        ),
        edges=(
            MapEdge(
                source="zone:clinical",
                target="zone:servers",
                how="SMB on 445/tcp",
                shown=True,
                evidence=seen,
                check="smb-signing-not-required",
            ),
            MapEdge(source="zone:clinical", target="zone:clinical", how="SMB on 445/tcp", shown=True, evidence=seen),
            MapEdge(source="zone:servers", target="directory:ad-north", how="domain members", shown=False),
            MapEdge(source="directory:ad-north", target="backup:servers", how=hostile[1], shown=False),
            MapEdge(source="zone:servers", target="service:ehr", how="it depends on machines there", shown=True),
            MapEdge(source="zone:devices", target="service:pacs", how="it depends on machines there", shown=True),
            MapEdge(source="zone:servers", target="service:lab", how=hostile[2], shown=True),
        ),
        scenarios=(
            Scenario(
                start="clinical",
                name="clinical",
                machines=61,
                of=75,
                losses=(
                    Loss(
                        service="ehr",
                        name="Electronic health record",
                        sites=("Main hospital", "North clinic"),
                        because="servers-02.stmary.example is reached",
                        path=(to_server, to_domain),
                    ),
                    Loss(
                        service="lab",
                        name=hostile[0],
                        sites=(hostile[3],),
                        because=hostile[6],
                        path=(to_server, to_domain, to_store),
                    ),
                ),
                backups=(hostile[6],),
                domain=True,
            ),
            Scenario(
                start="servers",
                name="servers",
                machines=18,
                of=75,
                losses=(
                    Loss(service="pacs", name="PACS", sites=("Main hospital",), because="it starts there", path=()),
                ),
            ),
            Scenario(start="guest", name="guest", machines=6, of=75),
        ),
        changes=(
            Change(
                what="Require SMB signing in clinical",
                saves_services=2,
                saves_machines=43,
                saves_backups=1,
                check="smb-signing-not-required",
            ),
            Change(what=hostile[0], saves_services=0, saves_machines=6, saves_backups=0),
        ),
        assumptions=(
            "A zone for which reachable_from is not stated counts as reachable from all others.",
            "Whoever has one domain member is assumed to get the domain.",
            hostile[1],
        ),
        unknown=(f"ad-main could not be read, so its members are not known. {hostile[6]}",),
    )


def frameworks(hostile: Sequence[str]) -> tuple[Framework, ...]:
    """Other rules and goals, one of a hospital's own, and one that is only proposed."""
    made = (
        ("hipaa-breach-notification", "HIPAA Breach Notification Rule", "in force", ("164.404", "164.408", "164.414")),
        ("hph-cpg", "HPH Cybersecurity Performance Goals", "voluntary", ("1.a", "2.e", "2.j")),
        ("ransomware-readiness", "Ransomware readiness", "practice", ("RR-01", "RR-02")),
        ("st-mary", f"Our own {hostile[0]}", "own", ("SM-1", hostile[1])),
        ("hipaa-nprm-2025", "Proposed changes to the Security Rule (2025)", "proposed", ("P-1", "P-2")),
    )
    statuses = (Status.SATISFIED, Status.NOT_SATISFIED, Status.NOT_ASSESSED)
    found = []
    for at, (catalog, title, status, ids) in enumerate(made):
        controls = tuple(
            ControlResult(
                catalog=catalog,
                id=id_,
                title=f"{title}: {id_}",
                kind="proposal" if status == "proposed" else "goal",
                family="technical",
                status=statuses[(at + row) % 3],
                reason=hostile[6] if catalog == "st-mary" else "A scan alone can’t satisfy it.",
                text="What it asks for.",
                methods=(Method.EXAMINE, Method.TEST),
                missing_methods=(Method.EXAMINE,),
                answered=("attested", "tested", "nothing")[(at + row) % 3],
            )
            for row, id_ in enumerate(ids)
        )
        (count,) = families(controls)
        found.append(
            Framework(
                catalog=CatalogInfo(id=catalog, title=title, status=status, as_of="1 October 2026", source="Published"),
                proposed=status == "proposed",
                counts=count,
                controls=controls,
            )
        )
    return tuple(found)
