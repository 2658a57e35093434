"""Payloads with pseudonyms in the place of names, well-formed in their own format as before. Pure.

What each format's allow-list does not name goes through `Names.text`, so that nothing stays because nobody thought of
it. A payload of a format that is not known here has no redacted form.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from lxml import etree

from posture.redaction.devices import snmprec
from posture.redaction.directory import ldif
from posture.redaction.documents import BLOODHOUND, json_document
from posture.redaction.names import Names
from posture.redaction.own import listed

__all__ = ["payload"]

_PRODUCT = listed(
    "product version ostype devicetype vendor xmloutputversion scanner osfamily osgen accuracy "
    "pluginname pluginfamily svc_name"
)
_EXACT = listed(
    "start end starttime endtime time startstr timestr etc lastboot uptime elapsed portid protocol state reason "
    "reason_ttl conf method addrtype numservices count up down total exit type level percent remaining tunnel "
    "proto rpcnum lowver highver pluginid severity port"
)
_VENDORS = listed("description solution synopsis see_also risk_factor cve cpe plugin_name plugin_type fname")
_VENDOR_TAGS = frozenset(("operating-system", "os", "system-type", "patch-summary-total-cves"))
_EXACT_TAGS = frozenset(("HOST_START", "HOST_END", "HOST_START_TIMESTAMP", "HOST_END_TIMESTAMP", "Credentialed_Scan"))
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:|+-/_")
_LONGEST = 64
_CERTIFICATES = listed(
    "commonName organizationName organizationalUnitName localityName stateOrProvinceName emailAddress"
)
FORMAT_WORDS = (
    "debugging verbose taskbegin taskend taskprogress hosthint extraports extrareasons portused osclass osmatch "
    "osfingerprint distance tcpsequence ipidsequence tcptssequence trace hop ttl rtt ipaddr srtt rttvar to smurf "
    "servicefp runstats finished scaninfo prescript postscript hostscript pubkey exponent modulus bits sig_algo "
    "workgroup "  # of what nmap says beside a product
    "top person organizationalPerson inetOrgPerson user contact group groupOfNames groupOfUniqueNames posixAccount "
    "posixGroup shadowAccount account computer device domain domainDNS dcObject organization organizationalUnit "
    "organizationalRole container builtinDomain locality country simpleSecurityObject applicationProcess pwdPolicy "
    "pwdHashingPolicy sambaSamAccount sambaDomain groupPolicyContainer trustedDomain foreignSecurityPrincipal "
    "pKICertificateTemplate pKIEnrollmentService certificationAuthority msDS-PasswordSettings "
    "msDS-GroupManagedServiceAccount msDS-ManagedServiceAccount msDS-DelegatedManagedServiceAccount rIDManager "
    "serviceConnectionPoint nTDSService nTDSDSA server site subnet siteLink leaf connectionPoint securityObject "
    "mailRecipient crossRef crossRefContainer configuration dMD attributeSchema classSchema extensibleObject alias "
    "referral subentry subschema OpenLDAProotDSE olcGlobal olcDatabaseConfig olcConfig "  # classes of objects
    "Aces AffectedComputers CertificateMappingMethods ChildObjects ComputerSID ContainedBy DCRegistryData DcomUsers "
    "DumpSMSAPassword FailureReason GPOChanges HasSIDHistory IsACLProtected IsEnforced IsInherited LocalAdmins "
    "LocalGroups LocalNames PSRemoteUsers PrincipalSID PrincipalType PrivilegedSessions RegistrySessions "
    "RemoteDesktopUsers RightName SPNTargets StrongCertificateBindingEnforcement UserRights UserSID functionallevel "
    "hasspn highvalue homedirectory logonscript sfupassword unicodepassword unixpassword "  # keys of BloodHound
    "cvss_base_score cvss_temporal_score cvss_temporal_vector cvss_vector edb-id exploit_framework_canvas "
    "exploit_framework_metasploit exploitability_ease metasploit_name canvas_package difficulty errorstr "
    "X509v3 Basic Constraints Key Usage Extended critical sha256WithRSAEncryption sha1WithRSAEncryption "
    "ecdsa-with-SHA256 notBefore notAfter validity md5 sha1 extensions countryName timeout NessusClientData_v2 Report "
    "ReportHost HostProperties ReportItem plugin_output Policy policyName Preferences ServerPreferences preference"
)
"""Words of the formats themselves: they are Posture's own by standing here (`posture.redaction.own`)."""


def payload(form: str, content: bytes, names: Names) -> bytes | None:
    """The payload with pseudonyms; None where its format is not known, or it can't be read."""
    made = _FORMATS.get(form)
    if made is None:
        return None
    return made(content, names) if content else b""


# ── XML: nmap, Nessus ────────────────────────────────────────────────────────────────────────────────────────────


def _xml(content: bytes, names: Names) -> bytes | None:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        recover=True,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None:
        return None
    for element in list(root.iter()):
        if not isinstance(element.tag, str):  # an entity that nothing resolves
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
            continue
        _element(element, names)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n"


def _element(element: etree._Element, names: Names) -> None:
    tag = str(element.tag)
    attributes = {str(key): str(value) for key, value in element.attrib.items()}
    kept = {_name(key, names): _attribute(tag, key, value, names) for key, value in attributes.items()}
    element.attrib.clear()
    for key, value in kept.items():
        element.set(key, value)
    if element.text and element.text.strip():
        result = tag in _VENDORS and _is_result(element)
        element.text = _content(tag, attributes, element.text, names, result=result)
    if element.tail and element.tail.strip():
        element.tail = names.text(element.tail)
    element.tag = _name(tag, names)


def _name(name: str, names: Names) -> str:
    """An element's or attribute's name: one that is not of our formats could be anything."""
    return names.text(name.rpartition("}")[2])


def _attribute(tag: str, key: str, value: str, names: Names) -> str:  # noqa: PLR0911  # a line a kind
    low = key.lower()
    if (tag, key) in {("hostname", "name"), ("service", "hostname"), ("ReportHost", "name")}:
        return names.host(value)
    if tag == "address" and key == "addr":
        return names.text(value)
    if low in _EXACT and _plain(value):
        return names.text(value, product=True) if any(map(str.isalpha, value)) else value
    if low in _PRODUCT or (tag in {"osmatch", "script"} and key in {"name", "id"}):
        return names.text(value, product=True)
    if tag == "service" and key == "name":
        return names.text(value, product=True)
    if tag == "tag" and key == "name":
        return value if _plain(value) else names.text(value)
    return names.text(value)


def _plain(value: str) -> bool:
    return len(value) <= _LONGEST and _SAFE.issuperset(value)


def _is_result(element: etree._Element) -> bool:
    """Whether an item of Nessus is of a compliance audit: its description is then no vendor's, but what was found."""
    parent = element.getparent()
    if parent is None:
        return False
    return "compliance" in parent.get("pluginFamily", "").lower() or any(
        "compliance" in str(each.tag).lower() for each in parent
    )


def _content(tag: str, attributes: dict[str, str], value: str, names: Names, *, result: bool) -> str:
    if tag in _VENDORS:
        return names.text(value, product=not result)
    if tag == "tag":
        name = attributes.get("name", "")
        if name in {"netbios-name", "host-rdns", "hostname"}:
            return names.host(value)
        if name in _EXACT_TAGS and _plain(value):
            return value
        return names.text(value, product=name in _VENDOR_TAGS)
    if tag == "elem" and attributes.get("key") in _CERTIFICATES and "." not in value and "@" not in value:
        return names.name("name", value)
    return names.text(value)


# ── tables ───────────────────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS: dict[str, Callable[[Names, str], str]] = {
    "name": lambda names, value: names.host(value) if " " not in value else names.name("host", value),
    "address": lambda names, value: names.text(value),
    "mac": lambda names, value: names.text(value),
    "serial": lambda names, value: names.name("serial", value),
    "owner": lambda names, value: names.name("person", value),
    "location": lambda names, value: names.name("place", value),
    "zone": lambda names, value: names.name("zone", value),
    "login": Names.account,
    "e-mail": lambda names, value: names.mail(value) if "@" in value else names.name("account", value),
    "employee number": lambda names, value: names.name("id", value),
    "domain": Names.domain,
}


def _csv(content: bytes, names: Names) -> bytes | None:
    try:
        rows = list(csv.reader(io.StringIO(content.decode("utf-8", "replace"), newline="")))
    except csv.Error:
        return None
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    header = [cell.strip().lower() for cell in rows[0]] if rows else []
    for at, row in enumerate(rows):
        if at == 0:
            writer.writerow([names.text(cell) for cell in row])
            continue
        cells = zip(row, [*header, *([""] * len(row))], strict=False)
        writer.writerow([_cell(column, cell, names) for cell, column in cells])
    return out.getvalue().encode()


def _cell(column: str, value: str, names: Names) -> str:
    made = _COLUMNS.get(column)
    return made(names, value) if made and value.strip() else names.text(value)


_FORMATS: dict[str, Callable[[bytes, Names], bytes | None]] = {
    "nmap-xml": _xml,
    "nessus-v2": _xml,
    "ldif": ldif,
    "snmprec": snmprec,
    "bloodhound": lambda content, names: json_document(content, names, BLOODHOUND),
    "inventory-csv": _csv,
    "leavers-csv": _csv,
    "group-policy-csv": _csv,
}
