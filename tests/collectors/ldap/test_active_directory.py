"""The collector against a real Active Directory: a Samba domain controller."""

from __future__ import annotations

import dataclasses
import ssl
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import ldap3
import msgspec
import pytest
from lab.directories import Asked, ask
from lab.samba import ADMIN_PASSWORD, BASE, PASSWORD, SambaDomain

from posture.collectors.ldap.connect import close, dial, trust
from posture.collectors.ldap.ldif import Entry
from posture.collectors.ldap.members import Members, member_range
from posture.collectors.ldap.search import search
from posture.facts import Account, BlindSpot, CertificateTemplate, Computer, Directory, DomainPolicy, Group, Missing
from posture.model import AskedLdap, Evidence
from posture.scope import Bind, DirectoryScope, SecretReference

SYSTEM = "CN=S"  # CN=System and CN=Services
UNIX_PASSWORD = b"ABCD!efgh12345$67890"
LOCAL_PASSWORD = b"L0cal-Secret-9"


@pytest.fixture(scope="module")
def as_administrator(domain: SambaDomain, domain_scope: DirectoryScope) -> Asked:
    """The domain as its administrator sees it, who may read what is hidden from others."""
    bind = Bind(user="administrator@hosp.example", password=SecretReference(env="X"))
    scope = msgspec.structs.replace(domain_scope, bind=bind)
    return domain.namespace.run(lambda: ask(scope, secret=lambda _: ADMIN_PASSWORD))


def account(asked: Asked, login: str) -> Account:
    (found,) = [fact for fact in asked.facts(Account) if fact.login == login]
    return found


def group(asked: Asked, name: str) -> Group:
    (found,) = [fact for fact in asked.facts(Group) if fact.name == name]
    return found


def names(group: Group) -> list[str]:
    assert not isinstance(group.members, Missing), group.members
    return [dn.partition(",")[0].removeprefix("CN=") for dn in group.members]


# ── the directory ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_domain_is_recognised(asked_domain: Asked) -> None:
    found = asked_domain.directory

    assert (found.kind, found.base) == ("active-directory", BASE)
    assert found.functional_level == 4
    assert "Samba" in found.vendor
    assert found.certificate.subject == "CN=dc1.hosp.example"
    assert found.secrets_readable == ()
    assert isinstance(found.password_policies, Missing)
    assert not asked_domain.blind_spots


@pytest.mark.parametrize(
    ("method", "outcome", "detail"),
    [
        ("ldaps", "accepted", ""),
        ("starttls", "accepted", ""),
        ("anonymous-read", "refused", "result 1"),
        ("cleartext-bind", "refused", "result 8"),
        ("bind", "accepted", ""),
        ("account-read", "accepted", ""),
    ],
)
def test_each_way_in_was_tried(asked_domain: Asked, method: str, outcome: str, detail: str) -> None:
    attempt = asked_domain.attempt(method)

    assert attempt.outcome == outcome
    assert detail in attempt.detail


def test_starttls_gives_the_same_facts(domain: SambaDomain, domain_scope: DirectoryScope, asked_domain: Asked) -> None:
    over = msgspec.structs.replace(domain_scope, transport="starttls")

    found = domain.namespace.run(lambda: ask(over, secret=lambda _: PASSWORD))

    assert bare(found) == bare(asked_domain)


def bare(asked: Asked) -> list[object]:
    return [msgspec.structs.replace(fact, evidence=()) for fact in asked.said if not isinstance(fact, BlindSpot)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("nurse.plain", "wrong user or password"), ("leaver", "the account is disabled"), ("old.password", "expired")],
)
def test_a_refused_login_says_why(domain: SambaDomain, domain_scope: DirectoryScope, name: str, reason: str) -> None:
    bind = Bind(user=f"{name}@hosp.example", password=SecretReference(env="X"))
    password = "not-it-at-all" if name == "nurse.plain" else PASSWORD

    found = domain.namespace.run(
        lambda: ask(msgspec.structs.replace(domain_scope, bind=bind), secret=lambda _: password)
    )

    assert found.attempt("bind").outcome == "refused"
    assert reason in found.attempt("bind").detail
    assert not found.facts(Account)
    assert {kind for spot in found.blind_spots for kind in spot.kinds} == {
        "DomainPolicy",
        "Account",
        "Computer",
        "Group",
    }


def test_where_there_is_no_route_it_is_unreachable(domain: SambaDomain) -> None:
    scope = DirectoryScope(id="ad", host="10.99.0.1", kind="active-directory")

    found = domain.namespace.run(lambda: ask(scope))

    assert found.attempt("ldaps").outcome == "unreachable"
    assert found.directory.kind == "active-directory"
    assert found.blind_spots[0].kinds == ("Directory", "DomainPolicy", "Account", "Computer", "Group")


def test_the_password_is_in_no_evidence(asked_domain: Asked) -> None:
    for record in asked_domain.evidence:
        assert PASSWORD.encode() not in record.payload + record.envelope_bytes


# ── the policy and the accounts ──────────────────────────────────────────────────────────────────────────────────


def test_the_domain_policy_is_read(asked_domain: Asked) -> None:
    (policy,) = asked_domain.facts(DomainPolicy)

    assert policy.name == "hosp.example"
    assert (policy.min_length, policy.history, policy.lockout_threshold) == (6, 3, 0)
    assert (policy.complexity, policy.reversible_encryption) == (True, False)
    assert policy.lockout_duration == timedelta(minutes=30)
    assert policy.max_password_age == timedelta(days=42)
    assert policy.machine_account_quota == 10


@pytest.mark.parametrize(
    ("login", "bit"),
    [
        ("nurse.never", 0x10000),
        ("no.preauth", 0x400000),
        ("no.password", 0x20),
        ("reversible", 0x80),
        ("leaver", 0x2),
        ("delegated", 0x80000),
        ("Guest", 0x2),
    ],
)
def test_planted_flags_are_read_and_nobody_else_has_them(asked_domain: Asked, login: str, bit: int) -> None:
    assert account(asked_domain, login).flag(bit) is True
    assert account(asked_domain, "nurse.plain").flag(bit) is False


def test_identifiers_are_strong_and_tell_the_place(asked_domain: Asked) -> None:
    found = account(asked_domain, "nurse.plain")

    assert found.ids[0].startswith("guid:")
    assert found.ids[1] == f"sid:{found.sid.lower()}"
    assert found.place == "ad"
    assert account(asked_domain, "krbtgt").rid == 502
    assert account(asked_domain, "Administrator").rid == 500


def test_moments_are_read(asked_domain: Asked) -> None:
    now = datetime.now(UTC)

    stale, old, plain = (account(asked_domain, login) for login in ("stale", "old.password", "nurse.plain"))
    assert timedelta(days=399) < now - stale.last_logon < timedelta(days=401)
    assert timedelta(days=699) < now - old.password_last_set < timedelta(days=701)
    assert now - plain.created < timedelta(hours=1)
    assert now - account(asked_domain, "krbtgt").password_last_set < timedelta(hours=1)


def test_what_an_account_does_not_have_is_absent_for_it_could_have_been_read(asked_domain: Asked) -> None:
    plain = account(asked_domain, "nurse.plain")

    for value in (plain.last_logon, plain.admin_count, plain.service_principals):
        assert isinstance(value, Missing)
        assert value.why == "absent"


def test_service_principals_and_admin_count_are_read(asked_domain: Asked) -> None:
    assert account(asked_domain, "svc-sql").service_principals == (
        "HTTP/app1.hosp.example",
        "MSSQLSvc/sql1.hosp.example:1433",
    )
    assert account(asked_domain, "svc-backup").admin_count is True


def test_a_password_in_a_description_is_masked_before_it_is_kept(asked_domain: Asked) -> None:
    assert account(asked_domain, "chatty").description == "kiosk, password: {masked;type=password}"
    assert account(asked_domain, "nurse.plain").description == "Ward 3"
    assert not any(b"Winter-2024" in record.payload for record in asked_domain.evidence)
    assert [record.envelope.masked for record in asked_domain.evidence if record.envelope.masked] == [
        ("description", "info")
    ]


def test_secrets_are_in_no_evidence_even_where_the_reader_may_read_them(as_administrator: Asked) -> None:
    assert as_administrator.directory.secrets_readable == ("unixUserPassword", "ms-Mcs-AdmPwd")
    for record in as_administrator.evidence:
        assert UNIX_PASSWORD not in record.payload
        assert LOCAL_PASSWORD not in record.payload
        assert b"Sommer-2023" not in record.payload


def test_computers_are_computers_and_no_accounts(asked_domain: Asked) -> None:
    computers = {fact.login: fact for fact in asked_domain.facts(Computer)}

    assert set(computers) == {"DC1$", "WS-XP$", "SRV22$", "SRV-DELEG$", "BACKUP01$", "STORE02$"}
    assert not {fact.login for fact in asked_domain.facts(Account)} & set(computers)
    assert computers["WS-XP$"].operating_system == "Windows XP Professional"
    assert computers["WS-XP$"].operating_system_version == "5.1 (2600)"
    assert computers["SRV22$"].dns_name == "srv22.hosp.example"
    assert computers["SRV-DELEG$"].flag(0x80000) is True
    assert computers["SRV-DELEG$"].operating_system == Missing("absent", "operatingSystem is not set")


def test_kerberos_settings_and_former_identities_are_read(asked_domain: Asked) -> None:
    assert account(asked_domain, "rc4.only").encryption_types == 4
    assert account(asked_domain, "impersonator").delegates_to == ("ldap/dc1.hosp.example",)
    assert account(asked_domain, "noted").info == "old terminal, pwd={masked;type=password}"
    (former,) = account(asked_domain, "merged").sid_history
    assert former == group(asked_domain, "Domain Admins").sid
    assert {fact.login for fact in asked_domain.facts(Computer) if fact.resource_delegation is True} == {"DC1$"}
    assert account(asked_domain, "nurse.plain").resource_delegation is False


def test_when_a_managed_password_is_due_is_read(asked_domain: Asked) -> None:
    due = {fact.login: fact.laps_expiry for fact in asked_domain.facts(Computer)}

    assert timedelta(days=19) < due["SRV22$"] - datetime.now(UTC) < timedelta(days=21)
    assert due["WS-XP$"].why == "absent"


def test_the_settings_of_the_forest_are_read(asked_domain: Asked) -> None:
    found = asked_domain.directory

    assert found.heuristics == Missing("absent", "dSHeuristics is not set")
    assert found.tombstone_days == 180
    assert found.recycle_bin is False


def test_trusts_are_read(asked_domain: Asked) -> None:
    trusts = {trust.name: trust for trust in asked_domain.directory.trusts}

    assert set(trusts) == {"filtered.example", "forest.example", "partner.example"}
    partner = trusts["partner.example"]
    assert (partner.direction, partner.type, partner.attributes, partner.encryption_types) == (2, 2, 0, 4)
    assert trusts["forest.example"].attributes == 0x848
    assert trusts["forest.example"].encryption_types.why == "absent"


def test_fine_grained_policies_are_shown_to_administrators_only(asked_domain: Asked, as_administrator: Asked) -> None:
    assert asked_domain.directory.fine_grained_policies == ()
    (policy,) = as_administrator.directory.fine_grained_policies
    assert (policy.name, policy.min_length, policy.lockout_threshold) == ("Service accounts", 4, 0)
    assert policy.applies is True


def test_settings_without_their_evidence_are_not_known(asked_domain: Asked) -> None:
    kept = [
        one for one in asked_domain.evidence if not isinstance(one.envelope.asked, AskedLdap) or SYSTEM not in base(one)
    ]
    without = dataclasses.replace(asked_domain, evidence=kept).directory

    for value in (without.trusts, without.heuristics, without.tombstone_days, without.recycle_bin):
        assert isinstance(value, Missing)
        assert value.why == "not-asked"


def base(record: Evidence) -> str:
    return record.envelope.asked.base


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_privileged_groups_have_their_members_by_primary_group_too(asked_domain: Asked) -> None:
    admins = group(asked_domain, "Domain Admins")

    assert admins.sid.endswith("-512")
    assert names(admins) == ["Administrator", "Nested-IT", "guarded.admin", "primary.admin", "svc-backup"]


def test_groups_within_privileged_ones_have_theirs(asked_domain: Asked) -> None:
    assert names(group(asked_domain, "Nested-IT")) == ["nested.admin"]


def test_an_empty_privileged_group_is_known_to_be_empty(asked_domain: Asked) -> None:
    assert group(asked_domain, "Backup Operators").members == ()


def test_members_of_other_groups_were_not_asked(asked_domain: Asked) -> None:
    members = group(asked_domain, "Ward-Staff").members

    assert isinstance(members, Missing)
    assert members.why == "not-asked"


def test_a_list_of_members_comes_in_ranges_and_is_put_together(
    domain: SambaDomain, domain_scope: DirectoryScope
) -> None:
    def ranges() -> list[list[Entry]]:
        dialled = dial(
            domain.address, 636, "ldaps", trust(domain_scope), stop=threading.Event(), until=time.monotonic() + 60
        )
        try:
            dialled.connection.rebind(user="posture.audit@hosp.example", password=PASSWORD)
            found = []
            for part in ("0-9", "10-*"):
                asked = AskedLdap(
                    base=f"CN=Large,CN=Users,{BASE}",
                    scope="base",
                    filter="(objectClass=group)",
                    attributes=(f"member;range={part}",),
                )
                found += list(search(dialled.connection, asked))
            return found
        finally:
            close(dialled.connection)

    first, second = domain.namespace.run(ranges)

    assert {member_range(description) for description, _ in first[0].attributes} == {(0, 9)}
    assert {member_range(description) for description, _ in second[0].attributes} == {(10, None)}
    everyone = {value for _, value in first[0].attributes + second[0].attributes}
    assert len(everyone) == 23

    members = Members(BASE)
    members.members(first[0])
    following = members.next()
    assert following is not None
    assert following.attributes == ("member;range=10-*",)
    members.members(second[0])
    assert members.next() is None


# ── evidence that is not there ───────────────────────────────────────────────────────────────────────────────────


def test_without_any_one_piece_of_evidence_nothing_is_better_known(asked_domain: Asked) -> None:
    whole = {fact.ids: fact for fact in asked_domain.said if not isinstance(fact, (BlindSpot, Directory))}
    for lost in range(len(asked_domain.evidence)):
        kept = asked_domain.evidence[:lost] + asked_domain.evidence[lost + 1 :]
        without = dataclasses.replace(asked_domain, evidence=kept)
        left = [fact for fact in without.said if not isinstance(fact, (BlindSpot, Directory))]
        blind = {kind for spot in without.blind_spots for kind in spot.kinds}
        for kind in (Account, Computer, Group, DomainPolicy):
            gone = [fact for fact in whole.values() if type(fact) is kind and fact.ids not in {one.ids for one in left}]
            assert not gone or kind.__name__ in blind
        for fact in left:
            if fact.ids not in whole:
                assert isinstance(fact, CertificateTemplate)
                assert isinstance(fact.access, Missing)
                continue
            for field in fact.__struct_fields__:
                value, before = getattr(fact, field), getattr(whole[fact.ids], field)
                if field == "members" and value != before:
                    assert isinstance(value, Missing) or "Group" in blind
                elif field != "evidence":
                    assert value == before


# ── a hardened domain ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def asked_hardened(domain: SambaDomain, domain_scope: DirectoryScope, asked_domain: Asked) -> Iterator[Asked]:
    """The domain without Authenticated Users in Pre-Windows 2000 Compatible Access: few attributes may be read."""
    assert asked_domain.evidence, "it is asked as it was before"
    domain.namespace.run(lambda: pre_windows_2000(domain, ldap3.MODIFY_DELETE))
    yield domain.namespace.run(lambda: ask(domain_scope, secret=lambda _: PASSWORD))
    domain.namespace.run(lambda: pre_windows_2000(domain, ldap3.MODIFY_ADD))


def pre_windows_2000(domain: SambaDomain, change: str) -> None:
    tls = ldap3.Tls(validate=ssl.CERT_NONE)
    server = ldap3.Server(domain.address, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    with ldap3.Connection(server, "administrator@hosp.example", ADMIN_PASSWORD, auto_referrals=False) as connection:
        connection.modify(
            f"CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{BASE}",
            {"member": [(change, [f"CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}"])]},
        )
        assert connection.result["description"] == "success", connection.result


def test_where_attributes_are_hidden_nothing_is_taken_for_absent(asked_hardened: Asked) -> None:
    plain = account(asked_hardened, "nurse.plain")

    hidden = (plain.sid_history, plain.resource_delegation, plain.encryption_types, plain.info)
    for value in (plain.user_account_control, plain.last_logon, plain.password_last_set, plain.admin_count, *hidden):
        assert isinstance(value, Missing)
        assert value.why == "not-readable"


def test_what_may_still_be_read_is_known(asked_hardened: Asked) -> None:
    assert account(asked_hardened, "svc-sql").service_principals == (
        "HTTP/app1.hosp.example",
        "MSSQLSvc/sql1.hosp.example:1433",
    )
    assert account(asked_hardened, "nurse.plain").description == "Ward 3"
