"""One search at a time, in pages, with its end in words."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import Any, Literal

import ldap3
import msgspec
from ldap3.protocol.microsoft import security_descriptor_control

from posture.collectors.ldap.attributes import DESCRIPTOR
from posture.collectors.ldap.ldif import Entry, is_description
from posture.model import AskedLdap

__all__ = ["PAGE", "End", "first_entries", "result_words", "search"]

PAGE = 1000
_PAGED = "1.2.840.113556.1.4.319"
_OWNER_AND_ACCESS_LIST = 0x1 | 0x4
"""An ordinary account reads no audit list, and Active Directory then leaves the whole descriptor out."""
_SCOPES = {"base": ldap3.BASE, "one": ldap3.LEVEL, "subtree": ldap3.SUBTREE}
_WORDS = {
    1: "operations error; Active Directory says so where a bind is wanted first",
    3: "the server's time limit was reached",
    4: "the server's size limit was reached",
    8: "stronger authentication is required",
    10: "the server refers to another one, which is not followed",
    11: "the server's administrative limit was reached",
    13: "confidentiality is required",
    32: "no such object, or not for this reader",
    48: "inappropriate authentication",
    49: "invalid credentials",
    50: "insufficient access rights",
    51: "the server is busy",
    52: "the server is unavailable",
    53: "the server is unwilling",
}
"""Result codes (RFC 4511, A.2) in words. A server's own diagnostic text is never taken over."""


_REFUSALS = frozenset({1, 8, 13, 32, 48, 50, 53})
"""The results that keep a reader out. Any other, such as busy or a time limit, says nothing of what it may read."""


class End(msgspec.Struct, frozen=True, kw_only=True):
    """How a search ended. `result` is the LDAP result code, None where the connection broke off."""

    outcome: Literal["complete", "partial", "failed"]
    problem: str = ""
    result: int | None = None
    references: int = 0


def result_words(code: int) -> str:
    """The result code and what it means."""
    return f"result {code} ({_WORDS.get(code, 'no success')})"


def search(connection: Any, asked: AskedLdap) -> Generator[list[Entry], None, End]:  # noqa: ANN401  # ldap3 is untyped
    """The pages of one search, as they come; the generator's value is how it ended.

    Neither referrals nor aliases are followed: both may lead to a server outside the scope.
    """
    cookie: bytes | None = None
    count = references = 0
    while True:
        try:
            _send(connection, asked, paged_size=PAGE, paged_cookie=cookie)
            entries, more, crippled = _entries(connection.response, asked.types_only)
            code = int(connection.result["result"])
            cookie = _cookie(connection.result)
        except Exception as error:  # noqa: BLE001  # a hostile answer may break ldap3's decoder anywhere
            return End(
                outcome=_cut(count), problem=f"the connection broke off ({_reason(error)})", references=references
            )
        count += len(entries)
        references += more
        if entries:
            yield entries
        if crippled:
            return End(
                outcome=_cut(count), problem="the server sent an attribute under an impossible name", result=code
            )
        if code:
            return End(outcome=_cut(count), problem=result_words(code), result=code, references=references)
        if not cookie:
            return End(outcome="complete", result=0, references=references)


def first_entries(connection: Any, base: str, scope: Literal["base", "subtree"]) -> tuple[list[Entry], End]:  # noqa: ANN401  # ldap3 is untyped
    """At most one entry at or below the base, by name only: whether anything is to be seen."""
    try:
        _send(
            connection, AskedLdap(base=base, scope=scope, filter="(objectClass=*)", attributes=("1.1",)), size_limit=1
        )
        entries, references, _ = _entries(connection.response, types_only=False)
        code = int(connection.result["result"])
    except Exception as error:  # noqa: BLE001  # as above
        return [], End(outcome="failed", problem=f"the connection broke off ({_reason(error)})")
    if entries:
        return entries[:1], End(outcome="complete", result=code, references=references)
    if code and code not in _REFUSALS:
        return [], End(outcome="failed", problem=result_words(code), result=code, references=references)
    problem = result_words(code) if code else "no entry is to be seen"
    return [], End(outcome="complete", problem=problem, result=code, references=references)


def _send(connection: Any, asked: AskedLdap, **options: object) -> None:  # noqa: ANN401  # ldap3 is untyped
    if DESCRIPTOR in asked.attributes:
        options["controls"] = security_descriptor_control(criticality=True, sdflags=_OWNER_AND_ACCESS_LIST)
    connection.search(
        asked.base,
        asked.filter,
        search_scope=_SCOPES[asked.scope],
        dereference_aliases=ldap3.DEREF_NEVER,
        attributes=list(asked.attributes),
        types_only=asked.types_only,
        **options,
    )


def _entries(response: Iterable[dict[str, Any]], types_only: bool) -> tuple[list[Entry], int, bool]:
    """The entries with their bytes as they came, the number of references, and whether an attribute was left out.

    Where types alone were asked an attribute stands with an empty value, as ldapsearch writes it.
    """
    entries, references, crippled = [], 0, False
    for item in response:
        if item["type"] == "searchResRef":
            references += 1
        if item["type"] != "searchResEntry":
            continue
        attributes = []
        for description, values in item["raw_attributes"].items():
            if is_description(description):
                attributes += [(description, bytes(value)) for value in values or ([b""] if types_only else [])]
            else:
                crippled = True
        entries.append(Entry(dn=bytes(item["raw_dn"]), attributes=tuple(attributes)))
    return entries, references, crippled


def _cookie(result: dict[str, Any]) -> bytes:
    control = (result.get("controls") or {}).get(_PAGED) or {}
    return bytes((control.get("value") or {}).get("cookie") or b"")


def _cut(count: int) -> Literal["partial", "failed"]:
    return "partial" if count else "failed"


def _reason(error: Exception) -> str:
    """What broke a connection off, in a word that holds nothing the server sent."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = str(error)
    for own in ("the run was stopped", "an answer of more than"):
        if own in text:
            return text[text.index(own) :][:60]
    return (
        "the server closed it"
        if "Terminated" in type(error).__name__ or "Socket" in type(error).__name__
        else "unreadable answer"
    )
