import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from lab.command import posture as run_posture
from lab.reference import all_products, endoflife, kev, match, nvd, release

import posture
from posture import registry
from posture.assessment import Assessment
from posture.audit import Audit
from posture.errors import PostureError
from posture.model import Envelope, Evidence
from posture.reference import Cycle, assemble, shipped
from posture.reference.kept import documents, freeze, frozen, keep
from posture.reference.notes import limits, notes
from posture.scope import Scope
from posture.store import RunRecord, Store
from posture.testing import Quiet
from posture.thresholds import Thresholds

AT = datetime(2026, 12, 1, tzinfo=UTC)
FLAW = "CVE-1999-9999"
SCAN = f"""<?xml version="1.0"?>
<nmaprun scanner="nmap" args="nmap" start="1796083200" version="7.93" xmloutputversion="1.05">
<scaninfo type="syn" protocol="tcp" numservices="1" services="80"/>
<host><status state="up"/><address addr="10.0.0.9" addrtype="ipv4"/><ports><port protocol="tcp" portid="80">
<state state="open" reason="syn-ack"/><service name="http" method="probed" conf="10"/>
<script id="http-vuln-x" output="VULNERABLE"><table key="{FLAW}"><elem key="state">VULNERABLE</elem></table></script>
</port></ports></host><runstats><finished time="1796083210"/></runstats></nmaprun>""".encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "posture.db") as opened:
        yield opened


def take(store: Store, content: bytes, **more: object):
    return keep(store, content, "file.json", by="officer", at=AT, **more)


def cycles(store: Store, product: str = "windows") -> tuple[Cycle, ...]:
    return assemble(documents(store)).cycles(product)


def test_without_an_import_what_comes_with_posture_is_known(store: Store):
    assert assemble(documents(store)) == shipped()


def test_a_newer_file_takes_the_place_of_its_product_and_of_no_other(store: Store):
    take(store, endoflife("windows"))

    (only,) = cycles(store)
    assert only.ends == date(2025, 10, 14)
    assert cycles(store, "windows-server") == shipped().cycles("windows-server")
    assert assemble(documents(store)).dated("windows") == date(2026, 11, 1)
    assert assemble(documents(store)).dated("windows-server") == shipped().dated("windows-server")


@pytest.mark.parametrize(
    "older",
    [
        endoflife("windows", day="2020-01-01"),
        all_products(["ubuntu", "new"], day="2020-01-01"),
        kev(FLAW, day="2020-01-01"),
    ],
)
def test_an_older_file_is_refused_and_taken_where_it_is_forced(store: Store, older: bytes):
    with pytest.raises(PostureError, match="it is of 2020-01-01, and there is data of 2026-"):
        take(store, older)
    assert assemble(documents(store)) == shipped()

    found = take(store, older, force=True)

    assert found is not None
    assert found.sha256 in {each.sha256 for each in assemble(documents(store)).used}


def test_an_older_version_of_what_was_imported_is_refused_too(store: Store):
    take(store, kev(FLAW, day="2026-11-20"))

    with pytest.raises(PostureError, match="there is data of 2026-11-20"):
        take(store, kev(FLAW, "CVE-2021-41773", day="2026-11-10"))


def test_the_same_file_is_not_kept_twice(store: Store):
    assert take(store, kev(FLAW)) is not None
    assert take(store, kev(FLAW)) is None
    assert len(store.reference_files()) == 1


def test_a_file_of_the_future_is_refused(store: Store):
    with pytest.raises(PostureError, match="2027-01-01, which is in the future"):
        take(store, kev(FLAW, day="2027-01-01"))


def test_nvd_speaks_of_what_is_in_the_catalog_and_the_newest_of_each(store: Store):
    cpe = "cpe:2.3:a:apache:http_server:{}:*:*:*:*:*:*:*"
    take(store, kev(FLAW))
    take(store, nvd(FLAW, match(cpe.format("1.0"))))
    take(store, nvd("CVE-1999-0001", match(cpe.format("1.0"))))
    take(store, nvd(FLAW, match(cpe.format("2.0")), day="2026-11-02"))

    affected = assemble(documents(store)).affected

    assert list(affected) == [FLAW]
    assert [each.criteria for each in affected[FLAW]] == [cpe.format("2.0")]


def test_what_was_known_comes_back_though_more_was_imported_since(store: Store):
    take(store, endoflife("windows", release(ends="2025-01-01"), day="2020-01-01"), force=True)
    before = assemble(documents(store))
    known = freeze(store, "officer", AT)
    take(store, endoflife("windows", release(ends="2030-01-01")))

    assert frozen(store, known) == before
    assert assemble(documents(store)) != before


def test_what_came_with_an_older_posture_is_known_when_a_newer_one_judges(store: Store, monkeypatch):
    known = freeze(store, "officer", AT)
    monkeypatch.setattr("posture.reference.kept.shipped_documents", lambda: ())

    assert frozen(store, known) == shipped()


def test_data_that_is_gone_or_changed_is_one_clear_error(tmp_path: Path, store: Store):
    with pytest.raises(PostureError, match="is not in the store any more"):
        frozen(store, [["0" * 64, "imported"]])
    take(store, kev(FLAW))
    with sqlite3.connect(tmp_path / "posture.db") as raw:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            raw.execute("UPDATE reference_data SET dated = '2030-01-01'")
        raw.execute("DROP TRIGGER reference_data_no_update")
        raw.execute("UPDATE reference_data SET sha256 = ?", ["0" * 64])
    with pytest.raises(PostureError, match="was changed"):
        documents(store)


def test_a_store_of_the_second_version_gets_a_place_for_it(tmp_path: Path):
    config = Config()
    config.set_main_option("script_location", str(Path(posture.__file__).parent / "migrations"))
    with sa.create_engine(f"sqlite:///{tmp_path / 'old.db'}").begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")

    with Store(tmp_path / "old.db") as store:
        assert take(store, kev(FLAW)) is not None


# ── runs ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def begun(store: Store, folder: Path) -> tuple[Audit, RunRecord]:
    running = Audit(store, registry.collectors(), Quiet(), base=folder)
    run = running.begin(Scope.of_files(), AT)
    running.keep(run, [Evidence.of(Envelope(collector="nmap", format="nmap-xml", outcome="complete"), SCAN)])
    return running, run


def outcome(assessment: Assessment) -> str:
    (found,) = (each for each in assessment.observations if each.check == "known-exploited-vulnerability")
    return found.outcome.value


def test_a_run_is_judged_again_with_what_was_known_when_it_began(tmp_path: Path, store: Store):
    running, before = begun(store, tmp_path)
    first = running.judge(before)
    content = kev(FLAW)
    imported = take(store, content)
    again = running.judge(before)
    _, after = begun(store, tmp_path)
    later = running.judge(after)

    assert imported is not None
    assert (outcome(first), outcome(again), outcome(later)) == ("unknown", "unknown", "fail")
    assert again.fingerprint == first.fingerprint
    assert imported.sha256 in {each.sha256 for each in later.method.reference}
    assert imported.sha256 not in {each.sha256 for each in again.method.reference}


def test_the_assessment_says_which_data_judged_and_what_that_limits():
    used = notes(shipped(), datetime(2028, 1, 1, tzinfo=UTC), Thresholds())
    said = " ".join(limits(used))

    assert [(each.kind, each.too_old) for each in used] == [("kev", True), ("lifecycle", True)]
    assert all(len(each.sha256) == 64 and each.records and each.source for each in used)
    assert "your policy allows 365. Nothing passed by them" in said
    assert "your policy allows 30. What was added since then was not looked for" in said
    assert "is an extract of" in said
    assert not list(limits(each for each in notes(shipped(), AT, Thresholds()) if each.kind == "lifecycle"))


# ── the command ──────────────────────────────────────────────────────────────────────────────────────────────────


def listed(folder: Path) -> list[dict[str, object]]:
    done = run_posture("--store", "s.db", "data", "list", "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, object]] = json.loads(done.stdout)["data"]
    return rows


def test_the_command_imports_and_lists(tmp_path: Path):
    (tmp_path / "kev.json").write_bytes(kev(FLAW))
    before = listed(tmp_path)
    done = run_posture("--store", "s.db", "data", "import", "kev.json", cwd=tmp_path)
    after = listed(tmp_path)

    assert done.returncode == 0, done.stderr
    assert {(row["kind"], row["origin"], row["in_force"]) for row in before} == {
        ("kev", "shipped", True),
        ("lifecycle", "shipped", True),
    }
    assert {(row["kind"], row["origin"], row["in_force"]) for row in after} == {
        ("kev", "shipped", False),
        ("kev", "imported", True),
        ("lifecycle", "shipped", True),
    }


def test_the_old_format_is_imported_with_its_product_and_day(tmp_path: Path):
    (tmp_path / "rhel.json").write_text('[{"cycle": "9", "eol": "2032-05-31"}]')
    bare = run_posture("--store", "s.db", "data", "import", "rhel.json", cwd=tmp_path)
    told = run_posture(
        "--store", "s.db", "data", "import", "rhel.json", "--product", "rhel", "--date", "2026-11-01", cwd=tmp_path
    )

    assert (bare.returncode, told.returncode) == (1, 0), told.stderr
    assert "--product" in bare.stderr


@pytest.mark.parametrize("name", ["missing.json", ".", "bad.json", "pipe"])
def test_what_can_not_be_read_is_one_clear_error(tmp_path: Path, name: str):
    (tmp_path / "bad.json").write_text("[" * 100_000)
    os.mkfifo(tmp_path / "pipe")
    done = run_posture(
        "--store", "s.db", "data", "import", name, "--product", "a", "--date", "2026-01-01", cwd=tmp_path
    )

    assert done.returncode == 1
    assert done.stderr.startswith("posture: ")
    assert len(done.stderr.splitlines()) <= 2
