"""Bags for outsiders: no name is left, every byte is covered, and the hospital can turn it back."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import bagit
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lab import command
from lab.changing import packed

from posture.errors import PostureError
from posture.pseudonyms import TOKEN
from posture.redaction.names import WELL_KNOWN
from posture.redaction.own import own_words
from posture.sealing import bags, custody, keys, verifier
from posture.sealing.derived import export_derived
from posture.store import Store

CHANGES = 100


class Sample(msgspec.Struct, frozen=True):
    """The sample hospital, audited twice from what was recorded, and what was exported of its second run."""

    folder: Path
    run: str
    first: str
    whole: Path
    redacted: Path
    selected: Path
    chosen: tuple[str, ...]

    def posture(self, *arguments: str | Path, code: int = 0) -> str:
        done = command.posture("--store", self.folder / "demo.db", *arguments, cwd=self.folder)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def store(self) -> Store:
        return Store(self.folder / "demo.db")

    def signer(self) -> keys.Signer:
        signer = keys.load(keys.default_place(self.store()))
        assert signer
        return signer


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("derived")
    for number in (1, 2):
        done = command.posture("-q", "--store", "demo.db", "demo", "--recorded", "-o", f"reports{number}", cwd=folder)
        assert done.returncode == 0, done.stderr
    store = Store(folder / "demo.db")
    newest, oldest = (each.id for each in store.runs())
    chosen = tuple(sorted(store.evidence_ids(newest))[:3])
    made = Sample(
        folder, newest, oldest, folder / "whole.zip", folder / "redacted.zip", folder / "selected.zip", chosen
    )
    made.posture("evidence", "export", newest, "-o", made.whole)
    made.posture("evidence", "export", newest, "-o", made.redacted, "--redact")
    only = [word for each in chosen for word in ("--only", each[:20])]
    made.posture("evidence", "export", newest, "-o", made.selected, *only, "--about", "Limited to request 7.")
    return made


def files(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as bag:
        return {name: bag.read(name) for name in bag.namelist()}


def identifying(whole: dict[str, bytes]) -> set[str]:
    """Every name in the raw evidence and the scope, by expressions that know nothing of how names are replaced."""
    found: set[str] = set()
    for name, content in whole.items():
        text = content.decode("utf-8", "replace")
        if name.endswith(".ldif"):
            lines = re.findall(
                r"(?im)^(cn|sn|uid|mail|samaccountname|userprincipalname|dnshostname|description)(::?) (.+)$",
                text.replace("\n ", ""),
            )
            found |= {base64.b64decode(v).decode("utf-8", "replace") if sign == "::" else v for _, sign, v in lines}
        elif name.endswith(".xml"):
            found |= {*re.findall(r'addr="([^"]+)"', text), *re.findall(r'<hostname name="([^"]+)"', text)}
        elif name.endswith(".snmprec"):
            found |= set(re.findall(r"(?m)^1\.3\.6\.1\.2\.1\.1\.[456]\.0\|4\|(.+)$", text))
    scope = json.loads(whole["data/scope.json"])
    found |= {scope["organisation"]["name"], *scope["organisation"]["legal_entities"]}
    for kind in ("site", "zone", "service", "directory"):
        found |= {each[key] for each in scope[kind] for key in ("id", "name", "host") if each.get(key)}
    found |= {each["approval"]["approver"] for each in scope["zone"] if each["approval"]}
    found |= {each["approval"]["telephone"] for each in scope["zone"] if each["approval"]}
    for line in whole["data/ledger.jsonl"].splitlines():
        said = json.loads(line)["statement"]
        found |= {said[key] for key in ("owner", "approver", "statement") if isinstance(said.get(key), str)}
    return {each.strip() for each in found}


def test_of_every_name_in_evidence_scope_and_ledger_none_is_in_any_byte(sample: Sample):
    names = identifying(files(sample.whole))
    bag = files(sample.redacted)
    ours = own_words()
    told = {each for each in names if len(each) >= 4 and each.casefold() not in WELL_KNOWN}
    ordinary = {each for each in told if ours.phrase(each.casefold().rstrip("$"))}
    hidden = told - ordinary
    text = {
        name: (content.decode("utf-8", "replace") + content.decode("utf-8", "replace").replace("\n ", "")).casefold()
        for name, content in bag.items()
    }
    decoded = b"".join(
        base64.b64decode(each)
        for content in bag.values()
        for each in re.findall(rb":: ([A-Za-z0-9+/=]+)$", content, re.MULTILINE)
        if len(each) % 4 == 0
    ).decode("latin-1")

    left = {
        (each, name)
        for each in hidden
        for name, content in text.items()
        if re.search(rf"(?<![a-z0-9]){re.escape(each.casefold())}(?![a-z0-9])", content)
    }
    assert len(hidden) > 200
    assert len(ordinary) < 40, sorted(ordinary)
    assert not left
    assert not {each for each in hidden if each.casefold() in decoded.casefold() and len(each) > 5}


def test_an_ordinary_word_that_is_a_name_is_replaced_where_a_field_holds_it(sample: Sample):
    bag = files(sample.redacted)
    scope = json.loads(bag["data/scope.json"])
    entries = b"".join(content for name, content in bag.items() if name.endswith(".ldif")).decode()

    assert all(TOKEN.fullmatch(each["id"]) for kind in ("zone", "site", "service") for each in scope[kind])
    accounts = re.findall(r"(?m)^sAMAccountName: (.+)$", entries)
    assert all(TOKEN.search(each) or each.casefold() in WELL_KNOWN for each in accounts)
    assert len(accounts) > 50


def test_exported_twice_it_is_the_same_and_two_runs_share_their_pseudonyms(sample: Sample, tmp_path: Path):
    sample.posture("evidence", "export", sample.run, "-o", tmp_path / "again.zip", "--redact")
    sample.posture("evidence", "export", sample.first, "-o", tmp_path / "first.zip", "--redact")
    assert (tmp_path / "again.zip").read_bytes() == sample.redacted.read_bytes()

    def tokens(path: Path) -> set[str]:
        inside = files(path)
        return set(re.findall(r"account-[a-z2-7]{16}", "".join(c.decode() for n, c in inside.items() if ".ldif" in n)))

    assert tokens(tmp_path / "first.zip") == tokens(sample.redacted)
    export_derived(
        sample.store(), sample.run, tmp_path / "other.zip", redact=True, signer=sample.signer(), pseudonym_key=b"o" * 32
    )
    assert not tokens(tmp_path / "other.zip") & tokens(sample.redacted)


def test_payloads_are_read_as_before(sample: Sample, tmp_path: Path):
    """Every payload that an audit can import from a file, it can import from a redacted bag."""
    bag, whole = files(sample.redacted), files(sample.whole)
    kept = [name for name in bag if ".payload." in name and bag[name] and "csv" not in name]
    assert len(kept) == len([name for name in whole if ".payload." in name and whole[name] and "csv" not in name])
    for at, name in enumerate(kept):
        (tmp_path / f"{at}{Path(name).suffix}").write_bytes(bag[name])
    sources = [word for each in sorted(tmp_path.iterdir()) for word in ("--from", str(each))]

    command_line = ("-q", "--store", tmp_path / "x.db", "audit", *sources)
    done = command.posture(*command_line, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_of_random_changes_both_verifiers_catch_every_one(sample: Sample, tmp_path: Path, capsys):
    chance = random.Random(20260201)  # noqa: S311  # which bytes are changed, and no secret
    fingerprint = sample.signer().fingerprint
    for kind, path in (("redacted", sample.redacted), ("selected", sample.selected)):
        whole = path.read_bytes()
        for number in range(CHANGES):
            made = tmp_path / f"{kind}.zip"
            data = bytearray(whole)
            at = chance.randrange(len(data))
            match number % 3:
                case 0:
                    data[at] ^= 1 << chance.randrange(8)
                case 1:
                    del data[at : at + chance.randrange(1, 50)]
                case _:
                    data[at:at] = chance.randbytes(3)
            made.write_bytes(data)
            try:
                verdict = bags.verify_file(made, fingerprint)
                assert verdict.problems, (kind, number, at)
            except verifier.NotABag:
                pass
            if number % 25 == 0:
                assert verifier.main([str(made), "--fingerprint", fingerprint]) == 1
    capsys.readouterr()


@pytest.mark.parametrize("kind", ["redacted", "selected"])
def test_tools_that_are_not_ours_agree_and_it_says_what_it_is(sample: Sample, tmp_path: Path, kind: str):
    path: Path = getattr(sample, kind)
    with zipfile.ZipFile(path) as made:
        made.extractall(tmp_path)

    assert bagit.Bag(str(tmp_path)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--quiet", "--strict", "-c", manifest], cwd=tmp_path, check=True)
    script = [sys.executable, "-I", "verify.py", ".", "--fingerprint", sample.signer().fingerprint]
    done = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=True)
    ours = sample.posture("evidence", "verify", path)
    for text in (done.stdout, ours):
        assert f"This is a {kind.upper()} bag, and not the whole one" in text
        assert "Intact" in text
    lines = (tmp_path / "README.txt").read_text().splitlines()
    for line in [
        each.strip() for each in lines if each.startswith("     ") and "openssl" in each and "cat " not in each
    ]:
        told = line.replace("/tmp/signed", str(tmp_path.parent / "signed"))  # noqa: S108  # the reader's own shell's
        if "-in seal/public-key" in told:
            out = subprocess.run(["sh", "-c", told], cwd=tmp_path, capture_output=True, text=True, check=True)
            assert sample.signer().fingerprint in out.stdout


def test_a_selected_bag_holds_just_that_and_each_is_one_of_the_sealed(sample: Sample):
    bag, whole = files(sample.selected), files(sample.whole)
    evidence = {name for name in bag if name.startswith("data/evidence/")}

    assert {name.split("/")[2].split(".")[0] for name in evidence} == set(sample.chosen)
    assert not {"data/assessment.json", "data/scope.json", "data/ledger.jsonl", "data/inputs.json"} & set(bag)
    assert all(bag[name] == whole[name] for name in bag if name.startswith("data/"))
    assert bag["original/seal/statement.json"] == whole["seal/statement.json"]
    assert "Limited to request 7." in bag["README.txt"].decode()
    for each in (sample.selected, sample.redacted):  # the README tells of what is there, and of nothing else
        inside = files(each)
        for name in ("data/assessment.json", "data/scope.json", "data/ledger.jsonl", "data/custody.jsonl"):
            assert (f"  {name} " in inside["README.txt"].decode()) == (name in inside)


def signed_anew(bag: dict[str, bytes], signer: keys.Signer, statement: dict[str, Any]) -> bytes:
    """The bag with this statement, signed, as a zip."""
    statement["predicate"]["signer"] = fingerprint = signer.fingerprint
    for each in statement["subject"]:
        if each["name"] == verifier.PUBLIC_KEY:
            each["digest"]["sha256"] = hashlib.sha256(signer.public_pem).hexdigest()
    bag[verifier.PUBLIC_KEY] = signer.public_pem
    bag["seal/statement.json"] = json.dumps(statement, sort_keys=True, separators=(",", ":")).encode()
    bag["seal/statement.sig"] = signer.sign(verifier.pae(bag["seal/statement.json"]))
    bag["seal/statement.dsse.json"] = verifier.envelope(
        bag["seal/statement.json"], bag["seal/statement.sig"], fingerprint
    )
    bag["tagmanifest-sha256.txt"] = verifier.bag_manifest(
        (name, hashlib.sha256(content).hexdigest())
        for name, content in bag.items()
        if not name.startswith("data/") and name != "tagmanifest-sha256.txt"
    )
    return packed(bag)


def test_a_file_in_a_selected_bag_that_was_never_sealed_is_told(sample: Sample, tmp_path: Path):
    """Even where it is signed by the hospital's own key."""
    bag = files(sample.selected)
    statement = json.loads(bag["seal/statement.json"])
    statement["predicate"]["original"]["seal"] += 1
    (tmp_path / "x.zip").write_bytes(signed_anew(bag, sample.signer(), statement))

    assert bags.verify_file(tmp_path / "x.zip").problems == (
        "original/seal/statement.json: it is no statement of that seal",
    )


@pytest.mark.parametrize(
    ("where", "key", "value"),
    [
        ("run", "id", "20250101-000000-ffff"),
        ("run", "organisation", "Another"),
        ("", "sealed_at", "2020-01-01T00:00:00Z"),
    ],
)
def test_a_selected_bag_that_says_another_run_than_its_sealed_statement_is_told(
    sample: Sample, tmp_path: Path, where: str, key: str, value: str
):
    bag = files(sample.selected)
    statement = json.loads(bag["seal/statement.json"])
    (statement["predicate"][where] if where else statement["predicate"])[key] = value
    (tmp_path / "x.zip").write_bytes(signed_anew(bag, sample.signer(), statement))

    (problem,) = bags.verify_file(tmp_path / "x.zip").problems
    assert "it is about another run" in problem


def test_a_selected_bag_whose_seal_is_by_another_key_says_by_which(sample: Sample, tmp_path: Path):
    other = keys.Signer(Ed25519PrivateKey.generate())
    bag = files(sample.selected)
    (tmp_path / "x.zip").write_bytes(signed_anew(bag, other, json.loads(bag["seal/statement.json"])))

    verdict = bags.verify_file(tmp_path / "x.zip", other.fingerprint)
    assert not verdict.problems
    assert f"That seal is by another key, {sample.signer().fingerprint}" in verdict.conclusion
    assert "another key" not in bags.verify_file(sample.selected).conclusion


def test_it_is_not_replayed(sample: Sample):
    for path in (sample.redacted, sample.selected):
        assert "it is a redacted or selected bag" in sample.posture("audit", "--from", path, code=1)


def test_the_hospital_turns_pseudonyms_back_and_custody_says_so(sample: Sample):
    bag = files(sample.redacted)
    entries = b"".join(content for name, content in bag.items() if name.endswith(".ldif")).decode().replace("\n ", "")
    mails = sorted(set(re.findall(r"(?m)^userPrincipalName: (account-\S+@\S+)$", entries)))[:3]
    scan = next(content for name, content in bag.items() if name.endswith(".xml") and b'addr="241' in content)
    address = re.findall(r'addr="(241[^"]+)"', scan.decode())[0]
    whole = identifying(files(sample.whole))

    told = dict(line.split("  ", 1) for line in sample.posture("evidence", "reveal", *mails, address).splitlines())
    assert set(told) == {*mails, address}
    assert set(told.values()) <= whole
    assert "unknown here" in sample.posture("evidence", "reveal", "account-aaaaaaaaaaaaaaaa", code=1)
    with sample.store().reading() as connection:
        said = [json.loads(line) for line in custody.lines(connection)]
    assert [each["detail"]["pseudonym"] for each in said if each["action"] == "revealed"] == [*mails, address]
    assert not any(
        value in json.dumps(each) for each in said if each["action"] == "revealed" for value in told.values()
    )


def test_a_commitment_opens_with_tools_that_are_not_ours(sample: Sample, tmp_path: Path):
    bag, whole = files(sample.redacted), files(sample.whole)
    statement = json.loads(bag["seal/statement.json"])["predicate"]
    commitments = {each["file"]: each["commitment"] for each in statement["commitments"]}
    left_out = next(each["commitment"] for each in statement["commitments"] if each["kind"] == "documents")
    name = next(each for each in sorted(bag) if each.endswith(".payload.xml"))
    for what, commitment in ((name, commitments[name]), (left_out, left_out)):
        said = dict(
            line.split(None, 1) for line in sample.posture("evidence", "reveal", "--commitment", what).splitlines()
        )
        original = said["original"].split(",")[0]
        (tmp_path / "original").write_bytes(whole[original])
        line = f"(echo {said['nonce']}; cat original) | sha256sum"
        out = subprocess.run(["sh", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert out.stdout.split()[0] == commitment == said["commitment"]
        assert said["sha256"] == hashlib.sha256(whole[original]).hexdigest()


def test_no_plain_digest_of_an_original_is_in_a_redacted_bag(sample: Sample):
    bag, whole = files(sample.redacted), files(sample.whole)
    everything = b"".join(content for name, content in bag.items() if not name.startswith("data/catalogs/"))
    everything += "".join(bag).encode()

    for name, content in whole.items():
        if name.startswith("data/") and not name.startswith("data/catalogs/") and content not in bag.values():
            assert hashlib.sha256(content).hexdigest().encode() not in everything, name
    predicate = json.loads(bag["seal/statement.json"])["predicate"]
    assert predicate["original"]["statement_sha256"] == hashlib.sha256(whole["seal/statement.json"]).hexdigest()


def test_neither_key_is_in_any_bag(sample: Sample):
    for key in sample.folder.glob("*.key"):
        secret = key.read_bytes().strip().splitlines()[0 if b"BEGIN" not in key.read_bytes() else 1]
        assert not any(
            secret in content for path in (sample.redacted, sample.selected) for content in files(path).values()
        )


def test_what_is_asked_for_and_is_not_there_is_one_clear_error(sample: Sample, tmp_path: Path):
    out, signer = tmp_path / "x.zip", sample.signer()
    with pytest.raises(PostureError, match="has no evidence"):
        export_derived(sample.store(), sample.run, out, evidence=["0" * 64], signer=signer)
    with pytest.raises(PostureError, match="nothing is left out"):
        export_derived(sample.store(), sample.run, out, signer=signer)
    assert not out.exists()


def test_a_name_that_would_be_in_it_stops_the_export_and_is_not_told(sample: Sample, tmp_path: Path):
    name = next(
        each for each in sorted(identifying(files(sample.whole))) if re.fullmatch(r"srv\d+\$", each, re.IGNORECASE)
    )
    with pytest.raises(PostureError, match=r"a name of the kind '\w+' would still be in README.txt") as refused:
        export_derived(
            sample.store(),
            sample.run,
            tmp_path / "x.zip",
            redact=True,
            signer=sample.signer(),
            about=f"Without {name.rstrip('$')}.",
        )
    assert name.rstrip("$").lower() not in str(refused.value).lower()
    assert not (tmp_path / "x.zip").exists()
