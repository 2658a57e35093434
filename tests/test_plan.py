import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard

from posture import configuration, registry
from posture.audit import Audit, Interrupted
from posture.collectors.base import Context
from posture.errors import ConfigurationError, PostureError
from posture.imports import load
from posture.plan import plan, within_site
from posture.scope import Scope
from posture.store import Store
from posture.targets import addresses
from posture.testing import Quiet

TWO_SITES = """
[organisation]
name = "H"
[[site]]
id = "main"
name = "Main"
[[site]]
id = "clinic"
name = "Clinic"
[[zone]]
id = "servers"
site = "main"
kind = "server"
networks = ["10.0.0.0/24"]
[[zone]]
id = "pumps"
site = "clinic"
kind = "medical-device"
networks = ["10.0.0.64/28"]
exclude = ["10.0.0.9"]
"""


def scope(text: str) -> Scope:
    return configuration.parse(text, "posture.toml")


def test_one_site_keeps_the_exclusions_and_the_bounds_of_the_others():
    narrowed = within_site(scope(TWO_SITES), "main")

    asked = {str(address) for address in addresses(narrowed.zones["servers"], narrowed)}
    assert "10.0.0.8" in asked
    assert "10.0.0.9" not in asked
    assert not {f"10.0.0.{number}" for number in range(64, 80)} & asked


def test_an_unknown_site_or_collector_is_told_with_those_there_are():
    with pytest.raises(PostureError, match="there are: main, clinic"):
        within_site(scope(TWO_SITES), "nowhere")
    with pytest.raises(PostureError, match="there are: inventory, ldap, nmap, people, snmp, sysvol"):
        plan(scope(TWO_SITES), registry.collectors(), ["nmpa"])


def test_an_ipv4_address_written_as_ipv6_is_judged_as_ipv4():
    both = scope(TWO_SITES)

    assert both.excluded("::ffff:10.0.0.9")
    assert both.zone_of("::ffff:10.0.0.65").id == "pumps"
    with pytest.raises(ConfigurationError, match="IPv4 written as IPv6"):
        scope(TWO_SITES.replace('"10.0.0.9"', '"::ffff:10.0.0.9"'))


def test_a_compressed_file_that_breaks_off_is_told_and_not_read_in_part(tmp_path: Path):
    whole = zstandard.ZstdCompressor().compress(b"dn: dc=example\nobjectClass: top\n" * 1000)
    (tmp_path / "cut.ldif.zst").write_bytes(whole[:-20])

    with pytest.raises(PostureError, match="can't be decompressed"):
        load([tmp_path / "cut.ldif.zst"], registry.collectors())


def test_a_resumed_run_sends_only_what_posture_toml_would_still_send(tmp_path: Path):
    before = scope(
        TWO_SITES.replace("10.0.0.", "127.78.0.").replace('kind = "server"', 'kind = "server"\npolicy = "gentle"')
    )
    today = scope(
        TWO_SITES.replace("10.0.0.", "127.78.0.").replace('kind = "server"', 'kind = "server"\npolicy = "off"')
    )
    with Store(tmp_path / "posture.db") as store:
        stopped = Audit(store, registry.collectors(), Quiet(), base=tmp_path)
        run = stopped.begin(before)
        stopped.stop.set()
        with pytest.raises(Interrupted, match="--resume"):
            stopped.collect(run)

        resumed = Audit(store, registry.collectors(), Quiet(), base=tmp_path)
        with suppress(PostureError):
            resumed.collect(run, today=today)

        assert store.evidence_count(run.id) == 0
        assert {each.outcome for each in resumed.probes(run)} == {"failed", "refused"}


def test_a_run_of_files_alone_sends_nothing_when_it_is_resumed(tmp_path: Path):
    def posture(*arguments: str) -> str:
        command = [sys.executable, "-m", "posture", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    (tmp_path / "posture.toml").write_text(
        '[organisation]\nname = "H"\n[[zone]]\nid = "a"\nkind = "server"\nnetworks = ["127.78.1.1"]\n'
    )
    shutil.copy(Path(__file__).parent / "data" / "nmap" / "recorded" / "smb-hardened.xml", tmp_path / "scan.xml")
    run = posture("audit", "--from", "scan.xml").strip()

    assert posture("audit", "--resume", run).strip() == run

    assert "planned" not in posture("runs", "show", run)


def test_all_frames_of_a_compressed_file_are_read(tmp_path: Path):
    entries = [b"dn: dc=a\nobjectClass: top\n\n", b"dn: dc=b\nobjectClass: top\n\n"]
    compress = zstandard.ZstdCompressor().compress
    (tmp_path / "two.ldif.zst").write_bytes(b"".join(map(compress, entries)))

    (evidence,) = load([tmp_path / "two.ldif.zst"], registry.collectors()).evidence

    assert evidence.payload.count(b"dn: dc=") == len(entries)


def test_the_name_of_a_file_can_not_write_to_the_terminal_or_break_the_record(tmp_path: Path):
    scan = (Path(__file__).parent / "data" / "nmap" / "recorded" / "smb-hardened.xml").read_bytes()
    name = os.fsdecode(b"\xff\x1b[31m\nall is well")
    (tmp_path / f"{name}.xml").write_bytes(scan)
    (tmp_path / f"{name}.txt").write_bytes(b"no evidence")

    imported = load([tmp_path], registry.collectors())

    (source,) = [each.envelope.source for each in imported.evidence]
    assert source is not None
    for told in (source.name, *imported.skipped):
        assert told.isprintable()
        assert "all is well" in told


@pytest.mark.parametrize("name", ["a\0b", "a" * 5000])
def test_a_name_that_no_file_can_have_is_one_clear_error(name: str):
    with pytest.raises(PostureError, match="can't be read"):
        load([Path(name)], registry.collectors())


def test_no_probe_is_asked_over_snmp_that_the_scope_refuses(tmp_path: Path):
    text = TWO_SITES.replace("10.0.0.", "127.78.2.") + "[snmp]\ntry_default_communities = true\n"
    collectors = registry.collectors()
    (probe,) = [each for each in plan(scope(text), collectors, ["snmp"]) if each.zone == "servers"]
    context = Context(
        scope=scope(text.replace('kind = "server"', 'kind = "server"\npolicy = "off"')),
        secret=str,
        hosts=list,
        progress=print,
        stop=threading.Event(),
        workdir=tmp_path,
        vantage="",
        operator="",
    )

    with pytest.raises(PostureError, match="policy is off"):
        list(collectors["snmp"].ask(probe, context))


def test_a_directory_that_turns_out_to_be_an_excluded_address_is_not_asked(tmp_path: Path):
    text = (
        TWO_SITES.replace("10.0.0.", "127.78.3.")
        + '[[directory]]\nid = "ad"\nhost = "::ffff:127.78.3.9"\n[[directory]]\nid = "odd"\nhost = "2135819017"\n'
    )
    with Store(tmp_path / "posture.db") as store:
        running = Audit(store, registry.collectors(), Quiet(), base=tmp_path)
        run = running.begin(scope(text))
        with suppress(PostureError):
            running.collect(run, ["ldap"])

        told = {each.probe.id: each.problem for each in running.probes(run)}

    assert "excluded by the scope" in told["ldap/ad"]
    assert "127.78.3.9 is excluded by the scope" in told["ldap/odd"]  # the same address as one number
