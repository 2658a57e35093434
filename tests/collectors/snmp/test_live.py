"""Against real agents: Net-SNMP's snmpd on loopback."""

from __future__ import annotations

import os
import subprocess
import threading
import time

import pytest
from lab.snmp import SECRETS, Run, audit, community, free_port, outcomes, reference, scope_of, user
from msgspec.structs import replace

from posture.collectors.base import Stopped
from posture.collectors.snmp.mibs import oid
from posture.collectors.snmp.snmprec import rows
from posture.demo.snmpd import PRINTER, UPS_ON_BATTERY, Snmpd
from posture.errors import PostureError
from posture.facts import BlindSpot, Device, Missing
from posture.scope import SnmpCredential, Window

ADDRESS = "127.66.0.1"
PROTOCOLS = [
    ("MD5", "DES", "DES"),
    ("SHA", "AES-128", "AES"),
    ("SHA-224", "AES-192", "AES-192"),
    ("SHA-256", "AES-256", "AES-256"),
    ("SHA-384", "AES-192-C", "AES-192-C"),
    ("SHA-512", "AES-256-C", "AES-256-C"),
]
USERS = "\n".join(
    f'createUser user{number} {auth} "{SECRETS["AUTH"]}" {privacy} "{SECRETS["PRIVACY"]}"\nrouser user{number} authPriv'
    for number, (auth, _, privacy) in enumerate(PROTOCOLS)
)
CONFIGURATION = f"""
rocommunity {SECRETS["READ"]}
rwcommunity {SECRETS["WRITE"]}
{USERS}
createUser weak SHA-256 "{SECRETS["AUTH"]}" AES "{SECRETS["PRIVACY"]}"
rouser weak noauth
createUser middling SHA-256 "{SECRETS["AUTH"]}" AES "{SECRETS["PRIVACY"]}"
rouser middling auth
trapsink 127.66.0.99:1162 {SECRETS["WRONG"]}
sysLocation Ward 7
{UPS_ON_BATTERY}
"""


UNUSED_KEEPER = """
com2sec keeper 127.66.1.1 never-asked
group keepers v2c keeper
view nothing excluded .1
access keepers "" any noauth exact nothing nothing none
"""


@pytest.fixture(scope="module")
def agent():
    with Snmpd(CONFIGURATION, address=ADDRESS, port=free_port(ADDRESS)) as running:
        yield running


def device_of(agent, *credentials, **fields) -> Device:
    _, (device,) = audit(scope_of(ADDRESS, port=agent.port, credentials=credentials, **fields))
    assert isinstance(device, Device)
    return device


def test_communities_are_asked_over_v2c_and_v1(agent):
    device = device_of(agent, community("ward"))
    assert outcomes(device) == {("v2c", "ward"): ("accepted", ""), ("v1", "ward"): ("accepted", "")}
    assert device.description == "APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.9.6 MN:AP9631)"
    assert device.location == "Ward 7"


def test_a_wrong_community_is_silence_and_says_nothing_of_the_device(agent):
    device = device_of(agent, community("wrong", "WRONG"), defaults=True)
    assert set(outcomes(device).values()) == {("silent", "")}
    assert {credential for _, credential in outcomes(device)} == {"wrong", "default:public", "default:private"}
    assert isinstance(device.engine_id, str)
    assert device.description == Missing("not-readable", "no SNMP credential of the scope was accepted")
    assert device.writable_views == device.description


def test_default_communities_are_only_tried_when_the_scope_says_so(agent):
    assert all("default" not in credential for _, credential in outcomes(device_of(agent, community("ward"))))


def test_default_communities_are_found():
    with Snmpd("rocommunity public", address=ADDRESS, port=free_port(ADDRESS)) as agent:
        device = device_of(agent, defaults=True)
    assert outcomes(device) == {
        ("v2c", "default:public"): ("accepted", ""),
        ("v1", "default:public"): ("accepted", ""),
        ("v2c", "default:private"): ("silent", ""),
        ("v1", "default:private"): ("silent", ""),
    }


@pytest.mark.parametrize("number", range(len(PROTOCOLS)), ids=[f"{auth}+{privacy}" for auth, privacy, _ in PROTOCOLS])
def test_every_authentication_and_privacy_protocol(agent, number):
    auth, privacy, _ = PROTOCOLS[number]
    device = device_of(agent, user("v3", f"user{number}", auth, privacy))
    assert outcomes(device)["v3-authPriv", "v3"] == ("accepted", "")
    assert device.location == "Ward 7"


def test_a_user_that_needs_privacy_is_refused_at_weaker_levels(agent):
    found = outcomes(device_of(agent, user("v3", "user1", "SHA", "AES-128")))
    assert found["v3-authNoPriv", "v3"] == ("refused", "authorizationError")
    assert found["v3-noAuthNoPriv", "v3"] == ("refused", "authorizationError")


def test_weaker_levels_that_are_accepted_are_found(agent):
    weak = outcomes(device_of(agent, user("v3", "weak")))
    assert {outcome for outcome, _ in weak.values()} == {"accepted"}
    middling = outcomes(device_of(agent, user("v3", "middling")))
    assert [outcome for outcome, _ in middling.values()] == ["accepted", "accepted", "refused"]


def test_refusals_carry_the_name_of_the_report(agent):
    found = outcomes(
        device_of(
            agent,
            user("nobody", "nobody"),
            user("phrase", "weak", auth_secret=reference("WRONG")),
            user("protocol", "weak", "SHA-512"),
        )
    )
    assert found["v3-authPriv", "nobody"] == ("refused", "usmStatsUnknownUserNames")
    assert found["v3-authPriv", "phrase"] == ("refused", "usmStatsWrongDigests")
    assert found["v3-authPriv", "protocol"] == ("refused", "usmStatsWrongDigests")


def test_a_wrong_privacy_passphrase_gets_no_answer(agent):
    found = outcomes(device_of(agent, user("v3", "user1", "SHA", "AES-128", privacy_secret=reference("WRONG"))))
    assert found["v3-authPriv", "v3"] == ("silent", "")


def test_users_of_one_name_with_other_passphrases_do_not_disturb_each_other(agent):
    right, wrong = user("right", "weak"), user("wrong", "weak", auth_secret=reference("WRONG"))
    found = outcomes(device_of(agent, right, wrong))
    assert found["v3-authPriv", "right"] == ("accepted", "")
    assert found["v3-authPriv", "wrong"] == ("refused", "usmStatsWrongDigests")


def test_a_passphrase_that_snmpv3_forbids_is_an_error_that_names_the_credential(agent, monkeypatch):
    monkeypatch.setitem(SECRETS, "AUTH", "short")
    with pytest.raises(PostureError, match="SNMP credential v3: the passphrase has fewer than 8 characters"):
        device_of(agent, user("v3"))


def test_a_ups_on_its_last_minutes(agent):
    device = device_of(agent, community("ward"))
    assert not isinstance(device.ups, Missing)
    assert (device.ups.battery_status, device.ups.minutes_remaining, device.ups.alarms) == (3, 4, 2)
    assert (device.vendor, device.model, device.firmware) == ("APC", "Smart-UPS 3000", "UPS 09.3")


def test_a_printer():
    with Snmpd(f"rocommunity {SECRETS['READ']}\n{PRINTER}", address=ADDRESS, port=free_port(ADDRESS)) as agent:
        device = device_of(agent, community("ward"))
    assert (device.printer, device.vendor, device.model, device.serial) == (
        "ward-7-printer",
        "HP",
        "HP LaserJet M607",
        "VNB3R12345",
    )
    assert "serial:hp/vnb3r12345" in device.ids


def test_a_write_community_shows_as_a_writable_view(agent):
    assert device_of(agent, community("ward")).writable_views == ("_all_",)


@pytest.mark.parametrize(
    "lines",
    [
        f"rocommunity {SECRETS['READ']}",
        f"rocommunity {SECRETS['READ']}\nrwuser boss priv",
        f"rocommunity {SECRETS['READ']}\n{UNUSED_KEEPER}",
    ],
    ids=["reading only", "a v3 user may write", "the view has no included subtree"],
)
def test_no_view_is_writable_where_no_community_may_write(lines):
    with Snmpd(lines, address=ADDRESS, port=free_port(ADDRESS)) as agent:
        assert device_of(agent, community("ward")).writable_views == ()


def test_a_table_that_is_out_of_view_says_nothing_of_write_access():
    lines = f"view part included 1.3.6.1.2.1.1\nrocommunity {SECRETS['READ']} default -V part"
    with Snmpd(lines, address=ADDRESS, port=free_port(ADDRESS)) as agent:
        device = device_of(agent, community("ward"))
    assert device.writable_views == Missing("absent")
    assert isinstance(device.description, str)


def test_the_strongest_way_in_reads(agent):
    records, (device,) = audit(
        scope_of(ADDRESS, port=agent.port, credentials=[community("ward"), user("v3", "user1", "SHA", "AES-128")])
    )
    assert next(attempt.method for attempt in device.attempts) == "v3-authPriv"
    engine_time = {row.oid: row for row in rows(records[0].payload)}[oid("1.3.6.1.6.3.10.2.1.3.0")]
    assert engine_time.tag == 2


def test_types_are_kept_as_sent(agent):
    records, _ = audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    tags = {row.oid: row.tag for row in rows(records[0].payload)}
    assert tags[oid("1.3.6.1.2.1.1.3.0")] == 67
    assert tags[oid("1.3.6.1.2.1.1.2.0")] == 6
    assert tags[oid("1.3.6.1.2.1.33.1.6.1.0")] == 66


def test_evidence_says_what_was_asked_by_whom(agent):
    records, _ = audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    envelope = records[0].envelope
    assert (envelope.outcome, envelope.targets, envelope.zone, envelope.operator) == (
        "complete",
        (ADDRESS,),
        "servers",
        "tester",
    )
    assert envelope.asked.cut == ()
    assert "1.3.6.1.2.1.1" in envelope.asked.oids
    assert all(not each.startswith("1.3.6.1.6.3.18") for each in envelope.asked.oids)
    assert envelope.started <= envelope.ended
    assert "pysnmp" in envelope.tool.version
    assert records[0].intact()


def test_secrets_stand_nowhere(agent, capfd, caplog):
    credentials = [community("ward"), community("write", "WRITE"), user("v3", "user1", "SHA", "AES-128")]
    records, facts = audit(scope_of(ADDRESS, port=agent.port, credentials=credentials, defaults=True))
    said = "".join(capfd.readouterr()) + caplog.text + repr(facts) + repr(records)
    for secret in SECRETS.values():
        assert secret not in said
        assert all(secret.encode() not in record.payload + record.envelope_bytes for record in records)


def test_a_community_that_the_agent_shows_as_a_security_name_is_masked():
    secret = SECRETS["READ"]
    lines = (
        f"com2sec {secret} default {secret}\ngroup {secret} v2c {secret}\nview all included .1\n"
        f'access {secret} "" any noauth exact all all none'
    )
    with Snmpd(lines, address=ADDRESS, port=free_port(ADDRESS)) as agent:
        records, (device,) = audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    dotted = ".".join(str(octet) for octet in secret.encode()).encode()
    assert secret.encode() not in records[0].payload
    assert secret.encode().hex().encode() not in records[0].payload
    assert dotted not in records[0].payload
    assert "1.3.6.1.6.3.16.1.4.1.6" in records[0].envelope.masked
    assert device.writable_views == ("all",)


def test_nothing_is_ever_set(agent):
    before = device_of(agent, community("write", "WRITE"))
    after = device_of(agent, community("write", "WRITE"))
    assert (before.contact, before.location, before.system_name) == (after.contact, after.location, after.system_name)


def test_an_agent_that_speaks_v1_alone_is_walked_over_v1():
    lines = (
        f"com2sec reader default {SECRETS['READ']}\ngroup readers v1 reader\nview all included .1\n"
        f'access readers "" v1 noauth exact all none none\n{UPS_ON_BATTERY}'
    )
    with Snmpd(lines, address=ADDRESS, port=free_port(ADDRESS)) as agent:
        records, (device,) = audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    assert outcomes(device) == {("v2c", "ward"): ("silent", ""), ("v1", "ward"): ("accepted", "")}
    assert records[0].envelope.outcome == "complete"
    assert (device.model, device.writable_views, device.neighbours) == ("Smart-UPS 3000", (), Missing("absent"))


def test_a_community_that_may_not_see_sysdescr_is_accepted_all_the_same():
    lines = f"view part included 1.3.6.1.2.1.33\nrocommunity {SECRETS['READ']} default -V part\n{UPS_ON_BATTERY}"
    with Snmpd(lines, address=ADDRESS, port=free_port(ADDRESS)) as agent:
        device = device_of(agent, community("ward"))
    assert {outcome for outcome, _ in outcomes(device).values()} == {"accepted"}
    assert all("not in view" in detail or "noSuchName" in detail for _, detail in outcomes(device).values())
    assert not isinstance(device.ups, Missing)


def test_ipv6():
    with Snmpd(f"rocommunity6 {SECRETS['READ']}", address="::1", port=free_port("::1")) as agent:
        _, (device,) = audit(scope_of("::1", port=agent.port, credentials=[community("ward")]))
    assert device.address == "::1"
    assert outcomes(device)["v2c", "ward"] == ("accepted", "")


def test_a_closed_port_is_told_by_icmp():
    records, (spot,) = audit(scope_of(ADDRESS, port=free_port(ADDRESS), credentials=[community("ward"), user("v3")]))
    assert {outcome for outcome, _ in outcomes(records[0]).values()} == {"unreachable"}
    assert isinstance(spot, BlindSpot)
    assert "port unreachable (ICMP)" in spot.why


def test_hosts_that_are_up_are_asked_and_no_others(agent):
    scope = scope_of("127.66.0.0/29", port=agent.port, credentials=[community("ward")])
    records, facts = audit(scope, hosts=[ADDRESS, "127.66.0.3"])
    assert sorted(record.envelope.targets for record in records) == [(ADDRESS,), ("127.66.0.3",)]
    assert [type(fact) for fact in facts].count(BlindSpot) == 1


def test_a_closed_window_sends_nothing(agent):
    never = Window(days=("mon",), start="00:00", end="00:00")
    records, (spot,) = audit(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")], window=(never,)))
    assert (records[0].envelope.outcome, records[0].payload, records[0].envelope.attempts) == ("failed", b"", ())
    assert "window" in spot.why


def test_progress_is_told_for_each_device(agent):
    run = Run(scope_of("127.66.0.0/29", port=agent.port, credentials=[community("ward")]))
    run.evidence()
    assert [each.done for each in run.progress] == list(range(1, 7))
    assert {each.total for each in run.progress} == {6}


def test_a_stop_in_the_middle_of_a_walk_ends_within_two_seconds(agent):
    run = Run(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")], max_rate=5))
    (probe,) = run.collector.plan(run.scope)
    stopped = []

    def stop():
        stopped.append(time.monotonic())
        run.stop.set()

    threading.Timer(2, stop).start()
    kept = []
    with pytest.raises(Stopped):
        kept.extend(run.collector.ask(probe, run.context))
    assert time.monotonic() - stopped[0] < 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("snmp")]
    (record,) = kept
    assert (record.envelope.outcome, record.envelope.problem) == ("partial", "the run was stopped")
    (device,) = run.facts(kept)
    assert device.writable_views == Missing("not-asked")


def walked(agent, *options: str) -> bytes:
    command = ["snmpwalk", "-v2c", "-c", SECRETS["READ"], *options, f"{ADDRESS}:{agent.port}", ".1"]
    return subprocess.run(command, capture_output=True, check=True, env={**os.environ, "MIBS": ""}).stdout


@pytest.mark.parametrize("options", [("-On",), ("-One",), ("-Onx",), ("-Ont",)], ids=" ".join)
def test_a_walk_by_snmpwalk_says_the_same_as_the_live_read(agent, options):
    live = device_of(agent, community("ward"))
    run = Run(scope_of(ADDRESS, port=agent.port))
    (record,) = run.collector.load(walked(agent, *options), f"{ADDRESS}.walk", "0" * 64)
    (imported,) = run.facts([record])
    assert record.envelope.targets == (ADDRESS,)
    moving = {"attempts", "evidence", "uptime", "engine_time", "clock"}
    of_all_that_was_asked = {"lists_users", "arp"}
    known = [field for field in live.__struct_fields__ if not isinstance(getattr(live, field), Missing)]
    for field in known:
        if field not in moving | of_all_that_was_asked:
            assert getattr(imported, field) == getattr(live, field), field
    assert {"ids", "ups", "interfaces", "writable_views", "notification_targets", "engine_id"} <= set(known)
    assert imported.neighbours == Missing("not-asked")


def test_a_walk_and_a_live_read_of_one_device_are_one_device(agent):
    run = Run(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    (imported,) = run.collector.load(walked(agent, "-On"), f"{ADDRESS}.walk", "0" * 64)
    live = run.evidence()
    forwards, backwards = run.facts([imported, *live]), run.facts([*live, imported])
    assert forwards == backwards
    assert len(forwards) == 1
    assert len(forwards[0].evidence) == 2


def test_taking_evidence_away_does_not_improve_the_answer(agent):
    run = Run(scope_of(ADDRESS, port=agent.port, credentials=[community("ward")]))
    (record,) = run.evidence()
    cut = replace(record.envelope, asked=None, outcome="partial")
    lines = [line for line in record.payload.splitlines(keepends=True) if not line.startswith(b"1.3.6.1.6.3.16")]
    (device,) = run.facts([type(record).of(cut, b"".join(lines))])
    assert device.writable_views == Missing("not-asked")


def test_v3_reads_with_a_context_that_the_agent_lacks_get_no_data(agent):
    device = device_of(agent, SnmpCredential(id="v3", user="weak", context="elsewhere"))
    assert outcomes(device)["v3-noAuthNoPriv", "v3"][0] in {"refused", "silent"}
