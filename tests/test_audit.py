"""A run from files and from the network, over a real store, judged in the real child process."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from lab.directories import AUDITOR, HOSPITAL, PASSWORD, SUFFIX, loopback

from posture import configuration, registry
from posture.assessment import Assessment, Run
from posture.audit import Audit
from posture.collectors.base import Progress
from posture.confined import assess_confined
from posture.demo import recorded
from posture.demo.certificates import make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.errors import PostureError
from posture.imports import load
from posture.model import Outcome, Status
from posture.request import Request
from posture.scope import Scope
from posture.store import Store
from posture.testing import Quiet

AT = datetime(2026, 12, 1, tzinfo=UTC)
POSTURE = [sys.executable, "-m", "posture"]
DATA = Path(__file__).parent / "data"


def judged(folder: Path, files: list[Path]) -> Assessment:
    collectors = registry.collectors()
    with Store(folder / "posture.db") as store:
        running = Audit(store, collectors, Quiet(), base=folder)
        run = running.begin(Scope.of_files(), AT)
        running.keep(run, load(files, collectors).evidence)
        return running.judge(run)


def without_run(assessment: Assessment) -> bytes:
    document = msgspec.to_builtins(assessment)
    del document["run"]
    return json.dumps(document, sort_keys=True).encode()


@pytest.fixture
def mixed() -> list[Path]:
    """nmap XML, LDIF, snmprec and a walk."""
    nmap = sorted((DATA / "nmap" / "recorded").glob("*.xml"))
    snmp = sorted((DATA / "snmp" / "public").iterdir())
    return [*nmap, recorded.ACTIVE_DIRECTORY, *(file for file in snmp if file.suffix in {".snmprec", ".snmpwalk"})]


def test_the_order_of_files_makes_no_difference_and_judging_again_gives_the_same_bytes(tmp_path: Path, mixed):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    one = judged(tmp_path / "a", mixed)
    other = judged(tmp_path / "b", mixed[::-1])

    assert without_run(one) == without_run(other)
    assert one.run.id != other.run.id
    assert one.fingerprint == other.fingerprint


def test_a_scan_alone_satisfies_no_control_and_contradicts_those_that_it_should(tmp_path: Path, mixed):
    assessment = judged(tmp_path, mixed)

    statuses = {control.id: control.status for control in assessment.controls}
    assert Status.SATISFIED not in statuses.values()
    assert statuses["164.312(e)(2)(ii)"] is Status.NOT_SATISFIED
    assert statuses["164.312(e)(1)"] is Status.NOT_SATISFIED  # no better than its specification
    assert statuses["164.308(a)(1)(ii)(C)"] is Status.NOT_ASSESSED
    counts = assessment.coverage.controls
    assert counts.of == sum(control.counted for control in assessment.controls) == 72
    assert counts.not_satisfied + counts.not_assessed == counts.of


SCAN = """<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap -oX - 192.0.2.5" start="{at}" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="65535" services="1-65535"/>
<host starttime="{at}" endtime="{at}"><status state="up" reason="syn-ack" reason_ttl="64"/>
<address addr="192.0.2.5" addrtype="ipv4"/>
<ports><extraports state="closed" count="65534"><extrareasons reason="reset" count="65534"/></extraports>
<port protocol="tcp" portid="23"><state state="{state}" reason="{reason}" reason_ttl="64"/>
<service name="telnet" method="probed" conf="10"/></port></ports></host>
<runstats><finished time="{at}" exit="success"/><hosts up="1" down="0" total="1"/></runstats>
</nmaprun>
"""


def scanned(file: Path, at: datetime, state: str, reason: str) -> Path:
    file.write_text(SCAN.format(at=int(at.timestamp()), state=state, reason=reason))
    return file


def test_an_earlier_run_that_is_judged_again_closes_nothing_that_a_later_one_found(tmp_path: Path):
    closed = scanned(tmp_path / "closed.xml", AT, "closed", "reset")
    opened = scanned(tmp_path / "open.xml", AT + timedelta(days=9), "open", "syn-ack")
    collectors = registry.collectors()

    def telnet(assessment: Assessment) -> list[str]:
        return [risk.state for risk in assessment.risks if risk.about == "telnet-offered"]

    with Store(tmp_path / "posture.db") as store:
        running = Audit(store, collectors, Quiet(), base=tmp_path)
        earlier, later = (running.begin(Scope.of_files(), AT + timedelta(days=days)) for days in (0, 9))
        running.keep(earlier, load([closed], collectors).evidence)
        running.keep(later, load([opened], collectors).evidence)

        assert telnet(running.judge(earlier)) == []
        assert telnet(running.judge(later)) == ["open"]
        assert telnet(running.judge(earlier, AT + timedelta(days=10))) == []


@pytest.mark.parametrize("days", [0, 500], ids=["of one instant", "long ago"])
def test_the_register_of_the_run_before_is_never_lost(tmp_path: Path, days: int):
    opened = scanned(tmp_path / "open.xml", AT, "open", "syn-ack")
    collectors = registry.collectors()
    with Store(tmp_path / "posture.db") as store:
        running = Audit(store, collectors, Quiet(), base=tmp_path)
        one, other = (running.begin(Scope.of_files(), AT + timedelta(days=each)) for each in (0, days))
        running.keep(one, load([opened], collectors).evidence)
        running.judge(one)
        risks = running.judge(other).risks

    assert [risk.state for risk in risks if risk.about == "telnet-offered"] == ["not-seen"]


def test_old_files_close_nothing_that_was_seen_since_they_were_made(tmp_path: Path):
    opened = scanned(tmp_path / "open.xml", AT, "open", "syn-ack")
    before = scanned(tmp_path / "before.xml", AT - timedelta(days=30), "closed", "reset")
    after = scanned(tmp_path / "after.xml", AT + timedelta(days=1), "closed", "reset")
    collectors = registry.collectors()
    states = []
    with Store(tmp_path / "posture.db") as store:
        running = Audit(store, collectors, Quiet(), base=tmp_path)
        for days, file in enumerate((opened, before, after)):
            run = running.begin(Scope.of_files(), AT + timedelta(days=days))
            running.keep(run, load([file], collectors).evidence)
            states += [risk.state for risk in running.judge(run).risks if risk.about == "telnet-offered"]

    assert states == ["open", "not-seen", "closed"]


def test_every_failure_is_linked_to_evidence_that_is_in_the_store(tmp_path: Path, mixed):
    assessment = judged(tmp_path, mixed)

    with Store(tmp_path / "posture.db") as store:
        kept = {record.id for record in store.evidence(assessment.run.id)}
    fails = [each for each in assessment.observations if each.outcome is Outcome.FAIL]
    assert fails
    assert all(each.evidence and set(each.evidence) <= kept for each in fails)


def test_nothing_at_all_is_not_assessed_and_every_check_is_unknown(tmp_path: Path):
    assessment = judged(tmp_path, [])

    assert {control.status for control in assessment.controls} == {Status.NOT_ASSESSED}
    assert {each.outcome for each in assessment.observations} == {Outcome.UNKNOWN}
    assert {each.check for each in assessment.observations} == set(registry.load_checks().by_id)


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.socket()",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "open('/etc/passwd').read()",
        "open('/tmp/posture-was-here', 'w')",
        "import os; os.remove('/tmp/posture-was-here')",
        "import os; os.kill(os.getppid(), 0)",
        "import sqlite3; sqlite3.connect(':memory:')",
        "import os; os.chdir('/etc')",
        "import sys; sys.exit(0)",
        "print('this is no assessment')",
        "import os; 1 / (not [key for key in os.environ if 'SECRET' in key or 'PATH' in key])",
    ],
)
def test_a_check_that_reaches_out_is_an_error_observation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, deed: str):
    monkeypatch.setenv("POSTURE_SECRET", "hunter2")
    folder = tmp_path / "own"
    folder.mkdir(mode=0o755)
    (folder / "reach.py").write_text(
        f'''
from posture import Severity, Verdict, check, passed
from posture.facts import Host

@check("own-reach", title="Reaches out", severity=Severity.LOW)
def reach(host: Host) -> Verdict:
    """It does not.

    Why it matters:
        It may.

    How to fix:
        It can't.
    """
    {deed}
    return passed("it could")
'''
    )
    (evidence,) = load([DATA / "nmap" / "recorded" / "smb-hardened.xml"], registry.collectors()).evidence
    with Store(tmp_path / "posture.db") as store:
        run = Audit(store, {}, Quiet(), base=tmp_path).begin(Scope.of_files(), AT)
    request = Request(
        run=Run(id=run.id, started=run.started),
        scope=run.scope,
        as_of=AT,
        version="0",
        checks_folders=(str(folder),),
    )

    assessment = assess_confined(request, [evidence])

    (observation,) = [each for each in assessment.observations if each.check == "own-reach"]
    fine = "os.environ" in deed or "print" in deed
    assert observation.outcome is (Outcome.PASS if fine else Outcome.ERROR)


def test_a_check_folder_that_others_can_write_is_refused(tmp_path: Path):
    folder = tmp_path / "own"
    folder.mkdir()
    folder.chmod(0o777)

    with pytest.raises(PostureError, match="others can write here"):
        registry.load_checks([folder])


def test_a_folder_can_not_take_a_built_in_id(tmp_path: Path):
    folder = tmp_path / "own"
    folder.mkdir(mode=0o755)
    (folder / "mine.py").write_text((registry.content("checks") / "network" / "telnet.py").read_text())

    with pytest.raises(PostureError, match="is there already"):
        registry.load_checks([folder])


SCOPE = """
[organisation]
name = "H"

[[zone]]
id = "servers"
kind = "server"
networks = ["127.77.10.0/28"]
policy = "gentle"
ephi = "yes"
"""


def commands() -> list[str]:
    """The command lines of all processes."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


def test_ctrl_c_keeps_what_was_collected_says_how_to_resume_and_resuming_ends_the_run(tmp_path: Path):
    (tmp_path / "posture.toml").write_text(SCOPE)
    with subprocess.Popen([*POSTURE, "audit"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        for line in running.stderr:
            if "nmap/ports" in line:
                break
        time.sleep(1)
        sent = time.monotonic()
        running.send_signal(signal.SIGINT)
        said = running.stderr.read()
        assert running.wait(timeout=10) == 1
        assert time.monotonic() - sent < 4

    resume = said.split("posture audit --resume ")[1].split()[0]
    assert not [each for each in commands() if "127.77.10." in each and "nmap" in each]
    done = subprocess.run(
        [*POSTURE, "audit", "--resume", resume], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == resume
    assert "nmap/discover" not in done.stderr  # it was done, and is not done again
    shown = subprocess.run([*POSTURE, "runs", "show"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert "interrupted" in shown
    assert "finished" in shown


def test_the_plan_sends_nothing(tmp_path: Path):
    (tmp_path / "posture.toml").write_text(SCOPE)

    traced = subprocess.run(
        [sys.executable, "-c", _NO_SOCKETS, "plan"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert traced.returncode == 0, traced.stderr
    assert "Nothing was sent" in traced.stdout
    assert "servers" in traced.stdout


_NO_SOCKETS = """
import sys
def hook(event, args):
    if event.startswith(("socket.connect", "socket.send", "subprocess.")):
        raise SystemExit(f"the plan did this: {event} {args}")
sys.addaudithook(hook)
from posture.cli import main
main()
"""


PEOPLE = "".join(
    f"\ndn: uid=p{number},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: p{number}\ncn: p\nsn: p\nuserPassword: x\n"
    for number in range(6000)
)


class Killer(Quiet):
    """Kills a server as soon as a probe has got somewhere."""

    def __init__(self, server: Slapd) -> None:
        self.server = server

    def progress(self, progress: Progress) -> None:
        if progress.probe == "ldap/staff" and progress.done:
            self.server.stop()


def test_a_directory_killed_in_mid_run_leaves_the_others_evidence_and_an_unknown_that_the_report_tells(tmp_path: Path):
    address = loopback()
    (tmp_path / "word").touch(mode=0o600)
    (tmp_path / "word").write_text(PASSWORD)
    ca = make_ca()
    (tmp_path / "ca.pem").write_bytes(ca.certificate)
    scope = configuration.parse(
        f"""
[organisation]
name = "H"
[[zone]]
id = "servers"
kind = "server"
networks = ["{address}"]
policy = "standard"
ephi = "yes"
[[directory]]
id = "staff"
host = "{address}"
kind = "openldap"
base = "{SUFFIX}"
ca_file = "{tmp_path}/ca.pem"
bind = {{user = "{AUDITOR}", password = {{file = "word"}}}}
""",
        "posture.toml",
    )
    options = SlapdOptions(hashes_readable=True)
    with (
        Slapd(
            SUFFIX, HOSPITAL + PEOPLE, address=address, certificate=make_certificate(ca, [address]), options=options
        ) as server,
        Store(tmp_path / "posture.db") as store,
    ):
        running = Audit(store, registry.collectors(), Killer(server), base=tmp_path)
        run = running.begin(scope)
        running.collect(run)
        assessment = running.judge(run)

    probes = {probe.id: probe for probe in assessment.coverage.probes}
    assert probes["ldap/staff"].outcome == "partial"
    assert probes["ldap/staff"].problem
    assert {probe.outcome for name, probe in probes.items() if name.startswith("nmap/")} <= {"complete", "refused"}
    verdicts = {(each.check, each.outcome) for each in assessment.observations}
    assert ("openldap-password-hash-readable", Outcome.PASS) not in verdicts
    assert any(outcome is Outcome.UNKNOWN for check, outcome in verdicts if check.startswith("openldap-"))
    assert any(outcome is Outcome.PASS for check, outcome in verdicts if check == "telnet-offered")
    registry.renderers()["html"].render(assessment, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text()
    assert "ldap/staff" in page[: page.index("In one page</h2>")]


def rehearse(folder: Path, *folders: Path) -> None:
    with Store(folder / "posture.db") as store:
        Audit(store, {}, Quiet(), base=folder, checks_folders=folders).rehearse(Scope.of_files())


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import sys; sys.exit(0)", "it can't be loaded"),
        ("import os; os._exit(0)", "the judging process failed"),
        ("import os; os._exit(3)", "the judging process failed"),
        ("print('hello'); raise ValueError('no')", "it can't be loaded: no"),
    ],
)
def test_a_module_of_checks_that_ends_the_judging_is_one_clear_error(tmp_path: Path, code: str, words: str):
    (tmp_path / "own").mkdir(mode=0o755)
    (tmp_path / "own" / "bad.py").write_text(code)

    with pytest.raises(PostureError, match=words):
        rehearse(tmp_path, tmp_path / "own")


def test_two_folders_of_one_name_both_bring_their_checks(tmp_path: Path):
    telnet = (registry.content("checks") / "network" / "telnet.py").read_text()
    folders = [tmp_path / one / "checks" for one in ("a", "b")]
    for folder in folders:
        folder.mkdir(parents=True, mode=0o755)
        (folder / "mine.py").write_text(telnet.replace('@check("', f'@check("own-{folder.parent.name}-'))

    found = registry.load_checks(folders).by_id

    assert {name.split("-")[1] for name in found if name.startswith("own-")} == {"a", "b"}


def test_a_check_folder_is_refused_where_others_can_put_another_in_its_place_or_a_link_leads_nowhere(tmp_path: Path):
    folder = tmp_path / "open" / "own"
    folder.mkdir(parents=True, mode=0o755)
    folder.parent.chmod(0o777)
    with pytest.raises(PostureError, match="others can write here"):
        registry.load_checks([folder])

    folder.parent.chmod(0o755)
    (folder / "gone.py").symlink_to("nowhere")
    with pytest.raises(PostureError, match="can't be read"):
        registry.load_checks([folder])
