"""The risk register: NIST's tables, factors that are shown, and risks carried from run to run."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture import assess, catalog, configuration, registry
from posture.assessment import (
    Asset,
    ClinicalService,
    ControlPart,
    ControlResult,
    ExceptionResult,
    Gap,
    Observation,
    ReadinessItem,
    Risk,
)
from posture.check import AsOf
from posture.demo import recorded
from posture.demo.hospital import scope_text
from posture.facts import BlindSpot
from posture.governance import sp800_30
from posture.governance.ledger import Attestation, Entry, Ledger, Treatment
from posture.governance.risk import NOT_AN_ANALYSIS, register
from posture.imports import load
from posture.inventory import Inventory
from posture.judge import judge
from posture.model import Evidence, Outcome, Severity, Status
from posture.resilience.services import clinical_services
from posture.scope import DirectoryScope, OrganisationScope, Scope, Service, Zone

AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
KINDS = ("server", "clinical", "user", "guest", "external", "management", "backup", "medical-device")
ZONES = tuple(Zone(id=kind, kind=kind, networks=(f"10.{n}.0.0/16",)) for n, kind in enumerate(KINDS))
STAFF = DirectoryScope(id="staff", host="10.0.0.2")


def scope(*services: Service, zones: tuple[Zone, ...] = ZONES, time_zone: str = "UTC") -> Scope:
    organisation = OrganisationScope(name="H", time_zone=time_zone)
    return Scope(organisation=organisation, zone=zones, directory=(STAFF,), service=services)


def fail(subject: str = "k1", **more: object) -> Observation:
    given = {"check": "telnet", "severity": Severity.HIGH, "subject_kind": "host", "place": "server", "ephi": "yes"}
    given = {**given, "outcome": Outcome.FAIL, "evidence": (), **more}
    return Observation(id=f"{given['check']}/{subject}", subject=subject, **given)


def passes(*subjects: str, check: str = "telnet", outcome: Outcome = Outcome.PASS) -> Observation:
    return Observation(
        check=check, severity=Severity.HIGH, outcome=outcome, evidence=(), count=len(subjects), subjects=subjects
    )


def gaps(observations, **more: object) -> tuple[Gap, ...]:
    by_check: dict[str, list[Observation]] = {}
    for each in observations:
        if each.outcome is Outcome.FAIL:
            by_check.setdefault(each.check, []).append(each)
    return tuple(
        Gap(
            check=check,
            title=check,
            severity=min((each.severity for each in fails), key=lambda severity: severity.rank),
            kind="Host",
            failed=len(fails),
            judged=len(fails),
            why="why",
            fix="fix",
            contradicts=("164.312(e)(1)",),
            **more,
        )
        for check, fails in by_check.items()
    )


def ready(name: str = "ehr", rto: float | None = 4.0, hosts: tuple[str, ...] = (), lacks: int = 0) -> ClinicalService:
    items = [
        ReadinessItem(
            name=letter,
            control=f"164.308(a)(7)(ii)({letter})",
            state="stale" if at < lacks else "present",
            said=f"said {letter}",
        )
        for at, letter in enumerate("ABCDE")
    ]
    return ClinicalService(
        id=name, name=name.upper(), hosts=hosts, depends_on=("10.0.0.1",), rto_hours=rto, readiness=tuple(items)
    )


def ledger(*statements: object) -> Ledger:
    return Ledger(entries=tuple(Entry(number=n, at=AS_OF, by="x", statement=s) for n, s in enumerate(statements, 1)))


def registered(*observations: Observation, **more: object) -> tuple[Risk, ...]:
    given = {
        "gaps": gaps(observations),
        "controls": (),
        "observations": observations,
        "services": (ready(),),
        "scope": scope(),
        "ledger": Ledger(),
        "exceptions": (),
        "earlier": (),
        "as_of": AS_OF,
    }
    return register(**{**given, **more})


def one(*observations: Observation, **more: object) -> Risk:
    (risk,) = registered(*observations, **more)
    return risk


def factor(risk: Risk, name: str) -> str:
    return next(each.level for each in risk.factors if each.name == name)


# ── NIST's tables ────────────────────────────────────────────────────────────────────────────────────────────────

SHORT = {"VL": "very-low", "L": "low", "M": "moderate", "H": "high", "VH": "very-high"}


def cells(table: str) -> list[tuple[str, str, str]]:
    rows = [line.split() for line in table.strip().splitlines()]
    return [
        (SHORT[row], SHORT[column], SHORT[cell])
        for row, *given in rows
        for column, cell in zip(SHORT, given, strict=True)
    ]


G_5 = """
VH L  M  H VH VH
H  L  M  M H  VH
M  L  L  M M  H
L  VL L  L M  M
VL VL VL L L  L
"""
I_2 = """
VH VL L  M  H VH
H  VL L  M  H VH
M  VL L  M  M H
L  VL L  L  L M
VL VL VL VL L L
"""


@pytest.mark.parametrize(("initiation", "adverse", "overall"), cells(G_5))
def test_likelihood_is_combined_by_table_g_5(initiation, adverse, overall):
    assert sp800_30.overall_likelihood(initiation, adverse) == overall


@pytest.mark.parametrize(("likelihood", "impact", "risk"), cells(I_2))
def test_risk_is_combined_by_table_i_2(likelihood, impact, risk):
    assert sp800_30.risk_level(likelihood, impact) == risk


@pytest.mark.parametrize("combine", [sp800_30.overall_likelihood, sp800_30.risk_level])
def test_worse_in_is_never_better_out(combine):
    for one_level in sp800_30.LEVELS:
        for worse, better in zip(sp800_30.LEVELS[1:], sp800_30.LEVELS, strict=False):
            assert sp800_30.rank(combine(worse, one_level)) >= sp800_30.rank(combine(better, one_level))
            assert sp800_30.rank(combine(one_level, worse)) >= sp800_30.rank(combine(one_level, better))


# ── factors ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_risk_shows_each_factor_with_its_level_and_why_and_follows_from_them():
    risk = one(fail("k1", place="user", severity=Severity.CRITICAL), services=(ready(hosts=("k1",)),))

    levels = {each.name: (each.of, each.level) for each in risk.factors}
    assert levels == {
        "Exposure": ("likelihood", "high"),
        "Weakness": ("likelihood", "very-high"),
        "Data": ("impact", "high"),
        "Clinical services": ("impact", "high"),
        "Extent": ("impact", "very-low"),
    }
    assert all(each.why.endswith(".") for each in risk.factors)
    assert (risk.likelihood, risk.impact, risk.level) == ("very-high", "very-high", "very-high")
    assert (risk.services, risk.ephi, risk.subjects, risk.controls) == (("ehr",), "yes", 1, ("164.312(e)(1)",))


@pytest.mark.parametrize(
    ("place", "level"),
    [
        ("external", "very-high"),
        ("guest", "high"),
        ("user", "high"),
        ("clinical", "high"),
        ("server", "moderate"),
        ("medical-device", "moderate"),
        ("management", "moderate"),  # nothing states that others can't reach it
        ("staff", "high"),
        ("", "high"),
        ("not-in-the-scope", "high"),
    ],
)
def test_exposure_is_that_of_the_zone(place, level):
    assert factor(one(fail(place=place)), "Exposure") == level


@pytest.mark.parametrize(
    ("kind", "reachable", "level"),
    [
        ("management", (), "low"),
        ("backup", ("management", "backup"), "low"),
        ("backup", ("server",), "moderate"),
        ("backup", ("nowhere",), "moderate"),
        ("backup", None, "moderate"),
        ("backup", ("guest",), "high"),
        ("server", ("external",), "very-high"),
        ("server", ("user",), "moderate"),
        ("external", ("guest",), "very-high"),
    ],
)
def test_exposure_is_low_only_where_it_is_stated_and_outsiders_raise_it(kind, reachable, level):
    zones = (*ZONES, Zone(id="x", kind=kind, networks=("10.99.0.0/16",), reachable_from=reachable))

    assert factor(one(fail(place="x"), scope=scope(zones=zones)), "Exposure") == level


def test_the_most_exposed_and_the_worst_data_of_the_subjects_count():
    risk = one(fail("k1", place="server", ephi="no"), fail("k2", place="external", ephi="unknown"))

    assert factor(risk, "Exposure") == "very-high"
    assert (risk.ephi, factor(risk, "Data")) == ("unknown", "high")


@pytest.mark.parametrize(
    ("rtos", "level"),
    [
        ([], "low"),
        ([72.0], "moderate"),
        ([8.0], "high"),
        ([8.1], "moderate"),
        ([None], "high"),
        ([4.0, None], "very-high"),
    ],
)
def test_services_weigh_by_their_rto(rtos, level):
    services = tuple(ready(f"s{n}", rto, ("k1",)) for n, rto in enumerate(rtos)) or (ready(),)

    assert factor(one(fail("k1"), services=services), "Clinical services") == level


def test_where_the_scope_does_not_say_what_services_stand_on_it_is_not_known_and_not_low():
    unstated = msgspec.structs.replace(ready(), depends_on=())

    assert factor(one(fail(), services=()), "Clinical services") == "moderate"
    assert factor(one(fail(), services=(unstated,)), "Clinical services") == "moderate"
    unseen = msgspec.structs.replace(ready(), unresolved=("10.0.0.100",))  # maybe another address of the same machine
    assert factor(one(fail(), services=(unseen,)), "Clinical services") == "moderate"
    assert factor(one(fail(), fail("k2", place="")), "Clinical services") == "moderate"


def test_what_is_wrong_in_a_directory_hits_the_services_that_depend_on_it_but_a_computer_is_not_the_directory():
    given = scope(Service(id="ehr", name="EHR", depends_on=("directory:staff",)))

    assert one(fail(subject_kind="domainpolicy", place="staff"), scope=given).services == ("ehr",)
    assert one(fail(subject_kind="computer", place="staff"), scope=given).services == ()


@pytest.mark.parametrize(
    ("count", "level"), [(1, "very-low"), (9, "low"), (10, "moderate"), (99, "moderate"), (100, "high")]
)
def test_extent_is_by_number(count, level):
    assert factor(one(*(fail(f"k{n}") for n in range(count))), "Extent") == level


EPHI = ("no", "unknown", "yes")
fails = st.lists(
    st.builds(
        fail,
        st.sampled_from(["k1", "k2", "k3"]),
        severity=st.sampled_from(list(Severity)),
        place=st.sampled_from(["", "staff", *KINDS]),
        ephi=st.sampled_from(EPHI),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda each: each.subject,
)
some_services = st.lists(
    st.builds(
        ready,
        st.sampled_from(["a", "b", "c"]),
        st.none() | st.floats(min_value=0, max_value=500),
        st.lists(st.sampled_from(["k1", "k2", "k3"]), unique=True).map(tuple),
    ),
    unique_by=lambda each: each.id,
)


def weight(risk: Risk) -> tuple[int, int, int]:
    return (sp800_30.rank(risk.level), sp800_30.rank(risk.impact), sp800_30.rank(risk.likelihood))


@given(fails, some_services, st.data())
def test_a_risk_never_drops_as_ephi_goes_from_no_to_unknown_to_yes(observations, services, data):
    at = data.draw(st.integers(min_value=0, max_value=len(observations) - 1))
    weights = []
    for ephi in EPHI:
        changed = [*observations]
        changed[at] = msgspec.structs.replace(changed[at], ephi=ephi)
        weights.append(weight(one(*changed, services=services)))

    assert weights == sorted(weights)


@given(fails, some_services, st.none() | st.floats(min_value=0, max_value=500))
def test_a_dependent_service_more_never_lowers_a_risk(observations, services, rto):
    more = [*services, ready("more", rto, (observations[0].subject,))]

    before, after = one(*observations, services=services), one(*observations, services=more)

    assert all(one <= other for one, other in zip(weight(before), weight(after), strict=True))


@given(fails, some_services, st.integers(min_value=0, max_value=4), st.sampled_from(["in-force", "expired", "revoked"]))
def test_exceptions_never_change_a_level_and_accept_only_what_they_cover_in_force(
    observations, services, covered, state
):
    plain = one(*observations, services=services)
    covered = min(covered, len(observations))

    risk = one(
        *observations,
        services=services,
        gaps=gaps(observations, accepted=covered, exceptions=("E-1",)),
        exceptions=(exception("E-1", state),),
    )

    assert (weight(risk), risk.factors, risk.id) == (weight(plain), plain.factors, plain.id)
    assert risk.state == ("accepted" if covered == len(observations) and state == "in-force" else "open")


def exception(name: str, state: str) -> ExceptionResult:
    people = {"requester": "A", "approver": "B", "owner": "A", "rationale": "r"}
    return ExceptionResult(id=name, state=state, granted_on=TODAY, expires=TODAY + timedelta(days=1), **people)


# ── controls and services ────────────────────────────────────────────────────────────────────────────────────────


def control(status: Status = Status.NOT_SATISFIED, *parts: tuple[str, Status], **more: object) -> ControlResult:
    given = {"catalog": "hipaa-security-rule", "id": "164.310(a)(1)", "title": "Facility access", "kind": "standard"}
    given = {**given, "family": "physical", "status": status, "reason": "", **more}
    return ControlResult(**given, parts=tuple(ControlPart(party=p, status=s, reason="") for p, s in parts))


def answer(word: str, party: str = "", *, days: int = 30, on: date = TODAY, **more: str) -> Attestation:
    given = {"catalog": "hipaa-security-rule", "control": "164.310(a)(1)", "owner": "O", **more}
    return Attestation(answer=word, party=party, attested_on=on, expires=on + timedelta(days=days), **given)


@pytest.mark.parametrize(("word", "level"), [("no", "high"), ("partly", "moderate")])
def test_a_control_answered_no_or_partly_is_a_risk(word, level):
    risk = one(controls=(control(),), ledger=ledger(answer(word)))

    assert (risk.source, risk.about, risk.controls) == ("control", "164.310(a)(1)", ("164.310(a)(1)",))
    assert (factor(risk, "Weakness"), risk.level, risk.ephi) == (level, level, "yes")


@pytest.mark.parametrize(
    ("status", "statements"),
    [
        (Status.NOT_SATISFIED, ()),
        (Status.SATISFIED, (answer("yes"),)),
        (Status.NOT_SATISFIED, (answer("no"), answer("yes"))),
        (Status.SATISFIED_BY_ALTERNATIVE, (answer("no"),)),
        (Status.NOT_ASSESSED, (answer("no", on=date(2026, 1, 1)),)),
        (Status.NOT_ASSESSED, (answer("no", on=TODAY + timedelta(days=1)),)),
        (Status.NOT_SATISFIED, (answer("no", catalog="other"),)),
    ],
    ids=["unanswered", "yes", "newer", "alternative", "expired", "later", "another catalog"],
)
def test_no_answer_in_force_that_says_so_is_no_risk_of_a_control(status, statements):
    assert registered(controls=(control(status),), ledger=ledger(*statements)) == ()


def test_a_control_is_accepted_only_where_every_party_that_lacks_it_is():
    both = ledger(answer("no", "east"), answer("partly", "west"), answer("yes", "north"))
    accepted = ("east", Status.RISK_ACCEPTED), ("west", Status.RISK_ACCEPTED), ("north", Status.SATISFIED)
    mixed = ("east", Status.RISK_ACCEPTED), ("west", Status.NOT_SATISFIED), ("north", Status.SATISFIED)

    whole = one(controls=(control(Status.RISK_ACCEPTED, *accepted),), ledger=both)
    half = one(controls=(control(Status.NOT_SATISFIED, *mixed),), ledger=both)

    assert (whole.state, whole.subjects, whole.found_on) == ("accepted", 2, ("party:east", "party:west"))
    assert (half.state, half.level) == ("open", whole.level)


def test_a_control_of_another_catalog_is_another_risk():
    other = control(catalog="hph-cpg")
    said = ledger(answer("no"), answer("no", catalog="hph-cpg"))

    risks = registered(controls=(control(), other), ledger=said)

    assert {risk.about for risk in risks} == {"164.310(a)(1)", "hph-cpg/164.310(a)(1)"}
    assert len({risk.id for risk in risks}) == 2


@pytest.mark.parametrize(
    ("lacks", "rto", "likelihood", "impact"),
    [(1, 72.0, "moderate", "moderate"), (3, 4.0, "moderate", "high"), (5, None, "high", "high")],
)
def test_a_service_that_lacks_something_is_a_risk_by_its_rto(lacks, rto, likelihood, impact):
    risk = one(services=(ready(rto=rto, lacks=lacks),))

    assert (risk.source, risk.about, risk.likelihood, risk.impact) == ("service", "ehr", likelihood, impact)
    assert (len(risk.controls), "said A" in risk.why) == (lacks, True)


def test_a_service_that_others_depend_on_weighs_with_them():
    given = scope(
        Service(id="ehr", name="EHR", depends_on=("idp",)), Service(id="idp", name="I", depends_on=("10.0.0.1",))
    )

    risk = one(services=(ready("ehr"), ready("idp", lacks=1)), scope=given)

    assert (risk.services, risk.impact) == (("ehr", "idp"), "very-high")


def test_nothing_wrong_is_no_risk():
    assert registered(passes("k1")) == ()


# ── ids, order, owners ───────────────────────────────────────────────────────────────────────────────────────────


def test_ids_are_of_the_source_and_what_it_is_about_and_the_same_from_run_to_run():
    first, second = one(fail()), one(fail("other", place="user"))

    assert first.id == second.id
    assert first.id.startswith("R-")
    assert len(first.id) == 8
    assert one(fail(check="ftp")).id != first.id


def test_an_id_that_is_taken_by_another_risk_is_made_longer_and_then_kept():
    plain = one(fail())
    taken = msgspec.structs.replace(one(fail(check="ftp")), id=plain.id)

    risks = {risk.about: risk for risk in registered(fail(), earlier=(taken,))}
    again = {risk.about: risk for risk in registered(fail(), earlier=tuple(risks.values()))}

    assert risks["ftp"].id == plain.id
    assert risks["telnet"].id.startswith(plain.id)
    assert len(risks["telnet"].id) == len(plain.id) + 1
    assert again["telnet"].id == risks["telnet"].id


def test_the_register_is_ordered_by_level_impact_likelihood_subjects_and_id():
    observations = (
        fail("k1", check="low", severity=Severity.LOW, ephi="no", place="server"),
        fail("k1", check="worst", severity=Severity.CRITICAL, place="external"),
        *(fail(f"k{n}", check="many", severity=Severity.LOW, ephi="no", place="server") for n in range(2)),
    )

    risks = registered(*observations)

    assert [risk.about for risk in risks] == ["worst", "many", "low"]
    assert [risk.place for risk in risks] == [1, 2, 3]
    assert registered(*reversed(observations)) == risks


@pytest.mark.parametrize(("due", "overdue"), [(TODAY, False), (TODAY - timedelta(days=1), True), (None, False)])
def test_the_newest_treatment_names_the_owner_and_it_is_overdue_the_day_after(due, overdue):
    name = one(fail()).id
    said = ledger(
        Treatment(risk=name, owner="First", due=TODAY),
        Treatment(risk=name, owner="Second", response="avoid", due=due, note="n"),
        Treatment(risk="R-OTHER2", owner="Third"),
    )

    risk = one(fail(), ledger=said)

    assert (risk.owner, risk.response, risk.due, risk.overdue, risk.note) == ("Second", "avoid", due, overdue, "n")


def test_overdue_is_by_the_day_of_the_organisation():
    midnight = datetime(2026, 11, 25, 5, 59, tzinfo=UTC)  # still the 24th in Chicago
    said = ledger(Treatment(risk=one(fail()).id, owner="O", due=TODAY))
    chicago = scope(time_zone="America/Chicago")

    assert not one(fail(), ledger=said, scope=chicago, as_of=midnight).overdue
    assert one(fail(), ledger=said, scope=chicago, as_of=midnight + timedelta(minutes=1)).overdue
    assert one(fail(), ledger=said, as_of=midnight).overdue


# ── from run to run ──────────────────────────────────────────────────────────────────────────────────────────────

LATER = AS_OF + timedelta(days=40)


def test_a_risk_that_is_still_there_keeps_its_first_day():
    risk = one(fail(), earlier=(one(fail()),), as_of=LATER)

    assert (risk.first_seen, risk.last_seen, risk.state) == (TODAY, date(2027, 1, 3), "open")


def carried(*observations: Observation, before: Risk | None = None, **more: object) -> Risk:
    return one(*observations, earlier=(before or one(fail()),), as_of=LATER, **more)


@pytest.mark.parametrize(
    ("observations", "state"),
    [
        ((passes("k1"),), "closed"),
        ((passes("k1", "k2"),), "closed"),
        ((passes("k2"), passes("k1", outcome=Outcome.NOT_APPLICABLE)), "closed"),
        ((), "not-seen"),
        ((passes("k2"),), "not-seen"),
        ((passes("k1", check="ftp"),), "not-seen"),
        ((passes("k1", outcome=Outcome.NOT_APPLICABLE),), "not-seen"),
        ((passes("k1"), fail("k2", outcome=Outcome.UNKNOWN)), "not-seen"),
        ((passes("k1"), fail("k2", outcome=Outcome.ERROR)), "not-seen"),
    ],
    ids=[
        "passed",
        "more",
        "no longer offered",
        "nothing",
        "another",
        "other check",
        "nothing judged",
        "unknown",
        "error",
    ],
)
def test_a_gap_is_closed_only_where_this_run_looked_and_it_is_gone(observations, state):
    risk = carried(*observations)

    assert (risk.state, risk.first_seen, risk.last_seen) == (state, TODAY, TODAY)


def test_closed_ones_are_listed_once_and_last_and_not_seen_ones_stay():
    worst = one(fail(severity=Severity.CRITICAL, place="external"))
    lesser = one(fail(check="ftp", severity=Severity.LOW, ephi="no"))

    second = registered(passes("k1"), earlier=(worst, lesser), as_of=LATER)
    third = registered(passes("k1"), earlier=second, as_of=LATER)

    assert [(risk.about, risk.state) for risk in second] == [("ftp", "not-seen"), ("telnet", "closed")]
    assert [(risk.about, risk.state, risk.last_seen) for risk in third] == [("ftp", "not-seen", TODAY)]


def test_a_risk_seen_in_part_remembers_where_it_was_until_each_place_was_looked_at():
    first = one(fail("k1"), fail("k2"))
    second = one(fail("k1"), earlier=(first,), as_of=LATER)
    third = one(passes("k1"), earlier=(second,), as_of=LATER)
    fourth = one(passes("k2"), earlier=(third,), as_of=LATER)

    assert (second.subjects, second.found_on) == (1, ("k1", "k2"))
    assert (third.state, third.found_on) == ("not-seen", ("k2",))
    assert fourth.state == "closed"


def test_a_risk_seen_in_part_is_rated_no_lower_than_where_it_was_looked_at_in_whole():
    whole = one(fail("k1", severity=Severity.CRITICAL, place="external"), fail("k2", severity=Severity.LOW, ephi="no"))
    alone = one(fail("k2", severity=Severity.LOW, ephi="no"))

    part = one(fail("k2", severity=Severity.LOW, ephi="no"), earlier=(whole,), as_of=LATER)
    mended = one(fail("k2", severity=Severity.LOW, ephi="no"), passes("k1"), earlier=(whole,), as_of=LATER)

    assert part.level == whole.level != alone.level
    assert (part.factors, part.likelihood, part.impact) == (whole.factors, whole.likelihood, whole.impact)
    assert mended.level == alone.level


def test_a_risk_seen_in_part_is_accepted_only_if_the_rest_was_by_the_same_exceptions():
    def risk(*observations: Observation, earlier: tuple[Risk, ...] = (), accepted: int = 0) -> Risk:
        (found,) = registered(
            *observations,
            gaps=gaps(observations, accepted=accepted, exceptions=("E-0001",) if accepted else ()),
            exceptions=(exception("E-0001", "in-force"),),
            earlier=earlier,
        )
        return found

    opened = risk(fail("k1"), fail("k2"))
    taken = risk(fail("k1"), fail("k2"), accepted=2)

    assert (opened.state, taken.state) == ("open", "accepted")
    assert risk(fail("k1"), earlier=(opened,), accepted=1).state == "open"
    assert risk(fail("k1"), earlier=(taken,), accepted=1).state == "accepted"


def test_a_subject_is_known_under_a_stronger_key_that_it_has_now():
    asset = Asset(key="mac:main/1", name="x", kind="host", ids=("mac:main/1", "k1"))

    assert carried(passes("mac:main/1")).state == "not-seen"
    assert carried(passes("mac:main/1"), assets=(asset,)).state == "closed"


def test_the_entries_of_a_directory_are_gone_where_it_was_read_again():
    before = one(fail("account:1", subject_kind="account", place="staff"))
    read = Asset(key="directory:staff", name="staff", kind="directory server", ids=("directory:staff",), place="staff")

    assert before.found_on == ("directory:staff",)
    assert carried(passes("account:2"), before=before).state == "not-seen"
    assert carried(passes("account:2"), before=before, assets=(read,)).state == "closed"


def test_one_that_comes_back_is_open_again_since_its_first_day():
    closed = carried(passes("k1"))

    risk = one(fail("k2"), earlier=(closed,), as_of=LATER)

    assert (risk.state, risk.first_seen, risk.found_on) == ("open", TODAY, ("k2",))


@pytest.mark.parametrize(
    ("status", "statements", "state"),
    [
        (Status.NOT_ASSESSED, (), "not-seen"),
        (Status.NOT_ASSESSED, (answer("no"), answer("yes", days=1)), "not-seen"),
        (Status.NOT_ASSESSED, (answer("no"), answer("yes", days=365)), "closed"),
        (Status.NOT_APPLICABLE, (answer("not-applicable", days=365),), "closed"),
        (Status.NOT_ASSESSED, (answer("not-applicable", days=365),), "not-seen"),
        (Status.SATISFIED_BY_ALTERNATIVE, (answer("no", days=365),), "closed"),
    ],
    ids=["expired", "yes, expired", "yes", "not applicable", "no reason for that", "alternative"],
)
def test_an_answer_is_closed_only_by_another_in_force(status, statements, state):
    before = one(controls=(control(),), ledger=ledger(answer("no")))

    assert carried(before=before, controls=(control(status),), ledger=ledger(*statements)).state == state


def test_an_answer_for_one_party_does_not_close_the_risk_of_another():
    asked = ("east", Status.NOT_SATISFIED), ("west", Status.NOT_SATISFIED)
    before = one(controls=(control(Status.NOT_SATISFIED, *asked),), ledger=ledger(answer("no", "east")))
    now = control(Status.NOT_ASSESSED, ("east", Status.NOT_ASSESSED), ("west", Status.NOT_ASSESSED))

    assert carried(before=before, controls=(now,), ledger=ledger(answer("yes", "west", days=365))).state == "not-seen"
    assert carried(before=before, controls=(now,), ledger=ledger(answer("yes", "east", days=365))).state == "closed"


def test_to_rename_a_party_closes_nothing_until_it_is_well_for_all_that_are_asked_now():
    before = one(
        controls=(control(Status.NOT_SATISFIED, ("east", Status.NOT_SATISFIED)),), ledger=ledger(answer("no", "east"))
    )
    now = control(Status.NOT_ASSESSED, ("East Inc.", Status.NOT_ASSESSED))

    assert carried(before=before, controls=(now,)).state == "not-seen"
    yes = ledger(answer("yes", "East Inc.", days=365))
    assert carried(before=before, controls=(now,), ledger=yes).state == "closed"


def test_a_control_or_service_that_is_not_there_any_more_was_not_looked_at():
    answered = one(controls=(control(),), ledger=ledger(answer("no")))
    service = one(services=(ready(lacks=2),))

    assert carried(before=answered).state == "not-seen"
    assert carried(before=service, services=()).state == "not-seen"
    assert carried(before=service).state == "closed"


def test_an_exception_that_ends_opens_the_risk_again():
    observations = (fail(),)
    covered = gaps(observations, accepted=1, exceptions=("E-1",))
    before = one(*observations, gaps=covered, exceptions=(exception("E-1", "in-force"),))

    after = carried(*observations, before=before, gaps=covered, exceptions=(exception("E-1", "expired"),))

    assert (before.state, after.state, after.exceptions) == ("accepted", "open", ())


def test_taking_evidence_away_from_the_sample_hospital_closes_nothing():
    given = configuration.parse(scope_text(Path("demo")), "demo")
    collectors = registry.collectors()
    imported = load([recorded.ACTIVE_DIRECTORY], collectors).evidence
    evidence = sorted([*recorded.read(), *imported], key=lambda record: record.id)

    def of(records: list[Evidence], earlier: tuple[Risk, ...]) -> tuple[Risk, ...]:
        said = [
            each
            for name, collector in collectors.items()
            for each in collector.read([record for record in records if record.envelope.collector == name], given)
        ]
        facts = [each for each in said if not isinstance(each, BlindSpot)]
        spots = [each for each in said if isinstance(each, BlindSpot)]
        checks = registry.load_checks().by_id
        inventory = Inventory(facts)
        observations = judge(facts, spots, checks.values(), given, AsOf(AS_OF))
        return register(
            gaps=assess.gaps(checks, observations, catalog.built_in()[catalog.SCORED]),
            controls=(),
            observations=observations,
            services=clinical_services(given, inventory, TODAY),
            scope=given,
            ledger=Ledger(),
            exceptions=(),
            earlier=earlier,
            as_of=AS_OF,
            assets=assess.assets(inventory, observations, given),
        )

    whole = of(evidence, ())
    less = [
        *([record for record in evidence if record.envelope.collector != name] for name in collectors),
        *([record] for record in evidence),
        [],
    ]

    assert len(whole) > 20
    for records in less:
        after = of(records, whole)
        assert {risk.id for risk in after} == {risk.id for risk in whole}
        assert not [risk for risk in after if risk.state == "closed"]


def test_the_register_says_that_it_is_not_the_hospitals_risk_analysis():
    assert "164.308(a)(1)(ii)(A)" in NOT_AN_ANALYSIS
    assert "does not satisfy it" in NOT_AN_ANALYSIS
