"""What an accepted risk covers, for how long, and what it never does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture import assess
from posture.assessment import Observation
from posture.catalog import SCORED, Catalog, Control, Head
from posture.facts import Account, Host
from posture.governance.exceptions import Exceptions, faults, held, may_overlap, results, same_person
from posture.governance.ledger import Entry, Ledger, Revocation, RiskAcceptance
from posture.inventory import Inventory
from posture.model import Method, Outcome, Severity, Status
from posture.scope import OrganisationScope, Scope, Zone

AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
SCOPE = Scope(
    organisation=OrganisationScope(name="H"),
    zone=(
        Zone(id="servers", kind="server", networks=("10.1.0.0/16",)),
        Zone(id="devices", kind="medical-device", networks=("10.9.0.0/16",)),
    ),
)
PUMP = Host(ids=("mac:main/aa", "address:devices/10.9.0.5"), name="pump7", place="devices", address="10.9.0.5")
GATEWAY = (
    Host(ids=("mac:main/bb", "address:devices/10.9.0.1"), name="gw", place="devices", address="10.9.0.1"),
    Host(ids=("address:servers/10.1.0.1", "address:devices/10.9.0.1"), name="gw", place="servers", address="10.1.0.1"),
)
NURSE = Account(ids=("guid:1", "sid:9"), name="Nurse Joy", login="nurse", dn="CN=Nurse Joy,DC=h", place="staff")
INVENTORY = Inventory((PUMP, *GATEWAY, NURSE))


def fail(subject: str = "mac:main/aa", check: str = "telnet", **more: object) -> Observation:
    return Observation(
        **{
            "id": f"{check}/{subject}",
            "check": check,
            "severity": Severity.HIGH,
            "outcome": Outcome.FAIL,
            "subject": subject,
            "subject_name": "shown",
            "evidence": (),
            "ephi": "yes",
            **more,
        }
    )


def acceptance(name: str = "E-0001", *, on: date = TODAY - 10 * DAY, days: int = 100, **more: object) -> RiskAcceptance:
    return RiskAcceptance(
        **{
            "id": name,
            "requester": "R. Quest",
            "approver": "A. Patel",
            "owner": "M. Lee",
            "rationale": "Why",
            "granted_on": on,
            "expires": on + days * DAY,
            **more,
        }
    )


def ledger(*statements: object) -> Ledger:
    return Ledger(entries=tuple(Entry(number=n, at=AS_OF, by="x", statement=s) for n, s in enumerate(statements, 1)))


def exceptions(*statements: object, as_of: datetime = AS_OF) -> Exceptions:
    return Exceptions.of(ledger(*statements), INVENTORY, SCOPE, as_of)


def control(name: str, *against: str, requirement: str | None = "R") -> Control:
    return Control(
        id=name,
        kind="specification",
        title="T",
        family="technical",
        text="Text.",
        question="Q?",
        requirement=requirement,
        methods=(Method.EXAMINE, Method.TEST),
        contradicted_by=against,
    )


def rule(*controls: Control, name: str = SCORED) -> Catalog:
    head = Head(id=name, title="T", citation="C", status="in force", as_of="2026-01-01", source="S")
    return Catalog(catalog=head, control=controls)


RULE = rule(control("c1", "telnet"), control("c2", "telnet", requirement="A"), control("c3", "ftp"))


def assessed(*statements: object, observations=(), catalog: Catalog = RULE):
    known = exceptions(*statements)
    controls = assess.control_results(catalog, observations, exceptions=known, scope=SCOPE)
    return results(known, observations, controls), {each.id: each for each in controls}


# ── how long ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statements", "state"),
    [
        ((acceptance(on=TODAY, days=1),), "in-force"),
        ((acceptance(on=TODAY + DAY),), "not-yet"),
        ((acceptance(days=10),), "expired"),
        ((acceptance(), Revocation(exception="E-0001", revoked_on=TODAY, reason="Mended")), "revoked"),
        ((acceptance(), Revocation(exception="E-0001", revoked_on=TODAY + DAY, reason="Mended")), "in-force"),
        ((acceptance(), Revocation(exception="E-0002", revoked_on=TODAY, reason="Other")), "in-force"),
        ((acceptance(), acceptance(days=10)), "expired"),
        ((acceptance(), acceptance(on=TODAY + DAY)), "in-force"),
        ((acceptance(), Revocation(exception="E-0001", revoked_on=TODAY, reason="M"), acceptance()), "in-force"),
    ],
)
def test_an_exception_holds_from_its_first_day_to_the_day_before_it_ends_unless_taken_back(statements, state):
    assert [each.state for each in held(ledger(*statements), TODAY)] == [state]


def test_it_comes_back_the_day_it_expires():
    said = acceptance(checks=("telnet",), on=TODAY, days=1)

    assert exceptions(said).covering(fail()) == ("E-0001",)
    assert exceptions(said, as_of=AS_OF + DAY).covering(fail()) == ()
    assert exceptions(said, as_of=AS_OF - DAY).covering(fail()) == ()


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"approver": " r.  QUEST"}, "same person"),
        ({"approver": ""}, "have to be named"),
        ({"checks": ()}, "names no control, check or subject"),
        ({"subjects": ("*",)}, "names everything"),
    ],
)
def test_one_that_was_not_given_as_it_has_to_be_covers_nothing_and_says_so(more, words):
    said = acceptance(**{"checks": ("telnet",), **more})

    (result,), controls = assessed(said, observations=(fail(),))

    assert words in " ".join(faults(said))
    assert words in result.note
    assert not result.matched
    assert controls["c1"].status is Status.NOT_SATISFIED


def test_two_names_of_one_person_are_one_person():
    assert same_person("Dr. Zoë  Ångström", " dr. zoë ångström")
    assert not same_person("A. Patel", "B. Patel")


# ── what is covered ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("more", "observation", "covers"),
    [
        ({"checks": ("telnet",)}, fail(), True),
        ({"checks": ("telnet",)}, fail(check="ftp"), False),
        ({"subjects": ("10.9.0.5",)}, fail(), True),
        ({"subjects": ("10.9.0.5",)}, fail("mac:main/bb"), False),
        ({"subjects": ("10.9.0.0/24",)}, fail(), True),
        ({"subjects": ("10.9.0.0/24",)}, fail("mac:main/bb"), False),  # it has a foot among the servers
        ({"subjects": ("10.1.0.1",)}, fail("mac:main/bb"), True),
        ({"subjects": ("zone:devices",)}, fail(), True),
        ({"subjects": ("zone:devices",)}, fail("mac:main/bb"), False),
        ({"subjects": ("address:devices/10.9.0.5",)}, fail(), True),
        ({"subjects": ("PUMP*",)}, fail(), True),
        ({"subjects": ("pump",)}, fail(), False),
        ({"subjects": ("nurse",)}, fail("guid:1", place="staff"), True),
        ({"subjects": ("sid:9",)}, fail("guid:1"), True),
        ({"subjects": ("cn=*,dc=h",)}, fail("guid:1"), True),
        ({"subjects": ("zone:staff",)}, fail("guid:1", place="staff"), False),
        ({"subjects": ("10.9.0.5",), "checks": ("ftp",)}, fail(), False),
        ({"subjects": ("10.9.9.9", "10.9.0.5"), "checks": ("ftp", "telnet")}, fail(), True),
        ({"subjects": ("pump7",)}, fail("address:devices/10.9.0.77", subject_name="elsewhere"), False),
    ],
)
def test_a_fail_is_covered_where_check_and_subject_match(more, observation, covers):
    assert exceptions(acceptance(**more)).covering(observation) == (("E-0001",) if covers else ())


def test_an_identifier_that_two_machines_have_names_neither():
    one, other = (
        Host(ids=("mac:main/cc", f"address:servers/{address}"), name=address, place="servers", address=address)
        for address in ("10.1.0.7", "10.1.0.8")
    )
    said = acceptance(subjects=("mac:main/cc",))
    both = Exceptions.of(ledger(said), Inventory((one, other)), SCOPE, AS_OF)
    assert [both.covering(fail(host.ids[1])) for host in (one, other)] == [(), ()]
    alone = Exceptions.of(ledger(said), Inventory((one,)), SCOPE, AS_OF)
    assert alone.covering(fail("mac:main/cc")) == ("E-0001",)


def test_with_controls_only_the_fails_for_those_controls_are_accepted():
    (result,), controls = assessed(acceptance(controls=("c1",), subjects=("10.9.0.5",)), observations=(fail(),))

    assert controls["c1"].status is Status.RISK_ACCEPTED
    assert controls["c2"].status is Status.NOT_SATISFIED
    assert (result.observations, result.accepted_controls) == (("telnet/mac:main/aa",), ("c1",))


def test_a_control_is_accepted_only_where_every_fail_is_covered():
    both = (fail(), fail("mac:main/bb"))

    (result,), controls = assessed(acceptance(subjects=("10.9.0.5",)), observations=both)

    assert controls["c1"].status is Status.NOT_SATISFIED
    assert "E-0001 covers only part of it: 1 fail is open." in controls["c1"].reason
    assert (result.accepted_controls, result.matched, controls["c1"].exceptions) == ((), True, ("E-0001",))


def test_several_exceptions_may_cover_the_fails_together():
    both = (fail(), fail("mac:main/bb"))
    said = (acceptance(subjects=("10.9.0.5",)), acceptance("E-0002", subjects=("10.9.0.1",), days=20))

    found, controls = assessed(*said, observations=both)

    assert controls["c1"].status is Status.RISK_ACCEPTED
    assert "until 3 December 2026 (E-0001, E-0002)" in controls["c1"].reason
    assert [each.overlaps for each in found] == [(), ()]


def test_a_required_control_is_never_waived():
    (result,), controls = assessed(acceptance(controls=("c1", "c2")), observations=(fail(),))

    assert controls["c1"].status is controls["c2"].status is Status.RISK_ACCEPTED
    assert (result.accepted_controls, result.not_waived) == (("c1", "c2"), ("c1",))
    assert "can't be waived (45 CFR 164.306(d)(2))" in result.note
    assert "can't be waived (45 CFR 164.306(d)(2))" in controls["c1"].reason
    assert "waived" not in controls["c2"].reason


def test_a_control_is_accepted_by_those_that_name_it_as_a_whole_or_else_by_those_that_cover_its_fails():
    found, _ = assessed(acceptance(controls=("c1",)), acceptance("E-0002", checks=("telnet",)), observations=(fail(),))

    assert [each.accepted_controls for each in found] == [("c1",), ("c2",)]


def test_a_control_of_another_catalog_is_named_with_its_catalog():
    other = rule(control("c1", "telnet"), name="own")
    for names, status in ((("c1",), Status.NOT_SATISFIED), (("own/c1",), Status.RISK_ACCEPTED)):
        (result,), controls = assessed(acceptance(controls=names), observations=(fail(),), catalog=other)

        assert controls["c1"].status is status
        assert result.accepted_controls == (names if status is Status.RISK_ACCEPTED else ())
        assert result.not_waived == ()


def test_one_that_matches_nothing_is_reported_and_why():
    found, _ = assessed(
        acceptance(controls=("c9",)),
        acceptance("E-0002", checks=("telnte",)),
        acceptance("E-0003", controls=("c3",)),
        observations=(fail(),),
    )

    assert [each.matched for each in found] == [False] * 3
    assert "There is no control c9." in found[0].note
    assert "The check telnte was not made." in found[1].note
    assert all("covers nothing in this run" in each.note for each in found)


def test_overlapping_ones_are_reported_and_only_those_in_force():
    found, _ = assessed(
        acceptance(checks=("telnet",)),
        acceptance("E-0002", controls=("c1",)),
        acceptance("E-0003", subjects=("pump7",), days=10),
        acceptance("E-0004", checks=("ftp",)),
        observations=(fail(), fail(check="ftp")),
    )

    assert [each.overlaps for each in found] == [("E-0002",), ("E-0001",), (), ()]
    assert "1 other exception in force covers some of the same." in found[0].note


def test_each_state_has_its_words():
    said = (
        acceptance(checks=("telnet",), days=10),
        acceptance("E-0002", checks=("telnet",), on=TODAY + DAY),
        acceptance("E-0003", checks=("telnet",)),
        Revocation(exception="E-0003", revoked_on=TODAY, reason="Telnet is gone."),
    )
    found, _ = assessed(*said, observations=(fail(),))

    assert [each.note for each in found] == [
        "It expired on 24 November 2026: what it covered is open again.",
        "It begins on 25 November 2026 and covers nothing before.",
        "It was taken back on 24 November 2026 and covers nothing: Telnet is gone.",
    ]
    assert not any(each.matched for each in found)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        ({"checks": ("a",)}, {"checks": ("a",)}, True),
        ({"checks": ("a",)}, {"checks": ("b",)}, False),
        ({"checks": ("a",)}, {"checks": ("a",), "subjects": ("10.0.0.1",)}, True),
        ({"subjects": ("10.0.0.0/8",)}, {"subjects": ("10.1.0.0/16",)}, True),
        ({"subjects": ("10.0.0.7",)}, {"subjects": ("10.0.0.0/24",)}, True),
        ({"subjects": ("kiosk-*",)}, {"subjects": ("KIOSK-7",)}, True),
        ({"subjects": ("10.0.0.7",)}, {"subjects": ("10.0.0.8",)}, False),
        ({"subjects": ("zone:devices",)}, {"subjects": ("10.9.0.5",)}, True),
        ({"subjects": ("zone:devices",)}, {"subjects": ("zone:servers",)}, False),
        ({"controls": ("c1",)}, {"controls": ("c1", "c2")}, True),
        ({"controls": ("c1",), "checks": ("a",)}, {"controls": ("c1",), "checks": ("b",)}, False),
        ({"controls": ("c1",)}, {"checks": ("a",)}, False),
    ],
)
def test_overlap_is_foreseen_from_the_names_alone(one, other, overlap):
    first, second = acceptance(**one), acceptance("E-0002", **other)

    assert may_overlap(first, second, SCOPE) is may_overlap(second, first, SCOPE) is overlap


# ── what none ever does ──────────────────────────────────────────────────────────────────────────────────────────

names = st.lists(st.sampled_from(("c1", "c2", "c3")), max_size=2, unique=True).map(tuple)
checks = st.lists(st.sampled_from(("telnet", "ftp")), max_size=2, unique=True).map(tuple)
subjects = st.lists(st.sampled_from(("10.9.0.5", "zone:devices", "gw", "nurse", "*")), max_size=2).map(tuple)
said = st.lists(
    st.builds(
        acceptance,
        st.sampled_from(("E-0001", "E-0002", "E-0003")),
        on=st.sampled_from((TODAY, TODAY - 5 * DAY, TODAY + DAY)),
        days=st.sampled_from((1, 5, 50)),
        controls=names,
        checks=checks,
        subjects=subjects,
    ),
    max_size=4,
)
seen = st.lists(
    st.builds(
        fail,
        st.sampled_from(("mac:main/aa", "mac:main/bb", "guid:1")),
        st.sampled_from(("telnet", "ftp")),
        ephi=st.sampled_from(("yes", "no", "unknown")),
    ),
    max_size=5,
    unique_by=lambda each: each.id,
).map(tuple)
UNMET = {Status.NOT_SATISFIED, Status.RISK_ACCEPTED}


@given(said, seen)
def test_an_exception_changes_no_fail_and_satisfies_nothing(statements, observations):
    before = {each.id: each for each in assess.control_results(RULE, observations, scope=SCOPE)}

    found, after = assessed(*statements, observations=observations)

    for name, control in after.items():
        assert control.observations == before[name].observations
        assert (control.status in UNMET) == (before[name].status in UNMET)
        if control.status is not before[name].status:
            assert (before[name].status, control.status) == (Status.NOT_SATISFIED, Status.RISK_ACCEPTED)
            assert control.exceptions
    fails = {each.id for each in observations}
    assert all(set(each.observations) <= fails for each in found)
    assert all(each.matched is False or each.state == "in-force" for each in found)
