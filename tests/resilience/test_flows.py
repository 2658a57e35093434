"""A flow opens a zone to one other on its ports alone: none is missed, and no other is opened by it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.assessment import BlastRadius, ClinicalService, Observation
from posture.facts import Host
from posture.governance.factors import exposure
from posture.inventory import Inventory
from posture.model import Outcome, Severity
from posture.resilience.reach import blast_radius
from posture.scope import Flow, OrganisationScope, Scope, Zone
from posture.subjects import address_key
from posture.testing import account, directory, host

VNC, REDIS, SSH = "vnc-without-authentication", "datastore-unauthenticated", 22
PORTS = {VNC: (5900, "vnc"), REDIS: (6379, "redis")}
NAMES = {5900: "vnc", 6379: "redis", 22: "ssh"}
WARD, SERVER, STORE = "10.1.0.1", "10.2.0.1", "10.3.0.1"
ZONES = {"10.1": "wards", "10.2": "servers", "10.3": "backups"}


def hospital(servers=(), **more) -> Scope:
    """Wards, servers and backups, each of which nobody else may reach but by flows."""
    kinds = (("wards", "clinical", ()), ("servers", "server", servers), ("backups", "backup", ()))
    return Scope(
        organisation=OrganisationScope(name="Test"),
        zone=tuple(
            Zone(id=name, kind=kind, networks=(f"10.{at}.0.0/16",), reachable_from=reachable)
            for at, (name, kind, reachable) in enumerate(kinds, 1)
        ),
        **more,
    )


def key(address: str) -> str:
    return address_key(ZONES[".".join(address.split(".")[:2])], address)


def machine(address: str, *numbers: int, services=None) -> Host:
    return host(
        services={number: {**NAMES, **(services or {})}[number] for number in numbers},
        closed="1-65535",
        ids=(key(address),),
        name=address,
        address=address,
    )


def fail(check: str, subject: str, **more) -> Observation:
    return Observation(
        check=check,
        severity=Severity.HIGH,
        outcome=Outcome.FAIL,
        evidence=("f" * 64,),
        id=check,
        subject=subject,
        **more,
    )


def weak(check: str, address: str) -> tuple[Host, Observation]:
    number, name = PORTS[check]
    return machine(address, number, services={number: name}), fail(check, key(address))


def ehr(*addresses: str, **more) -> ClinicalService:
    return ClinicalService(**{"id": "ehr", "name": "EHR", "hosts": tuple(map(key, addresses)), **more})


def reach(scope: Scope, facts, observations=(), services=()) -> BlastRadius:
    return blast_radius(list(facts), Inventory(facts), list(observations), scope, list(services))


def scenario(blast: BlastRadius, start: str = "wards"):
    return next(each for each in blast.scenarios if each.start == start)


def lost(blast: BlastRadius, start: str = "wards") -> set[str]:
    return {loss.service for loss in scenario(blast, start).losses}


def flow(tcp: str = "", udp: str = "", source: str = "wards", target: str = "servers") -> Flow:
    return Flow(source=source, target=target, tcp=tcp, udp=udp)


def test_a_flow_on_the_port_of_a_way_leads_there_as_a_shown_step():
    server, failed = weak(VNC, SERVER)

    blast = reach(hospital(flow=[flow("5900")]), [machine(WARD), server], [failed], [ehr(SERVER)])

    (loss,) = scenario(blast).losses
    (hop,) = loss.path
    assert (hop.source, hop.target, hop.shown) == ("a machine in wards", SERVER, True)
    assert hop.how == "VNC without a password (5900/tcp)"


@pytest.mark.parametrize(
    "flows",
    [
        (),
        [flow("443")],
        [flow(udp="5900")],
        [flow("5900", source="backups")],
        [flow("5900", target="backups")],
        [flow("5899,5901-5999")],
    ],
    ids=["none", "another port", "another protocol", "another source", "another target", "the ports beside it"],
)
def test_a_flow_opens_no_other_port_for_nobody_else_and_nowhere_else(flows):
    server, failed = weak(VNC, SERVER)

    assert not lost(reach(hospital(flow=flows), [machine(WARD), server], [failed], [ehr(SERVER)]))


def test_of_two_ways_a_flow_opens_only_its_own():
    both = machine(SERVER, 5900, SSH)
    failed = fail(VNC, key(SERVER))

    (loss,) = scenario(reach(hospital(flow=[flow("22")]), [machine(WARD), both], [failed], [ehr(SERVER)])).losses

    assert loss.path[0].how == "SSH with an administrator's password (22/tcp)"


def test_of_two_machines_a_flow_opens_only_the_one_that_listens_on_its_port():
    usual = machine(SERVER, SSH)
    moved = machine("10.2.0.2", 2222, services={2222: "ssh"})
    scope = hospital(flow=[flow("2222")])

    blast = reach(scope, [machine(WARD), usual, moved], (), [ehr("10.2.0.2"), ehr(SERVER, id="pacs", name="PACS")])

    path = next(loss.path for loss in scenario(blast).losses if loss.service == "ehr")
    assert [hop.target for hop in path] == ["10.2.0.2"]
    usual_path = next(loss.path for loss in scenario(blast).losses if loss.service == "pacs")
    assert [hop.target for hop in usual_path] == ["10.2.0.2", SERVER]  # within the zone, from the machine that fell


def test_an_attack_goes_on_through_flows_from_zone_to_zone():
    server, failed = weak(VNC, SERVER)
    store, other = weak(VNC, STORE)
    flows = [flow("5900"), flow("5900", source="servers", target="backups")]

    blast = reach(hospital(flow=flows), [machine(WARD), server, store], [failed, other], [ehr(STORE)])

    assert [hop.target for hop in scenario(blast).losses[0].path] == [SERVER, STORE]
    assert not lost(reach(hospital(flow=flows[:1]), [machine(WARD), server, store], [failed, other], [ehr(STORE)]))


def test_what_a_flow_destroys_without_a_foothold_is_lost_too():
    server, failed = weak(REDIS, SERVER)

    assert lost(reach(hospital(flow=[flow("6379")]), [machine(WARD), server], [failed], [ehr(SERVER)])) == {"ehr"}


def test_the_map_shows_a_flow_as_a_way_between_its_zones_and_no_more():
    both = machine(SERVER, 5900, SSH)

    blast = reach(hospital(flow=[flow("5900")]), [machine(WARD), both], [fail(VNC, key(SERVER))], [ehr(SERVER)])

    between = [edge for edge in blast.edges if (edge.source, edge.target) == ("zone:wards", "zone:servers")]
    assert [(edge.how, edge.shown) for edge in between] == [("VNC without a password (1 machine)", True)]


def test_closing_the_border_closes_the_flow_and_is_proposed():
    server, failed = weak(VNC, SERVER)

    blast = reach(hospital(flow=[flow("5900")]), [machine(WARD), server], [failed], [ehr(SERVER)])

    assert any("VNC" in change.what and change.saves_machines for change in blast.changes)


@given(st.lists(st.sampled_from(["22", "5900", "443", "1-65535"]), max_size=3))
def test_flows_never_open_more_than_the_whole_border_and_never_less_with_more(ports):
    server, failed = weak(VNC, SERVER)
    facts = [machine(WARD), server, machine("10.2.0.2", SSH)]
    services = [ehr(SERVER), ehr("10.2.0.2", id="pacs", name="PACS")]
    flows = [flow(each) for each in ports]

    some = lost(reach(hospital(flow=flows), facts, [failed], services))

    assert some <= lost(reach(hospital(servers=("wards",)), facts, [failed], services))
    assert some >= lost(reach(hospital(flow=flows[:-1]), facts, [failed], services))
    assert some == lost(reach(hospital(flow=flows[::-1]), facts, [failed], services))


# ── a directory behind a flow ────────────────────────────────────────────────────────────────────────────────────


def domain_reached(*flows: Flow) -> bool:
    """Whether an administrator's password that can be guessed gives the domain to who starts in the wards."""
    admin = account("root.admin", admin_count=True)
    server = directory(ids=("directory:hosp",), address=SERVER, base="DC=hosp,DC=example")
    facts = [machine(WARD), machine(SERVER), server, admin]
    return scenario(reach(hospital(flow=flows), facts, [fail("ad-asrep-roastable", admin.ids[0])])).domain


@pytest.mark.parametrize(
    ("flows", "expected"),
    [
        ((), False),
        ((flow("88"),), True),
        ((flow(udp="389"),), True),
        ((flow("443"),), False),
        ((flow("443"), flow("445")), True),
        ((flow("88", target="backups"),), False),
    ],
    ids=["none", "Kerberos", "LDAP over UDP", "another port", "one of two", "another zone"],
)
def test_a_domain_is_reached_by_a_flow_on_a_port_of_a_directory(flows, expected):
    assert domain_reached(*flows) is expected


# ── how exposed a zone is ────────────────────────────────────────────────────────────────────────────────────────


def exposed(*flows: Flow, reachable=(), kind: str = "management") -> tuple[str, str]:
    zones = (
        Zone(id="mine", kind=kind, networks=("10.1.0.0/16",), reachable_from=reachable),
        Zone(id="guests", kind="guest", networks=("10.2.0.0/16",)),
        Zone(id="admins", kind="management", networks=("10.3.0.0/16",), reachable_from=()),
    )
    scope = Scope(organisation=OrganisationScope(name="T"), zone=zones, flow=flows)
    factor = exposure([fail("x", "k", place="mine")], scope)
    return factor.level, factor.why


def test_a_flow_from_outsiders_raises_the_exposure_and_one_from_peers_does_not():
    assert exposed()[0] == "low"
    assert exposed(flow("443", source="admins", target="mine"))[0] == "low"
    level, why = exposed(flow("443", source="guests", target="mine"))
    assert (level, "Zone guests (guest) may reach zone mine" in why) == ("high", True)
    assert exposed(flow("443", source="guests", target="admins"))[0] == "low"


def test_where_nobody_said_who_may_reach_a_zone_a_flow_does_not_say_it():
    scope = Scope(
        organisation=OrganisationScope(name="T"),
        zone=(Zone(id="mine", kind="server", networks=("10.1.0.0/16",)),),
        flow=(flow("1", source="x", target="mine"),),
    )

    assert scope.reaching(scope.zones["mine"]) is None
