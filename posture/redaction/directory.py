"""Entries of a directory (LDIF) with pseudonyms. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from posture.collectors.ldap.ldif import Entry, LdifError, Reader, write
from posture.redaction.names import FOREST_OID, WELL_KNOWN, Names
from posture.redaction.own import listed

__all__ = ["ldif"]

_KEPT = listed(
    "objectclass objectcategory samaccounttype whencreated whenchanged admincount useraccountcontrol "
    "primarygroupid pwdlastset lastlogon lastlogontimestamp accountexpires msds-supportedencryptiontypes "
    "instancetype grouptype ms-mcs-admpwdexpirationtime mslaps-passwordexpirationtime minpwdlength minpwdage "
    "pwdhistorylength pwdproperties lockoutthreshold lockoutduration lockoutobservationwindow maxpwdage "
    "ms-ds-machineaccountquota dsheuristics tombstonelifetime trustdirection trusttype trustattributes "
    "msds-minimumpasswordlength msds-lockoutthreshold mspki-certificate-name-flag mspki-enrollment-flag "
    "mspki-ra-signature flags pkiextendedkeyusage mspki-certificate-application-policy domainfunctionality "
    "forestfunctionality domaincontrollerfunctionality supportedcapabilities supportedcontrol "
    "supportedextension supportedfeatures supportedldapversion supportedsaslmechanisms pwdattribute "
    "pwdminlength pwdlockout pwdmaxfailure createtimestamp modifytimestamp pwdlastsuccess authtimestamp "
    "pwdchangedtime pwdaccountlockedtime logoncount badpwdcount systemflags iscriticalsystemobject usncreated "
    "usnchanged msds-behavior-version gpcfunctionalityversion"
)
_PRODUCTS = listed("operatingsystem operatingsystemversion operatingsystemservicepack vendorname vendorversion")
_ACCOUNTS = frozenset(("samaccountname", "uid"))
_GROUPS = frozenset(("ou", "certificatetemplates"))
_PEOPLE = frozenset(("cn", "sn", "givenname", "name", "displayname", "initials", "gecos", "manager", "uid"))
_OF_OWN_SCHEMAS = frozenset(("objectclass",))
_SIDS = frozenset(("objectsid", "sidhistory", "securityidentifier"))
_GUIDS = frozenset(("objectguid",))
_MAILS = frozenset(("mail", "userprincipalname", "proxyaddresses", "othermailbox"))
_HOSTS = frozenset(("dnshostname", "msds-additionaldnshostname", "trustpartner", "host", "networkaddress"))
_PHONES = frozenset(("telephonenumber", "mobile", "homephone", "pager", "facsimiletelephonenumber", "ipphone"))
_IDS = frozenset(("employeeid", "employeenumber", "serialnumber", "uidnumber", "gidnumber"))
_SPNS = frozenset(("serviceprincipalname", "msds-allowedtodelegateto"))
_DC = "dc"
_NUMBER = re.compile(rb"-?\d{1,20}(?:\.\d{1,10}){0,16}Z?|TRUE|FALSE")
_PLAIN = re.compile(rb"[ -~]{0,200}")
_DN = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9.]+)=.*", re.DOTALL)
_SID_BYTES = re.compile(rb"\x01[\x04\x05]\x00\x00\x00\x00\x00\x05\x15\x00\x00\x00.{12}(?:.{4})?", re.DOTALL)
_OWN_DOMAIN = 24
_GUID_BYTES = 16


def ldif(content: bytes, names: Names) -> bytes | None:
    """The entries, with pseudonyms; comments go. None where it can't be read."""
    reader = Reader(content)
    try:
        entries = [_entry(entry, names) for entry in reader]
    except LdifError:
        return None
    return write(entries, end=(reader.parts, len(entries)) if reader.parts is not None else None)


def _entry(entry: Entry, names: Names) -> Entry:
    classes = {value.lower() for name, value in entry.attributes if name.lower() == "objectclass"}
    kind = "host" if b"computer" in classes else "group" if b"group" in classes else "account"
    return Entry(
        dn=_text(names.dn(entry.dn.decode("utf-8", "replace"))),
        attributes=tuple(_attribute(name, value, kind, names) for name, value in entry.attributes),
    )


def _text(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def _attribute(description: str, value: bytes, kind: str, names: Names) -> tuple[str, bytes]:
    name, *options = description.split(";")
    low = name.lower()
    shown = ";".join((name if low in _KNOWN else names.text(name), *(names.text(each) for each in options)))
    return shown, _value(low, value, kind, names) if value else value


def _value(name: str, value: bytes, kind: str, names: Names) -> bytes:  # noqa: C901, PLR0911, PLR0912  # a line a kind
    if name in _KEPT and _NUMBER.fullmatch(value) and not value.startswith(FOREST_OID.encode()):
        return value
    if name in _KEPT and _PLAIN.fullmatch(value) and not _DN.fullmatch(value.decode()):
        return _text(names.text(value.decode(), product=name not in _OF_OWN_SCHEMAS))
    if name in _SIDS:
        return _sid(value, names)
    if name in _GUIDS and len(value) == _GUID_BYTES:
        names.octets.add(value)
        return names.pseudonyms.digest("guid-octets", value)[:_GUID_BYTES]
    text = value.decode("utf-8", "replace")
    if name in _PRODUCTS:
        return _text(names.text(text, product=True))
    if name in _ACCOUNTS:
        return _text(names.account(text) if kind != "group" else names.name("group", text))
    if name in _MAILS:
        return _text(names.text(text) if "@" not in text or ":" in text else names.mail(text))
    if name in _HOSTS:
        return _text(names.host(text))
    if name in _SPNS:
        return _text(_spn(text, names))
    if name in _PHONES:
        return _text(names.name("phone", text))
    if name in _IDS:
        return _text(names.name("id", text))
    if name == _DC:
        return _text(names.name("domain", text))
    if _DN.fullmatch(text) and next(names_of_dn(text), None):
        return _text(names.dn(text))
    if name in _GROUPS:
        return _text(names.name("unit", text))
    if name in _PEOPLE:
        return _text(text if text.casefold() in WELL_KNOWN else names.name({"account": "person"}.get(kind, kind), text))
    return _text(names.text(text) if _whole_is_token(text) else names.name("text", text))


def _whole_is_token(text: str) -> bool:
    return re.fullmatch(r"\{masked(;(scheme|type|digest)=[A-Za-z0-9._/-]{1,40}){0,2}\}|TRUE|FALSE", text) is not None


def names_of_dn(text: str) -> Iterator[str]:
    """The kinds of names in what may be a distinguished name: known ones only."""
    for part in re.split(r"(?<!\\),", text):
        kind = part.partition("=")[0].strip().lower()
        if kind in {"cn", "ou", "dc", "o", "l", "st", "c", "uid"}:
            yield kind


def _sid(value: bytes, names: Names) -> bytes:
    """A binary security identifier (MS-DTYP 2.4.2.2): that of a domain or of an object in one gets other numbers."""
    if not _SID_BYTES.fullmatch(value):
        if value[:1] == b"\x01" and len(value) <= _OWN_DOMAIN - 8:
            return value
        text = value.decode("latin-1")
        if value.isascii() and text.isprintable():
            return _text(names.text(text))
        names.octets.add(value)
        return _text(names.pseudonyms.token("sid", value))
    words = [int.from_bytes(value[at : at + 4], "little") for at in range(12, len(value), 4)]
    names.octets.add(value[12:24])
    made = names.sid("S-1-5-21-" + "-".join(map(str, words))).split("-")[4:]
    return value[:12] + b"".join(int(each).to_bytes(4, "little") for each in made)


def _spn(value: str, names: Names) -> str:
    """A service principal name: its class, host, port and the service's own name."""
    service, slash, rest = value.partition("/")
    if not slash:
        return names.name("value", value)
    parts = []
    for part in rest.split("/"):
        host, colon, port = part.partition(":")
        tail = port if port.isdecimal() else names.name("value", port)
        parts.append((names.guid(host) if re.fullmatch(r"[0-9a-fA-F-]{36}", host) else names.host(host)) + colon + tail)
    return "/".join((names.text(service, product=True), *parts))


_KNOWN = (
    _KEPT
    | _PRODUCTS
    | _ACCOUNTS
    | _GROUPS
    | _PEOPLE
    | _SIDS
    | _GUIDS
    | _MAILS
    | _HOSTS
    | _PHONES
    | _IDS
    | _SPNS
    | listed("dc description info comment memberof member entryuuid ntsecuritydescriptor")
)
