"""What is not set is told from what an ordinary account may not read: real directories, low-privileged log-ins."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime

import ldap3
import pytest
from lab.directories import AUDITOR, HOSPITAL, POLICY, SUFFIX, ask, loopback
from lab.samba import ADMIN_PASSWORD, BASE, PASSWORD, SambaDomain
from lab.samba import AUDITOR as AD_AUDITOR

from posture.check import AsOf
from posture.demo.certificates import make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.facts import BlindSpot, Computer, Fact, Missing, PasswordPolicy
from posture.model import Outcome
from posture.scope import Bind, DirectoryScope, SecretReference
from posture.testing import run_check

FOREST = f"CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,{BASE}"
POLICIES = f"CN=Password Settings Container,CN=System,{BASE}"


def outcomes(asked, name):
    facts = [said for said in asked.said if isinstance(said, Fact)]
    spots = [said for said in asked.said if isinstance(said, BlindSpot)]
    found = run_check(name, *facts, blind_spots=spots, scope=asked.scope, as_of=AsOf(datetime.now(UTC)))
    return {each.outcome for each in found}


def asked_as(domain, user, password):
    scope = DirectoryScope(
        id="ad",
        host=domain.address,
        ca_file=str(domain.ca_file),
        bind=Bind(user=user, password=SecretReference(env="AUDIT")),
    )
    return domain.namespace.run(lambda: ask(scope, secret=lambda _: password))


@pytest.fixture(scope="module")
def domain():
    with SambaDomain() as running:
        yield running


@pytest.fixture(scope="module")
def ordinary(domain):
    return asked_as(domain, AD_AUDITOR, PASSWORD)


@pytest.fixture(scope="module")
def administrator(domain):
    return asked_as(domain, "administrator@hosp.example", ADMIN_PASSWORD)


@pytest.fixture(scope="module")
def restricted(domain, ordinary, administrator):
    """As the ordinary account, after the forest's settings and the computers' properties were hidden from it."""
    assert ordinary.evidence
    assert administrator.evidence
    domain.namespace.run(lambda: hide(domain))
    return asked_as(domain, AD_AUDITOR, PASSWORD)


def hide(domain):
    sddl = "(D;;RP;;;AU)"
    domain._call(
        "samba-tool", "dsacl", "set", "-H", str(domain._folder / "private/sam.ldb"), f"--objectdn={FOREST}",
        "--action=deny", f"--sddl={sddl}", "-s", str(domain._folder / "etc/smb.conf"),
    )  # fmt: skip
    tls = ldap3.Tls(validate=ssl.CERT_NONE)
    server = ldap3.Server(domain.address, use_ssl=True, tls=tls, get_info=ldap3.NONE)
    with ldap3.Connection(server, "administrator@hosp.example", ADMIN_PASSWORD, auto_referrals=False) as connection:
        connection.modify(
            f"CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{BASE}",
            {"member": [(ldap3.MODIFY_DELETE, [f"CN=S-1-5-11,CN=ForeignSecurityPrincipals,{BASE}"])]},
        )
        assert connection.result["description"] == "success", connection.result


def why(value):
    return value.why if isinstance(value, Missing) else value


def test_a_setting_that_is_not_set_is_absent_and_one_that_is_hidden_is_not_readable(ordinary, restricted):
    assert why(ordinary.directory.heuristics) == "absent"
    assert why(restricted.directory.heuristics) == "not-readable"
    assert outcomes(ordinary, "ad-anonymous-operations") == {Outcome.PASS}
    assert outcomes(restricted, "ad-anonymous-operations") == {Outcome.UNKNOWN}


def test_fine_grained_policies_that_are_hidden_are_not_known_to_be_none(ordinary, administrator):
    assert ordinary.directory.fine_grained_policies == ()
    assert len(administrator.directory.fine_grained_policies) == 1
    assert outcomes(ordinary, "ad-fine-grained-policy-weaker") == {Outcome.UNKNOWN}
    assert outcomes(administrator, "ad-fine-grained-policy-weaker") == {Outcome.FAIL}


def test_a_computer_whose_properties_anybody_may_read_has_no_managed_password_where_none_is_shown(restricted):
    expiry = {computer.login: why(computer.laps_expiry) for computer in restricted.facts(Computer)}

    assert expiry["WS-XP$"] == "absent"
    assert not isinstance(expiry["SRV22$"], str)
    assert outcomes(restricted, "ad-laps-coverage") == {Outcome.FAIL}


def test_the_password_itself_is_confidential_and_only_its_presence_is_asked(ordinary, administrator):
    assert outcomes(ordinary, "ad-laps-secret-readable") == {Outcome.PASS}
    assert outcomes(administrator, "ad-laps-secret-readable") == {Outcome.FAIL}
    for asked in (ordinary, administrator):
        assert not [record for record in asked.evidence if b"L0cal-Secret-9" in record.payload]


# ── OpenLDAP ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def openldap(tmp_path_factory):
    ca = make_ca()
    ca_file = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca_file.write_bytes(ca.certificate)

    def audit(*access):
        address = loopback()
        bind = Bind(user=AUDITOR, password=SecretReference(env="AUDIT"))
        scope = DirectoryScope(id="staff", host=address, ca_file=str(ca_file), bind=bind)
        options = SlapdOptions(minimum_ssf=128, password_policy=True, rules=access)
        certificate = make_certificate(ca, [address])
        with Slapd(SUFFIX, HOSPITAL + POLICY, address=address, certificate=certificate, options=options):
            return ask(scope)

    return audit


def policy(asked):
    (found,) = asked.facts(PasswordPolicy)
    return found


def test_what_a_policy_leaves_out_is_absent_and_what_access_rules_hide_is_not_readable(openldap):
    hidden = "pwdAttribute,pwdMinLength,pwdMaxFailure,pwdLockout,pwdCheckQuality"
    shown, restricted = openldap(), openldap(f"access to filter=(objectClass=pwdPolicy) attrs={hidden} by * none")

    assert why(policy(shown).max_failures) == "absent"
    assert why(policy(restricted).max_failures) == "not-readable"
    assert why(policy(restricted).min_length) == "not-readable"
    assert outcomes(shown, "openldap-weak-password-policy") == {Outcome.FAIL}
    assert outcomes(restricted, "openldap-weak-password-policy") == {Outcome.UNKNOWN}


def test_a_policy_whose_whole_entry_is_hidden_is_not_known_to_be_missing(openldap):
    asked = openldap("access to filter=(objectClass=pwdPolicy) by * none")

    assert asked.facts(PasswordPolicy) == []
    assert outcomes(asked, "openldap-weak-password-policy") == {Outcome.UNKNOWN}
    assert Outcome.FAIL not in outcomes(asked, "openldap-no-password-policy")
