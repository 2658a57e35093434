"""What a domain that is set up well holds is decoded as it is: moments that never were, deleted, disabled, many."""

from __future__ import annotations

import pytest
from lab.directories import ask
from lab.samba import AUDITOR, PASSWORD, SambaDomain

from posture.facts import Account, Group, Missing
from posture.scope import Bind, DirectoryScope, SecretReference

DISABLED = 0x2


@pytest.fixture(scope="module")
def asked():
    with SambaDomain(populate=("harden_ad.py", "large_ad.py")) as domain:
        scope = DirectoryScope(
            id="ad",
            host=domain.address,
            ca_file=str(domain.ca_file),
            bind=Bind(user=AUDITOR, password=SecretReference(env="AUDIT")),
        )
        return domain.namespace.run(lambda: ask(scope, secret=lambda _: PASSWORD))


def account(asked, login):
    (found,) = [each for each in asked.facts(Account) if each.login == login]
    return found


def group(asked, name):
    (found,) = [each for each in asked.facts(Group) if each.name == name]
    return found


@pytest.mark.parametrize("login", ["ann.miller", "ben.okafor"])
def test_an_account_that_never_expires_says_so_in_two_ways(asked, login):
    expires = account(asked, login).expires

    assert isinstance(expires, Missing)
    assert expires.why == "absent"


def test_a_log_in_that_never_was_is_absent(asked):
    never, known = account(asked, "cleo.ruiz").last_logon, account(asked, "ann.miller").last_logon

    assert isinstance(never, Missing)
    assert never.why == "absent"
    assert not isinstance(known, Missing)


def test_a_disabled_account_is_there_and_a_deleted_one_is_not(asked):
    assert account(asked, "left.may").flag(DISABLED) is True
    assert account(asked, "ann.miller").flag(DISABLED) is False
    assert not [each for each in asked.facts(Account) if "deleted.june" in each.login]


def test_sids_are_read_from_their_bytes(asked):
    sid = account(asked, "ann.miller").sid

    assert sid.startswith("S-1-5-21-")
    assert account(asked, "Administrator").sid == f"{sid.rpartition('-')[0]}-500"


def test_groups_within_groups_have_their_members(asked):
    def names(group_name):
        return {dn.partition(",")[0] for dn in group(asked, group_name).members}

    assert names("Domain Admins") == {"CN=Administrator", "CN=Administrators-IT"}
    assert names("Administrators-IT") == {"CN=Administrators-Night"}
    assert names("Administrators-Night") == {"CN=ops.admin"}


def test_no_member_of_a_group_of_1600_is_left_out(asked):
    assert len(set(group(asked, "Everybody-Listed").members)) == 1600
