"""A bag judged again: here, elsewhere, by other code; and what a bag can't do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lab import command
from lab.changing import packed, unpacked, with_its_lists_mended
from lab.sealed import Exported

from posture.demo import recorded
from posture.sealing import verifier
from posture.sealing.keys import Signer


def resealed(files: dict[str, bytes], changes: dict[str, bytes]) -> dict[str, bytes]:
    """The bag as a stranger would seal it after changing what they like."""
    signer = Signer(Ed25519PrivateKey.generate())
    changes = changes | {verifier.PUBLIC_KEY: signer.public_pem}
    files = {name: data for name, data in files.items() if not name.startswith("seal/timestamp")} | changes
    files = with_its_lists_mended(files)
    said = json.loads(files[verifier.STATEMENT])
    said["subject"] = [
        {"name": name, "digest": {"sha256": verifier.sha256(data)}}
        for name, data in sorted(files.items())
        if name not in verifier.SEAL_FILES
    ]
    said["predicate"]["signer"] = signer.fingerprint
    said["predicate"]["assessment"]["sha256"] = verifier.sha256(files["data/assessment.json"])
    statement = json.dumps(said).encode()
    signature = signer.sign(verifier.pae(statement))
    sealed = {
        verifier.STATEMENT: statement,
        verifier.SIGNATURE: signature,
        verifier.ENVELOPE: verifier.envelope(statement, signature, signer.fingerprint),
    }
    return with_its_lists_mended(files | sealed)


def without_run(document: bytes) -> bytes:
    said = json.loads(document)
    del said["run"]
    return json.dumps(said, indent=2, ensure_ascii=False).encode()


def replayed(folder: Path, bag: Path, *arguments: str, code: int = 0) -> tuple[str, str]:
    done = command.posture("audit", "--from", bag, *arguments, cwd=folder)
    assert done.returncode == code, done.stderr
    return done.stdout.strip(), done.stderr


def reported(folder: Path, run: str) -> bytes:
    done = command.posture("report", run, "-f", "json", "-o", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return (folder / "out" / "assessment.json").read_bytes()


def test_replayed_elsewhere_it_gives_the_same_assessment_to_the_byte_but_for_the_run(
    exported: Exported, tmp_path: Path
):
    run, told = replayed(tmp_path, exported.path)

    assert "The same assessment, to the byte but for the run." in told
    sealed = unpacked(exported.path.read_bytes())["data/assessment.json"]
    again = reported(tmp_path, run)
    assert without_run(again) == without_run(sealed)
    assert json.loads(again)["run"]["seal"]["standing"] == "unsealed"
    assert exported.fingerprint in json.loads(again)["run"]["seal"]["note"]


def test_the_sample_hospital_is_the_same_as_well(tmp_path: Path):
    done = command.posture("demo", "--recorded", "-o", "demo", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    store = ("--store", "demo/posture-demo.db")
    exported = command.posture(*store, "evidence", "export", "-o", "bag.zip", cwd=tmp_path)
    assert exported.returncode == 0, exported.stderr
    verified = command.posture("evidence", "verify", "bag.zip", cwd=tmp_path)
    assert verified.returncode == 0, verified.stdout

    _, told = replayed(tmp_path, tmp_path / "bag.zip", "--fail-on", "critical", code=3)

    assert "The same assessment, to the byte but for the run." in told


def test_later_answers_and_data_of_another_store_have_no_part_in_it(exported: Exported, tmp_path: Path):
    (tmp_path / "posture.toml").write_text('[organisation]\nname = "Auditors"\n')
    audited = command.posture("audit", "--from", recorded.ACTIVE_DIRECTORY, cwd=tmp_path)
    assert audited.returncode == 0, audited.stderr

    run, told = replayed(tmp_path, exported.path)
    again = command.posture("report", run, "-f", "json", "-o", "out", "--as-of", "2027-01-01", cwd=tmp_path)

    assert "The same assessment" in told
    assert again.returncode == 1
    assert "stays as it was judged" in again.stderr
    later = command.posture("-q", "audit", "--from", recorded.ACTIVE_DIRECTORY, cwd=tmp_path).stdout.strip()
    risks = {each["id"] for each in json.loads(reported(tmp_path, later))["risks"]}
    assert not risks & {
        each["id"] for each in json.loads(reported(tmp_path, run))["risks"] if each["source"] == "exception"
    }


CHECK = '''
from posture import Severity, Verdict, check, passed
from posture.facts import Host


@check("own-check", title="Ours", severity=Severity.LOW)
def own(host: Host) -> Verdict:
    """Ours.

    Why it matters:
        It does.

    How to fix:
        Do.
    """
    return passed("fine")
'''


def test_other_code_says_which_checks_changed(exported: Exported, tmp_path: Path):
    (tmp_path / "checks").mkdir(mode=0o700)
    (tmp_path / "checks" / "own.py").write_text(CHECK)

    _, told = replayed(tmp_path, exported.path, "--checks-dir", "checks")

    assert "The file of checks own.py is new." in told
    assert "Check own-check is new." in told


def test_an_assessment_that_the_same_code_does_not_give_is_told_and_exits_1(exported: Exported, tmp_path: Path):
    files = unpacked(exported.path.read_bytes())
    said = json.loads(files["data/assessment.json"])
    failed = next(each for each in said["checks"] if each["id"] == "telnet-offered")
    failed["failed"], failed["passed"] = 0, 1
    (tmp_path / "bag.zip").write_bytes(packed(resealed(files, {"data/assessment.json": json.dumps(said).encode()})))

    _, told = replayed(tmp_path, tmp_path / "bag.zip", code=1)

    assert "Check telnet-offered: 1 passed then, 1 failed now." in told


def test_nothing_is_asked_by_what_a_bag_says(exported: Exported, tmp_path: Path):
    run, _ = replayed(tmp_path, exported.path)

    done = command.posture("audit", "--resume", run, cwd=tmp_path)

    assert done.returncode == 1
    assert "nothing is asked by what a bag says" in done.stderr or "stays as it was judged" in done.stderr


@pytest.mark.parametrize("option", [("--live",), ("--as-of", "2026-01-01"), ("--from", "x.xml"), ("--only", "nmap")])
def test_a_bag_takes_no_other_choice(exported: Exported, tmp_path: Path, option: tuple[str, ...]):
    _, told = replayed(tmp_path, exported.path, *option, code=2)

    assert "a bag is judged by itself" in told


def test_a_pack_that_a_bag_names_is_loaded_only_where_the_configuration_names_it(exported: Exported, tmp_path: Path):
    files = unpacked(exported.path.read_bytes())
    inputs = json.loads(files["data/inputs.json"])
    inputs["scope"]["checks"]["packs"] = ["evil"]
    (tmp_path / "bag.zip").write_bytes(packed(resealed(files, {"data/inputs.json": json.dumps(inputs).encode()})))

    _, told = replayed(tmp_path, tmp_path / "bag.zip", code=1)

    assert "a bag can't have code run" in told


def test_a_bag_that_was_changed_is_not_judged(exported: Exported, tmp_path: Path):
    files = unpacked(exported.path.read_bytes())
    (tmp_path / "bag.zip").write_bytes(packed(files | {"data/scope.json": b"{}"}))

    _, told = replayed(tmp_path, tmp_path / "bag.zip", code=1)

    assert "it is not intact: data/scope.json: changed" in told
    assert command.posture("runs", "list", "--format", "json", cwd=tmp_path).stdout.strip().endswith('"runs": []\n}')


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("data/inputs.json", b"[]"),
        ("data/inputs.json", b"[" * 100_000),
        ("data/assessment.json", b'{"method": 1}'),
        ("data/ledger.jsonl", b""),
    ],
)
def test_what_a_stranger_sealed_wrongly_is_one_clear_error(exported: Exported, tmp_path: Path, name: str, data: bytes):
    files = unpacked(exported.path.read_bytes())
    (tmp_path / "bag.zip").write_bytes(packed(resealed(files, {name: data})))

    _, told = replayed(tmp_path, tmp_path / "bag.zip", code=1)

    assert "did not foresee" not in told


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda text: text.replace(b"{", b'{"controls": [],', 1),
        lambda text: json.dumps(json.loads(text)).encode(),
    ],
    ids=["a key that is there twice", "other spaces"],
)
def test_to_the_byte_means_bytes(exported: Exported, tmp_path: Path, rewrite):
    files = unpacked(exported.path.read_bytes())
    document = rewrite(files["data/assessment.json"])
    (tmp_path / "bag.zip").write_bytes(packed(resealed(files, {"data/assessment.json": document})))

    _, told = replayed(tmp_path, tmp_path / "bag.zip", code=1)

    assert "to the byte but for the run" not in told
    assert "in other bytes" in told


def test_what_does_not_come_to_the_same_is_said_even_quietly(exported: Exported, tmp_path: Path):
    (tmp_path / "checks").mkdir(mode=0o700)
    (tmp_path / "checks" / "own.py").write_text(CHECK)

    done = command.posture("-q", "audit", "--from", exported.path, "--checks-dir", "checks", cwd=tmp_path)

    assert done.returncode == 0
    assert "it does not come to the same" in done.stderr
    assert "by other code" in replayed(tmp_path, exported.path, "--checks-dir", "checks")[1]
