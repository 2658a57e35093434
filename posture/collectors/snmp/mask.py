"""Communities that stand in the agent's own tables are replaced by tokens, before anything is stored.

An agent may name its communities in snmpCommunityTable (RFC 3584), as the security names of v1 and v2c in
vacmSecurityToGroupTable (Cisco IOS does, and names groups after them) and in snmpTargetParamsTable. Equal names get
equal tokens, so that the tables can still be joined. The tokens are numbers, not digests: communities are short words,
and a digest of one could be guessed offline. Elsewhere `{masked}` stands for what the audit itself asks with, and
`{masked}` or `{masked;type=password}` for what follows a word such as "password:" or "snmp-server community".
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from posture.collectors.snmp.mibs import COMMUNITIES, GROUPS, TARGET_PARAMS, Oid, dotted
from posture.collectors.snmp.snmprec import OCTETS, BadLineError, Row, Value, Varied, encode, lines, parse
from posture.collectors.spoken import without_communities, without_passwords, without_these
from posture.pseudonyms import Pseudonyms

__all__ = ["masked"]

_MODULES: Oid = (1, 3, 6, 1, 6, 3)
_COMMUNITY_MODELS = {1, 2}
_OCTET = 255
_COMMUNITY_NAME, _COMMUNITY_SECURITY_NAME = (*COMMUNITIES, 2), (*COMMUNITIES, 3)
_PARAMS_MODEL, _PARAMS_NAME = (*TARGET_PARAMS, 3), (*TARGET_PARAMS, 4)
_COLUMN = len(_PARAMS_NAME)
_TEXT = re.compile(r"\|\s*4x?\s*\|")


def masked(
    payload: bytes, secrets: Iterable[bytes] = (), pseudonyms: Pseudonyms | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """The snmprec payload without communities and without these secrets, and the OIDs of what was replaced.

    Lines that need no mask stay as they are, byte for byte. Raises BadLineError for a line that is not snmprec.
    """
    secrets = tuple(secrets)
    names = dict.fromkeys(name for name in (*secrets, *_communities(payload)) if name and _printable(name))
    tokens = {name: f"masked-community-{number}".encode() for number, name in enumerate(names, 1)}
    kept: list[bytes] = []
    found: set[str] = set()
    for _, line in lines(payload):
        replaced = _replaced(line, tokens, secrets, pseudonyms) if tokens or _TEXT.search(line) else None
        if replaced is None:
            kept.append(line.encode("latin-1") + b"\n")
        else:
            kept.append(replaced[0])
            found.add(replaced[1])
    return (b"".join(kept), tuple(sorted(found))) if found else (payload, ())


def _communities(payload: bytes) -> list[bytes]:
    """The names in the tables of communities, in the order in which they appear."""
    names: list[bytes] = []
    params: dict[Oid, bytes] = {}
    secure: set[Oid] = set()
    for _, line in lines(payload):
        if "1.3.6.1.6.3.1" not in line[:64]:
            continue
        try:
            row = parse(line)
        except (BadLineError, Varied):
            continue
        if row is None:
            continue
        column, index = row.oid[:_COLUMN], row.oid[_COLUMN:]
        if row.oid[: len(GROUPS)] == GROUPS and index and index[0] in _COMMUNITY_MODELS:
            names.append(_text(index[2:]))
        elif row.oid[: len(COMMUNITIES)] == COMMUNITIES:
            names.append(_text(index))
            if column in {_COMMUNITY_NAME, _COMMUNITY_SECURITY_NAME} and isinstance(row.value, bytes):
                names.append(row.value)
        elif column == _PARAMS_MODEL and row.value not in _COMMUNITY_MODELS:
            secure.add(index)
        elif column == _PARAMS_NAME and isinstance(row.value, bytes):
            params[index] = row.value
    return [*names, *(name for index, name in params.items() if index not in secure)]


def _text(index: Oid) -> bytes:
    return bytes(index) if all(number <= _OCTET for number in index) else b""


def _printable(name: bytes) -> bool:
    return name.isascii() and name.decode("ascii").isprintable()


def _replaced(
    line: str, tokens: dict[bytes, bytes], secrets: Iterable[bytes], pseudonyms: Pseudonyms | None
) -> tuple[bytes, str] | None:
    """The line with tokens in it, and the OID of what they replace; None where there is nothing to replace."""
    try:
        row = parse(line)
    except Varied:
        name = line.partition("|")[0].strip().removeprefix(".")
        return (b"", dotted(COMMUNITIES)) if name.startswith(dotted(COMMUNITIES)) else None
    if row is None:
        return None
    oid = _index(row.oid, tokens) if row.oid[: len(_MODULES)] == _MODULES else row.oid
    value = tokens.get(row.value) or _said(row, secrets, pseudonyms) if isinstance(row.value, bytes) else row.value
    if oid == row.oid and value == row.value:
        return None
    place = row.oid[:_COLUMN] if row.oid[: len(_MODULES)] == _MODULES else row.oid
    return encode([Row(oid, OCTETS if value != row.value else row.tag, value)]), dotted(place)


def _said(row: Row, secrets: Iterable[bytes], pseudonyms: Pseudonyms | None) -> Value:
    """The text of a value without what is a secret in it."""
    if row.tag != OCTETS or not isinstance(row.value, bytes):
        return row.value
    return without_communities(without_passwords(without_these(row.value, secrets), pseudonyms))


def _index(oid: Oid, tokens: dict[bytes, bytes]) -> Oid:
    """The OID with tokens for names in its index: those that follow their length, and one that ends it."""
    head, index = oid[:_COLUMN], oid[_COLUMN:]
    for name, token in tokens.items():
        size = len(name)
        at = 0
        while at + size < len(index):
            if index[at] == size and index[at + 1 : at + 1 + size] == tuple(name):
                index = (*index[:at], len(token), *token, *index[at + 1 + size :])
                at += len(token)
            at += 1
        if index == tuple(name):
            index = tuple(token)
    return (*head, *index)
