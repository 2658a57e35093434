"""What somebody who distrusts a bag, or who made it to deceive, would try beside changing bytes of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lab import command
from lab.changing import packed, unpacked, with_its_lists_mended
from lab.sealed import Exported

from posture.sealing import bags, keys, timestamp, verifier
from posture.sealing.keys import Signer

IDENTITY = bytes([1, *bytes(31)])


def signed(files: dict[str, bytes], statement: bytes, signer: Signer) -> dict[str, bytes]:
    """The files under this statement, signed by somebody: what a holder of a key can make."""
    signature = signer.sign(verifier.pae(statement))
    kept = {name: data for name, data in files.items() if not name.startswith("seal/timestamp")}
    return with_its_lists_mended(
        kept
        | {
            verifier.STATEMENT: statement,
            verifier.SIGNATURE: signature,
            verifier.ENVELOPE: verifier.envelope(statement, signature, signer.fingerprint),
        }
    )


def own(exported: Exported, change) -> dict[str, bytes]:
    """The bag as the hospital itself would seal it, with its own key, after a change of the statement's text."""
    key = load_pem_private_key((exported.hospital.folder / "posture.key").read_bytes(), password=None)
    assert isinstance(key, Ed25519PrivateKey)
    signer = Signer(key)
    files = unpacked(exported.path.read_bytes())
    return signed(files, change(files[verifier.STATEMENT]), signer)


def both(path: Path) -> tuple[str, str]:
    """What our verifier and the one in a bag say."""
    try:
        ours = " ".join(bags.verify_file(path).problems)
    except verifier.NotABag as error:
        ours = str(error)
    script = subprocess.run(
        [sys.executable, "-I", verifier.__file__, path], capture_output=True, text=True, check=False, timeout=60
    )
    assert (script.returncode == 1) == bool(ours), script.stdout + script.stderr
    return ours, script.stdout


def extracted(exported: Exported, folder: Path) -> Path:
    for name, data in unpacked(exported.path.read_bytes()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def test_a_piece_of_evidence_taken_out_of_a_folder_is_named(exported: Exported, tmp_path: Path):
    folder = extracted(exported, tmp_path / "bag")
    gone = next((folder / "data" / "evidence").glob("*.json"))
    gone.unlink()

    ours, script = both(folder)

    assert f"data/evidence/{gone.name}: removed" in ours
    assert f"data/evidence/{gone.name}: removed" in script


def test_no_file_outside_a_folder_is_read_whatever_the_statement_names(exported: Exported, tmp_path: Path):
    os.mkfifo(tmp_path / "trap.json")  # whoever opens it for reading waits for ever

    def outside(statement: bytes) -> bytes:
        said = json.loads(statement)
        said["predicate"]["evidence"][0]["id"] = "../../../trap"
        return json.dumps(said).encode()

    folder = tmp_path / "bag"
    for name, data in own(exported, outside).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    assert both(folder)[0]


@pytest.mark.parametrize(
    "change",
    [
        lambda text: b'{"predicate":{"run":{"id":"another"}},' + text[1:],
        lambda text: text.replace(b'"predicateType"', b'"subject":[],"predicateType"', 1),
        lambda text: text.replace(b'"seal":2', b'"seal":NaN', 1),
        lambda text: b"\xef\xbb\xbf" + text,
    ],
    ids=["two predicates", "two subjects", "NaN", "a byte order mark"],
)
def test_a_statement_that_programs_would_read_in_two_ways_is_none(exported: Exported, tmp_path: Path, change):
    (tmp_path / "bag.zip").write_bytes(packed(own(exported, change)))

    assert "no statement" in both(tmp_path / "bag.zip")[0]


def test_the_judgement_that_the_statement_is_about_is_the_one_in_the_bag(exported: Exported, tmp_path: Path):
    def another(statement: bytes) -> bytes:
        said = json.loads(statement)
        said["predicate"]["assessment"]["sha256"] = "0" * 64
        return json.dumps(said).encode()

    (tmp_path / "bag.zip").write_bytes(packed(own(exported, another)))

    assert "it is not the judgement" in both(tmp_path / "bag.zip")[0]


@pytest.mark.parametrize("point", [IDENTITY, bytes(32), (verifier._PRIME + 1).to_bytes(32, "little")])
def test_a_key_for_which_anything_is_signed_is_no_key(exported: Exported, tmp_path: Path, point: bytes):
    pem = verifier.public_pem(verifier._ED25519 + point)
    with pytest.raises(ValueError, match="anything is signed"):
        verifier.fingerprint_of(pem)
    assert not keys.signature_holds(pem, b"whatever", IDENTITY + bytes(32))

    files = unpacked(exported.path.read_bytes()) | {verifier.PUBLIC_KEY: pem}
    (tmp_path / "bag.zip").write_bytes(packed(with_its_lists_mended(files)))
    assert "no Ed25519 key" in both(tmp_path / "bag.zip")[0]


def test_a_fingerprint_that_is_empty_is_a_mistake_and_not_none(exported: Exported):
    for empty in ("", " "):
        done = command.posture(
            "evidence", "verify", exported.path, "--fingerprint", empty, cwd=exported.hospital.folder
        )
        assert done.returncode == 2
        script = [sys.executable, "-I", verifier.__file__, str(exported.path), "--fingerprint", empty]
        assert subprocess.run(script, capture_output=True, check=False).returncode == 2


def test_a_bag_that_is_not_there_is_a_file_that_is_missing_and_no_run(exported: Exported):
    done = command.posture("evidence", "verify", "gone.zip", cwd=exported.hospital.folder)

    assert done.returncode == 1
    assert "gone.zip: there is no such file" in done.stderr


def test_a_file_of_two_keys_establishes_nobody(exported: Exported, tmp_path: Path):
    key = tmp_path / "keys.pem"
    theirs = Signer(Ed25519PrivateKey.generate()).public_pem
    key.write_bytes(exported.hospital.posture("keys", "show", "--public").encode() + theirs)

    done = command.posture("evidence", "verify", exported.path, "--key", key, cwd=exported.hospital.folder)
    script = [sys.executable, "-I", verifier.__file__, str(exported.path), "--key", str(key)]

    assert done.returncode == 1
    assert "it is no public key" in done.stderr
    assert subprocess.run(script, capture_output=True, check=False).returncode == 2


def test_which_run_it_is_is_said_so_that_another_one_renamed_is_seen(exported: Exported):
    told = exported.hospital.posture("evidence", "verify", exported.path)

    assert f"It is run {exported.run} of Riverside Health, judged; seal 2" in told


def test_a_clock_is_a_third_partys_only_by_certificates_from_elsewhere(exported: Exported, tmp_path: Path):
    mine = tmp_path / "mine.pem"
    subprocess.run(
        [*("openssl", "req", "-x509", "-newkey", "ed25519", "-nodes"), "-subj", "/CN=Mine", "-out", mine],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    for what in (exported.path, exported.run):
        known = ("evidence", "verify", what, "--timestamp-ca")
        assert "whose clock it is" in exported.hospital.posture("evidence", "verify", what)
        assert "A third party's clock says" in exported.hospital.posture(*known, exported.hospital.clock.ca_file)
        assert "NOT INTACT" in exported.hospital.posture(*known, mine, code=1)


def test_both_verifiers_agree_on_timestamps_with_something_behind_them(exported: Exported):
    files = unpacked(exported.path.read_bytes())
    response, own, message = (files[name] for name in (verifier.TIMESTAMP, verifier.TIMESTAMP_CA, verifier.SIGNATURE))

    assert verifier.openssl_stamp(response, own, message) == timestamp.stamp(response, own, message)
    for changed in (response + b"x", response[:-1], b"", response[:1]):
        for stamped in (verifier.openssl_stamp, timestamp.stamp):
            with pytest.raises(ValueError, match="timestamp"):
                stamped(changed, own, message)
