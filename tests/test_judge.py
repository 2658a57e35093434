"""Facts in, observations out: silence is unknown, an error is an observation, and order makes no difference."""
# ruff: noqa: ARG001  # what these little checks take is the point of them

from __future__ import annotations

import random

import pytest

from posture.check import AsOf, Check, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, BlindSpot, Computer, Device, DomainPolicy, Facts, Host, Missing
from posture.judge import judge
from posture.model import Outcome, Severity
from posture.scope import AssetScope, DirectoryScope, OrganisationScope, Scope, Zone
from posture.testing import AS_OF, account, computer, device, domain_policy, host, run_check
from posture.thresholds import Thresholds

SCOPE = Scope(
    organisation=OrganisationScope(name="Test"), directory=(DirectoryScope(id="hosp", host="dc1", ephi="yes"),)
)


def define(function, name="a-check", severity=Severity.HIGH) -> Check:
    function.__doc__ = "It is so.\n\nWhy it matters:\n    Because.\n\nHow to fix:\n    Do it.\n"
    return check(name, title="It is not so", severity=severity)(function)


def run(checks, *facts, spots=()):
    return judge(facts, tuple(spots), checks if isinstance(checks, list) else [checks], SCOPE, AS_OF)


def spot(subject="directory:hosp", kind="Account", why="it broke off"):
    return BlindSpot(
        kinds=(kind,), subject=subject, name="hosp", place="hosp", why=why, answer="again", evidence=("b",)
    )


def by_flag(account: Account) -> Verdict:
    match account.user_account_control:
        case Missing() as why:
            return unknown(why)
        case 0:
            return not_applicable("it is nothing")
        case 1:
            raise RuntimeError("secret-in-an-exception")
        case 2:
            return failed("it is two")
        case 3:
            return failed("it is three", severity=Severity.LOW)
        case _:
            return passed("it is many")


def outcomes(observations):
    return [observation.outcome for observation in observations]


# ── silence ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_facts_and_no_blind_spot_is_unknown_for_the_whole_scope():
    (observation,) = run(define(by_flag))

    assert (observation.outcome, observation.subject) == (Outcome.UNKNOWN, "scope:account")
    assert observation.message == "No Active Directory account was looked at."
    assert observation.answer


def test_a_blind_spot_is_unknown_beside_facts_that_pass():
    observations = run(define(by_flag), account(control=9), spots=[spot()])

    assert {(each.outcome, each.subject or each.subjects) for each in observations} == {
        (Outcome.UNKNOWN, "directory:hosp"),
        (Outcome.PASS, ("account:hosp/anna",)),
    }
    (blind,) = [each for each in observations if each.outcome is Outcome.UNKNOWN]
    assert (blind.message, blind.answer, blind.evidence, blind.ephi) == ("it broke off", "again", ("b",), "yes")


def test_a_blind_spot_of_another_kind_says_nothing():
    (observation,) = run(define(by_flag), account(control=9), spots=[spot(kind="Group")])

    assert observation.outcome is Outcome.PASS


def test_a_blind_spot_of_the_same_subject_outweighs_its_pass():
    subject = account(control=9)

    (observation,) = run(define(by_flag), subject, spots=[spot(subject=subject.ids[0])])

    assert observation.outcome is Outcome.UNKNOWN


# ── errors ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_check_that_raises_is_an_error_about_its_subject_and_the_run_goes_on():
    observations = run(define(by_flag), account("one", control=1), account("two", control=2))

    assert {(each.outcome, each.subject_name) for each in observations} == {
        (Outcome.ERROR, "one"),
        (Outcome.FAIL, "two"),
    }
    assert "secret" not in repr(observations)


def raises(accounts: Facts[Account]):
    yield failed("one of them", about=accounts[0])
    raise RuntimeError


def gives_nothing(accounts: Facts[Account]):
    return []


def gives_none(accounts: Facts[Account]):
    return None


def gives_junk(accounts: Facts[Account]):
    return [passed("fine", about=accounts[0]), "fine"]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (raises, {(Outcome.FAIL, "account:hosp/anna"), (Outcome.ERROR, "scope:account")}),
        (gives_nothing, {(Outcome.ERROR, "scope:account")}),
        (gives_none, {(Outcome.ERROR, "scope:account")}),
        (gives_junk, {(Outcome.PASS, ""), (Outcome.ERROR, "scope:account")}),
    ],
)
def test_a_check_over_all_that_goes_wrong_keeps_what_it_said_and_is_an_error(function, expected):
    observations = run(define(function), account())

    assert {(each.outcome, each.subject) for each in observations} == expected


def test_a_check_of_one_fact_that_gives_no_verdict_is_an_error():
    def nothing(account: Account):
        return None

    assert outcomes(run(define(nothing), account())) == [Outcome.ERROR]


# ── over the whole set ───────────────────────────────────────────────────────────────────────────────────────────


def count(accounts: Facts[Account], computers: Facts[Computer], as_of: AsOf, thresholds: Thresholds, scope: Scope):
    told = f"{len(accounts)} {len(computers)} {as_of.at:%Y} {thresholds.password_min_length} {scope.organisation.name}"
    return failed(told, *accounts)


def test_a_check_gets_what_its_annotations_ask_for():
    (observation,) = run(define(count), account("one"), account("two"), computer())

    assert (observation.message, observation.subject) == ("2 1 2026 8 Test", "scope:account")
    assert observation.evidence == ("d" * 64,)


def test_a_kind_is_exact_so_a_computer_is_no_account():
    assert [each.subject for each in run(define(by_flag), computer(control=2))] == ["scope:account"]


def test_a_check_over_all_is_not_called_without_facts():
    assert outcomes(run(define(raises), spots=[spot()])) == [Outcome.UNKNOWN]


# ── more than one kind ───────────────────────────────────────────────────────────────────────────────────────────


def either(judged: Account | DomainPolicy) -> Verdict:
    return failed("a domain") if isinstance(judged, DomainPolicy) else failed("an account")


def test_a_check_of_two_kinds_judges_each_and_misses_neither():
    both = run(define(either), account(), domain_policy())
    one = run(define(either), account())

    assert {(each.message, each.subject_kind) for each in both} == {
        ("a domain", "domainpolicy"),
        ("an account", "account"),
    }
    assert {(each.outcome, each.subject) for each in one} == {
        (Outcome.FAIL, "account:hosp/anna"),
        (Outcome.UNKNOWN, "scope:domainpolicy"),
    }


# ── observations ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_passes_and_not_applicables_are_counted_sets_and_the_rest_is_one_a_subject():
    many = [account(f"many{number}", control=9) for number in range(3)]
    nothing = [account(f"nothing{number}", control=0) for number in range(2)]
    bad = [account(f"bad{number}", control=2) for number in range(2)]

    observations = run(define(by_flag), *many, *nothing, *bad, account("blind", control=None))

    counted = {each.outcome: (each.count, len(each.subjects)) for each in observations if each.count}
    assert counted == {Outcome.PASS: (3, 3), Outcome.NOT_APPLICABLE: (2, 2)}
    assert sorted(outcomes([each for each in observations if not each.count])) == ["fail", "fail", "unknown"]
    assert len({each.id for each in observations}) == len(observations)


def test_a_subject_has_its_worst_outcome_and_of_that_the_worst_severity():
    ids = ("account:hosp/anna",)
    facts = [account(control=number, ids=ids) for number in (0, 2, 3, 9)]

    (observation,) = run(define(by_flag), *facts)

    assert (observation.outcome, observation.severity) == (Outcome.FAIL, Severity.HIGH)
    assert observation.message == "it is three; it is two"


def test_facts_about_one_machine_are_one_subject():
    def always(judged: Device | Host) -> Verdict:
        return failed("bad")

    ids = ("snmp-engine:80", "address:unzoned/10.0.0.3")
    agent = device(ids=ids, name="switch", place="hosp")
    scanned = host(ids=ids[1:], address="10.0.0.3")

    (observation,) = run(define(always), agent, scanned)

    assert (observation.subject, observation.subject_name, observation.subject_kind) == (ids[0], "switch", "device")
    assert observation.ephi == "yes"


def test_a_verdict_without_evidence_has_that_of_its_fact():
    observations = run(define(by_flag), account(control=2), account("bert", control=9, evidence=("e" * 64,)))

    assert {each.outcome: each.evidence for each in observations} == {
        Outcome.FAIL: ("d" * 64,),
        Outcome.PASS: ("e" * 64,),
    }


def test_neither_the_order_of_facts_nor_of_checks_makes_a_difference():
    facts = [account(f"user{at}", control=at % 6) for at in range(12)]
    facts += [account("user1", control=9, evidence=(letter * 64,)) for letter in "xyz"]
    facts += [account("same", control=9, evidence=(letter * 64,)) for letter in "xyz"]
    facts += [domain_policy(), computer()]
    spots = [spot(why=why) for why in ("it broke off", "it was not asked")]
    checks = [define(by_flag), define(count, "another"), define(either, "third")]
    expected = run(checks, *facts, spots=spots)

    for seed in range(10):
        shuffled = random.Random(seed)  # noqa: S311  # an order, not a secret
        for items in (facts, spots, checks):
            shuffled.shuffle(items)
        assert run(checks, *facts, spots=spots) == expected


# ── one machine, several facts ───────────────────────────────────────────────────────────────────────────────────


def no_telnet(host: Host) -> Verdict:
    return passed("no") if host.tcp(23).state == "closed" else failed("yes")


def test_a_blind_spot_by_another_of_the_machines_identifiers_outweighs_its_pass():
    machine = host(closed="23")
    agent = device(ids=("snmp-engine:80aa", machine.ids[0]))

    (observation,) = run(define(no_telnet), machine, agent, spots=[spot(subject=machine.ids[0], kind="Host")])

    assert (observation.outcome, observation.subject) == (Outcome.UNKNOWN, "snmp-engine:80aa")


def test_a_machine_with_a_foot_where_the_records_are_reaches_them():
    zones = (Zone(id="guest", kind="guest", networks=("10.9.0.0/24",), ephi="no"),)
    zones += (Zone(id="ward", kind="clinical", networks=("10.1.0.0/24",), ephi="yes"),)
    scope = Scope(organisation=OrganisationScope(name="Test"), zone=zones)
    outside = host(address="10.9.0.1", ids=("mac:x/00:1b:21:00:00:01",), place="guest")
    inside = host(closed="23", address="10.1.0.1", ids=("address:ward/10.1.0.1",), place="ward")
    agent = device(ids=("snmp-engine:80aa", *outside.ids, *inside.ids), place="ward")

    observations = judge((outside, inside, agent), (), [define(no_telnet)], scope, AS_OF)

    assert [(each.outcome, each.ephi) for each in observations] == [(Outcome.FAIL, "yes")]


@pytest.mark.parametrize("declared", [{"zone": "no"}, {"asset": "zone:mgmt"}, {"asset": "10.9.0.0/24"}])
def test_a_machine_with_a_foot_in_no_zone_is_not_without_ephi(declared):
    zone = Zone(id="mgmt", kind="management", networks=("10.9.0.0/24",), ephi=declared.get("zone", "unknown"))
    assets = tuple(AssetScope(match=match, ephi="no") for name, match in declared.items() if name == "asset")
    scope = Scope(organisation=OrganisationScope(name="Test"), zone=(zone,), asset=assets)
    inside = host(ids=("serial:acme/AB1234",), address="10.9.0.7", place="mgmt", services={23: "telnet"})
    outside = device(ids=("serial:acme/AB1234",), address="192.0.2.1")
    (alone,) = run_check("telnet-offered", inside, scope=scope)
    (joined,) = run_check("telnet-offered", inside, outside, scope=scope)
    assert (alone.ephi, joined.ephi) == ("no", "unknown")


@pytest.mark.parametrize(
    ("match", "ephi"), [("10.9.0.7", "yes"), ("10.9.0.0/24", "yes"), ("10.9.0.8", "no"), ("zone:guest", "yes")]
)
def test_what_is_declared_of_a_machine_outweighs_its_zones_line(match, ephi):
    zones = (Zone(id="guest", kind="guest", networks=("10.9.0.0/24",), ephi="no"),)
    scope = Scope(organisation=OrganisationScope(name="Test"), zone=zones, asset=(AssetScope(match=match, ephi="yes"),))
    seen = Host(ids=("address:guest/10.9.0.7",), name="10.9.0.7", place="guest", address="10.9.0.7", evidence=("e",))

    (observation,) = judge([seen], (), [define(no_telnet)], scope, AS_OF)

    assert observation.ephi == ephi
