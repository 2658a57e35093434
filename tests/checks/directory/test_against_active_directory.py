"""The checks over what a real Active Directory domain answers (Samba): each weakness that was planted is found."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from lab.directories import ask
from lab.samba import ADMIN_PASSWORD, AUDITOR, PASSWORD, SambaDomain

from posture.check import AsOf
from posture.collectors.people import PeopleCollector
from posture.collectors.sysvol import SysvolCollector
from posture.facts import BlindSpot, Fact
from posture.model import Outcome
from posture.scope import Bind, DirectoryScope, SecretReference
from posture.testing import run_check


@pytest.fixture(scope="module")
def domain():
    with SambaDomain() as running:
        yield running


def asked_by(domain, user, password):
    scope = DirectoryScope(
        id="ad",
        host=domain.address,
        ca_file=str(domain.ca_file),
        bind=Bind(user=user, password=SecretReference(env="AUDIT")),
    )
    return domain.namespace.run(lambda: ask(scope, secret=lambda _: password))


@pytest.fixture(scope="module")
def asked(domain):
    return asked_by(domain, AUDITOR, PASSWORD)


def judged(asked, name):
    facts = [said for said in asked.said if isinstance(said, Fact)]
    spots = [said for said in asked.said if isinstance(said, BlindSpot)]
    return run_check(name, *facts, blind_spots=spots, scope=asked.scope, as_of=AsOf(datetime.now(UTC)))


@pytest.mark.parametrize(
    ("name", "failing"),
    [
        ("ad-password-length", {"hosp.example"}),
        ("ad-account-lockout", {"hosp.example"}),
        ("ad-password-complexity", {"hosp.example"}),
        ("ad-anyone-joins-computers", {"hosp.example"}),
        ("ad-reversible-encryption", {"reversible"}),
        ("ad-password-not-required", {"no.password"}),
        ("ad-password-never-expires", {"nurse.never"}),
        ("ad-asrep-roastable", {"no.preauth"}),
        ("ad-unconstrained-delegation", {"delegated", "SRV-DELEG$"}),
        ("ad-inactive-users", {"stale"}),
        ("ad-guest-enabled", set()),
        ("ad-krbtgt-password-age", set()),
        ("ad-functional-level", {"ad"}),
        ("ad-recycle-bin", {"ad"}),
        ("ad-anonymous-operations", set()),
        ("ad-sid-history", {"merged"}),
        ("ad-password-in-attribute", {"chatty", "noted"}),
        ("ad-laps-coverage", {"the whole scope"}),
        ("ad-laps-secret-readable", set()),
        ("ad-cleartext-password-attribute", set()),
        ("ad-protocol-transition-to-dc", {"impersonator"}),
        ("ad-resource-delegation-on-tier0", {"DC1$"}),
        ("ad-trust-weak", {"ad"}),
        ("ad-trust-without-sid-filtering", {"ad"}),
        ("ad-disabled-still-privileged", {"leaver"}),
        ("ad-kerberoastable-privileged", {"svc-backup"}),
        ("ad-inactive-computers", {"WS-XP$"}),
        ("ad-old-passwords", {"old.password"}),
        ("ad-builtin-administrator-used", {"Administrator"}),
        ("ad-too-many-privileged", set()),
        ("ad-operator-groups-not-empty", {"Print Operators"}),
        ("backup-operators-not-empty", set()),
        ("ad-privileged-not-protected", {"Administrator", "helper.desk", "nested.admin", "primary.admin"}),
        ("ad-orphaned-admincount", {"former.admin"}),
        ("ad-pre-windows-2000-access", {"Pre-Windows 2000 Compatible Access"}),
        ("ad-service-account-domain-admin", {"svc-backup"}),
        ("ad-single-domain-controller", {"hosp.example"}),
        ("ad-shared-accounts", {"ward3"}),
        ("ad-vendor-without-expiry", {"vendor-acme"}),
        ("ad-replication-rights", {"hosp.example"}),
        ("ad-certificate-template-esc1", {"AnyUserAnything", "AnyUserLogin"}),
        ("backup-server-domain-joined", {"BACKUP01$", "STORE02$"}),
        ("ldap-cleartext-bind-accepted", set()),
        ("ldaps-unavailable", set()),
    ],
)
def test_what_was_planted_fails_and_nothing_else_does(asked, name, failing):
    observations = judged(asked, name)

    assert {each.subject_name for each in observations if each.outcome is Outcome.FAIL} == failing
    assert {each.outcome for each in observations} <= {Outcome.PASS, Outcome.FAIL, Outcome.NOT_APPLICABLE}


def test_who_has_left_by_the_list_of_human_resources_and_can_still_log_in(asked):
    listed = b"Name,Login,Employee ID,End date\nJune,,4711,2026-01-31\nX,left.expired,,2026-01-31\n"
    listed += b"L,HOSP\\leaver,,2026-01-31\nN,nobody,,2026-01-31\n"
    leavers = PeopleCollector().read(PeopleCollector().load(listed, "leavers.csv", "a" * 64), asked.scope)
    facts = [said for said in asked.said if isinstance(said, Fact)]

    observations = run_check("ad-leaver-still-enabled", *leavers, *facts, as_of=AsOf(datetime.now(UTC)))

    assert {each.subject_name for each in observations if each.outcome is Outcome.FAIL} == {"left.june"}
    assert {each.subject_name for each in observations if each.outcome is Outcome.UNKNOWN} == {"nobody"}
    assert [each.count for each in observations if each.outcome is Outcome.PASS] == [2]


def test_passwords_in_group_policies_are_found_in_a_copy_of_sysvol(asked, domain):
    def judged_copy(**added):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as copy:
            for path in sorted(domain.sysvol.rglob("*")):
                copy.write(path, f"{domain.sysvol.name}/{path.relative_to(domain.sysvol)}")
            for guid, content in added.items():
                copy.writestr(f"{domain.sysvol.name}/Policies/{guid}/Machine/Preferences/Groups/Groups.xml", content)
        policies = SysvolCollector().read(SysvolCollector().load(out.getvalue(), "p.zip", "a" * 64), asked.scope)
        return run_check("ad-gpp-password", *policies, *(said for said in asked.said if isinstance(said, Fact)))

    (clean,) = judged_copy()
    assert (clean.outcome, clean.count) == (Outcome.PASS, 3)
    default = "{31B2F340-016D-11D2-945F-00C04FB984F9}"
    found = judged_copy(**{default: '<Groups clsid="1"><User><Properties cpassword="j1Uyj3Vx8TY9"/></User></Groups>'})
    assert [each.subject_name for each in found if each.outcome is Outcome.FAIL] == [default]


def test_guest_and_krbtgt_were_seen(asked):
    for name in ("ad-guest-enabled", "ad-krbtgt-password-age"):
        (observation,) = judged(asked, name)
        assert (observation.outcome, observation.count) == (Outcome.PASS, 1)


def test_what_an_ordinary_account_can_not_see_of_the_domain_is_unknown(asked):
    for name in ("ad-fine-grained-policy-weaker", "directory-backup-stale"):
        assert [each.outcome for each in judged(asked, name)] == [Outcome.UNKNOWN]


def test_what_is_hidden_from_an_ordinary_account_is_found_by_one_that_sees_it(domain):
    asked = asked_by(domain, "administrator@hosp.example", ADMIN_PASSWORD)

    for name in ("ad-fine-grained-policy-weaker", "ad-laps-secret-readable", "ad-cleartext-password-attribute"):
        assert [each.outcome for each in judged(asked, name)] == [Outcome.FAIL]


def test_weak_kerberos_encryption(asked):
    found = {each.subject_name: each.outcome for each in judged(asked, "ad-weak-kerberos-encryption")}

    assert {name for name, outcome in found.items() if outcome is Outcome.FAIL} == {"des.only", "rc4.only"}
    assert {name for name, outcome in found.items() if outcome is Outcome.UNKNOWN} >= {"svc-sql", "svc-backup"}
    assert not {"aes.only", "nurse.plain", "DC1$"} & set(found)


def test_trusts_are_named(asked):
    (filtering,) = judged(asked, "ad-trust-without-sid-filtering")
    assert "partner.example" in filtering.message
    assert "forest.example" in filtering.message
    assert "filtered.example" not in filtering.message


def test_the_checks_of_openldap_don_t_apply(asked):
    for name in ("openldap-anonymous-read", "openldap-cleartext-bind", "openldap-starttls-missing"):
        assert [each.outcome for each in judged(asked, name)] == [Outcome.NOT_APPLICABLE]
