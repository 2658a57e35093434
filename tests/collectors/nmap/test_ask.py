"""The installed nmap, against sockets that these tests open on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from lab.namespace import Namespace
from lab.scans import ALWAYS, APPROVAL, HTTP, Listener, Run, Wire, certificate, private_loopback, scope, zone
from msgspec.structs import replace
from pynetdicom import AE, evt
from pynetdicom.sop_class import Verification

import posture
from posture.collectors.base import Stopped
from posture.collectors.nmap import policy
from posture.collectors.nmap.run import find
from posture.errors import PostureError
from posture.facts import Missing
from posture.model import Evidence, Policy
from posture.scope import Window

NET = "127.70."
NAK = b"\x0bMSH|^~\\&|||||||ACK\rMSA|AR\r\x1c\r"
QUICK = {"policy": Policy.STANDARD, "max_rate": 5000}
ROOT = Path(posture.__file__).parent.parent


@pytest.fixture(autouse=True, scope="module")
def _alone():
    with private_loopback():
        yield


def step(run, name, tcp=""):
    """The plan's probe for a step, with fewer ports where a test needs no more."""
    [probe] = [probe for probe in run.plan() if probe.step == name]
    return replace(probe, tcp=tcp) if tcp else probe


def scanned(run, tcp):
    for name in ("discover", "ports", "identify"):
        run.ask(step(run, name, tcp if name != "discover" else ""))
    return {host.address: host for host in run.hosts()}


def test_three_probes_find_a_host_its_ports_and_what_answers_there(tmp_path):
    where = scope(zone(f"{NET}1.0/29", identified_as_it=(f"{NET}1.1",), **QUICK))
    run = Run(where, tmp_path / "work")

    with (
        Listener(f"{NET}1.1", 80, answer=HTTP),
        Listener(f"{NET}1.1", 443, answer=HTTP, tls=certificate(tmp_path)),
        Listener(f"{NET}1.3", 80, answer=HTTP) as unidentified,
    ):
        hosts = scanned(run, "22,80,443")

    host = hosts[f"{NET}1.1"]
    assert host.tcp(22).state == "closed"
    assert host.tcp(80).service.identified_as("http")
    assert host.tcp(80).script("http-title").value("title") == "Ward list"
    assert host.tcp(443).service.tunnel == "ssl"
    assert host.tcp(443).script("ssl-cert").value("subject/commonName") == "ward.hospital.example"
    assert host.tcp(8080).state == "not-asked"
    assert isinstance(host.tcp(80).script("ssl-cert"), Missing)
    assert host.place == "servers"
    assert hosts[f"{NET}1.3"].tcp(80).service.method == "table"
    assert unidentified.heard == []


def test_the_envelope_says_what_was_asked_of_whom_with_what_command(tmp_path):
    run = Run(scope(zone(f"{NET}2.1", **QUICK)), tmp_path)

    run.ask(step(run, "discover"))
    [evidence] = run.ask(step(run, "ports", "22,80"))

    envelope = evidence.envelope
    assert (envelope.outcome, envelope.problem, envelope.probe) == ("complete", "", f"nmap/ports/servers/{NET}2.1-32")
    assert (envelope.asked.tcp, envelope.asked.version, envelope.targets) == ("22,80", False, (f"{NET}2.1",))
    assert (envelope.vantage, envelope.operator, envelope.zone) == ("lab", "tester", "servers")
    assert envelope.started <= envelope.ended
    assert envelope.tool.exit == 0
    assert envelope.tool.version == find().version
    assert "-n" in envelope.tool.command
    assert envelope.tool.command[-1] == f"{NET}2.1"
    assert evidence.payload.startswith(b"<?xml")
    assert evidence.intact()


def test_excluded_addresses_hear_nothing_and_neither_does_anything_beside_the_scope(tmp_path):
    where = scope(
        zone(f"{NET}3.0/28", exclude=(f"{NET}3.4/30",), identified_as_it=(f"{NET}3.0/28",), **QUICK),
        zone(f"{NET}3.12", name="pumps", kind="medical-device"),
        zone("127.99.0.1", name="other", policy=Policy.OFF, exclude=(f"{NET}3.9",)),
    )
    run = Run(where, tmp_path)

    with Listener(f"{NET}3.1", 80, answer=HTTP), Wire(NET) as wire:
        scanned(run, "80")

    assert wire.addresses == {f"{NET}3.{last}" for last in (1, 2, 3, 8, 10, 11, 13, 14)}


def test_an_exclusion_made_after_planning_wins(tmp_path):
    before = Run(scope(zone(f"{NET}4.1", **QUICK)), tmp_path)
    after = Run(scope(zone(f"{NET}4.1", exclude=(f"{NET}4.1",), **QUICK)), tmp_path)

    with Wire(NET) as wire:
        [evidence] = after.ask(step(before, "discover"))

    assert evidence.envelope.outcome == "failed"
    assert "excluded" in evidence.envelope.problem
    assert wire.addresses == set()


def test_a_zone_turned_off_after_planning_hears_nothing(tmp_path):
    before = Run(scope(zone(f"{NET}4.2", **QUICK)), tmp_path)
    after = Run(scope(zone(f"{NET}4.2", policy=Policy.OFF)), tmp_path)

    with Wire(NET) as wire:
        [evidence] = after.ask(step(before, "discover"))

    assert evidence.envelope.outcome == "failed"
    assert wire.addresses == set()
    assert "off" in after.blind_spots()[0].why


def test_outside_the_window_nothing_is_sent(tmp_path):
    night = (Window(start="22:00", end="04:00"),)
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    run = Run(scope(zone(f"{NET}5.1", window=night, **QUICK)), tmp_path, now=lambda: noon)

    with Wire(NET) as wire:
        [evidence] = run.ask(step(run, "discover"))

    assert evidence.envelope.outcome == "failed"
    assert "opens at 2026-06-01 22:00 UTC" in evidence.envelope.problem
    assert wire.addresses == set()


def test_when_the_window_closes_the_scan_is_ended(tmp_path):
    began = time.monotonic()

    def clock():
        late = time.monotonic() - began > 2
        return datetime(2026, 6, 1, 4 if late else 3, 59, tzinfo=UTC)

    night = (Window(start="22:00", end="04:00"),)
    slow = zone(f"{NET}6.0/29", window=night, policy=Policy.GENTLE)
    run = Run(scope(slow), tmp_path, now=clock)

    run.ask(step(run, "discover"))
    [evidence] = run.ask(step(run, "ports"))

    assert evidence.envelope.outcome == "partial"
    assert "outside the window" in evidence.envelope.problem
    assert time.monotonic() - began < 5


def test_a_run_that_is_stopped_ends_nmap_at_once_and_keeps_what_there_is(tmp_path):
    run = Run(scope(zone(f"{NET}7.0/29", policy=Policy.GENTLE)), tmp_path)
    run.ask(step(run, "discover"))
    threading.Timer(1.5, run.context.stop.set).start()

    [evidence] = run.ask(step(run, "ports"))
    late = (datetime.now(UTC) - evidence.envelope.started).total_seconds() - 1.5

    assert late < 2
    assert evidence.envelope.outcome == "partial"
    assert "stopped" in evidence.envelope.problem
    assert evidence.payload.startswith(b"<?xml")
    assert b"</nmaprun>" not in evidence.payload
    assert children() == []
    assert any("stopped" in spot.why for spot in run.blind_spots())
    with pytest.raises(Stopped):
        run.ask(step(run, "ports"))


def children() -> list[str]:
    listed = subprocess.run(
        ["ps", "--ppid", str(os.getpid()), "-o", "comm="], capture_output=True, text=True, check=False
    )
    return [name for name in listed.stdout.split() if name == "nmap"]


def test_a_reader_that_goes_away_takes_nmap_along(tmp_path):
    run = Run(scope(zone(f"{NET}8.0/29", policy=Policy.GENTLE)), tmp_path)
    run.ask(step(run, "discover"))

    def interrupt(_):
        raise KeyboardInterrupt

    run.context.progress = interrupt
    with pytest.raises(KeyboardInterrupt):
        run.ask(step(run, "ports"))

    assert children() == []


def test_progress_goes_up_to_the_whole(tmp_path):
    run = Run(scope(zone(f"{NET}9.0/29", policy=Policy.GENTLE)), tmp_path)
    run.ask(step(run, "discover"))
    run.progress.clear()

    run.ask(step(run, "ports", "80,81,82,83,84,85,86,87,88,89"))

    done = [progress.done for progress in run.progress]
    assert done == sorted(done)
    assert (done[0], done[-1], run.progress[-1].total) == (0, 6, 6)
    assert any(progress.note for progress in run.progress)


def test_clinical_ports_of_an_it_host_are_left_alone_and_printers_are_never_written_to(tmp_path):
    it = zone(f"{NET}10.1", identified_as_it=(f"{NET}10.1",), approved_devices=(f"{NET}10.1",), **QUICK)
    run = Run(scope(it), tmp_path)  # approved devices, and no approval

    with (
        Listener(f"{NET}10.1", 80, answer=HTTP),
        Listener(f"{NET}10.1", 104) as dicom,
        Listener(f"{NET}10.1", 2575) as hl7,
        Listener(f"{NET}10.1", 9100) as printer,
    ):
        hosts = scanned(run, "80,104,2575,9100")

    assert [hosts[f"{NET}10.1"].tcp(port).state for port in (80, 104, 2575, 9100)] == ["open"] * 4
    assert hosts[f"{NET}10.1"].tcp(80).service.identified_as("http")
    assert [dicom.heard, hl7.heard, printer.heard] == [[], [], []]
    assert [evidence.envelope.asked.tcp for evidence in run.evidence[2:]] == ["80"]


def test_an_approved_device_is_asked_what_its_clinical_ports_are_for_and_no_more(tmp_path):
    device = zone(
        f"{NET}11.1",
        kind="imaging",
        name="pacs",
        approved_devices=(f"{NET}11.1",),
        approval=APPROVAL,
        window=ALWAYS,
        **QUICK,
    )
    run = Run(scope(device), tmp_path)
    calls = []
    modality = AE(ae_title="MODALITY")
    modality.add_supported_context(Verification)
    server = modality.start_server((f"{NET}11.1", 11112), block=False, evt_handlers=[(evt.EVT_CONN_OPEN, calls.append)])
    try:
        with Listener(f"{NET}11.1", 80, answer=HTTP) as web, Listener(f"{NET}11.1", 2575, answer=NAK) as hl7:
            hosts = scanned(run, "80,2575,11112")
    finally:
        server.shutdown()

    host = hosts[f"{NET}11.1"]
    assert "dicom" in host.tcp(11112).script("dicom-ping").output.lower()
    assert host.tcp(11112).service.identified_as("dicom")
    assert all(not evidence.envelope.asked.version for evidence in run.evidence)
    assert isinstance(host.tcp(2575).script("ssl-cert"), Missing)
    assert host.tcp(2575).scripts_asked == ("ssl-cert",)
    assert hl7.heard
    assert all(data[:1] == b"\x16" for data in hl7.heard)  # a TLS handshake, no HL7 message
    assert web.heard == []  # not known to be IT
    assert 0 < len(calls) <= 4


def test_a_host_that_stops_answering_is_left_alone_and_reported(tmp_path, monkeypatch):
    standard = replace(policy.SETTINGS[Policy.STANDARD], host_timeout=2)
    monkeypatch.setitem(policy.SETTINGS, Policy.STANDARD, standard)
    both = zone(
        f"{NET}12.1",
        identified_as_it=(f"{NET}12.1",),
        approved_devices=(f"{NET}12.1",),
        approval=APPROVAL,
        **QUICK,
    )
    run = Run(scope(both), tmp_path)

    with Listener(f"{NET}12.1", 23), Listener(f"{NET}12.1", 2575) as hl7:
        hosts = scanned(run, "23,2575")

    assert hl7.heard == []  # its own run never began
    assert hosts[f"{NET}12.1"].tcp(23).state == "open"
    assert hosts[f"{NET}12.1"].tcp(23).service.method == "table"
    assert any("time-out" in spot.why for spot in run.blind_spots())


def test_ipv6_is_scanned_by_address(tmp_path):
    run = Run(scope(zone("::1", identified_as_it=("::1",), **QUICK)), tmp_path)

    with Listener("::1", 8088, answer=HTTP):
        [host] = scanned(run, "8088,8089").values()

    assert host.address == "::1"
    assert host.tcp(8088).service.identified_as("http")
    assert host.tcp(8089).state == "closed"


def test_where_nothing_answers_nothing_more_is_sent(tmp_path):
    run = Run(scope(zone(f"{NET}13.1", identified_as_it=(f"{NET}13.1",), **QUICK)), tmp_path)

    with Wire(NET) as wire:
        [ports] = run.ask(step(run, "ports"))  # nothing was discovered in this run
        [identify] = run.ask(step(run, "identify"))

    assert wire.addresses == set()
    assert [ports.envelope.outcome, identify.envelope.outcome] == ["complete", "complete"]
    assert (ports.payload, ports.envelope.targets, ports.envelope.asked) == (b"", (), None)
    assert list(run.collector.read(run.evidence, run.scope)) == []


def test_a_gentle_scan_has_one_probe_in_flight_a_host(tmp_path):
    """Hosts that drop everything: what was sent before is over before the next is sent."""
    run = Run(scope(zone("127.71.0.1", "127.71.0.2", "127.71.0.3", policy=Policy.GENTLE)), tmp_path)
    with Namespace("10.71.0.1") as namespace:
        run.evidence += namespace.run(lambda: list(run.collector.ask(step(run, "discover"), run.context)))
        rules = "table inet t { chain c { type filter hook input priority 0; tcp flags syn / syn,ack drop; }; }"
        subprocess.run(namespace.command("nft", rules), check=True, capture_output=True)
        with namespace.run(lambda: Wire("127.71.")) as wire:
            namespace.run(lambda: run.evidence.extend(run.collector.ask(step(run, "ports", "80-83"), run.context)))

    wait = policy.SETTINGS[Policy.GENTLE].rtt_timeout
    assert {host: len(wire.ports(host)) for host in wire.addresses} == {f"127.71.0.{last}": 4 for last in (1, 2, 3)}
    assert len(wire.packets) == 3 * 4 * 2
    assert min(wire.gaps()) > 0.95 * wait
    assert {host.tcp(80).state for host in run.hosts()} == {"filtered"}
    assert any("none of the ports" in spot.why for spot in run.blind_spots())


def test_a_rate_is_a_ceiling(tmp_path):
    run = Run(scope(zone(f"{NET}14.0/27", policy=Policy.STANDARD, max_rate=40)), tmp_path)

    with Wire(NET) as wire:
        run.ask(step(run, "discover"))
        run.ask(step(run, "ports", "80-84"))

    seconds = wire.packets[-1][0] - wire.packets[0][0]
    assert len(wire.packets) >= 30 * 5
    assert len(wire.packets) / seconds < 44


def test_an_unreachable_network_is_not_a_network_without_hosts(tmp_path):
    run = Run(scope(zone("203.0.113.1", **QUICK)), tmp_path)
    with Namespace("10.72.0.1") as namespace:  # no route leads out of it
        [evidence] = namespace.run(lambda: run.ask(step(run, "discover")))

    assert evidence.envelope.outcome in {"partial", "failed"}
    assert "route" in evidence.envelope.problem
    assert run.blind_spots()


# Privileges are dropped once all is imported: nobody may not be let into the folder of this checkout.
UNPRIVILEGED = """
import os, sys
from pathlib import Path
import msgspec, nmap
sys.path.insert(0, sys.argv[1] + "/tests")
from lab.scans import HTTP, Listener, Run, scope, zone
from posture.model import Policy
from msgspec.structs import replace
os.setgroups([]), os.setgid(65534), os.setuid(65534)
quick = {"policy": Policy.STANDARD, "max_rate": 5000}
here = zone("127.70.15.0/29", exclude=("127.70.15.4",), identified_as_it=("127.70.15.1",), **quick)
run = Run(scope(here), Path(sys.argv[2]))
with Listener("127.70.15.1", 8088, answer=HTTP), Listener("127.70.15.4", 8088) as excluded:
    for probe in run.plan():
        run.ask(replace(probe, tcp="8088,8089") if probe.step != "discover" else probe)
    assert excluded.heard == []
sys.stdout.buffer.write(msgspec.msgpack.encode(run.evidence))
"""


def test_without_privileges_it_connects_instead(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    os.chown(work, 65534, 65534)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)

    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, str(ROOT), str(work)],
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        cwd="/",
    )

    assert done.returncode == 0, done.stderr.decode()
    evidence = msgspec.msgpack.decode(done.stdout, type=list[Evidence])
    run = Run(scope(zone(f"{NET}15.0/29", identified_as_it=(f"{NET}15.1",))), tmp_path)
    run.evidence = evidence
    hosts = {host.address: host for host in run.hosts()}
    assert "-sT" in evidence[1].envelope.tool.command
    assert {each.envelope.outcome for each in evidence} == {"complete"}
    assert hosts[f"{NET}15.1"].tcp(8088).service.identified_as("http")
    assert hosts[f"{NET}15.1"].tcp(8089).state == "closed"
    assert f"{NET}15.4" not in hosts


def test_a_missing_nmap_is_one_clear_error():
    with pytest.raises(PostureError, match="nmap is not installed") as caught:
        find(search=("/nowhere/nmap",))

    assert "apt-get install nmap" in caught.value.mend


def test_an_nmap_that_refuses_its_arguments_is_a_failed_probe_with_its_words(tmp_path, monkeypatch):
    asking = sys.modules["posture.collectors.nmap.ask"]
    monkeypatch.setattr(asking, "scripts_for", lambda *_: ("no-such-script",))
    run = Run(scope(zone(f"{NET}16.1", identified_as_it=(f"{NET}16.1",), **QUICK)), tmp_path)

    with Listener(f"{NET}16.1", 80, answer=HTTP):
        scanned(run, "80")

    envelope = run.evidence[-1].envelope
    assert envelope.outcome == "failed"
    assert "no-such-script" in envelope.problem
    assert any("no-such-script" in spot.why for spot in run.blind_spots())
