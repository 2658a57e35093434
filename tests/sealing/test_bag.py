"""What a bag holds together, and that no change of it goes unseen, by our verifier or by the one in the bag."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from random import Random

import bagit
from lab import command
from lab.changing import changed, packed, signed_by_another, unpacked
from lab.sealed import Exported

from posture.sealing import bags, verifier

CHANGES = 1000


def by_ours(path: Path, fingerprint: str) -> bool:
    """Whether our verifier finds it intact and the hospital's."""
    try:
        verdict = bags.verify_file(path, fingerprint)
    except verifier.NotABag:
        return False
    return not verdict.problems and verdict.established


def by_the_script(path: Path, fingerprint: str) -> bool:
    """Whether the one-file verifier does, with openssl."""
    return verifier.main([str(path), "--fingerprint", fingerprint]) == 0


def test_of_a_thousand_changes_both_verifiers_catch_every_one(exported: Exported, tmp_path: Path, capsys):
    whole = exported.path.read_bytes()
    path = tmp_path / "bag.zip"
    path.write_bytes(whole)
    assert by_ours(path, exported.fingerprint)
    assert by_the_script(path, exported.fingerprint)

    missed = []
    for seed in range(CHANGES):
        data = changed(whole, Random(seed))  # noqa: S311  # to be repeatable, not secret
        assert data != whole
        path.write_bytes(data)
        if by_ours(path, exported.fingerprint) or by_the_script(path, exported.fingerprint):
            missed.append(seed)
        capsys.readouterr()

    assert missed == []


def test_bagit_and_openssl_and_sha256sum_agree_on_the_untouched_one(exported: Exported, tmp_path: Path):
    with zipfile.ZipFile(exported.path) as made:
        made.extractall(tmp_path)

    assert bagit.Bag(str(tmp_path)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--quiet", "--strict", "-c", manifest], cwd=tmp_path, check=True)
    done = subprocess.run(
        [sys.executable, "-I", "verify.py", "."], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Intact; signer not established." in done.stdout
    assert "whose clock it is, they can't say" in done.stdout
    given = [sys.executable, "-I", "verify.py", ".", "--timestamp-ca", exported.hospital.clock.ca_file]
    known = subprocess.run(given, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "A third party's clock says" in known.stdout


def test_the_commands_of_the_readme_work_as_they_stand(exported: Exported, tmp_path: Path):
    with zipfile.ZipFile(exported.path) as made:
        made.extractall(tmp_path)
    text = (tmp_path / "README.txt").read_text()
    commands = [line.strip() for line in text.splitlines() if line.startswith("     ")]
    commands = [each for each in commands if not each.startswith("posture ")]
    told = {
        "THE-FINGERPRINT-THAT-THE-HOSPITAL-TOLD-YOU": exported.fingerprint,
        "ITS-CERTIFICATES.pem": str(exported.hospital.clock.ca_file),
        "/tmp/signed": str(tmp_path.parent / f"{tmp_path.name}-signed"),  # noqa: S108  # where the reader's own shell puts it
    }

    outputs = []
    for each in commands:
        for word, value in told.items():
            each = each.replace(word, value)  # noqa: PLW2901  # filled in word by word
        done = subprocess.run(["bash", "-c", each], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (each, done.stderr)
        outputs.append(done.stdout + done.stderr)

    assert len(outputs) == 10
    assert outputs[2].split()[0] in outputs[3]
    assert "Signature Verified Successfully" in "".join(outputs)
    assert any(output.startswith(exported.fingerprint) for output in outputs)
    assert "Intact; signed by the key asked for." in "".join(outputs)
    assert "Verification: OK" in outputs[-1]


def test_exported_twice_it_is_the_same(exported: Exported):
    first = exported.hospital.posture("evidence", "export", exported.run, "-o", "again.zip")

    assert first.split()[0] == verifier.sha256(exported.path.read_bytes())
    assert (exported.hospital.folder / "again.zip").read_bytes() == exported.path.read_bytes()


def test_each_file_that_was_changed_added_or_removed_is_named(exported: Exported, tmp_path: Path):
    files = unpacked(exported.path.read_bytes())
    evidence = sorted(name for name in files if name.startswith("data/evidence/") and "payload" in name)
    files[evidence[0]] += b"x"
    del files["data/scope.json"]
    files["data/extra"] = b""
    (tmp_path / "bag.zip").write_bytes(packed(files))

    told = exported.hospital.posture("evidence", "verify", tmp_path / "bag.zip", code=1)

    assert f"{evidence[0]}: changed" in told
    assert "data/scope.json: removed" in told
    assert "data/extra: added" in told
    assert "NOT INTACT" in told


def test_another_key_makes_a_bag_that_is_whole_and_not_the_hospitals(exported: Exported, tmp_path: Path):
    (tmp_path / "bag.zip").write_bytes(packed(signed_by_another(unpacked(exported.path.read_bytes()))))

    alone = exported.hospital.posture("evidence", "verify", tmp_path / "bag.zip")
    asked = exported.hospital.posture(
        "evidence", "verify", tmp_path / "bag.zip", "--fingerprint", exported.fingerprint, code=1
    )

    assert "Intact; signer not established." in alone
    assert "not by" in asked


def test_the_key_or_its_fingerprint_establishes_the_signer(exported: Exported, tmp_path: Path):
    key = tmp_path / "key.pem"
    key.write_text(exported.hospital.posture("keys", "show", "--public"))

    for option in (("--key", str(key)), ("--fingerprint", exported.fingerprint.upper())):
        told = exported.hospital.posture("evidence", "verify", str(exported.path), *option)
        assert "Intact; signed by the key asked for." in told
    assert "64 hexadecimal digits" in _refused(exported, "--fingerprint", "abc")


def _refused(exported: Exported, *options: str) -> str:
    done = command.posture("evidence", "verify", exported.path, *options, cwd=exported.hospital.folder)
    assert done.returncode == 2
    return done.stderr


def test_a_folder_that_was_unpacked_is_verified_and_links_in_it_are_not_followed(exported: Exported, tmp_path: Path):
    with zipfile.ZipFile(exported.path) as made:
        made.extractall(tmp_path / "bag")
    assert by_ours(tmp_path / "bag", exported.fingerprint)
    assert by_the_script(tmp_path / "bag", exported.fingerprint)

    (tmp_path / "bag" / "data" / "link").symlink_to("/etc/passwd")
    assert not by_ours(tmp_path / "bag", exported.fingerprint)
    assert not by_the_script(tmp_path / "bag", exported.fingerprint)


def test_a_bag_that_was_packed_again_is_refused_until_it_is_unpacked(exported: Exported, tmp_path: Path):
    files = unpacked(exported.path.read_bytes())
    with zipfile.ZipFile(tmp_path / "bag.zip", "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(name, data)

    told = exported.hospital.posture("evidence", "verify", tmp_path / "bag.zip", code=1)

    assert "compressed" in told


def test_the_statement_says_all_that_the_run_is(exported: Exported):
    said = json.loads(unpacked(exported.path.read_bytes())[verifier.STATEMENT])
    predicate = said["predicate"]

    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert predicate["run"]["id"] == exported.run
    assert predicate["seal"] == 2
    assert predicate["previous_seal_sha256"] != verifier.NO_DIGEST
    assert predicate["signer"] == exported.fingerprint
    assert len(predicate["evidence"]) == predicate["counts"]["evidence"] == 2
    assert predicate["ledger"]["position"] == 1
    assert len(predicate["runs"]) == 2
    assert {each["name"] for each in predicate["catalogs"]} >= {"hipaa-security-rule.toml"}
    assert len(predicate["checks"]) > 10


def test_custody_says_who_did_what_with_which_version_and_configuration(exported: Exported):
    files = unpacked(exported.path.read_bytes())
    entries = [json.loads(line) for line in files[verifier.CUSTODY].splitlines()]
    actions = [each["action"] for each in entries]

    assert actions[0] == "key made"
    assert actions.count("begun") == actions.count("judged") == actions.count("imported") == 2
    assert actions.count("recorded") == actions.count("sealed") == actions.count("timestamped") == 1  # the first run's
    assert actions[-1] == "judged"  # its own seal, and what came later, the store has
    assert {each["role"] for each in entries} == {"security officer"}
    assert all(each["by"] == "root" and each["host"] and each["version"] for each in entries)
    assert all(len(each["detail"]["scope_sha256"]) == 64 for each in entries if each["action"] in {"begun", "judged"})
