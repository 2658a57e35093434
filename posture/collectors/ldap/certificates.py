"""Active Directory Certificate Services: which authorities there are, and the templates that they publish. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from posture.collectors.ldap.build import Fields
from posture.collectors.ldap.decode import dn_key, integer, text
from posture.collectors.ldap.descriptor import access
from posture.collectors.ldap.merge import merged
from posture.facts import CertificateTemplate, Known, Missing
from posture.subjects import guid_key, name_key

__all__ = ["CLASSES", "SERVICES", "TEMPLATES", "authorities", "templates"]

SERVICES, TEMPLATES = "(objectClass=pKIEnrollmentService)", "(objectClass=pKICertificateTemplate)"
CLASSES = {b"pkienrollmentservice": SERVICES, b"pkicertificatetemplate": TEMPLATES}
"""The classes of these entries, in lower case, and the filter of the search for them."""

_NOT_SHOWN = Missing("not-readable", "an authority publishes it, and its own entry is not shown")


def authorities(entries: Sequence[Fields]) -> Known[tuple[str, ...]]:
    """The names of the authorities. Missing where one doesn't show what it publishes."""
    for fields in entries:
        published = fields.texts("certificateTemplates")
        if isinstance(published, Missing) and published.why != "absent":
            return Missing(published.why, f"what {_name(fields)} publishes is not known: {published}")
    return tuple(sorted({_name(fields) for fields in entries}))


def templates(
    services: Iterable[tuple[str, Fields]], entries: Iterable[tuple[str, Fields]], place: str | None
) -> Iterator[CertificateTemplate]:
    """The templates that an authority publishes, from (evidence, entry) of the authorities and of all templates."""
    publishers: dict[str, set[str]] = {}
    sources: dict[str, set[str]] = {}
    written: dict[str, str] = {}
    for evidence, fields in services:
        for name in map(text, fields.all("certificateTemplates")):
            publishers.setdefault(name.casefold(), set()).add(_name(fields))
            sources.setdefault(name.casefold(), set()).add(evidence)
            written[name.casefold()] = min(name, written.get(name.casefold(), name))
    found: dict[tuple[str, str], CertificateTemplate] = {}
    for evidence, fields in entries:
        name = _name(fields)
        if by := publishers.get(name.casefold()):
            template = _template(fields, name, tuple(sorted(by)), place, {evidence, *sources[name.casefold()]})
            key = name.casefold(), dn_key(fields.dn)
            found[key] = merged(found[key], template) if key in found else template
    yield from (found[key] for key in sorted(found))
    for name in sorted(set(publishers) - {name for name, _ in found}):
        yield CertificateTemplate(
            ids=(name_key("certificate-template", place or "import", name),),
            name=written[name],
            place=place,
            evidence=tuple(sorted(sources[name])),
            published_by=tuple(sorted(publishers[name])),
            name_flags=_NOT_SHOWN,
            enrollment_flags=_NOT_SHOWN,
            signatures=_NOT_SHOWN,
            key_usages=_NOT_SHOWN,
            access=_NOT_SHOWN,
        )


def _template(
    fields: Fields, name: str, published_by: tuple[str, ...], place: str | None, evidence: set[str]
) -> CertificateTemplate:
    return CertificateTemplate(
        ids=(*_guid(fields), name_key("certificate-template", place or "import", dn_key(fields.dn))),
        name=name,
        place=place,
        evidence=tuple(sorted(evidence)),
        published_by=published_by,
        name_flags=fields.one("msPKI-Certificate-Name-Flag", integer),
        enrollment_flags=fields.one("msPKI-Enrollment-Flag", integer),
        signatures=fields.one("msPKI-RA-Signature", integer),
        key_usages=_key_usages(fields),
        access=fields.one("nTSecurityDescriptor", access),
    )


def _key_usages(fields: Fields) -> Known[tuple[str, ...]]:
    """Both attributes together, as either may let a certificate be used; absent only where both are."""
    both = [fields.texts("pKIExtendedKeyUsage"), fields.texts("msPKI-Certificate-Application-Policy")]
    silent = [each for each in both if isinstance(each, Missing) and each.why != "absent"]
    if silent:
        return silent[0]
    named = {usage for each in both if not isinstance(each, Missing) for usage in each}
    return tuple(sorted(named)) or Missing("absent", "no key usage is named")


def _name(fields: Fields) -> str:
    return text(fields.first("cn") or b"") or fields.dn.partition(",")[0].partition("=")[2]


def _guid(fields: Fields) -> tuple[str, ...]:
    guid = fields.first("objectGUID")
    try:
        return (guid_key(guid),) if guid else ()
    except ValueError:
        return ()
