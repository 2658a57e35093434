"""Facts of the settings of Active Directory domains, weak and hardened, that know everything."""

from __future__ import annotations

from datetime import timedelta

from posture.facts import Computer, Directory, Fact, FineGrainedPolicy, Group, Missing, Trust
from posture.testing import AS_OF, account, attempt, computer, directory, domain_policy

ABSENT = Missing("absent")
CONTROLLER, PROTOCOL_TRANSITION, DES_ONLY = 0x2000, 0x1000000, 0x200000
OWN_DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
NORTH = {"place": "north"}


def samples() -> list[Fact]:
    """Domains with their forests' settings, their trusts, and accounts with Kerberos settings."""
    return [
        *_directories(),
        domain_policy(ids=("domain:north",), min_length=14, backed_up=AS_OF.at - timedelta(days=1), **NORTH),
        domain_policy(ids=("domain:south",), min_length=14, backed_up=AS_OF.at - timedelta(days=90), place="south"),
        *_accounts(),
        *_computers(),
        _group("Clinic", ABSENT),
        _group("Moved", ("S-1-5-21-9-9-9-1500",)),
    ]


def _directories() -> list[Directory]:
    reader = (attempt("anonymous-read", "refused"), attempt("bind", "accepted"))
    hardened = {
        "functional_level": 10,
        "heuristics": ABSENT,
        "tombstone_days": 180,
        "recycle_bin": True,
        "secrets_readable": (),
        "trusts": (_trust(attributes=0x4, encryption_types=0x18),),
        "fine_grained_policies": (_fine_grained(16, 5),),
    }
    weak = {
        "functional_level": 2,
        "heuristics": "0000002",
        "tombstone_days": ABSENT,
        "recycle_bin": False,
        "secrets_readable": ("userPassword", "ms-Mcs-AdmPwd"),
        "trusts": (_trust(attributes=0, encryption_types=0x4),),
        "fine_grained_policies": (_fine_grained(4, 0),),
    }
    return [
        directory("active-directory", *reader, ids=("directory:north",), name="north", **NORTH, **hardened),
        directory("active-directory", *reader, ids=("directory:south",), name="south", place="south", **weak),
        directory("openldap", *reader, ids=("directory:ldap",), name="ldap", place="ldap"),
    ]


def _trust(attributes: int, encryption_types: int) -> Trust:
    return Trust(name="partner.example", direction=3, type=2, attributes=attributes, encryption_types=encryption_types)


def _fine_grained(min_length: int, lockout: int) -> FineGrainedPolicy:
    return FineGrainedPolicy(name="Services", min_length=min_length, lockout_threshold=lockout, applies=True)


def _known(**more: object) -> dict[str, object]:
    return {
        "admin_count": ABSENT,
        "service_principals": ABSENT,
        "description": ABSENT,
        "info": ABSENT,
        "comment": ABSENT,
        "encryption_types": 0x18,
        "delegates_to": ABSENT,
        "resource_delegation": False,
        "sid_history": ABSENT,
        **NORTH,
        **more,
    }


def _accounts() -> list[Fact]:
    transition = 0x200 | PROTOCOL_TRANSITION
    return [
        account("north", rid=3001, **_known()),
        account("admin", rid=3002, **_known(admin_count=True)),
        account("acted-on", rid=3003, **_known(admin_count=True, resource_delegation=True)),
        account("noted", rid=3004, **_known(info="pwd: {masked;type=password}")),
        account("moved", rid=3005, **_known(sid_history=(f"{OWN_DOMAIN}-512",))),
        account("des", rid=3006, control=0x200 | DES_ONLY, **_known()),
        account("rc4", rid=3007, **_known(encryption_types=0x4)),
        account("default", rid=3008, **_known(encryption_types=ABSENT)),
        account("old default", rid=3009, **_known(encryption_types=ABSENT, place="south")),
        account("transition", rid=3010, control=transition, **_known(delegates_to=("ldap/dc2.hosp.example",))),
        account("to the app", rid=3011, control=transition, **_known(delegates_to=("http/app.hosp.example",))),
    ]


def _computers() -> list[Computer]:
    windows = _known(
        operating_system="Windows 11 Enterprise",
        operating_system_version="10.0 (22631)",
        dns_name="ws02.hosp.example",
        windows_laps_expiry=ABSENT,
        laps_expiry=ABSENT,
    )
    managed = {**windows, "windows_laps_expiry": AS_OF.at + timedelta(days=10)}
    controller = {
        **windows,
        "operating_system": "Windows Server 2022",
        "dns_name": "dc2.hosp.example",
        "service_principals": ("ldap/dc2.hosp.example", "HOST/DC2"),
    }
    return [
        computer("WS02$", rid=3101, **managed),
        computer("WS03$", rid=3102, **windows),
        computer("DC2$", control=CONTROLLER, rid=3103, **controller),
    ]


def _group(name: str, history: object) -> Group:
    return Group(
        ids=(f"group:north/{name}",),
        name=name,
        dn=f"CN={name},DC=north",
        sid=f"{OWN_DOMAIN}-4000",
        members=(),
        sid_history=history,  # type: ignore[arg-type]  # a tuple or a Missing
        evidence=("d" * 64,),
    )
