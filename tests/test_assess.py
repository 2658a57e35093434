"""How each control stands: tests, answers, decisions and accepted risks, and what none of them can do alone."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture import assess, catalog, registry
from posture.assessment import AnsweredCount, ControlResult, Observation
from posture.catalog import SCORED, Catalog, Control, Head
from posture.governance import answers
from posture.governance.exceptions import Exceptions
from posture.governance.ledger import (
    Attachment,
    Attestation,
    Decision,
    Entry,
    Ledger,
    RecordedRiskAnalysis,
    RiskAcceptance,
)
from posture.inventory import Inventory
from posture.model import Method, Outcome, Severity, Status
from posture.scope import OrganisationScope, Scope, Site

AS_OF = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)
DAY = timedelta(days=1)
FILE = Attachment(name="test.pdf", sha256="0" * 64, size=1)
TEST, EXAMINE, INTERVIEW = Method.TEST, Method.EXAMINE, Method.INTERVIEW
SCOPE = Scope(
    organisation=OrganisationScope(name="H", legal_entities=("North", "South")),
    site=(Site(id="a", name="Alpha"), Site(id="b", name="Beta")),
)


def control(name: str, **more: object) -> Control:
    return Control(
        **{
            "id": name,
            "kind": "specification",
            "title": f"Title {name}",
            "family": "technical",
            "text": "Text.",
            "question": "Is it so?",
            "methods": (EXAMINE,),
            **more,
        }
    )


def rule(*controls: Control) -> Catalog:
    head = Head(id=SCORED, title="T", citation="C", status="in force", as_of="2026-01-01", source="S")
    return Catalog(catalog=head, control=controls)


REQUIRED = control("R", requirement="R", methods=(EXAMINE, TEST), contradicted_by=("telnet",), supported_by=("snmp",))
ADDRESSABLE = control("A", requirement="A", methods=(EXAMINE, INTERVIEW), contradicted_by=("telnet",))
CLOSED = control("N", requirement="R", not_applicable_when="It runs no clearinghouse.")
RULE = rule(control("S", kind="standard"), msgspec.structs.replace(REQUIRED, parent="S"), ADDRESSABLE, CLOSED)


def seen(outcome: Outcome, subject: str = "k1", check: str = "telnet", ephi: str = "yes") -> Observation:
    shared = {"check": check, "severity": Severity.HIGH, "outcome": outcome, "evidence": ()}
    if outcome in {Outcome.PASS, Outcome.NOT_APPLICABLE}:
        return Observation(id=f"{check}/{outcome}", count=1, subjects=(subject,), **shared)
    return Observation(id=f"{check}/{subject}", subject=subject, ephi=ephi, **shared)


def nothing_to_judge(check: str) -> Observation:
    return seen(Outcome.NOT_APPLICABLE, "k9", check=check)


FAIL, PASS, UNKNOWN = seen(Outcome.FAIL), seen(Outcome.PASS, "k2"), seen(Outcome.UNKNOWN, "k3")


def attestation(name: str, answer: str = "yes", *methods: Method, **more: object) -> Attestation:
    return Attestation(
        **{
            "catalog": SCORED,
            "control": name,
            "answer": answer,
            "methods": methods or (EXAMINE, INTERVIEW),
            "owner": "M. Lee",
            "attested_on": TODAY - 10 * DAY,
            "expires": TODAY + 100 * DAY,
            **more,
        }
    )


def decision(choice: str = "alternative", **more: object) -> Decision:
    return Decision(
        **{
            "catalog": SCORED,
            "control": "A",
            "choice": choice,
            "why_not": "The pump can't.",
            "measure": "It stands alone in its network",
            "risk_analysis": "Section 4",
            "approver": "A. Patel",
            "decided_on": TODAY - 10 * DAY,
            "review_by": TODAY + 100 * DAY,
            "attachments": (FILE,),
            **more,
        }
    )


def acceptance(*controls: str, **more: object) -> RiskAcceptance:
    return RiskAcceptance(
        **{
            "id": "E-0001",
            "controls": controls,
            "requester": "R. Quest",
            "approver": "A. Patel",
            "owner": "M. Lee",
            "rationale": "Why",
            "granted_on": TODAY - DAY,
            "expires": TODAY + 10 * DAY,
            **more,
        }
    )


def found(
    *statements: object, seen=(), rule: Catalog = RULE, as_of: datetime = AS_OF, partial=()
) -> dict[str, ControlResult]:
    ledger = Ledger(entries=tuple(Entry(number=n, at=AS_OF, by="x", statement=s) for n, s in enumerate(statements, 1)))
    made = {each.check for each in seen}
    results = assess.control_results(
        rule,
        (*seen, *(nothing_to_judge(check) for check in ("telnet", "snmp") if made and check not in made)),
        answers=answers.on_file(ledger, rule, (), SCOPE, as_of),
        exceptions=Exceptions.of(ledger, Inventory(()), SCOPE, as_of),
        scope=SCOPE,
        partial=partial,
    )
    return {each.id: each for each in results}


def one(name: str, *statements: object, **more: object) -> ControlResult:
    return found(*statements, **more)[name]


# ── tests and answers ────────────────────────────────────────────────────────────────────────────────────────────


def test_no_scan_alone_satisfies_any_control_of_any_catalog():
    checks = registry.load_checks().by_id
    passes = [seen(Outcome.PASS, check=check) for check in checks]

    for each in catalog.built_in().values():
        for result in assess.control_results(each, passes, scope=SCOPE):
            assert result.status is Status.NOT_ASSESSED
            assert not result.counted or set(result.missing_methods) & {EXAMINE, INTERVIEW}
            assert result.answered in {"tested", "nothing"}


def test_a_yes_with_every_method_satisfies_and_says_who_when_and_until_when():
    result = one("R", attestation("R"), seen=(PASS,))

    assert (result.status, result.missing_methods, result.answered) == (Status.SATISFIED, (), "tested-and-attested")
    assert result.reason == (
        "M. Lee answered yes on 14 November 2026 (valid until 3 March 2027). "
        "Documents were examined and tests were made."
    )


@pytest.mark.parametrize(
    ("statement", "observations", "missing", "words"),
    [
        (attestation("R"), (), (TEST,), "a test by hand with its result attached"),
        (attestation("R"), (UNKNOWN,), (TEST,), "what was scanned is no full test of it"),
        (attestation("R", "yes", EXAMINE, TEST), (), (TEST,), "the result of the test by hand to be attached"),
        (attestation("R", "yes", INTERVIEW), (PASS,), (EXAMINE,), "documents to be examined"),
        (attestation("A", "yes", EXAMINE), (), (INTERVIEW,), "people to be interviewed"),
    ],
)
def test_a_yes_without_a_method_that_decides_it_satisfies_nothing_and_says_what_is_missing(
    statement, observations, missing, words
):
    result = one(statement.control, statement, seen=observations)

    assert (result.status, result.missing_methods) == (Status.NOT_ASSESSED, missing)
    assert words in result.reason


def test_a_test_by_hand_counts_with_its_result():
    result = one("R", attestation("R", "yes", EXAMINE, TEST, attachments=(FILE,)))

    assert (result.status, result.answered) == (Status.SATISFIED, "attested")
    assert "it was tested by hand" in result.reason


def test_how_it_was_found_out_has_to_be_said_even_where_the_catalog_names_no_method():
    bare = rule(control("R", methods=()))

    assert one("R", attestation("R", methods=()), rule=bare).status is Status.NOT_ASSESSED
    assert one("R", attestation("R"), rule=bare).status is Status.SATISFIED


def test_no_answer_outweighs_a_fail_that_contradicts():
    for answer in ("yes", "partly", "no", "not-applicable"):
        result = one("R", attestation("R", answer), seen=(FAIL, PASS))

        assert result.status is Status.NOT_SATISFIED
        assert result.reason.startswith("Contradicted by 1 failed check on 1 subject. M. Lee answered")
    contradicted = rule(msgspec.structs.replace(CLOSED, contradicted_by=("telnet",)))
    assert one("N", attestation("N", "not-applicable"), seen=(FAIL,), rule=contradicted).status is Status.NOT_SATISFIED


def test_a_fail_counts_only_where_ephi_may_be_and_what_is_not_declared_is_numbered():
    assert one("R", attestation("R"), seen=(PASS, seen(Outcome.FAIL, ephi="no"))).status is Status.SATISFIED
    result = one("R", seen=(FAIL, seen(Outcome.FAIL, "k9", ephi="unknown")))
    assert result.observations == ("telnet/k1", "telnet/k9")
    assert "For 1 of them the scope does not say whether it holds or reaches ePHI, so it counts." in result.reason


@pytest.mark.parametrize(
    "left",
    [
        seen(Outcome.FAIL, check="snmp"),
        seen(Outcome.UNKNOWN, "k2"),
        seen(Outcome.ERROR, "k2"),
        seen(Outcome.UNKNOWN, "k2", check="snmp", ephi="unknown"),
    ],
)
def test_a_test_counts_only_where_all_that_bears_on_it_passed_on_what_may_hold_ephi(left):
    result = one("R", attestation("R"), seen=(PASS, left))
    assert (result.status, result.missing_methods) == (Status.NOT_ASSESSED, (TEST,))
    assert "what was scanned is no full test of it" in result.reason

    by_hand = attestation("R", "yes", EXAMINE, TEST, attachments=(FILE,))
    assert one("R", by_hand, seen=(PASS, left)).status is Status.SATISFIED
    elsewhere = msgspec.structs.replace(left, ephi="no")
    assert one("R", attestation("R"), seen=(PASS, elsewhere)).status is Status.SATISFIED


def test_a_test_counts_only_where_every_check_that_bears_on_it_was_made_everywhere_and_passed_where_ephi_may_be():
    snmp = nothing_to_judge("snmp")
    said = answers.on_file(
        Ledger(entries=(Entry(number=1, at=AS_OF, by="x", statement=attestation("R")),)), RULE, (), SCOPE, AS_OF
    )

    def status(*observations: Observation, partial: tuple[str, ...] = ()) -> Status:
        found = assess.control_results(RULE, observations, answers=said, scope=SCOPE, partial=partial)
        return next(each.status for each in found if each.id == "R")

    assert status(PASS, snmp) is Status.SATISFIED
    assert status(PASS) is Status.NOT_ASSESSED  # snmp is skipped in posture.toml
    assert status(PASS, snmp, partial=("telnet",)) is Status.NOT_ASSESSED
    assert status(msgspec.structs.replace(PASS, ephi="no"), snmp) is Status.NOT_ASSESSED


def test_a_pass_of_what_only_supports_is_no_test():
    supporting = seen(Outcome.PASS, check="snmp")

    result = one("R", attestation("R"), seen=(supporting, nothing_to_judge("telnet")))

    assert (result.status, result.missing_methods) == (Status.NOT_ASSESSED, (TEST,))
    assert one("R", attestation("R"), seen=(supporting, PASS)).status is Status.SATISFIED


def test_an_alternative_of_which_nothing_shows_that_it_is_in_place_is_no_answer():
    for observations, status in (((), Status.NOT_ASSESSED), ((FAIL,), Status.NOT_SATISFIED)):
        result = one("A", decision(attachments=()), seen=observations)

        assert result.status is status
        assert "what shows that the alternative is in place" in result.reason


def test_a_no_or_partly_is_not_satisfied():
    for answer in ("no", "partly"):
        result = one("R", attestation("R", answer), seen=(PASS,))

        assert (result.status, result.answered) == (Status.NOT_SATISFIED, "tested-and-attested")


def test_not_applicable_is_only_what_the_closed_list_allows():
    result = one("N", attestation("N", "not-applicable"))
    assert result.status is Status.NOT_APPLICABLE
    assert "It runs no clearinghouse." in result.reason

    other = one("R", attestation("R", "not-applicable"), seen=(PASS,))
    assert (other.status, other.answered) == (Status.NOT_ASSESSED, "tested")


def test_from_its_expiry_on_an_answer_is_gone_even_where_an_older_one_would_hold():
    older = attestation("N", attested_on=TODAY - 99 * DAY, expires=TODAY + 999 * DAY)
    newer = attestation("N", expires=TODAY + DAY)

    assert one("N", older, newer).status is Status.SATISFIED
    gone = one("N", older, newer, as_of=AS_OF + DAY)
    assert (gone.status, gone.answered, gone.missing_methods) == (Status.NOT_ASSESSED, "nothing", (EXAMINE,))
    assert gone.reason.startswith("The answer that M. Lee gave on 14 November 2026 expired on 25 November 2026.")


def test_a_standard_is_no_better_than_its_worst_specification():
    assert one("S", attestation("S")).status is Status.NOT_ASSESSED
    assert one("S", attestation("S"), attestation("R"), seen=(PASS,)).status is Status.SATISFIED
    assert one("S", attestation("S"), attestation("R"), seen=(FAIL,)).status is Status.NOT_SATISFIED
    accepted = one("S", attestation("S"), acceptance("R"), seen=(FAIL,))
    assert (accepted.status, accepted.answered, accepted.exceptions) == (Status.RISK_ACCEPTED, "accepted", ())


# ── parties ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_specification_below_what_is_in_no_count_still_holds_the_standard_back():
    heading = control("S(x)", kind="general-rule", parent="S")
    below = control("S(x)(1)", parent="S(x)")

    results = found(attestation("S"), rule=rule(control("S", kind="standard"), heading, below))

    assert results["S"].status is Status.NOT_ASSESSED


@pytest.mark.parametrize(("per", "parties"), [("legal-entity", ("North", "South")), ("site", ("a", "b"))])
def test_the_whole_is_no_better_than_its_worst_party(per, parties):
    asked = rule(control("P", per=per))
    said = [attestation("P", party=each) for each in parties]

    both = one("P", *said, rule=asked)
    assert (both.status, both.answered) == (Status.SATISFIED, "attested")
    assert [(part.party, part.status) for part in both.parts] == [(each, Status.SATISFIED) for each in parties]

    half = one("P", said[0], rule=asked)
    assert (half.status, half.answered, half.missing_methods) == (Status.NOT_ASSESSED, "nothing", (EXAMINE,))
    assert [part.status for part in half.parts] == [Status.SATISFIED, Status.NOT_ASSESSED]

    worst = one("P", said[0], attestation("P", "no", party=parties[1]), rule=asked)
    assert worst.status is Status.NOT_SATISFIED
    name = "Beta" if per == "site" else "South"
    assert f"no better than the worst. {name}: M. Lee answered no" in worst.reason


def test_where_nobody_has_answered_the_reason_is_said_once():
    result = one("P", rule=rule(control("P", per="site")))

    assert result.reason == "No scan can show this. It needs documents to be examined."
    assert len(result.parts) == 2


# ── decisions ────────────────────────────────────────────────────────────────────────────────────────────────────

GAP = "It is addressable, and {}, so it is a gap."


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        ((), "no documented decision under 45 CFR 164.306(d)(3) is on file"),
        ((decision(decided_on=TODAY + DAY),), "no documented decision under 45 CFR 164.306(d)(3) is on file"),
        (
            (decision(review_by=TODAY),),
            "the decision about it was due for review on 24 November 2026, and counts no more",
        ),
        ((decision("implemented"),), "it was decided on 14 November 2026 that it is implemented"),
        ((decision(approver=" "),), "the decision of 14 November 2026 does not say who approved it"),
        (
            (decision(measure=""),),
            "the decision of 14 November 2026 does not say what is done instead, or why nothing is",
        ),
        ((decision("not-reasonable", why_not=""),), "the decision of 14 November 2026 does not say why it is not reas"),
    ],
)
def test_without_a_decision_that_counts_an_unimplemented_addressable_specification_is_a_gap(statements, why):
    for more, observations in (((), (FAIL,)), ((attestation("A", "partly"),), ())):
        result = one("A", *statements, *more, seen=observations)

        assert result.status is Status.NOT_SATISFIED
        assert GAP.split("{}", maxsplit=1)[0] + why in result.reason


def test_an_alternative_stands_in_the_place_of_the_specification_itself():
    for more, observations in (((), ()), ((), (FAIL,)), ((attestation("A", "no"),), (FAIL, PASS))):
        result = one("A", decision(), *more, seen=observations)

        assert result.status is Status.SATISFIED_BY_ALTERNATIVE
        assert "It stands alone in its network." in result.reason
        assert result.observations == (("telnet/k1",) if observations else ())
        assert ("is what the alternative has to cover" in result.reason) == bool(observations)


def test_neither_one_nor_the_other_is_a_risk_that_was_accepted_for_an_auditor_to_weigh():
    for observations in ((), (FAIL,)):
        result = one("A", decision("not-reasonable"), seen=observations)

        assert (result.status, result.answered, result.exceptions) == (Status.RISK_ACCEPTED, "accepted", ())
        assert "164.306(d)(3)(ii)(B), whose rationale an auditor weighs" in result.reason


def test_a_decision_changes_nothing_of_a_required_specification_or_one_that_is_satisfied():
    required = one("R", decision(control="R"), seen=(FAIL,))
    assert (required.status, "addressable" in required.reason) == (Status.NOT_SATISFIED, False)
    assert one("A", decision(), attestation("A"), seen=(PASS,)).status is Status.SATISFIED


def test_implemented_still_has_to_be_attested():
    result = one("A", decision("implemented"))

    assert result.status is Status.NOT_ASSESSED
    assert "that has to be attested" in result.reason


# ── the hospital's own risk analysis ─────────────────────────────────────────────────────────────────────────────

ANALYSIS = rule(control(answers.RISK_ANALYSIS, requirement="R", per="legal-entity", methods=(EXAMINE, INTERVIEW)))


def analysed(*statements: object, **more: object) -> ControlResult:
    recorded = RecordedRiskAnalysis(
        **{
            "title": "Risk analysis 2026",
            "performed_on": TODAY - 10 * DAY,
            "scope": "All ePHI",
            "approver": "A. Patel",
            "next_review": TODAY + DAY,
            "attachments": (FILE,),
            **more,
        }
    )
    return one(answers.RISK_ANALYSIS, recorded, *statements, rule=ANALYSIS)


INTERVIEWED = [attestation(answers.RISK_ANALYSIS, "yes", INTERVIEW, party=each) for each in ("North", "South")]


def test_a_recorded_risk_analysis_is_the_examined_document_and_not_the_rest():
    alone = analysed()
    assert (alone.status, alone.missing_methods, alone.answered) == (Status.NOT_ASSESSED, (INTERVIEW,), "attested")
    assert "“Risk analysis 2026” of 14 November 2026, approved by A. Patel" in alone.reason
    assert analysed(*INTERVIEWED).status is Status.SATISFIED


@pytest.mark.parametrize(
    "more",
    [{"attachments": ()}, {"scope": " "}, {"approver": ""}, {"next_review": TODAY}, {"performed_on": TODAY + DAY}],
)
def test_one_without_scope_approver_or_document_or_out_of_date_counts_for_nothing(more):
    assert analysed(**more).missing_methods == (EXAMINE, INTERVIEW)
    assert analysed(*INTERVIEWED, **more).status is Status.NOT_ASSESSED


def test_a_longer_name_does_not_name_the_shorter_one_in_it():
    group = Scope(organisation=OrganisationScope(name="H", legal_entities=("North", "North Physicians")))
    said = RecordedRiskAnalysis(
        title="Risk analysis",
        performed_on=TODAY,
        scope="All ePHI of North Physicians",
        approver="A. Patel",
        next_review=TODAY + DAY,
        attachments=(FILE,),
    )
    on_file = answers.on_file(
        Ledger(entries=(Entry(number=1, at=AS_OF, by="x", statement=said),)), ANALYSIS, (), group, AS_OF
    )

    (result,) = assess.control_results(ANALYSIS, (), answers=on_file, scope=group)

    assert "was handed in" not in {part.party: part.reason for part in result.parts}["North"]
    assert "was handed in" in {part.party: part.reason for part in result.parts}["North Physicians"]


def test_one_that_names_a_legal_entity_counts_for_that_one_alone():
    result = analysed(*INTERVIEWED, scope="All ePHI of North")

    assert [(part.party, part.status) for part in result.parts] == [
        ("North", Status.SATISFIED),
        ("South", Status.NOT_ASSESSED),
    ]


# ── accepted risks ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_accepted_risk_stays_not_satisfied():
    for more, observations in (
        ((), (FAIL,)),
        ((attestation("R", "no"),), (PASS,)),
        ((attestation("R", "no"),), (FAIL,)),
    ):
        result = one("R", acceptance("R"), *more, seen=observations)

        assert (result.status, result.answered, result.exceptions) == (Status.RISK_ACCEPTED, "accepted", ("E-0001",))
        assert "The risk is accepted until 3 December 2026 (E-0001): it stays not satisfied." in result.reason


def test_an_answer_is_accepted_only_with_the_control_as_a_whole():
    narrow = acceptance("R", checks=("telnet",))

    assert one("R", narrow, seen=(FAIL,)).status is Status.RISK_ACCEPTED
    assert one("R", narrow, attestation("R", "no"), seen=(FAIL,)).status is Status.NOT_SATISFIED
    assert one("R", narrow, attestation("R", "yes"), seen=(FAIL,)).status is Status.RISK_ACCEPTED


def test_nothing_is_accepted_where_nothing_is_wrong():
    for observations, statements in (((), ()), ((PASS,), (attestation("R"),))):
        bare = one("R", *statements, seen=observations)

        assert one("R", acceptance("R"), *statements, seen=observations) == bare


def test_a_gap_counts_the_fails_that_are_accepted_altogether():
    checks = registry.load_checks().by_id
    name, both = "telnet-offered", ("c1", "c2")
    bearing = rule(*(control(each, contradicted_by=(name,)) for each in both))
    fails = (seen(Outcome.FAIL, check=name), seen(Outcome.FAIL, "k2", name), seen(Outcome.FAIL, "k3", name, "no"))

    def accepted(*said: RiskAcceptance) -> tuple[int, tuple[str, ...], int]:
        entries = tuple(Entry(number=n, at=AS_OF, by="x", statement=each) for n, each in enumerate(said, 1))
        exceptions = Exceptions.of(Ledger(entries=entries), Inventory(()), SCOPE, AS_OF)
        (gap,) = assess.gaps(checks, fails, bearing, exceptions)
        return gap.accepted, gap.exceptions, gap.failed

    assert accepted() == (0, (), 3)
    assert accepted(acceptance(checks=(name,))) == (3, ("E-0001",), 3)
    assert accepted(acceptance(subjects=("k1",))) == (1, ("E-0001",), 3)
    assert accepted(acceptance("c1")) == (0, (), 3)
    assert accepted(acceptance("c1"), acceptance("c2", id="E-0002")) == (2, ("E-0001", "E-0002"), 3)


def test_what_controls_are_answered_by_adds_up():
    results = found(attestation("S"), attestation("R"), attestation("N", "no"), acceptance("N"), seen=(PASS,))

    (row,) = assess.answered_counts(list(results.values()))

    assert row == AnsweredCount(family="technical", of=4, attested=1, tested_and_attested=1, tested=1, accepted=1)


# ── whatever is stated ───────────────────────────────────────────────────────────────────────────────────────────

names = st.sampled_from(("S", "R", "A", "N"))
dates = {
    "attested_on": st.sampled_from((TODAY - 5 * DAY, TODAY, TODAY + DAY)),
    "expires": st.sampled_from((TODAY - DAY, TODAY, TODAY + DAY)),
}
some_methods = st.sets(st.sampled_from(Method)).map(sorted).map(tuple)
words = st.sampled_from(("yes", "partly", "no", "not-applicable"))
said = st.builds(
    lambda name, answer, methods, files, more: attestation(name, answer, methods=methods, attachments=files, **more),
    names,
    words,
    some_methods,
    st.sampled_from(((), (FILE,))),
    st.fixed_dictionaries(dates),
)
accepted = st.builds(
    lambda number, controls, checks: acceptance(*controls, id=f"E-{number}", checks=checks),
    st.integers(1, 3),
    st.sets(names, max_size=2),
    st.sampled_from(((), ("telnet",))),
)
decided = st.builds(decision, st.sampled_from(("implemented", "alternative", "not-reasonable")))
observations = st.lists(
    st.builds(
        seen,
        st.sampled_from(Outcome),
        st.sampled_from(("k1", "k2")),
        st.sampled_from(("telnet", "snmp")),
        st.sampled_from(("yes", "no", "unknown")),
    ),
    max_size=4,
)
GOOD = {Status.SATISFIED, Status.NOT_APPLICABLE}


@given(st.lists(said | accepted | decided, max_size=5), observations)
def test_a_contradicted_control_is_never_satisfied_or_not_applicable(statements, given_observations):
    for name, result in found(*statements, seen=given_observations).items():
        if result.observations:
            assert result.status not in GOOD
            assert result.status is not Status.SATISFIED_BY_ALTERNATIVE or name == "A"
            unaccepted = found(*(each for each in statements if isinstance(each, Attestation)), seen=given_observations)
            assert unaccepted[name].status is Status.NOT_SATISFIED


@given(st.lists(accepted | decided, max_size=4), observations)
def test_without_an_answer_nothing_is_satisfied_but_by_a_decision(statements, given_observations):
    for name, result in found(*statements, seen=given_observations).items():
        assert result.status not in GOOD
        assert result.status is not Status.SATISFIED_BY_ALTERNATIVE or name == "A"


@given(st.lists(said, max_size=5), observations)
def test_not_applicable_comes_only_from_the_closed_list(statements, given_observations):
    for name, result in found(*statements, seen=given_observations).items():
        assert result.status is not Status.NOT_APPLICABLE or name == "N"


@given(st.lists(said | accepted | decided, max_size=5), observations, st.data())
def test_evidence_that_is_taken_away_never_satisfies_anything(statements, given_observations, data):
    before = found(*statements, seen=given_observations)
    left = [each for each in given_observations if each.outcome is Outcome.FAIL or data.draw(st.booleans())]

    for name, result in found(*statements, seen=left).items():
        assert result.status.rank >= before[name].status.rank


@given(st.lists(said, min_size=1, max_size=4), observations, st.data())
def test_a_last_yes_that_is_taken_away_improves_nothing_where_nothing_was_said_before(statements, seen_, data):
    single = list({each.control: each for each in statements}.values())
    taken = data.draw(st.sampled_from(single))
    before = found(*single, seen=seen_)
    after = found(*(each for each in single if each is not taken), seen=seen_)

    for name in before:
        improved = after[name].status.rank < before[name].status.rank
        assert not improved or (taken.answer in {"no", "partly"} and after[name].status not in GOOD)


@given(st.lists(said | decided, max_size=5), observations)
def test_the_newest_of_two_that_have_begun_speaks(statements, given_observations):
    last = attestation("N", "no", attested_on=TODAY, expires=TODAY + DAY)

    assert one("N", *statements, last, seen=given_observations).status is Status.NOT_SATISFIED


@given(st.lists(said | accepted | decided, max_size=5), observations)
def test_every_figure_adds_up(statements, given_observations):
    results = list(found(*statements, seen=given_observations).values())

    for row in (*assess.answered_counts(results), *assess.family_counts(results)):
        figures = msgspec.structs.asdict(row)
        assert row.of == len(results) == sum(figures[each] for each in figures if each not in {"family", "of"})


@given(st.lists(st.tuples(st.sampled_from(("North", "South")), words, some_methods), max_size=5))
def test_parties_are_worst_of(answers_):
    asked = rule(control("P", per="legal-entity", not_applicable_when="Never."))

    result = one("P", *(attestation("P", a, party=p, methods=m) for p, a, m in answers_), rule=asked)

    assert result.status.rank == max(part.status.rank for part in result.parts)
    assert [part.party for part in result.parts] == ["North", "South"]
