from __future__ import annotations

import hashlib
import struct
import subprocess
from base64 import b64encode
from itertools import permutations
from pathlib import Path

import pytest
from lab.directories import SUFFIX

from posture.collectors.ldap import LdapCollector
from posture.collectors.ldap.ldif import write
from posture.demo.slapd import Slapd
from posture.errors import PostureError
from posture.facts import Account, BlindSpot, CertificateTemplate, Directory, Group, Missing, PasswordPolicy, Person
from posture.model import AskedLdap, Evidence
from posture.scope import Scope

PUBLIC = Path(__file__).parents[2] / "data/ldif/public"
HEADER = (
    "# extended LDIF\n#\n# LDAPv3\n# base <{base}> with scope subtree\n# filter: {filter}\n# requesting: {asked}\n#\n\n"
)
END = "\n# search result\nsearch: 2\nresult: {result}\n"
USER = """\
dn: CN=nurse,DC=hosp,DC=example
objectClass: top
objectClass: user
whenCreated: 20240101000000.0Z
sAMAccountName: nurse
objectSid:: AQUAAAAAAAUVAAAAeu+g3m4BF2kJPcDLWwQAAA==
userAccountControl: -2147483136
userPassword: {SSHA}abcdef
"""


def load(text: str | bytes, name: str = "users.ldif") -> list[Evidence]:
    payload = text.encode() if isinstance(text, str) else text
    return list(LdapCollector().load(payload, name, hashlib.sha256(payload).hexdigest()))


def read(*records: Evidence) -> list[object]:
    return list(LdapCollector().read(records, Scope.of_files()))


@pytest.mark.parametrize(
    ("head", "name", "yes"),
    [
        (b"version: 1\n\ndn: cn=x\n", "x", True),
        (b"dn: cn=x\n", "x.txt", True),
        (b"dn:: Y249eA==\n", "x.txt", True),
        (b"# extended LDIF\n#\n", "x", True),
        (b"\xef\xbb\xbf\r\n# hello\r\n\r\nDN: cn=x\r\n", "x", True),
        (b"# a long comment", "x.ldif", True),
        (b"# a long comment", "x.txt", False),
        (b"<?xml version='1.0'?><nmaprun>", "scan.xml", False),
        (b".1.3.6.1.2.1.1.1.0 = STRING: x", "walk.txt", False),
        (b"1.3.6.1.2.1.1.1.0|4|x", "a.snmprec", False),
        (b"", "x", False),
    ],
)
def test_ldif_is_recognised_by_what_is_in_it(head: bytes, name: str, yes: bool) -> None:
    assert LdapCollector().sniff(head, name) is yes


def test_a_bad_line_names_file_and_line_and_leaves_nothing() -> None:
    with pytest.raises(PostureError) as caught:
        load(USER + "\n" + "dn: cn=x\ncn Winter-2024\n")

    assert caught.value.where == "users.ldif:11"
    assert "expected" in str(caught.value)
    assert "Winter" not in str(caught.value)


def test_utf_16_and_files_with_nothing_in_them_are_named() -> None:
    with pytest.raises(PostureError, match="UTF-16"):
        load(USER.encode("utf-16"))
    with pytest.raises(PostureError, match="no LDIF entry"):
        load("# nothing\n")


def test_secrets_never_become_evidence() -> None:
    (record,) = load(USER)

    assert b"abcdef" not in record.payload
    assert b"{masked;scheme=SSHA}" in record.payload
    assert record.envelope.masked == ("userPassword",)
    assert record.envelope.source.sha256 == hashlib.sha256(USER.encode()).hexdigest()
    assert record.envelope.source.name == "users.ldif"


def test_the_same_file_is_the_same_evidence() -> None:
    assert load(USER) == load(USER)
    assert load(USER)[0].envelope.started is None


def test_in_a_bare_file_what_is_not_there_was_perhaps_not_asked() -> None:
    (account,) = [fact for fact in read(*load(USER)) if isinstance(fact, Account)]

    assert account.user_account_control == -2147483136
    assert account.sid == "S-1-5-21-3735089018-1763115374-3418373385-1115"
    assert account.place is None
    assert isinstance(account.last_logon, Missing)
    assert account.last_logon.why == "not-asked"


def test_a_bare_file_does_not_show_that_it_holds_everybody() -> None:
    (spot,) = [spot for spot in read(*load(USER)) if isinstance(spot, BlindSpot)]

    assert spot.kinds == ("Account",)
    assert "all users" in spot.why


def test_what_ldapsearch_says_it_asked_is_what_was_asked() -> None:
    text = HEADER.format(base="DC=hosp,DC=example", filter="(objectClass=*)", asked="ALL ") + USER
    text += END.format(result="0 Success")

    (record,) = load(text)
    account, *spots = read(record)

    assert record.envelope.asked == AskedLdap(
        base="DC=hosp,DC=example", scope="subtree", filter="(objectClass=*)", attributes=("*",)
    )
    assert account.last_logon == Missing("absent", "lastLogonTimestamp is not set")
    assert account.password_last_set.why == "not-readable", "every account has it"
    assert not spots, "it asked the whole domain, and came to its end"


@pytest.mark.parametrize(
    ("base", "wanted", "end", "outcome"),
    [
        ("DC=hosp,DC=example", "(objectClass=*)", "result: 4 Size limit exceeded\n", "partial"),
        ("DC=hosp,DC=example", "(objectClass=*)", "", "partial"),
        (
            "DC=hosp,DC=example",
            "(objectClass=*)",
            "search: 2\nresult: 0 Success\npagedresults: cookie=AQ==\n",
            "partial",
        ),
        ("OU=Ward,DC=hosp,DC=example", "(objectClass=*)", END.format(result="0 Success"), "complete"),
        ("DC=hosp,DC=example", "(sn=a*)", END.format(result="0 Success"), "complete"),
    ],
)
def test_less_than_the_whole_domain_is_a_blind_spot(base: str, wanted: str, end: str, outcome: str) -> None:
    records = load(HEADER.format(base=base, filter=wanted, asked="ALL") + USER + "\n" + end)

    assert records[-1].envelope.outcome == outcome
    assert [spot.kinds for spot in read(*records) if isinstance(spot, BlindSpot)] == [("Account",)]


def test_two_searches_in_one_file_say_nothing_of_either() -> None:
    one = HEADER.format(base="DC=hosp,DC=example", filter="(objectClass=*)", asked="cn") + END.format(
        result="0 Success"
    )

    (record,) = load(one + "\n" + HEADER.format(base="DC=hosp,DC=example", filter="(cn=x)", asked="ALL") + USER)

    assert record.envelope.asked is None


def test_files_about_one_subject_are_one_fact_in_any_order() -> None:
    more = "dn: cn=Nurse, dc=hosp, dc=example\nobjectClass: user\ndescription: Ward 3\n"
    more += "objectGUID:: JaJUGusJSkOusFyIMFlk8w==\n"
    first, second = load(USER)[0], load(more, "more.ldif")[0]

    forth, back = read(first, second), read(second, first)

    assert forth == back
    account = forth[0]
    assert (account.login, account.description) == ("nurse", "Ward 3")
    assert [key.partition(":")[0] for key in account.ids] == ["guid", "sid", "account"]
    assert account.evidence == tuple(sorted((first.id, second.id)))


def test_a_large_file_comes_in_parts() -> None:
    users = "\n".join(USER.replace("nurse", f"nurse{number}") for number in range(5001))
    text = HEADER.format(base="DC=hosp,DC=example", filter="(objectClass=*)", asked="ALL") + users
    records = load(text + END.format(result="0 Success"))

    assert [record.envelope.asked.part for record in records] == [1, 2]
    assert len([fact for fact in read(*records) if isinstance(fact, Account)]) == 5001
    assert [spot for spot in read(*records) if isinstance(spot, BlindSpot)] == []
    assert [spot for spot in read(records[1]) if isinstance(spot, BlindSpot)] != [], "the first part is lost"


@pytest.mark.parametrize("classes", [True, False])
def test_computers_groups_and_service_accounts_are_told_apart(classes: bool) -> None:
    lines = {
        "ws": ("user\nobjectClass: computer", 805306369, 4096),
        "gmsa": ("computer\nobjectClass: msDS-GroupManagedServiceAccount", 805306369, 4096),
        "staff": ("group", 268435456, None),
        "nurse": ("user", 805306368, 512),
    }
    text = "".join(
        f"dn: CN={name},DC=hosp\n"
        + (f"objectClass: {kind}\n" if classes else "")
        + f"sAMAccountType: {number}\n"
        + (f"userAccountControl: {control}\n" if control else "")
        + "\n"
        for name, (kind, number, control) in lines.items()
    )

    kinds = {fact.name: type(fact).__name__ for fact in read(*load(text)) if not isinstance(fact, BlindSpot)}

    expected = {"ws": "Computer", "gmsa": "Account" if classes else "Computer", "staff": "Group", "nurse": "Account"}
    assert kinds == expected


def test_members_in_ranges_are_put_together_and_a_gap_is_told() -> None:
    def part(span: str, *names: str) -> Evidence:
        lines = "".join(f"member;range={span}: CN={name},DC=hosp\n" for name in names)
        return load(f"dn: CN=staff,DC=hosp\nobjectClass: group\nmember:\n{lines}")[0]

    first, second, last = part("0-1", "a", "b"), part("2-3", "c", "d"), part("4-*", "e")

    def members(*records: Evidence) -> object:
        (group,) = [fact for fact in read(*records) if isinstance(fact, Group)]
        return group.members

    assert members(last, first, second) == tuple(f"CN={name},DC=hosp" for name in "abcde")
    for cut in ((first, last), (second, last), (first, second), (first,)):
        assert isinstance(members(*cut), Missing)


def test_names_lose_control_characters_and_marks_that_turn_text_around() -> None:
    dn = "CN=ev\u202eil\x1b[31m,DC=hosp".encode()
    (record,) = load(b"dn:: " + b64encode(dn) + b"\nobjectClass: user\nsAMAccountName: x\n")

    assert read(record)[0].dn == "CN=ev il [31m,DC=hosp"


@pytest.mark.parametrize(
    "line",
    [
        "userAccountControl: yes",
        "pwdLastSet: 99999999999999999999",
        "pwdLastSet: -5",
        "whenCreated: 20249901000000.0Z",
        "objectSid:: AQ==",
        "objectGUID:: AQ==",
        "primaryGroupID: x",
    ],
)
def test_a_value_that_can_not_be_read_is_not_readable_and_raises_nothing(line: str) -> None:
    (account,) = [
        fact for fact in read(*load(f"dn: CN=x,DC=hosp\nobjectClass: user\n{line}\n")) if isinstance(fact, Account)
    ]

    values = [account.user_account_control, account.password_last_set, account.created, account.sid]
    assert all(isinstance(value, Missing) for value in values)


def test_an_imported_root_dse_is_a_directory_that_nobody_tried_to_get_into() -> None:
    text = "dn:\nobjectClass: top\nsupportedCapabilities: 1.2.840.113556.1.4.800\n"
    text += "defaultNamingContext: DC=hosp\ndomainFunctionality: 7\n"

    (directory,) = read(*load(text))

    assert isinstance(directory, Directory)
    assert (directory.kind, directory.base, directory.functional_level) == ("active-directory", "DC=hosp", 7)
    assert directory.attempts == ()
    assert isinstance(directory.controls, Missing)


def test_of_two_root_dses_none_is_lost() -> None:
    one = load("dn:\nobjectClass: OpenLDAProotDSE\nnamingContexts: dc=ward\n", "ward.ldif")
    other = load("dn:\nobjectClass: OpenLDAProotDSE\nnamingContexts: dc=lab\nvendorName: x\n", "lab.ldif")

    assert [fact.name for fact in read(*one, *other, *one) if isinstance(fact, Directory)] == ["dc=lab", "dc=ward"]


# ── files that nobody here wrote ─────────────────────────────────────────────────────────────────────────────────


def test_openldaps_own_test_data() -> None:
    payload = (PUBLIC / "openldap-ppolicy.ldif").read_bytes()

    (record,) = load(payload, "openldap-ppolicy.ldif")
    policies = {fact.name: fact for fact in read(record) if isinstance(fact, PasswordPolicy)}

    assert len(policies) == 5
    standard = policies["cn=Standard Policy, ou=Policies, dc=example, dc=com"]
    assert (standard.min_length, standard.lockout, standard.max_failures) == (5, True, 3)
    assert isinstance(policies["cn=Another Policy, ou=Policies, dc=example, dc=com"].min_length, Missing)
    for password in (b"testpassword", b"testpw", b"kfhgkjhfdgkfd"):
        assert password in payload
        assert password not in record.payload


def test_keycloaks_example() -> None:
    (record,) = load((PUBLIC / "keycloak-users.ldif").read_bytes(), "keycloak-users.ldif")

    assert record.payload.count(b"userPassword: {masked;scheme=clear}\n") == 2
    *people, spot = read(record)
    assert [type(fact) for fact in people] == [Person, Person]
    assert isinstance(spot, BlindSpot)
    assert spot.kinds == ("Person",), "more people may be in the directory"


def test_ldapsearch_of_a_real_server_is_imported(weak: Slapd) -> None:
    command = ["ldapsearch", "-x", "-H", f"ldap://{weak.address}", "-b", SUFFIX, "(objectClass=*)"]
    (record,) = load(subprocess.run(command, capture_output=True, check=True).stdout, "export.ldif")

    assert record.envelope.outcome == "complete"
    assert record.envelope.masked == ("userPassword",)
    assert b"of-the-nurse" not in record.payload
    (policy,) = [fact for fact in read(record) if isinstance(fact, PasswordPolicy)]
    assert (policy.min_length, policy.lockout) == (6, False)


def search(base: str, user: str, *, whole: bool = True, control: int = 512) -> str:
    entry = USER.replace("nurse", user).replace("DC=hosp,DC=example", base).replace("-2147483136", str(control))
    head = HEADER.format(base=base, filter="(objectClass=user)", asked="ALL")
    return head + entry + END.format(result="0 Success") if whole else entry


def test_a_whole_domain_does_not_make_another_one_whole() -> None:
    whole = load(search("DC=hosp,DC=example", "nurse"))
    child = load(search("DC=lab,DC=hosp,DC=example", "dora", whole=False), "child.ldif")

    assert [spot for spot in read(*whole) if isinstance(spot, BlindSpot)] == []
    assert [spot.kinds for spot in read(*whole, *child) if isinstance(spot, BlindSpot)] == [("Account",)]


def test_a_domain_without_its_policy_beside_one_with_it_is_a_blind_spot() -> None:
    policy = "dn: DC=hosp,DC=example\nobjectClass: domainDNS\nminPwdLength: 14\n"
    records = [*load(policy, "policy.ldif"), *load(search("DC=lab,DC=hosp,DC=example", "dora"), "child.ldif")]

    assert ("DomainPolicy",) in [spot.kinds for spot in read(*records) if isinstance(spot, BlindSpot)]


def test_files_that_contradict_each_other_leave_it_unknown_in_any_order() -> None:
    old, new, again = (
        load(search("DC=hosp,DC=example", "nurse", control=control), f"{control}.ldif") for control in (66048, 512, 514)
    )
    for records in permutations((*old, *new, *again)):
        (nurse,) = [fact for fact in read(*records) if isinstance(fact, Account)]
        assert nurse.user_account_control == Missing("not-readable", "it was read twice, with different values")


def test_a_search_that_found_nothing_is_no_mistake_in_a_file() -> None:
    for payload in (b"version: 1\n", write([], end=(1, 0))):
        (record,) = load(payload)
        assert read(record) == []
    with pytest.raises(PostureError, match="no LDIF entry"):
        load(b"# nothing\n")


def test_the_groups_of_two_domains_do_not_share_those_whose_primary_group_they_are() -> None:
    def domain(base: str, user: str, number: int) -> str:
        sid = b64encode(bytes.fromhex("0105000000000005") + struct.pack("<5I", 21, 1, 2, number, 513)).decode()
        return (
            f"dn: CN=Domain Users,CN=Users,{base}\nobjectClass: group\nobjectSid:: {sid}\nmember: CN=x,{base}\n\n"
            f"dn: CN={user},CN=Users,{base}\nobjectClass: user\nsAMAccountName: {user}\nprimaryGroupID: 513\n\n"
        )

    both = load(domain("DC=hosp,DC=example", "anna", 3) + domain("DC=lab,DC=example", "ben", 4))
    members = {group.dn: group.members for group in read(*both) if isinstance(group, Group)}

    assert members == {
        "CN=Domain Users,CN=Users,DC=hosp,DC=example": (
            "CN=anna,CN=Users,DC=hosp,DC=example",
            "CN=x,DC=hosp,DC=example",
        ),
        "CN=Domain Users,CN=Users,DC=lab,DC=example": ("CN=ben,CN=Users,DC=lab,DC=example", "CN=x,DC=lab,DC=example"),
    }


def test_certificate_templates_are_found_in_whatever_export_they_stand() -> None:
    services = "CN=Public Key Services,CN=Services,CN=Configuration,DC=hosp"
    (record,) = load(
        f"dn: CN=CA,CN=Enrollment Services,{services}\nobjectClass: pKIEnrollmentService\ncn: CA\n"
        "certificateTemplates: Login\ncertificateTemplates: Hidden\n\n"
        f"dn: CN=Login,CN=Certificate Templates,{services}\nobjectClass: pKICertificateTemplate\ncn: Login\n"
        "msPKI-Certificate-Name-Flag: 1\npKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.2\nnTSecurityDescriptor:: AQAE\n\n"
        f"dn: CN=Other,CN=Certificate Templates,{services}\nobjectClass: pKICertificateTemplate\ncn: Other\n"
    )

    found = {fact.name: fact for fact in read(record) if isinstance(fact, CertificateTemplate)}

    assert set(found) == {"Login", "Hidden"}
    assert (found["Login"].published_by, found["Login"].name_flags) == (("CA",), 1)
    for missing in (found["Login"].access, found["Login"].key_usages, found["Hidden"].name_flags):
        assert isinstance(missing, Missing)
        assert missing.why != "absent"


@pytest.mark.parametrize(
    ("asked", "whole"),
    [
        ("(|(objectClass=user)(objectClass=group))", True),
        ("(|(objectClass=group)(OBJECTCLASS=USER)(cn=x))", True),
        ("(|(cn=x)(objectClass=group))", False),
        ("(&(objectClass=user)(cn=x))", False),
        ("(|(&(objectClass=user)(cn=x))(cn=y))", False),
        ("(!(|(objectClass=user)(cn=x)))", False),
    ],
)
def test_a_search_for_either_of_two_takes_in_all_of_both(asked: str, *, whole: bool) -> None:
    head = HEADER.format(base="DC=hosp,DC=example", filter=asked, asked="ALL")
    records = load(head + USER + END.format(result="0 Success"))

    assert bool([spot for spot in read(*records) if isinstance(spot, BlindSpot)]) is not whole
