"""Two Active Directory domains that know everything of their groups: east, where much is wrong, and west, hardened."""

from __future__ import annotations

from datetime import datetime, timedelta

from posture.facts import Account, Computer, Fact, Group, Missing
from posture.testing import AS_OF, account, computer, domain_policy

NORMAL, DISABLED, WORKSTATION, CONTROLLER = 0x200, 0x2, 0x1000, 0x2000
SMART_CARD, NOT_DELEGATED = 0x40000, 0x100000
ABSENT = Missing("absent", "not set")
DOMAIN_SID = {"east": "S-1-5-21-7-7-1", "west": "S-1-5-21-7-7-2"}
BUILTIN = {
    544: "Administrators",
    548: "Account Operators",
    549: "Server Operators",
    550: "Print Operators",
    551: "Backup Operators",
    552: "Replicator",
    554: "Pre-Windows 2000 Compatible Access",
}
OF_DOMAIN = {512: "Domain Admins", 518: "Schema Admins", 519: "Enterprise Admins", 525: "Protected Users"}


def days_ago(days: int) -> datetime:
    return AS_OF.at - timedelta(days=days)


def dn(place: str, name: str) -> str:
    return f"CN={name},CN=Users,DC={place},DC=example"


def foreign(place: str, sid: str) -> str:
    return f"CN={sid},CN=ForeignSecurityPrincipals,DC={place},DC=example"


def person(place: str, login: str, rid: int, **more: object) -> Account:
    return account(login, **_principal(place, login, rid, **more))


def machine(place: str, login: str, rid: int, **more: object) -> Computer:
    return computer(login, **_principal(place, login, rid, **{"control": WORKSTATION, "primary_group": 515, **more}))


def _principal(place: str, login: str, rid: int, **more: object) -> dict[str, object]:
    return {
        "ids": (f"account:{place}/{login}",),
        "place": place,
        "dn": dn(place, login),
        "sid": f"{DOMAIN_SID[place]}-{rid}",
        "primary_group": 513,
        "password_last_set": days_ago(30),
        "last_logon": days_ago(3),
        "created": days_ago(900),
        "admin_count": ABSENT,
        "service_principals": ABSENT,
        "description": ABSENT,
        "expires": ABSENT,
        **more,
    }


def group(place: str, name: str, sid: str, *members: str, **more: object) -> Group:
    """A group of a place with members by their names, or by whole distinguished names."""
    given: dict[str, object] = {
        "ids": (f"group:{place}/{name}",),
        "name": name,
        "place": place,
        "dn": dn(place, name),
        "sid": sid,
        "members": tuple(member if "," in member else dn(place, member) for member in members),
        "evidence": ("d" * 64,),
        **more,
    }
    return Group(**given)


def groups(place: str, **members: tuple[str, ...]) -> list[Group]:
    """All well-known groups of a domain, with members by `rid_512=("root",)`; without, a group is empty."""
    domain = {rid: f"{DOMAIN_SID[place]}-{rid}" for rid in OF_DOMAIN}
    builtin = {rid: f"S-1-5-32-{rid}" for rid in BUILTIN}
    return [
        group(place, name, {**domain, **builtin}[rid], *members.get(f"rid_{rid}", ()))
        for rid, name in {**OF_DOMAIN, **BUILTIN}.items()
    ]


def samples() -> list[Fact]:
    """Facts of both domains."""
    return [*east(), *west()]


def east() -> list[Fact]:
    """A domain with something wrong for each check, and its well-kept twins."""
    crowd = [person("east", f"admin{number:02}", 3000 + number) for number in range(11)]
    return [
        domain_policy(ids=("domain:east",), name="east.example", place="east"),
        *groups(
            "east",
            rid_512=("IT", "svc-sql", "managed$", *(each.login for each in crowd)),
            rid_544=("Domain Admins", "Administrator"),
            rid_549=("helper",),
            rid_551=("helper",),
            rid_554=(foreign("east", "S-1-5-7"), foreign("east", "S-1-5-11")),
        ),
        group("east", "IT", f"{DOMAIN_SID['east']}-4000", "root", "gone", "card", "IT"),
        group("east", "DnsAdmins", f"{DOMAIN_SID['east']}-1102", "helper"),
        *crowd,
        person("east", "Administrator", 500, admin_count=True),
        person("east", "Guest", 501, control=NORMAL | DISABLED),
        person("east", "krbtgt", 502, control=NORMAL | DISABLED, admin_count=True, service_principals=("kadmin/x",)),
        person("east", "root", 2001, admin_count=True, password_last_set=days_ago(800)),
        person("east", "gone", 2002, control=NORMAL | DISABLED),
        person("east", "card", 2003, control=NORMAL | SMART_CARD | NOT_DELEGATED),
        person("east", "primary", 2004, primary_group=512),
        person("east", "helper", 2005, password_last_set=days_ago(500)),
        person("east", "former", 2006, admin_count=True),
        person("east", "svc-sql", 2007, service_principals=("MSSQLSvc/sql",)),
        person("east", "svc-old", 2008, service_principals=("HTTP/old",), password_last_set=days_ago(500)),
        person("east", "managed$", 2009, control=WORKSTATION, service_principals=("HTTP/m",)),
        person("east", "ward3", 2010),
        person("east", "vendor-acme", 2011),
        person("east", "jane", 2012, description="Shared account of the front desk"),
        machine("east", "DC1$", 1000, control=CONTROLLER, primary_group=516),
        machine("east", "OLD-PC$", 1001, password_last_set=days_ago(400), last_logon=days_ago(400)),
    ]


def west() -> list[Fact]:
    """A domain where all is well."""
    named = {"admin_count": True, "control": NORMAL | SMART_CARD | NOT_DELEGATED}
    return [
        domain_policy(ids=("domain:west",), name="west.example", place="west"),
        *groups("west", rid_512=("chief",), rid_544=("Domain Admins", "Administrator"), rid_525=("deputy",)),
        person("west", "Administrator", 500, admin_count=True, control=NORMAL | DISABLED),
        person("west", "Guest", 501, control=NORMAL | DISABLED),
        person("west", "krbtgt", 502, control=NORMAL | DISABLED, admin_count=True, service_principals=("kadmin/x",)),
        person("west", "chief", 2001, **named),
        person("west", "deputy", 2002, **{**named, "control": NORMAL | SMART_CARD}, primary_group=512),
        person("west", "nurse.joy", 2003),
        person("west", "web", 2004, service_principals=("HTTP/web",)),
        person("west", "vendor-acme", 2005, expires=days_ago(-90)),
        person("west", "kiosk1", 2006, last_logon=ABSENT),
        machine("west", "DC1$", 1000, control=CONTROLLER, primary_group=516),
        machine("west", "DC2$", 1001, control=CONTROLLER, primary_group=516),
        machine("west", "PC$", 1002),
    ]
