"""Two files about one subject, of which one is old: what they don't agree on is not known, in whichever order."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime

import pytest

from posture.collectors.ldap import LdapCollector
from posture.facts import Account, CertificateTemplate, DomainPolicy, Missing, Person
from posture.scope import OrganisationScope, Scope

SCOPE = Scope(organisation=OrganisationScope(name="Test"))
PERSON = "dn: uid=anna,dc=hosp,dc=example\nobjectClass: inetOrgPerson\ncreateTimestamp: 20200101000000Z\n"
USER = (
    "dn: CN=anna,DC=hosp,DC=example\nobjectClass: user\nsAMAccountName: anna\nwhenCreated: 20200101000000.0Z\n"
    "userAccountControl: 512\n"
)
ALL_OF_IT = (
    "# extended LDIF\n#\n# LDAPv3\n# base <DC=hosp,DC=example> with scope subtree\n# filter: (objectClass=*)\n"
    "# requesting: *\n#\n\n"
)
TEMPLATE = ALL_OF_IT + (
    "dn: CN=CA,CN=Enrollment Services,CN=Configuration,DC=hosp,DC=example\nobjectClass: pKIEnrollmentService\ncn: CA\n"
    "whenCreated: 20200101000000.0Z\ncertificateTemplates: Web\n\n"
    "dn: CN=Web,CN=Certificate Templates,CN=Configuration,DC=hosp,DC=example\nobjectClass: pKICertificateTemplate\n"
    "cn: Web\nwhenCreated: 20200101000000.0Z\nmsPKI-Certificate-Name-Flag: 1\n"
)
DOMAIN = "dn: DC=hosp,DC=example\nobjectClass: domainDNS\nminPwdLength: 14\n"
EXPIRED, NEVER, TO_COME = (f"accountExpires: {ticks}\n" for ticks in (132539328000000000, 0, 150000000000000000))


def read(kind, *texts):
    collector = LdapCollector()
    records = [
        record
        for number, text in enumerate(texts)
        for record in collector.load(text.encode(), f"{number}.ldif", str(number) * 64)
    ]
    (fact,) = [said for said in collector.read(records, SCOPE) if type(said) is kind]
    return fact


def either_way(kind, field, one, other):
    first, second = (getattr(read(kind, *texts), field) for texts in ((one, other), (other, one)))
    assert first == second
    return first


@pytest.mark.parametrize("other", [NEVER, TO_COME])
def test_an_account_that_one_file_says_has_expired_may_work(other):
    found = either_way(Account, "expires", USER + EXPIRED, USER + other)
    assert found == Missing("not-readable", "it was read twice, with different values")


def test_an_entry_that_one_file_says_is_locked_for_good_may_be_so_no_more():
    for_good, for_a_while = (f"{PERSON}pwdAccountLockedTime: {time}\n" for time in ("000001010000Z", "20260101000000Z"))
    found = either_way(Person, "locked", for_good, for_a_while)
    assert found == Missing("not-readable", "it was read twice, with different values")


def test_the_later_of_two_log_ins_is_the_last_one():
    old, new = (f"{PERSON}pwdLastSuccess: {year}0101000000Z\n" for year in (2025, 2026))
    assert either_way(Person, "last_success", old, new) == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "one", "other"),
    [
        ("key_usages", "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.1\n", "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.2\n"),
        ("key_usages", "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.1\n", ""),
        ("signatures", "msPKI-RA-Signature: 1\n", ""),
        ("enrollment_flags", "msPKI-Enrollment-Flag: 2\n", ""),
    ],
)
def test_a_safeguard_of_a_certificate_template_that_one_file_alone_shows_may_be_gone(field, one, other):
    found = either_way(CertificateTemplate, field, TEMPLATE + one, TEMPLATE + other)
    assert found == Missing("not-readable", "it was read twice, with different values")


def test_who_owns_the_domain_is_not_known_where_two_files_differ():
    system, somebody = (
        base64.b64encode(struct.pack("<BBHIIII", 1, 0, 0x8004, 20, 0, 0, 0) + bytes.fromhex(sid)).decode()
        for sid in ("010100000000000512000000", "010100000000000501000000")
    )
    one, other = (f"{DOMAIN}nTSecurityDescriptor:: {value}\n" for value in (system, somebody))
    found = either_way(DomainPolicy, "owner", one, other)
    assert found == Missing("not-readable", "it was read twice, with different values")


def test_what_both_files_say_is_known():
    assert either_way(Account, "expires", USER + NEVER, USER + NEVER) == Missing("absent", "never")
    assert isinstance(either_way(Account, "expires", USER + EXPIRED, USER + EXPIRED), datetime)
