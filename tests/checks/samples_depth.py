"""Facts of what lies deeper in a directory: permissions, certificate templates, leavers, people of OpenLDAP."""

from __future__ import annotations

from datetime import date, timedelta

from posture.facts import AccessEntry, CertificateTemplate, Fact, GroupPolicy, Leaver, Missing, Person, PreferenceFile
from posture.testing import AS_OF, account, attempt, computer, directory, domain_policy

DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
ENROLL = "0e10c968-78fb-11d2-90d4-00c04f79dc55"
CLIENT_LOGIN = "1.3.6.1.5.5.7.3.2"
ABSENT = Missing("absent")


def allow(sid: str, rights: int = 0x100, object_type: str = "", **more: bool) -> AccessEntry:
    return AccessEntry(sid=sid, rights=rights, object_type=object_type, **{"allows": True, **more})


EXPECTED = (
    allow(f"{DOMAIN}-516", 0x100, CHANGES_ALL),
    allow("S-1-5-9", 0x100, CHANGES_ALL),
    allow("S-1-5-32-544", 0xE01BD),
    allow(f"{DOMAIN}-512", 0xE01BD),
    allow(f"{DOMAIN}-519", 0xF01FF),
    allow("S-1-5-18", 0xF01FF),
    allow("S-1-5-11", 0x20094),
)
"""The access list of a domain's object as Windows makes it, as far as it matters here."""


def template(name: str = "Login", **more: object) -> CertificateTemplate:
    """A published template that anybody may misuse, unless told otherwise."""
    given: dict[str, object] = {
        "ids": (f"certificate-template:hosp/{name}",),
        "name": name,
        "place": "hosp",
        "evidence": ("d" * 64,),
        "published_by": ("HOSP-CA",),
        "name_flags": 0x1,
        "enrollment_flags": 0,
        "signatures": 0,
        "key_usages": (CLIENT_LOGIN,),
        "access": (allow("S-1-5-11", 0x100, ENROLL),),
    }
    return CertificateTemplate(**{**given, **more})  # type: ignore[arg-type]  # keywords of CertificateTemplate


def leaver(identifier: str, ended: object = date(2026, 5, 1), **more: object) -> Leaver:
    """A person who left a month before the assessment, by login unless told otherwise."""
    given: dict[str, object] = {
        "ids": (f"leaver:{identifier}",),
        "name": identifier,
        "evidence": ("c" * 64,),
        "identifier": identifier,
        "identified_by": "login",
        "ended": ended,
    }
    return Leaver(**{**given, **more})  # type: ignore[arg-type]  # keywords of Leaver


def person(name: str, **more: object) -> Person:
    given: dict[str, object] = {
        "ids": (f"person:depth-ldap/{name}",),
        "name": name,
        "dn": f"uid={name},dc=hospital,dc=example",
        "place": "depth-ldap",
        "evidence": ("d" * 64,),
        **more,
    }
    return Person(**given)  # type: ignore[arg-type]  # keywords of Person


GUID = "{31B2F340-016D-11D2-945F-00C04FB984F9}"


def policy(passwords: object = 0, guid: str = GUID, **more: object) -> GroupPolicy:
    """A group policy object with one file of preferences, with so many passwords in it."""
    file = PreferenceFile(path="Machine/Preferences/Groups/Groups.xml", passwords=passwords)  # type: ignore[arg-type]  # a number or a Missing
    given: dict[str, object] = {
        "ids": (f"group-policy:import/{guid}",),
        "name": guid,
        "evidence": ("a" * 64,),
        "guid": guid,
        "whole": True,
        "preferences": (file,),
    }
    return GroupPolicy(**{**given, **more})  # type: ignore[arg-type]  # keywords of GroupPolicy


def samples() -> list[Fact]:
    """Each weak and hardened, and knowing everything."""
    long_ago, lately = AS_OF.at - timedelta(days=400), AS_OF.at - timedelta(days=3)
    reader = (attempt("anonymous-read", "refused"), attempt("bind", "accepted"))
    return [
        domain_policy(
            ids=("domain:depth",), place="depth", sid=DOMAIN, owner="S-1-5-32-544", access=EXPECTED, name="good.example"
        ),
        domain_policy(
            ids=("domain:copied",),
            place="copied",
            sid=DOMAIN,
            owner="S-1-5-32-544",
            access=(allow(f"{DOMAIN}-4711", 0x100, CHANGES_ALL), *EXPECTED),
            name="copied.example",
        ),
        directory(
            "active-directory", *reader, ids=("directory:ca",), name="ca", place="hosp", authorities=("HOSP-CA",)
        ),
        directory("active-directory", *reader, ids=("directory:no-ca",), name="no-ca", place="no-ca", authorities=()),
        template(),
        template("Approved", enrollment_flags=0x2),
        computer("HOSP-BACKUP1$", rid=4101, service_principals=ABSENT, place="depth"),
        computer("STORE2$", rid=4102, service_principals=("VeeamBackupSvc/store2.hosp.example",), place="depth"),
        computer("WS77$", rid=4103, service_principals=ABSENT, place="depth"),
        account("left.enabled", rid=4201, place="depth", expires=ABSENT),
        account("left.disabled", rid=4202, place="depth", control=0x202, expires=ABSENT),
        leaver("left.enabled"),
        leaver("left.disabled"),
        leaver("leaves.later", date(2026, 12, 31)),
        directory("openldap", *reader, ids=("directory:depth-ldap",), name="depth-ldap", place="depth-ldap"),
        policy(),
        policy(2, "{6AC1786C-016F-11D2-945F-00C04FB984F9}"),
        policy(Missing("not-readable"), "{6AC1786C-016F-11D2-945F-00C04FB98000}"),
        person("stale", last_success=long_ago, locked=ABSENT),
        person("fresh", last_success=lately, locked=ABSENT),
    ]
