"""JSON with pseudonyms: envelopes, the scope, the assessment, chains of entries, BloodHound's exports. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from posture.redaction.names import Names
from posture.redaction.own import listed

__all__ = ["ASSESSMENT", "BLOODHOUND", "CUSTODY", "ENVELOPE", "LEDGER", "SCOPE", "Rules", "json_document", "redacted"]

Rules: TypeAlias = Mapping[str, str]
"""What a string is, by the last of its keys, or the last two with a dot between them: a kind, or one of _MADE."""

_KEPT = re.compile(r"[A-Za-z0-9 .,:;()/+_-]{0,200}")
_OID = re.compile(r"[0-9.]{1,400}")

_PEOPLE = {
    **dict.fromkeys(("owner", "approver", "requester", "contact", "performed_by", "reviewer"), "person"),
    **dict.fromkeys(("by", "operator", "user", "bind.user"), "account"),
    **dict.fromkeys(("party", "legal_entity", "legal_entities", "business_associate"), "organisation"),
    **dict.fromkeys(("statement", "rationale", "measure", "why_not", "downtime_procedure"), "text"),
    **dict.fromkeys(
        ("fallback_communication", "compensating_control", "compensating_controls", "risk_analysis"), "text"
    ),
    "telephone": "phone",
    "ticket": "id",
    "host": "host",
    "mail": "mail",
}
ENVELOPE: Rules = {
    "operator": "account",
    "zone": "zone",
    "base": "dn",
    "oids": "oid",
    "cut": "oid",
    "source.name": "file",
    "credential": "credential",
    "command": "text-words",
    "attributes": "keep",
    "filter": "product",
    "scripts": "product",
    "tool.version": "product",
    "tool.name": "product",
}
SCOPE: Rules = {
    **_PEOPLE,
    "organisation.name": "organisation-words",
    "site.id": "site",
    "site.name": "site-words",
    **dict.fromkeys(("site", "sites"), "site"),
    **{f"zone.{key}": "zone" for key in ("id",)},
    **dict.fromkeys(("zones", "zone", "reachable_from", "source", "target"), "zone"),
    **{f"service.{key}": "service" for key in ("id", "name")},
    "directory.id": "directory",
    "base": "dn",
    "bind.user": "dn-or-account",
    "server_name": "host",
    "credentials.id": "credential",
    "vendor_accounts": "account",
    "backup_operators": "account",
    "reason": "text",
    "nonce": "id",
    "file": "file",
    "key_file": "file",
    "ca_file": "file",
    "keyring": "file",
    "env": "file",
    "command": "text",
    "url": "host-words",
    "asset.name": "host",
}
LEDGER: Rules = {
    **_PEOPLE,
    **dict.fromkeys(("kind", "catalog", "control", "answer", "choice", "check", "methods", "response"), "keep"),
    **dict.fromkeys(("at", "attested_on", "expires", "performed_on", "next_review", "decided_on", "review_by"), "keep"),
    "attachments.name": "file",
    "*": "text",
}
CUSTODY: Rules = {
    **_PEOPLE,
    **dict.fromkeys(("at", "action", "run", "version", "kind", "origin"), "keep"),
    "signer": "keep",
    "role": "text",
    "by": "account",
    "host": "host",
}
ASSESSMENT: Rules = {
    **_PEOPLE,
    **dict.fromkeys(("zone", "zones", "zone_ids"), "zone"),
    **dict.fromkeys(listed("subject subjects subject_name ids key place places asset assets hosts depends_on"), "key"),
    **dict.fromkeys(
        listed("services service sites site_ids source target destination start unresolved found_on"), "key"
    ),
    **{
        f"{part}.{key}": "key"
        for part in ("nodes", "scenarios", "losses", "zones", "unanswered")
        for key in ("id", "name")
    },
    **{f"{part}.{key}": "key" for part in ("services", "systems", "vantages") for key in ("id", "name")},
    "organisation.name": "organisation",
    "attachments.name": "file",
    "serial": "serial",
    "check_files.sha256": "keep",
    **dict.fromkeys(("checks.sources", "checks.file", "controls.note", "check_files.name", "sources.name"), "product"),
    "crosswalks.title": "product",
    "crosswalks.id": "product",
}
BLOODHOUND: Rules = {
    "name": "bloodhound-name",
    "samaccountname": "account",
    "domain": "domain",
    "distinguishedname": "dn",
    "operatingsystem": "product",
    "description": "text",
    "info": "text",
    "comment": "text",
    "serviceprincipalnames": "text-words",
    "type": "keep",
    "objecttype": "keep",
    "collectorversion": "keep",
}


def _bloodhound(names: Names, value: str) -> str:
    return names.mail(value) if "@" in value else names.host(value)


_MADE: dict[str, Callable[[Names, str], str]] = {
    "keep": lambda names, value: names.text(value, product=_KEPT.fullmatch(value) is not None),
    "oid": lambda names, value: value if _OID.fullmatch(value) else names.text(value),
    "product": lambda names, value: names.text(value, product=True),
    "text-words": lambda names, value: names.text(value),
    "host-words": lambda names, value: names.text(value),
    "dn": lambda names, value: names.dn(value) if "=" in value else names.name("value", value),
    "dn-or-account": lambda names, value: names.dn(value) if "=" in value else names.account(value),
    "account": Names.account,
    "host": lambda names, value: names.name("host", value) if " " in value else names.host(value),
    "mail": Names.mail,
    "domain": Names.domain,
    "organisation-words": lambda names, value: names.words("organisation", value),
    "site-words": lambda names, value: names.words("site", value),
    "key": Names.key,
    "bloodhound-name": _bloodhound,
}


def redacted(value: Any, names: Names, rules: Rules, path: tuple[str, str] = ("", "")) -> Any:  # noqa: ANN401  # JSON
    """A JSON value with pseudonyms; numbers, true, false and null stay."""
    if isinstance(value, dict):
        # A key is a name of ours, or could be anything: a text as well.
        return {names.text(key): redacted(each, names, rules, (path[1], key)) for key, each in value.items()}
    if isinstance(value, list):
        return [redacted(each, names, rules, path) for each in value]
    if not isinstance(value, str):
        return value
    if not value:
        return value
    rule = rules.get(".".join(path), rules.get(path[1].lower(), rules.get("*")))
    if rule is None:
        return names.text(value)
    made = _MADE.get(rule)
    return made(names, value) if made else names.name(rule, value)


def json_document(content: bytes, names: Names, rules: Rules) -> bytes | None:
    """A JSON document, its keys in order; None where it is none."""
    try:
        return _by_parts(msgspec.Raw(content), names, rules, ("", ""))
    except (ValueError, RecursionError):  # no object, or written as only the other reader takes it
        pass
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return msgspec.json.encode(redacted(value, names, rules), order="sorted")


def _by_parts(whole: msgspec.Raw, names: Names, rules: Rules, path: tuple[str, str]) -> bytes:
    """An object as `json_document` writes it, of whose lists never more than one entry is in memory as objects."""
    made: dict[str, msgspec.Raw] = {}
    for key, raw in msgspec.json.decode(whole, type=dict[str, msgspec.Raw]).items():
        within, first = (path[1], key), bytes(memoryview(raw)[:1])
        if first == b"{":
            done = _by_parts(raw, names, rules, within)
        elif first == b"[":
            entries = msgspec.json.decode(raw, type=list[msgspec.Raw])
            done = b"[" + b",".join(_one(each, names, rules, within) for each in entries) + b"]"
        else:
            done = _one(raw, names, rules, within)
        made[names.text(key)] = msgspec.Raw(done)
    return msgspec.json.encode(made, order="sorted")


def _one(raw: msgspec.Raw, names: Names, rules: Rules, path: tuple[str, str]) -> bytes:
    return msgspec.json.encode(redacted(json.loads(bytes(raw)), names, rules, path), order="sorted")
