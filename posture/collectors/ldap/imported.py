"""What imported LDIF files say of a directory, and what they leave open. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from posture.collectors.ldap.answers import Bucket
from posture.collectors.ldap.attributes import SEARCHES, Search
from posture.collectors.ldap.certificates import CLASSES
from posture.collectors.ldap.decode import dn_key, domain_of
from posture.collectors.ldap.rootdse import RootDse
from posture.facts import BlindSpot, Directory, Missing
from posture.model import AskedLdap
from posture.subjects import name_key

__all__ = ["import_blind_spots", "imported_directories"]

_WIDER = {
    "users": {"(objectclass=user)"},
    "computers": {"(objectclass=user)"},
}
"""Filters that take in all that ours do, beside `(objectClass=*)` and our own."""
_ANY = re.compile(r"\(\|((?:\([^()&|!]*\))+)\)")
_OF_A_DOMAIN = ("Account", "Computer", "Group", "DomainPolicy")
_BESIDE = {"Person": "people of the directory", "CertificateTemplate": "certification authorities and templates"}
"""What is looked for beside the sets: how much of it there is only a live directory says."""
_SETS = ("Account", "Computer", "Group", "PasswordPolicy")


def imported_directories(bucket: Bucket) -> Iterator[Directory]:
    """The directories whose root DSEs are among the files."""
    for _, (root, evidence) in sorted(bucket.roots.items()):
        if root.values:
            yield _directory(root, evidence)


def _directory(root: RootDse, evidence: set[str]) -> Directory:
    kind = root.kind(None)
    base = next(iter(root.bases("", kind)), "")
    level = root.first("domainFunctionality")
    name = root.first("dnsHostName") or base or "imported directory"
    unread = Missing("not-asked", "the imported root DSE does not hold it")
    return Directory(
        ids=(name_key("directory", "import", name),),
        name=name,
        evidence=tuple(sorted(evidence)),
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
    domains = bucket.domains(*_OF_A_DOMAIN)
    for kind in _SETS:
        if kind in bucket.kinds():
            wanted = domains if kind in _OF_A_DOMAIN else bucket.domains(kind)
            short = [
                search.name
                for search in SEARCHES.values()
                if kind in search.kinds and not all(_covered(bucket, search, domain) for domain in wanted)
            ]
            if short:
                yield _spot(
                    bucket,
                    (kind,),
                    f"the imported files don't show that they hold all {', '.join(short)} of the domain",
                    "ask the directory live, or import ldapsearch's output with its comments, of the whole domain",
                )
    if "DomainPolicy" in bucket.kinds() and (without := sorted(domains - bucket.domains("DomainPolicy"))):
        yield _spot(
            bucket,
            ("DomainPolicy",),
            f"the imported files don't hold the policy of {', '.join(without)}",
            "import the entry of the domain itself too",
        )
    beside = {"Person"} & bucket.kinds()
    if bucket.settings.keys() & set(CLASSES.values()):
        beside.add("CertificateTemplate")
    for kind in sorted(beside):
        yield _spot(
            bucket,
            (kind,),
            f"the imported files don't show that they hold all {_BESIDE[kind]}",
            "ask the directory live",
        )
    for why in sorted(bucket.unreadable):
        yield _spot(bucket, _SETS, why, "export the directory again")


def _covered(bucket: Bucket, search: Search, domain: str) -> bool:
    return any(_covers(asked, search, domain) and answer.complete for asked, answer in bucket.answers.items())


def _covers(asked: AskedLdap, search: Search, domain: str) -> bool:
    """Whether a search took in the domain. In Active Directory one ends where a child domain begins."""
    base = dn_key(asked.base)
    inside = "PasswordPolicy" in search.kinds and domain.endswith(f",{base}")
    whole = base == domain_of(base) != "" and (base == domain or inside)
    wide = not _either(asked.filter).isdisjoint(
        {search.filter.lower(), "(objectclass=*)", *_WIDER.get(search.name, ())}
    )
    return whole and wide and asked.scope == "subtree" and not asked.types_only


def _either(text: str) -> set[str]:
    """The filters that one takes in, in lower case: those of a plain (|(…)(…)), each by itself, else the one."""
    found = _ANY.fullmatch(text.lower())
    return set(re.findall(r"\([^()]*\)", found[1])) if found else {text.lower()}


def _spot(bucket: Bucket, kinds: tuple[str, ...], why: str, answer: str) -> BlindSpot:
    return BlindSpot(
        kinds=kinds,
        subject=name_key("directory", "import"),
        name="imported files",
        why=why,
        answer=answer,
        evidence=tuple(sorted(bucket.evidence)),
    )
