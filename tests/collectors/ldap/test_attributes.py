from __future__ import annotations

import pytest

from posture.collectors.ldap.attributes import SEARCHES, is_privileged, why_missing

ASKED = {
    "objectguid",
    "objectclass",
    "whencreated",
    "useraccountcontrol",
    "pwdlastset",
    "description",
    "lastlogontimestamp",
    "admincount",
    "ntsecuritydescriptor",
    "pwdlastsuccess",
    "pwdaccountlockedtime",
}


@pytest.mark.parametrize(
    ("attribute", "shown", "why"),
    [
        ("lastLogonTimestamp", {"whencreated"}, "absent"),
        ("adminCount", {"whencreated", "objectguid"}, "absent"),
        ("description", {"objectguid"}, "absent"),
        ("lastLogonTimestamp", {"objectguid", "useraccountcontrol"}, "not-readable"),
        ("adminCount", {"objectguid"}, "not-readable"),
        ("description", set(), "not-readable"),
        ("userAccountControl", {"whencreated", "objectguid"}, "not-readable"),
        ("pwdLastSet", {"whencreated"}, "not-readable"),
        ("whenCreated", {"objectguid"}, "not-readable"),
        ("operatingSystem", {"whencreated"}, "not-asked"),
        ("nTSecurityDescriptor", {"whencreated", "objectguid"}, "not-readable"),
        ("pwdLastSuccess", {"pwdchangedtime"}, "not-readable"),
        ("pwdAccountLockedTime", {"pwdlastsuccess"}, "absent"),
        ("pwdAccountLockedTime", {"objectclass"}, "not-readable"),
    ],
)
def test_absent_is_only_what_would_have_been_shown(attribute: str, shown: set[str], why: str) -> None:
    assert why_missing(attribute, ASKED, shown).why == why


def test_where_nobody_knows_what_was_asked_nothing_is_absent() -> None:
    assert why_missing("adminCount", None, {"whencreated"}).why == "not-asked"


def test_an_asterisk_asks_all() -> None:
    assert why_missing("adminCount", {"*"}, {"whencreated"}).why == "absent"


def test_every_search_of_active_directory_asks_the_witness() -> None:
    for search in SEARCHES.values():
        if "objectGUID" in search.attributes:
            assert "whenCreated" in search.attributes


@pytest.mark.parametrize(
    ("sid", "name", "admin_count", "yes"),
    [
        ("S-1-5-21-1-2-3-512", "Domänen-Admins", False, True),
        ("S-1-5-21-1-2-3-513", "Domain Users", False, False),
        ("S-1-5-32-551", "Backup Operators", False, True),
        ("S-1-5-32-545", "Users", False, False),
        ("S-1-5-21-1-2-3-1101", "DnsAdmins", False, True),
        ("S-1-5-21-1-2-3-1500", "Ward", False, False),
        ("S-1-5-21-1-2-3-1500", "Ward", True, True),
        ("", "", False, False),
    ],
)
def test_privileged_groups_are_known_by_their_sid(sid: str, name: str, admin_count: bool, yes: bool) -> None:
    assert is_privileged(sid, name, admin_count) is yes
