"""What imported LDIF files say of a directory, and what they leave open. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from posture.collectors.ldap.answers import Bucket
from posture.collectors.ldap.attributes import SEARCHES, Search
from posture.facts import BlindSpot, Directory, Missing
from posture.model import AskedLdap
from posture.subjects import name_key

__all__ = ["import_blind_spots", "imported_directory"]

_WIDER = {
    "users": {"(objectclass=user)"},
    "computers": {"(objectclass=user)"},
}
"""Filters that take in all that ours do, beside `(objectClass=*)` and our own."""
_SETS = ("Account", "Computer", "Group", "PasswordPolicy")


def imported_directory(bucket: Bucket) -> Iterator[Directory]:
    """The directory whose root DSE is among the files, if one is."""
    root = bucket.root
    if not root.values:
        return
    kind = root.kind(None)
    base = next(iter(root.bases("", kind)), "")
    level = root.first("domainFunctionality")
    name = root.first("dnsHostName") or base or "imported directory"
    unread = Missing("not-asked", "the imported root DSE does not hold it")
    yield Directory(
        ids=(name_key("directory", "import", name),),
        name=name,
        evidence=tuple(sorted(bucket.root_evidence)),
        address="",
        kind=kind,
        base=base,
        vendor=root.vendor,
        functional_level=int(level) if level.isdecimal() and len(level) < 9 else unread,  # noqa: PLR2004  # a level has 2 digits
        controls=tuple(sorted(set(root.all("supportedControl")))) or unread,
        extensions=tuple(sorted(set(root.all("supportedExtension")))) or unread,
    )


def import_blind_spots(bucket: Bucket) -> Iterator[BlindSpot]:
    """The kinds whose whole set the files don't show to hold, and evidence that can't be read."""
    for kind in _SETS:
        if kind in bucket.kinds():
            short = [
                search.name for search in SEARCHES.values() if kind in search.kinds and not _covered(bucket, search)
            ]
            if short:
                yield _spot(
                    bucket,
                    (kind,),
                    f"the imported files don't show that they hold all {', '.join(short)} of the domain",
                    "ask the directory live, or import ldapsearch's output with its comments, of the whole domain",
                )
    for why in sorted(bucket.unreadable):
        yield _spot(bucket, _SETS, why, "export the directory again")


def _covered(bucket: Bucket, search: Search) -> bool:
    return any(_covers(asked, search) and answer.complete for asked, answer in bucket.answers.items())


def _covers(asked: AskedLdap, search: Search) -> bool:
    whole = all(part.strip().lower().startswith("dc=") for part in asked.base.split(","))
    wide = asked.filter.lower() in {search.filter.lower(), "(objectclass=*)", *_WIDER.get(search.name, ())}
    return whole and wide and asked.scope == "subtree" and not asked.types_only


def _spot(bucket: Bucket, kinds: tuple[str, ...], why: str, answer: str) -> BlindSpot:
    return BlindSpot(
        kinds=kinds,
        subject=name_key("directory", "import"),
        name="imported files",
        why=why,
        answer=answer,
        evidence=tuple(sorted(bucket.evidence)),
    )
