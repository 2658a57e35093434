"""What became of each check about each subject: above all, nothing is called fixed that was not truly passed."""

from collections.abc import Iterable

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from posture import assess, registry
from posture.assessment import Asset, Observation
from posture.facts import Fact
from posture.history.compare import Change, Comparison, Source, compared
from posture.history.subjects import Subjects
from posture.inventory import Inventory
from posture.judge import judge
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope
from posture.subjects import address_key, engine_key, mac_key
from posture.testing import AS_OF, device, host, port

SCOPE = Scope(organisation=OrganisationScope(name="Test"))
TELNET = "telnet-offered"
M1, M2 = "00:1b:21:00:00:01", "00:1b:21:00:00:02"


class Run:
    """A run as comparing sees it, judged from facts by the real checks."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        facts = list(facts)
        inventory = Inventory(facts)
        check = registry.load_checks().by_id[TELNET]
        self.observations = judge(facts, (), [check], SCOPE, AS_OF, inventory=inventory)
        self.assets = assess.assets(inventory, self.observations, SCOPE)
        self.sources = {
            digest: Source("snmp" if type(fact).__name__ == "Device" else "nmap", (getattr(fact, "address", ""),))
            for fact in facts
            for digest in fact.evidence
        }


def changes(before: Run, after: Run, *earlier: Run) -> list[Change]:
    def said(keys):
        return [
            {key: each.outcome for each in run.observations for key in each.subjects or (each.subject,) if key in keys}
            for run in earlier
        ]

    by = Comparison(
        subjects=Subjects(before.assets, after.assets),
        sources_before=before.sources,
        sources_after=after.sources,
        earlier=said,
    )
    return compared(before.observations, after.observations, by)


def kinds(before: Run, after: Run, *earlier: Run) -> list[tuple[str, str]]:
    return sorted((each.kind, each.key) for each in changes(before, after, *earlier))


def at(address: str, telnet: bool | None, mac: str = "", number: int = 0) -> Fact:
    """A host that offers telnet, does not, or was not asked."""
    ids = (*((mac_key(None, mac),) if mac else ()), address_key(None, address))
    digest = f"{number}h{address}".ljust(64, "0")
    ports = [msgspec.structs.replace(port(23, "telnet"), evidence=(digest,))] if telnet else []
    closed = "1-1024" if telnet is False else ""
    return host(*ports, ids=ids, name=address, address=address, evidence=(digest,), closed=closed)


def agent(engine: str, address: str) -> Fact:
    """An SNMP agent, by which addresses are of one thing."""
    ids = (engine_key(engine), address_key(None, address))
    return device(ids=ids, name=address, address=address, evidence=(f"d{address}".ljust(64, "0"),))


def nothing(_keys: object) -> tuple[()]:
    """There was no run before these."""
    return ()


A = address_key(None, "10.0.0.5")


def test_a_fail_that_passes_now_is_fixed_and_one_that_stays_is_still_open():
    assert kinds(Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", False, number=1)])) == [("fixed", A)]
    assert kinds(Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", True)])) == [("still-open", A)]
    assert kinds(Run([at("10.0.0.5", False)]), Run([at("10.0.0.5", False)])) == []


def test_a_host_that_was_not_seen_or_not_asked_is_no_longer_assessed_and_never_fixed():
    assert ("no-longer-assessed", A) in kinds(Run([at("10.0.0.5", True)]), Run([]))
    assert kinds(Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", None)])) == [("no-longer-assessed", A)]
    assert kinds(Run([at("10.0.0.5", False)]), Run([at("10.0.0.5", None)])) == [("no-longer-assessed", A)]


def test_what_was_not_known_and_passes_is_newly_assessed_and_what_fails_is_new():
    assert kinds(Run([at("10.0.0.5", None)]), Run([at("10.0.0.5", False)])) == [("newly-assessed", A)]
    assert kinds(Run([at("10.0.0.5", None)]), Run([at("10.0.0.5", True)])) == [("new", A)]
    assert kinds(Run([at("10.0.0.5", False)]), Run([at("10.0.0.5", True)])) == [("new", A)]


def test_what_had_failed_and_passed_and_fails_again_is_reopened():
    failed, passed, silent = (Run([at("10.0.0.5", each)]) for each in (True, False, None))

    assert kinds(passed, failed, failed) == [("reopened", A)]
    assert kinds(silent, failed, passed, failed) == [("reopened", A)]


def test_what_failed_was_not_looked_at_and_fails_is_still_open():
    failed, silent = Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", None)])

    assert kinds(silent, failed, failed) == [("still-open", A)]
    assert kinds(silent, failed, silent, failed) == [("still-open", A)]


def test_what_failed_before_the_earlier_run_and_passes_now_is_newly_assessed_by_these_two():
    failed, passed, silent = (Run([at("10.0.0.5", each)]) for each in (True, False, None))

    [change] = changes(silent, passed, failed)

    assert change.kind == "newly-assessed"
    assert "had failed" in change.missing


def test_a_key_that_got_stronger_is_the_same_thing():
    by_address, by_mac = at("10.0.0.5", True), at("10.0.0.5", True, M1)
    by_engine = [at("10.0.0.5", True), agent("80001f8880aabbccdd", "10.0.0.5")]

    for stronger in ([by_mac], by_engine, [by_mac, by_engine[1]]):
        [change] = changes(Run([by_address]), Run(stronger))
        assert (change.kind, change.formerly) == ("still-open", (A,))


def test_a_key_that_got_stronger_can_be_fixed():
    [change] = changes(Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", False, M1, number=1)]))

    assert (change.kind, change.key, change.formerly) == ("fixed", mac_key(None, M1), (A,))


def test_a_key_that_got_weaker_is_no_proof():
    assert kinds(Run([at("10.0.0.5", True, M1)]), Run([at("10.0.0.5", False)])) == [("no-longer-assessed", A)]


def test_another_machine_at_the_address_fixes_nothing():
    found = kinds(Run([at("10.0.0.5", True, M1)]), Run([at("10.0.0.5", False, M2)]))

    assert found == [("newly-assessed", mac_key(None, M2)), ("no-longer-assessed", mac_key(None, M1))]


def test_a_pass_at_one_address_says_nothing_of_the_other():
    agents = [agent("80001f8880aabbccdd", "10.0.0.5"), agent("80001f8880aabbccdd", "10.0.0.6")]
    before = Run([at("10.0.0.5", True), at("10.0.0.6", False), *agents])

    [change] = changes(before, Run([at("10.0.0.6", False), *agents]))
    assert change.kind == "no-longer-assessed"
    assert "10.0.0.5" in change.missing
    [change] = changes(before, Run([at("10.0.0.5", False), at("10.0.0.6", False), *agents]))
    assert change.kind == "fixed"


def test_a_pass_by_another_kind_of_evidence_fixes_nothing():
    def seen(outcome: Outcome, digest: str) -> list[Observation]:
        shape = {"subject": "k", "id": "i"} if outcome is Outcome.FAIL else {"subjects": ("k",), "count": 1}
        return [Observation(check="c", severity=Severity.LOW, outcome=outcome, evidence=(digest,), **shape)]

    by = Comparison(
        subjects=Subjects((), ()),
        sources_before={"a": Source("nmap")},
        sources_after={"b": Source("snmp"), "c": Source("nmap")},
        earlier=nothing,
    )
    [other] = compared(seen(Outcome.FAIL, "a"), seen(Outcome.PASS, "b"), by)
    [same] = compared(seen(Outcome.FAIL, "a"), seen(Outcome.PASS, "c"), by)

    assert (other.kind, same.kind) == ("no-longer-assessed", "fixed")
    assert "nmap" in other.missing


def test_what_does_not_apply_any_more_is_not_fixed():
    fail = [Observation(check="c", severity=Severity.LOW, outcome=Outcome.FAIL, evidence=(), subject="k", id="i")]
    gone = [
        Observation(
            check="c", severity=Severity.LOW, outcome=Outcome.NOT_APPLICABLE, evidence=(), subjects=("k",), count=1
        )
    ]
    by = Comparison(subjects=Subjects((), ()), sources_before={}, sources_after={}, earlier=nothing)

    assert [each.kind for each in compared(fail, gone, by)] == ["no-longer-applicable"]


# ── whatever the two runs saw ────────────────────────────────────────────────────────────────────────────────────

ADDRESSES = ("10.0.0.5", "10.0.0.6", "10.0.0.7")
ENGINES = ("80001f8880aabbccdd", "80001f8880aabbccee")
states = st.sampled_from([True, False, None])
worlds = st.tuples(
    st.dictionaries(st.sampled_from(ADDRESSES), st.tuples(states, st.sampled_from(["", M1, M2])), max_size=3),
    st.dictionaries(st.sampled_from(ADDRESSES), st.sampled_from(ENGINES), max_size=3),
)


def facts(world, number: int) -> list[Fact]:
    hosts, agents = world
    return [
        *(at(address, telnet, mac, number) for address, (telnet, mac) in hosts.items()),
        *(agent(engine, address) for address, engine in agents.items()),
    ]


def addresses(assets: Iterable[Asset], key: str) -> set[str]:
    return {address for asset in assets if key in {asset.key, *asset.ids} for address in asset.addresses}


@given(worlds, worlds)
@settings(max_examples=200, deadline=None)
def test_fixed_is_only_what_passed_at_every_address_where_it_was(one, other):
    before, after = Run(facts(one, 1)), Run(facts(other, 2))
    passed = {address for address, (telnet, _) in other[0].items() if telnet is False}

    for change in changes(before, after):
        if change.kind == "fixed":
            failed = {each.subject for each in change.old if each.outcome is Outcome.FAIL}
            known = {key for asset in after.assets for key in (asset.key, *asset.ids)}
            assert failed <= known
            assert {address for key in failed for address in addresses(before.assets, key)} <= passed


@given(worlds, worlds, st.data())
@settings(max_examples=200, deadline=None)
def test_taking_evidence_away_from_the_later_run_turns_nothing_into_fixed(one, other, data):
    before, every = Run(facts(one, 1)), facts(other, 2)
    left = [fact for fact in every if data.draw(st.booleans())]
    whole, part = changes(before, Run(every)), changes(before, Run(left))

    def fixed(found: list[Change]) -> set[str]:
        return {each.subject for change in found if change.kind == "fixed" for each in change.old}

    failing = {address for address, (telnet, _) in other[0].items() if telnet}
    for key in fixed(part) - fixed(whole) - {""}:
        where = addresses(before.assets, key)
        assert where, key
        assert not where & failing, "what failed, where it had failed, is not fixed"
        assert where <= {address for address, (telnet, _) in other[0].items() if telnet is False}


@given(worlds, worlds)
@settings(max_examples=200, deadline=None)
def test_every_fail_of_the_later_run_is_told_once_and_none_of_the_earlier_is_lost(one, other):
    before, after = Run(facts(one, 1)), Run(facts(other, 2))
    found = changes(before, after)
    opened = sorted(each.key for each in found if each.kind in {"new", "reopened", "still-open"})
    told = {each.subject for change in found for each in change.old}

    assert opened == sorted(each.subject for each in after.observations if each.outcome is Outcome.FAIL)
    assert {each.subject for each in before.observations if each.outcome is Outcome.FAIL} <= told


@given(worlds, st.randoms())
@settings(max_examples=100, deadline=None)
def test_the_order_of_what_was_seen_makes_no_difference(world, random):
    run, shuffled = Run(facts(world, 1)), Run(facts(world, 1))
    shuffled.assets = tuple(random.sample(shuffled.assets, len(shuffled.assets)))
    shuffled.observations = tuple(random.sample(shuffled.observations, len(shuffled.observations)))

    assert kinds(run, run) == kinds(shuffled, run) == kinds(run, shuffled)
    assert {kind for kind, _ in kinds(run, run)} <= {"still-open"}


def test_a_run_is_never_fixed_by_itself():
    every = Run([at("10.0.0.5", True, M1), at("10.0.0.6", False), agent(ENGINES[0], "10.0.0.5")])

    assert {each.kind for each in changes(every, every)} == {"still-open"}
    assert msgspec.json.encode(changes(every, every)) == msgspec.json.encode(changes(every, every))


# ── a pass that fixes nothing ────────────────────────────────────────────────────────────────────────────────────


def test_what_passes_by_the_evidence_by_which_it_failed_was_not_fixed():
    [change] = changes(Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", False)]))

    assert change.kind == "no-longer-assessed"
    assert "by the very evidence" in change.missing


def test_what_passes_by_another_threshold_was_not_fixed():
    before, after = Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", False, number=1)])
    by = Comparison(
        subjects=Subjects(before.assets, after.assets),
        sources_before=before.sources,
        sources_after=after.sources,
        earlier=nothing,
        otherwise="it passes by another measure",
    )

    [change] = compared(before.observations, after.observations, by)

    assert (change.kind, change.missing) == ("no-longer-assessed", "it passes by another measure")


def test_of_two_observations_about_one_subject_the_worse_counts():
    before, after = Run([at("10.0.0.5", True)]), Run([at("10.0.0.5", False, number=1)])
    [passed] = after.observations
    failed = msgspec.structs.replace(before.observations[0], evidence=passed.evidence)

    for order in ((passed, failed), (failed, passed)):
        after.observations = order
        assert kinds(before, after) == [("still-open", A)]
