"""Ways in which a bag may be changed, on its way or on purpose, as functions of a seeded random generator."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from posture.sealing import verifier
from posture.sealing.keys import Signer

Files = dict[str, bytes]


def unpacked(data: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(data)) as made:
        return {name: made.read(name) for name in made.namelist()}


def packed(files: Files) -> bytes:
    out = io.BytesIO()
    verifier.write_zip(out, ((name, len(data), [data]) for name, data in sorted(files.items())))
    return out.getvalue()


def flipped(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :]


def somewhere(files: Files, random: Random) -> str:
    return random.choice([name for name, data in sorted(files.items()) if data])


def a_bit(files: Files, random: Random) -> Files:
    name = somewhere(files, random)
    return files | {name: flipped(files[name], random)}


def a_cut(files: Files, random: Random) -> Files:
    name = somewhere(files, random)
    return files | {name: files[name][: random.randrange(len(files[name]))]}


def some_more(files: Files, random: Random) -> Files:
    name = somewhere(files, random)
    return files | {name: files[name] + random.randbytes(random.randint(1, 9))}


def a_swap(files: Files, random: Random) -> Files:
    while True:
        one, other = random.sample(sorted(files), 2)
        if files[one] != files[other]:
            return files | {one: files[other], other: files[one]}


def a_deletion(files: Files, random: Random) -> Files:
    gone = somewhere(files, random)
    return {name: data for name, data in files.items() if name != gone}


def an_addition(files: Files, random: Random) -> Files:
    folder = random.choice(["", "data/", "data/evidence/", "seal/", "data/documents/"])
    return files | {f"{folder}{random.randbytes(4).hex()}": random.randbytes(random.randint(0, 40))}


def a_renaming(files: Files, random: Random) -> Files:
    name = somewhere(files, random)
    rest = {each: data for each, data in files.items() if each != name}
    return rest | {f"{name}.{random.randbytes(2).hex()}": files[name]}


CHANGES: tuple[Callable[[Files, Random], Files], ...] = (
    *(a_bit, a_bit, a_bit, a_cut, some_more, a_swap, a_deletion, an_addition, a_renaming),
)


def with_its_lists_mended(files: Files) -> Files:
    """By somebody who knows BagIt: both manifests say what is there."""
    digests = {name: verifier.sha256(data) for name, data in files.items()}
    body = verifier.bag_manifest(each for each in digests.items() if each[0].startswith("data/"))
    digests[verifier.BAG_MANIFEST] = verifier.sha256(body)
    tags = (each for each in digests.items() if not each[0].startswith("data/") and each[0] != verifier.TAG_MANIFEST)
    return files | {verifier.BAG_MANIFEST: body, verifier.TAG_MANIFEST: verifier.bag_manifest(tags)}


def signed_by_another(files: Files) -> Files:
    """By somebody who has a key of their own, and knows all of the format: whole in itself, and not the hospital's."""
    signer = Signer(Ed25519PrivateKey.generate())
    before = verifier.fingerprint_of(files[verifier.PUBLIC_KEY])
    statement = files[verifier.STATEMENT].replace(before.encode(), signer.fingerprint.encode())
    old, new = (verifier.sha256(each) for each in (files[verifier.PUBLIC_KEY], signer.public_pem))
    statement = statement.replace(old.encode(), new.encode())
    signature = signer.sign(verifier.pae(statement))
    changed = {name: data for name, data in files.items() if not name.startswith("seal/timestamp")} | {
        verifier.PUBLIC_KEY: signer.public_pem,
        verifier.STATEMENT: statement,
        verifier.SIGNATURE: signature,
        verifier.ENVELOPE: verifier.envelope(statement, signature, signer.fingerprint),
    }
    return with_its_lists_mended(changed)


def changed(data: bytes, random: Random) -> bytes:
    """The zip with one change: of a file in it, with or without its lists mended, or of the zip itself."""
    how = random.randrange(10)
    if how == 0:
        return flipped(data, random)
    if how == 1:
        return data[: random.randrange(len(data))]
    whole = unpacked(data)
    if how == 2:
        return packed(signed_by_another(whole))
    files = random.choice(CHANGES)(whole, random)
    mended = with_its_lists_mended(files) if how > 6 else files
    return packed(files if mended == whole else mended)  # mending the list that was changed would undo it
