"""What ransomware would take: each loss has its cause in the evidence, or in an assumption that is listed."""

from functools import cache

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from posture import catalog, configuration, registry
from posture.assessment import BlastRadius, ClinicalService, Observation, Run
from posture.demo import recorded
from posture.demo.hospital import scope_text
from posture.evaluate import evaluate
from posture.facts import Fact, Host
from posture.imports import load
from posture.inventory import Inventory
from posture.model import Evidence, Outcome, Severity
from posture.request import Request
from posture.resilience.reach import blast_radius
from posture.resilience.services import clinical_services
from posture.resilience.ways import DELEGATION, DOMAIN_WEAKNESSES, FAMILY, WEAKNESSES
from posture.scope import DirectoryScope, OrganisationScope, Scope, Service, Site, Zone
from posture.subjects import address_key
from posture.testing import AS_OF, account, attempt, computer, device, directory, host

VNC, REDIS, TELNET, SMB, SSH = "vnc-without-authentication", "datastore-unauthenticated", "telnet-offered", 445, 22
PORTS = {VNC: (5900, "vnc"), REDIS: (6379, "redis"), TELNET: (23, "telnet")}
CLOSED = "1-65535"
WARD, SERVER, OTHER, STORE = "10.1.0.1", "10.2.0.1", "10.2.0.2", "10.3.0.1"


def zone(name: str, number: int, kind: str = "server", reachable_from=None) -> Zone:
    return Zone(id=name, kind=kind, networks=(f"10.{number}.0.0/16",), reachable_from=reachable_from)


def hospital(wards=None, servers=(), backups=(), **more) -> Scope:
    """Wards, servers and backups. None: who may reach it is not declared."""
    return Scope(
        organisation=OrganisationScope(name="Test"),
        site=(Site(id="main", name="Main campus"), Site(id="north", name="North clinic")),
        zone=(
            zone("wards", 1, "clinical", wards),
            zone("servers", 2, "server", servers),
            zone("backups", 3, "backup", backups),
        ),
        **more,
    )


ZONES = {"10.1": "wards", "10.2": "servers", "10.3": "backups"}


def key(address: str) -> str:
    return address_key(ZONES.get(".".join(address.split(".")[:2])), address)


def machine(address: str, *numbers: int, services=None, **more) -> Host:
    names = {5900: "vnc", 6379: "redis", 23: "telnet", 445: "microsoft-ds", 22: "ssh", **(services or {})}
    return host(
        services={number: names[number] for number in numbers},
        **{"closed": CLOSED, "ids": (key(address),), "name": address, "address": address, **more},
    )


def weak(check: str, address: str) -> tuple[Host, Observation]:
    number, name = PORTS[check]
    return machine(address, number, services={number: name}), fail(check, key(address))


def fail(check: str, subject: str, outcome: Outcome = Outcome.FAIL, **more) -> Observation:
    return Observation(
        check=check, severity=Severity.HIGH, outcome=outcome, evidence=("f" * 64,), id=check, subject=subject, **more
    )


def ehr(*addresses: str, **more) -> ClinicalService:
    return ClinicalService(
        **{"id": "ehr", "name": "EHR", "sites": ("Main campus",), "hosts": tuple(map(key, addresses)), **more}
    )


def reach(scope: Scope, facts, observations=(), services=()) -> BlastRadius:
    return blast_radius(list(facts), Inventory(facts), list(observations), scope, list(services))


def scenario(blast: BlastRadius, start: str = "wards"):
    return next(each for each in blast.scenarios if each.start == start)


def lost(blast: BlastRadius, start: str = "wards") -> set[str]:
    return {loss.service for loss in scenario(blast, start).losses}


# ── what is a way, and what is none ──────────────────────────────────────────────────────────────────────────────


def test_every_check_of_the_tables_is_a_check_that_exists():
    named = {weakness.check for weakness in WEAKNESSES} | set(DOMAIN_WEAKNESSES) | {DELEGATION}
    assert named <= set(registry.load_checks().by_id)
    assert {weakness.family for weakness in WEAKNESSES} <= set(FAMILY)


def test_a_failed_check_on_an_open_port_is_a_shown_step_with_its_evidence():
    server, failed = weak(VNC, SERVER)
    blast = reach(hospital(servers=("wards",)), [machine(WARD), server], [failed], [ehr(SERVER)])
    (loss,) = scenario(blast).losses
    (hop,) = loss.path
    assert (hop.source, hop.target, hop.shown) == ("a machine in wards", SERVER, True)
    assert hop.how == "VNC without a password (5900/tcp)"
    assert hop.evidence == ("e" * 64, "f" * 64)
    assert loss.because == f"{SERVER} is reached from a machine in wards through VNC without a password (5900/tcp)."
    assert loss.sites == ("Main campus",)


@pytest.mark.parametrize("without", ["the failed check", "the open port", "the declared way"])
def test_without_its_cause_the_loss_is_gone(without):
    server, failed = weak(VNC, SERVER)
    facts = [machine(WARD), machine(SERVER) if without == "the open port" else server]
    observations = [] if without == "the failed check" else [failed]
    scope = hospital(servers=() if without == "the declared way" else ("wards",))
    assert not lost(reach(scope, facts, observations, [ehr(SERVER)]))
    assert lost(reach(hospital(servers=("wards",)), [machine(WARD), server], [failed], [ehr(SERVER)]))


def test_a_password_is_assumed_where_administration_is_open():
    blast = reach(hospital(servers=("wards",)), [machine(WARD), machine(SERVER, SSH)], (), [ehr(SERVER)])
    (hop,) = scenario(blast).losses[0].path
    assert (hop.how, hop.shown) == ("SSH with an administrator's password (22/tcp)", False)
    assert any("passwords of administrators" in line for line in blast.assumptions)


def test_vnc_with_a_password_is_no_way():
    assert not lost(reach(hospital(servers=("wards",)), [machine(WARD), machine(SERVER, 5900)], (), [ehr(SERVER)]))


def test_a_port_that_says_it_is_something_else_is_no_way():
    web = machine(SERVER, SSH, services={SSH: "http"})
    assert not lost(reach(hospital(servers=("wards",)), [machine(WARD), web], (), [ehr(SERVER)]))


def test_a_weakness_that_only_helps_names_the_way_and_does_not_show_it():
    facts = [machine(WARD), machine(SERVER, SMB)]
    blast = reach(hospital(servers=("wards",)), facts, [fail("smb1-offered", key(SERVER))], [ehr(SERVER)])
    (hop,) = scenario(blast).losses[0].path
    assert ("SMB version 1" in hop.how, hop.shown) == (True, False)
    assert any("MS17-010" in line for line in blast.assumptions)


def test_who_may_reach_a_zone_is_assumed_where_it_is_not_declared():
    server, failed = weak(VNC, SERVER)
    blast = reach(hospital(servers=None), [machine(WARD), server], [failed], [ehr(SERVER)])
    (hop,) = scenario(blast).losses[0].path
    assert not hop.shown
    assert hop.how.endswith(", if wards may open connections into servers")
    assert any("Who may open connections into servers, wards is not declared" in line for line in blast.assumptions)


def test_within_a_zone_nothing_stands_between_machines():
    server, failed = weak(VNC, SERVER)
    blast = reach(hospital(), [server, machine(OTHER)], [failed], [ehr(SERVER)])
    assert scenario(blast, "servers").machines == 2


def test_an_open_database_is_lost_but_the_attack_goes_no_further_from_there():
    store, failed = weak(REDIS, SERVER)
    scope = hospital(servers=("wards",), backups=("servers",))
    blast = reach(scope, [machine(WARD), store, machine(STORE, SSH)], [failed], [ehr(SERVER)])
    assert lost(blast) == {"ehr"}
    assert not scenario(blast).backups
    taken, failed = weak(VNC, SERVER)
    assert scenario(reach(scope, [machine(WARD), taken, machine(STORE, SSH)], [failed])).backups == ("backups",)


def test_the_path_is_the_shortest_and_names_every_step():
    jump, failed = weak(VNC, SERVER)
    scope = hospital(servers=("wards",), backups=("servers",))
    blast = reach(scope, [machine(WARD), jump, machine(STORE, SSH)], [failed], [ehr(STORE)])
    (loss,) = scenario(blast).losses
    assert [(hop.source, hop.target, hop.shown) for hop in loss.path] == [
        ("a machine in wards", SERVER, True),
        (SERVER, STORE, False),
    ]


@pytest.mark.parametrize("attempts", [(), (attempt("v2c", "accepted", "default:private"),)])
def test_settings_that_snmp_lets_change_need_the_community(attempts):
    gateway = device(*attempts, ids=(key(SERVER),), name="gateway", address=SERVER)
    blast = reach(
        hospital(servers=("wards",)),
        [machine(WARD), machine(SERVER), gateway],
        [fail("snmp-write-access", key(SERVER))],
        [ehr(SERVER)],
    )
    (hop,) = scenario(blast).losses[0].path
    assert (hop.target, hop.shown) == (f"gateway {SERVER}", False)
    assert any("SNMP community" in line for line in blast.assumptions)


def test_a_machine_with_a_foot_in_two_zones_is_a_bridge():
    one = machine(SERVER, 5900, ids=("mac:main/aa", key(SERVER)))
    other = machine(STORE, ids=(key(STORE), key(SERVER)))
    scope = hospital(servers=("wards",), backups=())
    target, failed = weak(VNC, "10.3.0.9")
    blast = reach(scope, [machine(WARD), one, other, target], [fail(VNC, "mac:main/aa"), failed], [ehr("10.3.0.9")])
    assert lost(blast) == {"ehr"}


# ── where it starts ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_service_in_the_zone_where_it_starts_may_be_lost_with_the_first_machine():
    blast = reach(hospital(), [machine(SERVER), machine(OTHER)], (), [ehr(SERVER)])
    (loss,) = scenario(blast, "servers").losses
    assert loss.path == ()
    assert loss.because == f"It depends on {SERVER}, and the first machine that is lost in servers can be that one."
    assert scenario(blast, "servers").machines == 1


def test_a_guest_network_is_a_start_though_no_machine_of_it_was_seen():
    scope = hospital(servers=("guests",))
    scope = msgspec.structs.replace(scope, zone=(*scope.zone, zone("guests", 4, "guest")))
    server, failed = weak(VNC, SERVER)
    blast = reach(scope, [server], [failed], [ehr(SERVER)])
    assert lost(blast, "guests") == {"ehr"}
    assert (scenario(blast, "guests").machines, scenario(blast, "guests").of) == (1, 1)


def test_machines_in_no_zone_reach_what_is_not_declared_and_nothing_else():
    server, failed = weak(VNC, SERVER)
    facts = [machine("192.0.2.1"), server]
    assert lost(reach(hospital(servers=None), facts, [failed], [ehr(SERVER)]), "") == {"ehr"}
    assert not lost(reach(hospital(servers=("wards",)), facts, [failed], [ehr(SERVER)]), "")


def test_an_import_without_a_scope_is_one_place_and_says_so():
    target = host(services={5900: "vnc"}, closed=CLOSED)
    other = host(ids=("address:unzoned/10.0.0.9",), name="10.0.0.9", address="10.0.0.9", closed=CLOSED)
    service = ClinicalService(id="ehr", name="EHR", hosts=target.ids)
    blast = reach(Scope.of_files(), [target, other], [fail(VNC, target.ids[0])], [service])
    (each,) = blast.scenarios
    assert (each.name, each.machines, each.of) == ("not in any zone", 2, 2)
    assert any("in no zone of the scope" in line for line in blast.assumptions)


def test_a_path_that_holds_whichever_machine_is_the_first_says_more():
    server, failed = weak(VNC, SERVER)
    (loss,) = scenario(reach(hospital(), [server, machine(OTHER)], [failed], [ehr(SERVER)]), "servers").losses
    assert [hop.target for hop in loss.path] == [SERVER]


def test_the_worst_start_comes_first():
    server, failed = weak(VNC, SERVER)
    scope = hospital(servers=("wards",), backups=())
    blast = reach(scope, [machine(WARD), server, machine(STORE)], [failed], [ehr(SERVER)])
    assert [each.start for each in blast.scenarios] == ["wards", "servers", "backups"]
    assert [each.machines for each in blast.scenarios] == [2, 1, 1]


# ── directories ──────────────────────────────────────────────────────────────────────────────────────────────────

DC, JOINED = "10.2.0.10", "10.3.0.20"


def domain(*accounts: Fact) -> list[Fact]:
    """A domain controller among the servers, and a machine that is joined by its DNS name and shows no open port."""
    return [
        machine(WARD),
        machine(DC),
        machine(JOINED, names=("PACS.hosp.example.",)),
        directory(ids=("directory:hosp",), address=DC, base="DC=hosp,DC=example"),
        computer("PACS$", ids=("guid:pacs",), dns_name="pacs.hosp.example"),
        *accounts,
    ]


def test_an_administrator_whose_password_can_be_cracked_gives_the_domain_and_all_machines_joined_to_it():
    admin = account("root.admin", admin_count=True)
    failed = fail("ad-asrep-roastable", admin.ids[0])
    blast = reach(hospital(servers=("wards",)), domain(admin), [failed], [ehr(JOINED)])
    (loss,) = scenario(blast).losses
    assert [(hop.target, hop.shown) for hop in loss.path] == [("hosp", False), (f"PACS$ {JOINED}", False)]
    assert "root.admin" in loss.path[0].how
    assert scenario(blast).domain
    assert any("AS-REP" in line for line in blast.assumptions)
    assert blast.changes[0].check == "ad-asrep-roastable"


def test_an_ordinary_account_gives_no_domain_and_one_of_which_it_is_not_known_is_said():
    ordinary, unknown = account("anna", admin_count=False), account("otto")
    failed = [fail("ad-asrep-roastable", ordinary.ids[0]), fail("ad-asrep-roastable", unknown.ids[0])]
    blast = reach(hospital(servers=("wards",)), domain(ordinary, unknown), failed, [ehr(JOINED)])
    assert not scenario(blast).domain
    assert any("otto" in line and "adminCount" in line for line in blast.unknown)
    assert not any("anna" in line for line in blast.unknown)


def test_the_domain_is_out_of_reach_where_its_servers_are():
    admin = account("root.admin", admin_count=True)
    failed = fail("ad-asrep-roastable", admin.ids[0])
    assert not scenario(reach(hospital(servers=()), domain(admin), [failed], [ehr(JOINED)])).domain


def test_a_domain_controller_that_is_taken_takes_the_domain():
    facts = [fact for fact in domain() if fact.name != DC] + [machine(DC, SSH)]
    blast = reach(hospital(servers=("wards",)), facts, (), [ehr(JOINED)])
    assert [hop.target for hop in scenario(blast).losses[0].path] == [f"hosp {DC}", "hosp", f"PACS$ {JOINED}"]
    assert scenario(blast).domain


def test_a_computer_trusted_for_delegation_gives_the_domain_once_it_is_taken():
    trusted = computer("APP$", ids=("guid:app",), dns_name="app.hosp.example")
    app = machine(OTHER, 5900, names=("app.hosp.example",))
    failed = [fail(VNC, key(OTHER)), fail(DELEGATION, "guid:app")]
    facts = [*domain(trusted), app]
    assert scenario(reach(hospital(servers=("wards",)), facts, failed)).domain
    assert not scenario(reach(hospital(servers=("wards",)), facts, failed[:1])).domain
    assert not scenario(reach(hospital(servers=("wards",)), facts, failed[1:])).domain


def test_a_disabled_computer_is_not_joined():
    facts = [fact for fact in domain(account("root.admin", admin_count=True)) if fact.ids != ("guid:pacs",)]
    facts.append(computer("PACS$", ids=("guid:pacs",), dns_name="pacs.hosp.example", control=0x1002))
    blast = reach(hospital(servers=("wards",)), facts, [fail("ad-asrep-roastable", "account:hosp/root.admin")])
    assert scenario(blast).domain
    assert scenario(blast).machines == 1


def test_a_service_stops_with_the_directory_that_it_depends_on():
    named = DirectoryScope(id="staff", host=SERVER, kind="openldap")
    service = Service(id="ehr", name="EHR", depends_on=("directory:staff",))
    scope = hospital(servers=("wards",), directory=(named,), service=(service,))
    facts = [
        machine(WARD),
        machine(SERVER, 6379),
        directory("openldap", ids=("directory:staff",), name="staff", place="staff", address=SERVER),
    ]
    blast = reach(scope, facts, [fail(REDIS, key(SERVER))], [ClinicalService(id="ehr", name="EHR")])
    (loss,) = scenario(blast).losses
    assert loss.because.endswith("a database without a log-in (6379/tcp), and staff goes with it.")
    assert not scenario(blast).domain


# ── backups, changes, what is not known ──────────────────────────────────────────────────────────────────────────


def test_backups_that_services_name_go_with_their_machines():
    service = Service(id="ehr", name="EHR", backups=(SERVER, "10.9.0.0/24"))
    scope = hospital(servers=("wards",), service=(service,))
    server, failed = weak(VNC, SERVER)
    blast = reach(scope, [machine(WARD), server, machine(STORE)], [failed])
    assert scenario(blast).backups == (f"{SERVER} (backups of EHR)",)
    assert "Backups at 10.9.0.0/24 (backups of EHR): no machine there is in the evidence." in blast.unknown


def test_changes_are_ranked_by_what_they_save_and_those_that_save_nothing_are_left_out():
    server, failed = weak(VNC, SERVER)
    store, other = weak(REDIS, OTHER)
    scope = hospital(servers=("wards",), backups=("servers",))
    facts = [machine(WARD), server, store, machine(STORE, SSH)]
    services = [ehr(SERVER), ClinicalService(id="pacs", name="PACS", hosts=(key(STORE),))]
    blast = reach(scope, facts, [failed, other], services)
    saved = {change.check or change.what: (change.saves_services, change.saves_backups) for change in blast.changes}
    assert next(iter(saved.items())) == ("Close SSH from other zones into backups (1 machine).", (2, 2))
    assert saved[VNC] == (2, 1)
    assert REDIS not in saved or saved[REDIS] == (0, 0)
    assert all(change.saves_services or change.saves_backups or change.saves_machines for change in blast.changes)
    assert len(blast.changes) <= 5


def test_to_mend_a_check_does_not_help_where_a_password_opens_the_same_port():
    facts = [machine(WARD), machine(SERVER, SMB)]
    blast = reach(hospital(servers=("wards",)), facts, [fail("smb1-offered", key(SERVER))], [ehr(SERVER)])
    assert {change.check for change in blast.changes} == {""}
    assert blast.changes[0].what == "Close Windows file sharing (SMB) from other zones into servers (1 machine)."


def test_to_mend_telnet_closes_it_only_where_it_failed():
    server, failed = weak(TELNET, SERVER)
    facts = [machine(WARD), server, machine(OTHER, 23, services={23: "telnet"})]
    services = [ehr(SERVER), ClinicalService(id="pacs", name="PACS", hosts=(key(OTHER),))]
    scope = hospital(servers=("wards",))

    blast = reach(scope, facts, [failed], services)

    (change,) = (each for each in blast.changes if each.check == TELNET)
    assert change.what == "Put an end to Telnet (on 1 machine)."
    assert (change.saves_services, change.saves_machines) == (1, 1)  # the other still falls by its password


def test_to_mend_telnet_is_to_close_it():
    server, failed = weak(TELNET, SERVER)
    blast = reach(hospital(servers=("wards",)), [machine(WARD), server], [failed], [ehr(SERVER)])
    assert blast.changes[0].check == TELNET


@pytest.mark.parametrize(
    ("facts", "observations", "services", "said"),
    [
        ([], (), [], "No machine is in the evidence"),
        ([machine(WARD)], (), [], "servers: no machine of this zone is in the evidence"),
        ([machine(WARD)], (), [ehr(unresolved=("10.2.0.77",))], "EHR: no evidence shows 10.2.0.77"),
        ([machine(WARD)], (), [ehr()], "EHR: what it depends on is not declared"),
        ([machine(WARD, closed="1-1000")], (), [], "wards: on 1 of 1 machine, ports by which ransomware spreads"),
        (
            [machine(WARD, 5900)],
            [fail(VNC, key(WARD), Outcome.UNKNOWN)],
            [],
            "VNC answers on 1 machine of which vnc-without-authentication got no answer",
        ),
        (
            [machine(WARD)],
            [fail(VNC, "probe:x", Outcome.UNKNOWN, place="servers", message="The probe timed out.")],
            [],
            "servers: The probe timed out.",
        ),
        (
            [machine(WARD)],
            [fail(VNC, key(WARD))],
            [],
            "vnc-without-authentication failed on 1 machine on which no open",
        ),
        ([computer()], (), [], "The ports of 1 machine are not known"),
        ([computer()], (), [], "hosp.example: no server of this directory"),
    ],
)
def test_what_could_not_be_judged_is_said(facts, observations, services, said):
    assert any(line.startswith(said) for line in reach(hospital(), facts, observations, services).unknown)


def test_a_machine_whose_ports_were_all_answered_leaves_nothing_open():
    blast = reach(hospital(), [machine(WARD), machine(SERVER), machine(STORE)])
    assert blast.unknown == ()


def test_names_from_evidence_cannot_hide_anything():
    server, failed = weak(VNC, SERVER)
    named = device(ids=(key(SERVER),), name="good\u202egnp\x1b[2J" + "x" * 500, address=SERVER)
    blast = reach(hospital(servers=("wards",)), [machine(WARD), server, named], [failed], [ehr(SERVER)])
    because = scenario(blast).losses[0].because
    assert "\u202e" not in because
    assert "\x1b" not in because
    assert len(because) < 400


# ── the sample hospital ──────────────────────────────────────────────────────────────────────────────────────────


@cache
def records() -> tuple[Evidence, ...]:
    return (*recorded.read(), *load([recorded.ACTIVE_DIRECTORY], registry.collectors()).evidence)


def sample(evidence) -> BlastRadius:
    scope = configuration.parse(scope_text(recorded.FOLDER), "sample")
    probes = tuple(recorded.probes())
    request = Request(run=Run(id="r", started=AS_OF.at), scope=scope, as_of=AS_OF.at, version="0", probes=probes)
    evidence = list(evidence)
    observations = evaluate(
        request, evidence, registry.load_checks(), registry.collectors(), catalog.built_in()
    ).observations
    facts = [
        fact
        for collector in registry.collectors().values()
        for fact in collector.read([each for each in evidence if each.envelope.collector == collector.name], scope)
        if isinstance(fact, Fact)
    ]
    inventory = Inventory(facts)
    services = clinical_services(scope, inventory, AS_OF.at.date())
    return blast_radius(facts, inventory, observations, scope, services)


@cache
def whole() -> BlastRadius:
    return sample(records())


def without_port(record: Evidence, number: int) -> Evidence:
    """The scan as it would be had the port been closed."""
    if record.envelope.format != "nmap-xml" or not record.payload:
        return record
    tree = etree.fromstring(record.payload)
    for port in list(tree.iter("port")):
        if port.get("portid") == str(number):
            port.find("state").set("state", "closed")
            for rest in port.findall("script") + port.findall("service"):
                port.remove(rest)
    return Evidence.of(record.envelope, etree.tostring(tree))


def reached_losses(blast: BlastRadius) -> dict[str, set[str]]:
    """What is lost by spreading, by start: not what stands where it starts."""
    return {each.start: {loss.service for loss in each.losses if loss.path} for each in blast.scenarios}


def test_the_sample_hospitals_record_stops_because_of_its_open_database():
    loss = next(each for each in scenario(whole(), "clinical").losses if each.service == "ehr")
    assert loss.because == (
        "127.20.10.12 is reached from a machine in clinical through a database without a log-in (6379/tcp)."
    )
    known = {record.id for record in records()}
    assert loss.path[0].shown
    assert loss.path[0].evidence
    assert set(loss.path[0].evidence) <= known
    assert whole().changes[0].check == REDIS


def test_with_the_database_closed_the_record_no_longer_stops():
    mended = sample(without_port(record, 6379) for record in records())
    assert {start for start, services in reached_losses(whole()).items() if "ehr" in services} >= {
        "clinical",
        "devices",
        "servers",
    }
    assert not any("ehr" in services for services in reached_losses(mended).values())
    assert "ehr" not in lost(mended, "clinical")


@pytest.mark.parametrize("gone", range(len(records())))
def test_taking_evidence_away_is_never_silent(gone):
    before = whole()
    after = sample(record for number, record in enumerate(records()) if number != gone)
    was, now = reached_losses(before), reached_losses(after)
    if any(services - now.get(start, set()) for start, services in was.items()):
        assert set(after.unknown) - set(before.unknown)


# ── properties ───────────────────────────────────────────────────────────────────────────────────────────────────

ADDRESSES = (WARD, "10.1.0.2", SERVER, OTHER, STORE, "10.3.0.2", "192.0.2.1")
sources = st.none() | st.lists(st.sampled_from(["wards", "servers", "backups"]), max_size=2).map(tuple)
scopes = st.builds(hospital, wards=sources, servers=sources, backups=sources)
hosts = st.fixed_dictionaries({each: st.sets(st.sampled_from([5900, 6379, 23, 445, 22])) for each in ADDRESSES})
fails = st.sets(st.tuples(st.sampled_from([VNC, REDIS, TELNET, "smb1-offered"]), st.sampled_from(ADDRESSES)))
SERVICES = [ehr(SERVER, "10.1.0.2"), ClinicalService(id="pacs", name="PACS", hosts=(key(STORE),))]


def built(scope, ports, failed) -> BlastRadius:
    facts = [machine(address, *numbers) for address, numbers in ports.items()]
    return reach(scope, facts, [fail(check, key(address)) for check, address in failed], SERVICES)


def not_smaller(before: BlastRadius, after: BlastRadius) -> None:
    for each in before.scenarios:
        grown = scenario(after, each.start)
        assert {loss.service for loss in each.losses} <= {loss.service for loss in grown.losses}
        assert set(each.backups) <= set(grown.backups)
        assert each.machines <= grown.machines


@settings(max_examples=100, deadline=None)
@given(scopes, hosts, fails, fails)
def test_a_weakness_more_never_shrinks_a_scenario(scope, ports, failed, more):
    not_smaller(built(scope, ports, failed), built(scope, ports, failed | more))


@settings(max_examples=100, deadline=None)
@given(scopes, hosts, fails, st.sampled_from(["wards", "servers", "backups"]))
def test_to_declare_who_reaches_a_zone_never_grows_a_scenario(scope, ports, failed, name):
    closed = msgspec.structs.replace(
        scope,
        zone=tuple(
            msgspec.structs.replace(each, reachable_from=()) if each.id == name else each for each in scope.zone
        ),
    )
    not_smaller(built(closed, ports, failed), built(scope, ports, failed))


@settings(max_examples=60, deadline=None)
@given(scopes, hosts, fails)
def test_a_change_saves_what_it_says_when_it_is_made(scope, ports, failed):
    before = built(scope, ports, failed)
    for change in before.changes:
        assert min(change.saves_services, change.saves_backups, change.saves_machines) >= 0
        if change.check and change.check != TELNET:
            after = built(scope, ports, {each for each in failed if each[0] != change.check})
            totals = [
                (sum(len(s.losses) for s in b.scenarios), sum(s.machines for s in b.scenarios)) for b in (before, after)
            ]
            assert totals[0][0] - totals[1][0] == change.saves_services
            assert totals[0][1] - totals[1][1] == change.saves_machines


@settings(max_examples=60, deadline=None)
@given(scopes, hosts, fails, st.randoms())
def test_the_order_of_facts_makes_no_difference(scope, ports, failed, random):
    facts = [machine(address, *numbers) for address, numbers in ports.items()]
    observations = [fail(check, key(address)) for check, address in sorted(failed)]
    one = reach(scope, facts, observations, SERVICES)
    random.shuffle(facts)
    random.shuffle(observations)
    assert reach(scope, facts, observations, SERVICES[::-1]) == one


@settings(max_examples=60, deadline=None)
@given(scopes, hosts, fails)
def test_every_shown_step_has_a_failed_check_and_every_loss_ends_where_it_says(scope, ports, failed):
    for each in built(scope, ports, failed).scenarios:
        assert each.machines <= each.of
        for loss in each.losses:
            for hop, following in zip(loss.path, loss.path[1:], strict=False):
                assert hop.target == following.source
            for hop in loss.path:
                checks = {check for check, address in failed if address == hop.target}
                assert not hop.shown or (checks & {VNC, REDIS} and hop.evidence)
