"""Exports for BloodHound as the facts that LDIF gives."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path

import msgspec
import pytest

from posture.collectors.ldap import LdapCollector
from posture.collectors.ldap.bloodhound import load_export, sniff_export
from posture.errors import PostureError
from posture.facts import Account, BlindSpot, Computer, DomainPolicy, Fact, Flags, Group, Missing
from posture.judge import judge
from posture.model import Evidence, Outcome
from posture.registry import load_checks
from posture.scope import Scope
from posture.testing import AS_OF

RECORDED = Path(__file__).parents[2] / "data" / "bloodhound"
SCOPE = Scope.of_files()
DOMAIN = "S-1-5-21-1004336348-1177238915-682003330"
CREATED = 1664482876
PLAIN = {
    **dict.fromkeys(("sensitive", "dontreqpreauth", "passwordnotreqd", "unconstraineddelegation"), False),
    **dict.fromkeys(("pwdneverexpires", "trustedtoauth", "admincount"), False),
    "enabled": True,
    "whencreated": CREATED,
    "pwdlastset": CREATED,
    "lastlogontimestamp": -1,
    "serviceprincipalnames": [],
    "sidhistory": [],
    "description": None,
}


def entry(name: str, rid: int, /, *, members: object = None, primary: int | None = 513, **properties: object) -> dict:
    said = {
        "ObjectIdentifier": f"{DOMAIN}-{rid}",
        "Properties": {
            "name": f"{name}@HOSP.EXAMPLE".upper(),
            "samaccountname": name,
            "domainsid": DOMAIN,
            "distinguishedname": f"CN={name},CN=USERS,DC=HOSP,DC=EXAMPLE".upper(),
            **properties,
        },
        "PrimaryGroupSID": f"{DOMAIN}-{primary}" if primary else None,
        "Aces": [{"PrincipalSID": f"{DOMAIN}-512", "RightName": "Owns", "IsInherited": False}],
    }
    return said if members is None else {**said, "Members": members}


def user(name: str = "anna", rid: int = 1104, /, **properties: object) -> dict:
    return entry(name, rid, **{**PLAIN, **properties})


def export(kind: str, *objects: object, **meta: object) -> bytes:
    said = {"type": kind, "version": 6, "count": len(objects), "methods": 521215, **meta}
    return json.dumps({"data": objects, "meta": said}).encode()


def loaded(*payloads: bytes) -> list[Evidence]:
    return [
        record
        for at, payload in enumerate(payloads)
        for record in LdapCollector().load(payload, f"{at}.json", str(at) * 64)
    ]


def facts(*payloads: bytes) -> list[Fact | BlindSpot]:
    return list(LdapCollector().read(loaded(*payloads), SCOPE))


def one(kind: type[Fact], *payloads: bytes) -> Fact:
    [found] = [fact for fact in facts(*payloads) if type(fact) is kind]
    return found


def anna(**properties: object) -> Account:
    return one(Account, export("users", user(**properties)))


# ── a recording ──────────────────────────────────────────────────────────────────────────────────────────────────


def recorded() -> list[bytes]:
    return [(RECORDED / f"{kind}.json").read_bytes() for kind in ("computers", "domains", "groups", "users")]


def test_a_recorded_export_gives_its_accounts_computers_and_groups():
    read = facts(*recorded())

    logins = {fact.login: fact for fact in read if isinstance(fact, Account)}
    assert set(logins) == {"Guest", "krbtgt", "SharpHound", "Jones", "ESC1-DC$", "ESC1-SERVER$"}
    assert logins["Guest"].flag(0x2) is True
    assert logins["Guest"].flag(0x20) is True
    assert logins["SharpHound"].flag(0x2) is False
    assert logins["SharpHound"].password_last_set == datetime(2022, 9, 29, 20, 21, 16, tzinfo=UTC)
    assert logins["Jones"].last_logon == Missing("absent", "lastlogontimestamp is not set")
    assert logins["ESC1-DC$"].operating_system == "Windows Server 2022 Datacenter Azure Edition"
    assert logins["ESC1-DC$"].primary_group == 516
    groups = {fact.name: fact for fact in read if isinstance(fact, Group)}
    assert groups["Guests"].members[-1] == "CN=GUEST,CN=USERS,DC=ESC1,DC=LOCAL"
    assert groups["Domain Controllers"].members == ("CN=ESC1-DC,OU=DOMAIN CONTROLLERS,DC=ESC1,DC=LOCAL",)
    assert "CN=S-1-5-11,CN=ForeignSecurityPrincipals,dc=esc1,dc=local" in groups["Users"].members
    assert "AUTHENTICATED USERS" not in groups  # an identity that the collector adds, and no entry
    assert not [fact for fact in read if isinstance(fact, DomainPolicy)]


def test_a_recorded_export_passes_no_check_over_the_whole_domain():
    read = facts(*recorded())
    spots = [fact for fact in read if isinstance(fact, BlindSpot)]
    checks = [check for check in load_checks().by_id.values() if check.id.startswith("ad-")]

    kinds = {kind for spot in spots for kind in spot.kinds}
    assert kinds == {"Account", "Computer", "Group", "DomainPolicy"}
    found = judge([fact for fact in read if isinstance(fact, Fact)], spots, checks, SCOPE, AS_OF)
    assert {said.outcome for said in found} >= {Outcome.PASS, Outcome.UNKNOWN}
    for whole in ("ad-laps-coverage", "ad-privileged-account-count"):
        assert Outcome.PASS not in {said.outcome for said in found if said.check == whole}


# ── what an account's properties say ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "bit"),
    [
        ("passwordnotreqd", 0x20),
        ("pwdneverexpires", 0x10000),
        ("unconstraineddelegation", 0x80000),
        ("sensitive", 0x100000),
        ("dontreqpreauth", 0x400000),
        ("trustedtoauth", 0x1000000),
    ],
)
def test_a_flag_is_told_by_its_name(name, bit):
    assert anna(**{name: True}).flag(bit) is True
    assert anna(**{name: False}).flag(bit) is False


def test_a_bit_that_is_not_told_is_not_known():
    account = anna()

    assert isinstance(account.user_account_control, Missing)
    assert account.flag(0x800).why == "not-asked"
    assert account.control(0x2 | 0x400000) == 0
    assert isinstance(account.control(0x2 | 0x800), Missing)


def test_the_number_itself_wins_where_it_is_told():
    account = anna(useraccountcontrol=0x410200)

    assert account.user_account_control == 0x410200
    assert account.flag(0x800) is False


@pytest.mark.parametrize("hidden", [{"whencreated": 0}, {"whencreated": None}])
def test_what_could_not_be_read_is_not_taken_for_no(hidden):
    account = anna(**hidden, pwdlastset=-1, useraccountcontrol=0, admincount=False, lastlogontimestamp=0)

    for value in (account.user_account_control, account.flag(0x2), account.flag(0x400000), account.admin_count):
        assert value.why == "not-readable"
    for value in (account.password_last_set, account.last_logon, account.service_principals, account.sid_history):
        assert value.why == "not-readable"


def test_a_flag_that_is_set_was_read():
    account = anna(whencreated=0, pwdlastset=-1, dontreqpreauth=True)

    assert account.flag(0x400000) is True
    assert account.flag(0x2) is False


def test_an_export_without_properties_tells_nothing_of_them():
    account = one(Account, export("users", entry("anna", 1104)))

    for value in (account.user_account_control, account.flag(0x2), account.last_logon, account.description):
        assert value.why == "not-asked"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (1701111309, datetime(2023, 11, 27, 18, 55, 9, tzinfo=UTC)),
        (0, "absent"),
        (-1, "absent"),
        (10**30, "not-readable"),
        (None, "absent"),
        ("soon", "not-readable"),
        (True, "not-readable"),
        ([], "not-readable"),
        ({"a": 1}, "not-readable"),
    ],
)
def test_times(seconds, expected):
    found = anna(lastlogontimestamp=seconds).last_logon

    assert (found.why if isinstance(found, Missing) else found) == expected


def test_to_whom_an_account_delegates_is_told_only_of_those_that_may_do_so_for_anybody():
    assert anna(trustedtoauth=False).delegates_to.why == "not-asked"
    assert anna(trustedtoauth=True, allowedtodelegate=["cifs/srv"]).delegates_to == ("cifs/srv",)


def test_lists_of_names_and_who_may_act():
    account = anna(serviceprincipalnames=["HTTP/b", "HTTP/a"])
    computers = [{**user("srv$", 1200), "AllowedToAct": acts} for acts in ([], [{"ObjectIdentifier": f"{DOMAIN}-1"}])]

    assert account.service_principals == ("HTTP/a", "HTTP/b")
    assert one(Computer, export("computers", computers[0])).resource_delegation.why == "not-asked"
    assert one(Computer, export("computers", computers[1])).resource_delegation is True


@pytest.mark.parametrize("names", [["cifs/srv", 7], ["cifs/srv"] * 10_001, [["cifs/dc"]], "cifs/srv"])
def test_a_list_that_is_not_read_whole_is_not_known(names):
    assert anna(trustedtoauth=True, allowedtodelegate=names).delegates_to.why == "not-readable"


def test_a_managed_local_password_has_no_date_here():
    with_laps = one(Computer, export("computers", user("ws$", 1201, haslaps=True)))
    without = one(Computer, export("computers", user("ws$", 1201, haslaps=False)))

    assert with_laps.laps_expiry.why == "not-asked"
    assert (without.laps_expiry.why, without.windows_laps_expiry.why) == ("absent", "not-asked")


def test_passwords_are_never_kept():
    said = user(description="Temp password: hunter2", userpassword="hunter3", unicodepassword="hunter4")

    [evidence] = loaded(export("users", said))
    account = anna(description="Temp password: hunter2")

    assert b"hunter" not in evidence.payload
    assert b"Aces" not in evidence.payload
    assert "description" in evidence.envelope.masked
    assert account.description == "Temp password: {masked;type=password}"


def test_hostile_text_is_inert():
    account = anna(description="\u202e\x1b[31m=cmd()", samaccountname="a\nb")

    assert account.description == "[31m=cmd()"
    assert account.login == "a b"


# ── groups ───────────────────────────────────────────────────────────────────────────────────────────────────────


def group(members: list[object], rid: int = 512, **more: object) -> dict:
    return entry("Domain Admins", rid, members=members, primary=None, whencreated=CREATED, **more)


def member(identifier: str) -> dict:
    return {"ObjectIdentifier": identifier, "ObjectType": "User"}


def test_members_are_named_as_the_directory_names_them():
    said = [
        member(f"{DOMAIN}-1104"),
        member(f"{DOMAIN}-9999"),
        member("S-1-5-21-1-2-3-500"),
        member("HOSP.EXAMPLE-S-1-5-11"),
        member("CN=LOST,OU=X,DC=HOSP,DC=EXAMPLE"),
    ]

    found = one(Group, export("groups", group(said)), export("users", user()))

    assert found.members == (
        f"<SID={DOMAIN}-9999>",
        "CN=ANNA,CN=USERS,DC=HOSP,DC=EXAMPLE",
        "CN=LOST,OU=X,DC=HOSP,DC=EXAMPLE",
        "CN=S-1-5-11,CN=ForeignSecurityPrincipals,dc=hosp,dc=example",
        "CN=S-1-5-21-1-2-3-500,CN=ForeignSecurityPrincipals,dc=hosp,dc=example",
    )


def test_whose_primary_group_it_is_is_a_member():
    found = one(Group, export("groups", group([])), export("users", {**user(), "PrimaryGroupSID": f"{DOMAIN}-512"}))

    assert found.members == ("CN=ANNA,CN=USERS,DC=HOSP,DC=EXAMPLE",)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (export("groups", group([]), methods=512), "not-asked"),
        (export("groups", group([]), methods=0), "not-asked"),
        (export("groups", {**group([]), "Members": None}), "not-asked"),
        (export("groups", entry("X", 512, members=[])), "not-readable"),
    ],
)
def test_a_group_whose_members_were_not_collected_is_not_empty(said, why):
    assert one(Group, said).members.why == why


# ── the domain ───────────────────────────────────────────────────────────────────────────────────────────────────


def domain(**properties: object) -> bytes:
    said = {
        "ObjectIdentifier": DOMAIN,
        "Properties": {"distinguishedname": "DC=HOSP,DC=EXAMPLE", "whencreated": CREATED, **properties},
    }
    return export("domains", said)


def test_the_policy_of_newer_exports():
    policy = one(
        DomainPolicy,
        domain(
            minpwdlength="7",
            pwdproperties="17",
            pwdhistorylength="24",
            lockoutthreshold="0",
            maxpwdage="42 days, 1 hour",
            lockoutduration="Forever",
            machineaccountquota="10",
        ),
    )

    assert (policy.name.casefold(), policy.min_length, policy.history) == ("hosp.example", 7, 24)
    assert (policy.complexity, policy.reversible_encryption, policy.lockout_threshold) == (True, True, 0)
    assert policy.max_password_age == timedelta(days=42, hours=1)
    assert policy.lockout_duration == Missing("absent", "no limit is set")
    assert policy.machine_account_quota == 10


def test_a_policy_that_is_not_told_is_none_and_one_that_is_hidden_is_unknown():
    assert not [fact for fact in facts(domain(functionallevel="2016")) if isinstance(fact, Fact)]
    policy = one(DomainPolicy, domain(minpwdlength=None, pwdproperties="x", maxpwdage="a while"))
    for value in (policy.min_length, policy.complexity, policy.max_password_age):
        assert value.why == "not-readable"


# ── beside LDIF ──────────────────────────────────────────────────────────────────────────────────────────────────

LDIF = f"""dn: CN=anna,CN=Users,DC=hosp,DC=example
objectClass: user
objectGUID:: AAECAwQFBgcICQoLDA0ODw==
objectSid: {DOMAIN}-1104
sAMAccountName: anna
userAccountControl: 512
pwdLastSet: 0
""".encode()


def test_ldif_wins_and_an_export_fills_in_whatever_order_they_come():
    said = export("users", user(pwdlastset=CREATED, description="from the export"))

    found = [one(Account, *order) for order in permutations((LDIF, said, export("groups", group([]))))]

    for account in found:
        assert account.ids[0].startswith("guid:")
        assert f"sid:{DOMAIN.lower()}-1104" in account.ids
        assert account.dn == "CN=anna,CN=Users,DC=hosp,DC=example"
        assert account.flag(0x400000) is False
        assert account.password_last_set == Missing("absent", "never")
        assert account.description == "from the export"
        assert len(account.evidence) == 2
    assert {msgspec.structs.replace(account, evidence=()) for account in found} == {
        msgspec.structs.replace(found[0], evidence=())
    }


@pytest.mark.parametrize("told", [{"enabled": False}, {"dontreqpreauth": True}, {"useraccountcontrol": 514}])
def test_flags_that_ldif_and_an_export_tell_differently_are_not_known(told):
    for order in permutations((LDIF, export("users", user(**told)))):
        account = one(Account, *order)
        assert account.user_account_control == Missing("not-readable", "it was read twice, with different values")
        assert isinstance(account.flag(0x2), Missing)


def test_flags_that_two_exports_tell_in_two_ways_and_differently_are_not_known():
    numbered, told = export("users", user(useraccountcontrol=514)), export("users", user(enabled=True))
    for order in permutations((numbered, told)):
        assert isinstance(one(Account, *order).flag(0x2), Missing)


def test_an_object_that_ldif_tells_of_leaves_no_blind_spot_of_the_exports():
    whys = [fact.why for fact in facts(LDIF, export("users", user())) if isinstance(fact, BlindSpot)]

    assert not [why for why in whys if "BloodHound" in why]


def test_members_by_sid_are_found_among_the_entries_of_ldif():
    found = one(Group, LDIF, export("groups", group([member(f"{DOMAIN}-1104")])))

    assert found.members == ("CN=anna,CN=Users,DC=hosp,DC=example",)


def test_two_exports_that_differ_decide_nothing():
    account = one(Account, export("users", user(dontreqpreauth=True)), export("users", user(dontreqpreauth=False)))

    assert isinstance(account.flag(0x400000), Missing)
    assert account.flag(0x20) is False


def test_taking_away_a_property_makes_no_verdict_good():
    checks = [check for check in load_checks().by_id.values() if check.kind in {"Account", "Computer"}]
    good = {Outcome.PASS, Outcome.NOT_APPLICABLE}
    weak = {"dontreqpreauth": True, "pwdneverexpires": True, "passwordnotreqd": True, "trustedtoauth": True}
    samples = [user(), user(**weak), user(useraccountcontrol=0x410220, **weak), user(enabled=False), entry("x", 1104)]

    def verdicts(said: dict) -> set[str]:
        read = facts(export("users", said), export("groups", group([])))
        found = judge([fact for fact in read if isinstance(fact, Fact)], (), checks, SCOPE, AS_OF)
        outcomes: dict[str, set[Outcome]] = {}
        for each in found:
            outcomes.setdefault(each.check, set()).add(each.outcome)
        return {name for name, seen in outcomes.items() if seen <= good}

    tried = 0
    for said in samples:
        before = verdicts(said)
        for name in said["Properties"]:
            less = {**said, "Properties": {key: value for key, value in said["Properties"].items() if key != name}}
            hidden = {**said, "Properties": {**said["Properties"], name: None}}
            for each in (less, hidden):
                tried += 1
                assert name == "distinguishedname" or verdicts(each) <= before, name
    assert tried > 100


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files:
            written.writestr(name, content)
    return out.getvalue()


def test_an_archive_is_read_as_sharphound_writes_it():
    packed = archive(
        [("20240101_gpos.json", export("gpos")), ("20240101_users.json", b"\xef\xbb\xbf" + export("users", user()))]
    )

    assert LdapCollector().sniff(packed, "x.zip")
    assert one(Account, packed).login == "anna"
    names = [record.envelope.source.name for record in loaded(packed)]
    assert names == ["0.json/20240101_gpos.json", "0.json/20240101_users.json"]


def test_large_exports_come_in_parts():
    records = loaded(export("users", *(user(f"u{number}", 2000 + number) for number in range(5001))))

    assert len(records) == 2
    assert len([fact for fact in LdapCollector().read(records, SCOPE) if isinstance(fact, Account)]) == 5001


def test_an_export_that_holds_less_than_it_says_is_not_whole():
    [record] = loaded(export("users", user(), {"ObjectIdentifier": 7}, count=9))

    assert record.envelope.outcome == "partial"
    assert record.envelope.problem == "it says that it holds 9 users, and holds 2; 1 of its users can't be read"
    spots = [fact.why for fact in LdapCollector().read([record], SCOPE) if isinstance(fact, BlindSpot)]
    assert record.envelope.problem in spots


@pytest.mark.parametrize("damage", [7, "x", [], {}, None, True, 1e300, 10**40])
def test_values_of_the_wrong_type_are_silence(damage):
    names = {*PLAIN, "useraccountcontrol", "operatingsystem", "haslaps", "samaccountname", "name", "domainsid"}
    for name in names:
        for fact in facts(
            export("users", user(**{name: damage})), export("computers", user("w$", 1, **{name: damage}))
        ):
            assert isinstance(fact, Fact | BlindSpot)


BOMB = archive([("a_users.json", b'{"data": [' + b" " * 200_000_000 + b"]}")])


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (export("users", user())[:-20], "no whole export"),
        (b'{"data": [{"ObjectIdentifier": ' + b"[" * 200_000, "nested deeper|no whole export"),
        (b'{"meta": {"type": "users", "version": 6}, "data": {"ObjectIdentifier": 1}}', "no whole export"),
        (b'{"data": [{"ObjectIdentifier": "S-1"}]}', "no whole export"),
        (export("users", user(), version=3), "version 3"),
        (export("users", user(), version=10**40), "no whole export"),
        (export("users", {"ObjectIdentifier": 1}, {"ObjectIdentifier": 2}), "none of its 2 users can be read"),
        (BOMB, "unpacks to more than 200 times its size"),
        (archive([("a_users.json", export("users", user()))])[:-40], "the archive can't be read"),
    ],
)
def test_a_hostile_file_gives_one_clear_error(payload, why):
    assert sniff_export(payload)
    with pytest.raises(PostureError, match=why) as caught:
        list(load_export(payload, "ward.json", "0" * 64))
    assert caught.value.where.startswith("ward.json")


def test_a_locked_archive_is_refused():
    packed = bytearray(archive([("a_users.json", export("users", user()))]))
    packed[packed.index(b"PK\x01\x02") + 8] |= 1

    with pytest.raises(PostureError, match="locked with a password"):
        list(load_export(bytes(packed), "x", "0" * 64))


def test_access_lists_are_never_built():
    heavy = user()
    heavy["Aces"] = heavy["Aces"] * 200
    payload = export("users", *[heavy] * 400)
    tracemalloc.start()
    loaded(payload)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(payload) > 8_000_000
    assert peak < 2_000_000


def test_flags_of_several_bits():
    account = anna()

    assert account.flags == Flags(on=0, off=0x2 | 0x20 | 0x10000 | 0x80000 | 0x100000 | 0x400000 | 0x1000000)
    assert anna(dontreqpreauth=True).flag(0x400000 | 0x800) is True
