"""Readers of other people's formats: what docs/readers.md promises, and that none takes another's file."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from posture import registry
from posture.errors import PostureError
from posture.facts import BlindSpot, Host
from posture.imports import load
from posture.scope import Scope

ROOT = Path(__file__).parents[1]
DATA = Path(__file__).parent / "data"
GUIDE = (ROOT / "docs" / "readers.md").read_text(encoding="utf-8")
[EXAMPLE] = re.findall(r"^```python\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
LIST = b"#masscan\nopen tcp 23 192.0.2.7 1790000000\nopen tcp 80 192.0.2.7 1790000001\n# end\n"
MARKER = "\nfrom pathlib import Path\nPath(__file__).with_name('loaded').touch()\n"


def installed(folder: Path, code: str = EXAMPLE, entry: str = "masscan-list = posture_masscan:MasscanList") -> Path:
    """The pack as pip would lay it out."""
    (folder / "posture_masscan.py").write_text(code + MARKER, encoding="utf-8")
    about = folder / "posture_masscan-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: posture-masscan\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(f"[posture.collectors]\n{entry}\n", encoding="utf-8")
    return folder


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    yield folder
    sys.modules.pop("posture_masscan", None)


@pytest.mark.parametrize("name", ["posture-masscan", "masscan-list"])
def test_the_example_of_the_guide_reads_its_format(pack, tmp_path, name):
    installed(pack)
    (tmp_path / "ward.txt").write_bytes(LIST)
    collectors = registry.collectors([name])

    imported = load([tmp_path / "ward.txt"], collectors)
    [host] = collectors["masscan-list"].read(imported.evidence, Scope.of_files())

    assert list(collectors) == [*registry.collectors(), "masscan-list"]
    assert isinstance(host, Host)
    assert [str(port) for port in host.open()] == ["23/tcp", "80/tcp"]
    assert host.tcp(443).state == "not-asked"


def test_nothing_of_a_pack_that_is_not_named_is_loaded(pack, tmp_path):
    installed(pack)
    (tmp_path / "ward.txt").write_bytes(LIST)

    assert "masscan-list" not in registry.collectors()
    assert "masscan-list" not in registry.collectors(["another"])
    with pytest.raises(PostureError, match="it is none of"):
        load([tmp_path / "ward.txt"], registry.collectors())
    assert not (pack / "loaded").exists()
    assert "posture_masscan" not in sys.modules


def test_what_a_pack_reads_with_is_named_by_its_hash(pack):
    installed(pack)

    sources = {source.name: source.sha256 for source in registry.load_checks(packs=["posture-masscan"]).files}

    assert (
        sources["posture-masscan/posture_masscan.py"]
        == hashlib.sha256((pack / "posture_masscan.py").read_bytes()).hexdigest()
    )


@pytest.mark.parametrize(
    ("code", "entry", "why"),
    [
        (EXAMPLE.replace('name = "masscan-list"', 'name = "nmap"'), None, "'nmap' is there already"),
        ("raise OSError('no')", None, "can't be loaded: no"),
        ("raise SystemExit", None, "can't be loaded"),
        (EXAMPLE, "masscan-list = posture_masscan:Missing", "can't be loaded"),
        ("class MasscanList:\n    name = 'x'\n", None, "has no kinds, plan, ask, sniff, load, read"),
    ],
)
def test_a_pack_that_is_none_is_refused(pack, code, entry, why):
    installed(pack, code, **({"entry": entry} if entry else {}))

    with pytest.raises(PostureError, match=why) as caught:
        registry.collectors(["posture-masscan"])
    assert caught.value.where == "posture-masscan"


def test_a_pack_that_is_not_installed_is_named():
    with pytest.raises(PostureError, match="no installed pack is called 'posture-nothing'"):
        registry.load_checks(packs=["posture-nothing"])


@pytest.mark.parametrize(
    "bad", [b"#masscan\nopen tcp 99999 192.0.2.7 1\n", b"#masscan\nopen tcp 1 999.1.1.1 1\n", b"#masscan\nx\n"]
)
def test_the_example_gives_one_clear_error(pack, tmp_path, bad):
    installed(pack)
    (tmp_path / "ward.txt").write_bytes(bad)

    with pytest.raises(PostureError, match=r"line 2|999\.1\.1\.1"):
        load([tmp_path / "ward.txt"], registry.collectors(["posture-masscan"]))


def test_a_list_of_the_example_that_breaks_off_is_a_blind_spot(pack, tmp_path):
    installed(pack)
    (tmp_path / "ward.txt").write_bytes(LIST.removesuffix(b"# end\n"))
    collectors = registry.collectors(["posture-masscan"])
    evidence = load([tmp_path / "ward.txt"], collectors).evidence

    assert [type(fact) for fact in collectors["masscan-list"].read(evidence, Scope.of_files())] == [BlindSpot, Host]


# ── as a user has it: installed, and judged in the process that holds nothing ────────────────────────────────────


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment of its own that sees all of ours, and the pack."""
    folder = tmp_path_factory.mktemp("environment")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = folder / "lib" / version / "site-packages"
    ours = sysconfig.get_path("purelib")
    (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n", encoding="utf-8")
    installed(site)
    return folder


def judged(environment: Path, folder: Path, packs: str) -> subprocess.CompletedProcess[str]:
    (folder / "posture.toml").write_text(
        f'[organisation]\nname = "Test"\n\n[checks]\npacks = {packs}\n', encoding="utf-8"
    )
    (folder / "ward.txt").write_bytes(LIST)
    command = [environment / "bin" / "python", "-m", "posture", "-c", folder / "posture.toml", "audit", "--from"]
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "POSTURE"))}
    return subprocess.run(
        [*command, folder / "ward.txt"], capture_output=True, text=True, cwd=folder, env=clean, timeout=300, check=False
    )


def test_an_installed_pack_is_read_and_judged_when_it_is_named(environment, tmp_path):
    loaded = next(environment.rglob("posture_masscan.py")).with_name("loaded")

    refused = judged(environment, tmp_path, "[]")
    assert refused.returncode == 1
    assert "it is none of" in refused.stderr
    assert not loaded.exists()

    done = judged(environment, tmp_path, '["posture-masscan"]')
    assert done.returncode == 0, done.stderr
    assert loaded.exists()
    report = [environment / "bin" / "python", "-m", "posture", "-c", tmp_path / "posture.toml", "report", "-f", "json"]
    subprocess.run([*report, "-o", tmp_path], cwd=tmp_path, check=True, capture_output=True, timeout=300)
    assessment = json.loads((tmp_path / "assessment.json").read_text(encoding="utf-8"))
    [evidence] = assessment["evidence"]
    assert (evidence["collector"], evidence["format"]) == ("masscan-list", "masscan-list")
    assert "posture-masscan/posture_masscan.py" in {file["name"] for file in assessment["method"]["check_files"]}
    [asset] = assessment["assets"]
    assert "192.0.2.7" in json.dumps(asset)


# ── nobody takes another's file ──────────────────────────────────────────────────────────────────────────────────

KEV = b'{"title": "CISA Catalog of Known Exploited Vulnerabilities", "count": 0, "vulnerabilities": []}'
END_OF_LIFE = b'[{"cycle": "24.04", "releaseDate": "2024-04-25", "eol": "2029-05-31", "support": "2029-05-31"}]'
END_OF_LIFE_1 = b'{"schema_version": "1.0.0", "result": {"name": "ubuntu", "releases": []}, "data": [], "meta": 1}'
ASSESSMENT = b'{"schema": "posture/assessment/1", "run": {"id": "x"}, "observations": []}'
JSON_API = b'{"data": [{"type": "users", "id": "1", "attributes": {"name": "x"}}], "links": {}}'
NMAP = b'<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<!-- <NessusClientData_v2> --><nmaprun scanner="nmap">'
LDIF = b'dn: cn=x\ndescription: {"data": [{"ObjectIdentifier": "S-1"}]}\n'


@pytest.mark.parametrize(
    "foreign", [KEV, END_OF_LIFE, END_OF_LIFE_1, ASSESSMENT, JSON_API, b"{}", b"[]", b"", b"PK\x03\x04"]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_of_other_kinds_are_nobodys(foreign, mark):
    assert [name for name, each in registry.collectors().items() if each.sniff(mark + foreign, "x.json")] == []


@pytest.mark.parametrize(
    ("path", "collector"),
    [
        ("nessus/metasploitable.nessus", "nmap"),
        ("bloodhound/users.json", "ldap"),
        ("bloodhound/groups.json", "ldap"),
    ],
)
def test_each_format_is_known_by_its_content_and_by_one_alone(path, collector, tmp_path):
    content = (DATA / path).read_bytes()

    assert [name for name, each in registry.collectors().items() if each.sniff(content[:65536], "x")] == [collector]
    (tmp_path / "no-telling-name").write_bytes(content)
    [record] = load([tmp_path / "no-telling-name"], registry.collectors()).evidence
    assert record.envelope.collector == collector


def test_the_dialects_of_one_collector_are_told_apart():
    ldap, nmap = registry.collectors()["ldap"], registry.collectors()["nmap"]

    with pytest.raises(PostureError, match="not an nmap XML file"):
        list(nmap.load(NMAP[:-10], "x", ""))
    [record] = ldap.load(LDIF, "x", "")
    assert record.envelope.format == "ldif"


def test_files_of_all_formats_are_read_in_any_order():
    files = [
        DATA / "nessus" / "metasploitable.nessus",
        DATA / "bloodhound" / "users.json",
        DATA / "bloodhound" / "groups.json",
    ]

    found = {load(order, registry.collectors()).evidence for order in itertools.permutations(files)}

    assert len(found) == 1
