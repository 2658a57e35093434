"""OSCAL: read back by compliance-trestle's models, with every reference resolved, and nothing said that isn't so."""

import json
import re
import zipfile
from collections import Counter
from uuid import UUID

import msgspec
import pytest
from reports.sample import BIDI, SCRIPT, sample_assessment
from trestle.oscal.assessment_plan import AssessmentPlan
from trestle.oscal.assessment_results import AssessmentResults
from trestle.oscal.catalog import Catalog
from trestle.oscal.poam import PlanOfActionAndMilestones
from trestle.oscal.profile import Profile
from trestle.oscal.ssp import SystemSecurityPlan

from posture import catalog
from posture.assessment import Assessment, Risk
from posture.errors import PostureError
from posture.model import Outcome, Status
from posture.oscal.words import control_id, line, prose
from posture.registry import renderers

SAMPLE = sample_assessment(hostile_organisation=True)
KINDS = {
    "catalog": Catalog,
    "profile": Profile,
    "system-security-plan": SystemSecurityPlan,
    "assessment-plan": AssessmentPlan,
    "assessment-results": AssessmentResults,
    "plan-of-action-and-milestones": PlanOfActionAndMilestones,
}
RESULTS, POAM = "assessment-results.json", "plan-of-action-and-milestones.json"


def unpacked(assessment, folder):
    out = folder / "oscal.zip"
    renderers()["oscal"].render(assessment, out)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(folder / "oscal")
    return folder / "oscal"


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    return unpacked(SAMPLE, tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def sample_hospital(hospital, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sample-hospital")
    with zipfile.ZipFile(hospital.files["oscal"]) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def nothing(empty_run, tmp_path_factory):
    return unpacked(empty_run, tmp_path_factory.mktemp("empty"))


@pytest.fixture(params=["sample", "sample_hospital", "nothing"])
def folder(request):
    return request.getfixturevalue(request.param)


def documents(folder):
    return {file.name: json.loads(file.read_text("utf-8")) for file in sorted(folder.iterdir())}


def nodes(value):
    """Every object in a document, with the key that it stands under."""
    stack = [("", value)]
    while stack:
        key, each = stack.pop()
        if isinstance(each, dict):
            yield key, each
            stack += each.items()
        elif isinstance(each, list):
            stack += [(key, one) for one in each]


def props(node, name):
    return [each["value"] for each in node.get("props", ()) if each["name"] == name]


def test_compliance_trestle_reads_every_document_and_writes_the_same_back(folder):
    for file in folder.iterdir():
        (kind,) = json.loads(file.read_text("utf-8"))
        read = KINDS[kind].oscal_read(file)
        assert read is not None
        again = json.loads(read.oscal_serialize_json())
        assert again.keys() == {kind}
        assert again[kind]["uuid"] == json.loads(file.read_text("utf-8"))[kind]["uuid"]


def test_no_key_is_empty_and_every_line_is_one(folder):
    for document in documents(folder).values():
        for key, node in nodes(document):
            for name, value in node.items():
                assert value not in ("", [], None), (key, name)
                assert value != {} or name == "include-all"
                if name in {"title", "value", "text", "name"}:
                    assert "\n" not in value
                    assert value == value.strip()


def test_a_uuid_is_one_things_in_its_document(folder):
    for name, document in documents(folder).items():
        found = Counter(node["uuid"] for _, node in nodes(document) if "uuid" in node)
        assert [uuid for uuid, times in found.items() if times > 1] == [], name


def unresolved(every):  # noqa: C901, PLR0912  # one branch a kind of reference
    """References that lead nowhere, and what they name."""
    controls, targets, found = set(), set(), []
    for document in every.values():
        for key, node in nodes(document.get("catalog", {})):
            if key == "controls":
                controls.add(node["id"])
                targets |= {part["id"] for part in node["parts"]}
    for document in every.values():
        own = {node["uuid"] for _, node in nodes(document) if "uuid" in node}
        roles = {node["id"] for key, node in nodes(document) if key == "roles"}
        for key, node in nodes(document):
            for name, value in node.items():
                if name.endswith("-uuid"):
                    known = value in own
                elif name == "party-uuids":
                    known = set(value) <= own
                elif name == "role-id":
                    known = value in roles
                elif name == "control-id":
                    known = value in controls
                elif name == "target-id":
                    known = value in targets
                elif name == "href" and value.startswith("#"):
                    known = value[1:] in own
                elif name == "href" and not value.startswith("ni:"):
                    known = value in every
                else:
                    known = True
                if not known:
                    found.append((key, name, value))
    return found


def test_every_reference_leads_somewhere(folder):
    assert unresolved(documents(folder)) == []


# Values that OSCAL 1.1.2 allows where it allows no other (its metaschemas), and those that we keep to where it does.
ALLOWED = {
    ("subjects", "type"): {"component", "inventory-item", "location", "party", "user", "resource"},
    ("target", "type"): {"statement-id", "objective-id"},
    ("actors", "type"): {"tool", "assessment-platform", "party"},
    ("tasks", "type"): {"milestone", "action"},
    ("parties", "type"): {"person", "organization"},
    ("risks", "status"): {
        "open", "investigating", "remediating", "deviation-requested", "deviation-approved", "closed",
    },
    ("entries", "status-change"): {
        "open", "investigating", "remediating", "deviation-requested", "deviation-approved", "closed",
    },
    ("remediations", "lifecycle"): {"recommendation", "planned", "completed"},
    ("implementation-status", "state"): {"implemented", "partial", "planned", "alternative", "not-applicable"},
    ("observations", "methods"): {"EXAMINE", "INTERVIEW", "TEST"},
    ("observations", "types"): {"control-objective", "finding", "discovery"},
}  # fmt: skip
STATES = {
    "components": {"under-development", "operational", "disposition", "other"},
    "system-characteristics": {"operational", "under-development", "under-major-modification", "disposition", "other"},
    "target": {"satisfied", "not-satisfied"},
}
OSCAL_NAMES = {
    "inventory-items": {"asset-id", "asset-type", "ipv4-address", "ipv6-address", "mac-address", "fqdn", "label"},
    "components": {"version"},
    "activities": {"method"},
    "controls": {"label"},
    "parts": {"label", "method"},
}
OSCAL_SYSTEM = "http://csrc.nist.gov/ns/oscal"


def broken_rules(every):  # noqa: C901  # one branch a rule
    """What breaks a rule of OSCAL's metaschemas that its JSON schemas don't hold."""
    found = []
    for name, document in every.items():
        for key, node in nodes(document):
            for (under, field), allowed in ALLOWED.items():
                values = node.get(field, []) if key == under else []
                if wrong := {*([values] if isinstance(values, str) else values)} - allowed:
                    found.append((name, key, field, wrong))
            status = node.get("status")
            if key in STATES and isinstance(status, dict):
                if status["state"] not in STATES[key]:
                    found.append((name, key, "state", status["state"]))
                if status["state"] == "other" and not status.get("remarks"):
                    found.append((name, key, "other, without remarks"))
            unnamed = {each["name"] for each in node.get("props", ()) if "ns" not in each}
            if wrong := unnamed - OSCAL_NAMES.get(key, set()):
                found.append((name, key, "props", wrong))
            if key == "activities" and not props(node, "method"):
                found.append((name, key, "an activity without a method"))
            if (
                key == "facets"
                and node["system"] == OSCAL_SYSTEM
                and node["name"] not in {"risk", "likelihood", "impact"}
            ):
                found.append((name, key, "facet", node["name"]))
            if isinstance(node.get("uuid"), str) and UUID(node["uuid"]).version != 5:
                found.append((name, key, "uuid"))
    return found


def test_the_rules_that_no_schema_holds_are_kept(folder):
    assert broken_rules(documents(folder)) == []


@pytest.mark.parametrize(
    ("file", "under", "change"),
    [
        (RESULTS, "risks", {"status": "accepted"}),
        (RESULTS, "observations", {"methods": ["SCAN"]}),
        (RESULTS, "subjects", {"type": "host"}),
        (RESULTS, "observations", {"props": [{"name": "outcome", "value": "fail"}]}),
        (RESULTS, "inventory-items", {"props": [{"name": "vendor-name", "value": "A"}]}),
        (RESULTS, "target", {"status": {"state": "other"}}),
        (RESULTS, "facets", {"system": OSCAL_SYSTEM, "name": "harm"}),
        ("assessment-plan.json", "activities", {"props": [{"name": "step", "value": "1", "ns": "urn:x"}]}),
        (POAM, "poam-items", {"uuid": "00000000-0000-4000-8000-000000000000"}),
    ],
)
def test_each_of_these_rules_is_seen_when_it_is_broken(sample, file, under, change):
    every = documents(sample)
    next(node for key, node in nodes(every[file]) if key == under).update(change)
    assert broken_rules(every)


@pytest.mark.parametrize(
    ("file", "under", "field", "wrong"),
    [
        (RESULTS, "subjects", "subject-uuid", "00000000-0000-5000-8000-000000000000"),
        (RESULTS, "related-observations", "observation-uuid", "00000000-0000-5000-8000-000000000000"),
        (RESULTS, "actors", "actor-uuid", "00000000-0000-5000-8000-000000000000"),
        (RESULTS, "relevant-evidence", "href", "#00000000-0000-5000-8000-000000000000"),
        (RESULTS, "import-ap", "href", "another-plan.json"),
        (RESULTS, "target", "target-id", "no-such-objective"),
        (RESULTS, "exclude-controls", "control-id", "no-such-control"),
        (POAM, "related-risks", "risk-uuid", "00000000-0000-5000-8000-000000000000"),
        (POAM, "import-ssp", "href", "another-system.json"),
        ("assessment-plan.json", "import-ssp", "href", "another-system.json"),
        ("system-security-plan.json", "import-profile", "href", "another-profile.json"),
    ],
)
def test_a_reference_that_leads_nowhere_is_seen(sample, file, under, field, wrong):
    every = documents(sample)
    assert unresolved(every) == []
    next(node for key, node in nodes(every[file]) if key == under)[field] = wrong
    assert [each[-1] for each in unresolved(every)] == [wrong]


def test_the_results_import_the_plan_and_the_plan_and_the_poam_the_stub_with_one_component(sample_hospital):
    every = documents(sample_hospital)
    assert every[RESULTS]["assessment-results"]["import-ap"] == {"href": "assessment-plan.json"}
    stub = {"href": "system-security-plan.json"}
    assert every["assessment-plan.json"]["assessment-plan"]["import-ssp"] == stub
    assert every[POAM]["plan-of-action-and-milestones"]["import-ssp"] == stub
    system = every["system-security-plan.json"]["system-security-plan"]
    assert system["import-profile"] == {"href": "profile.json"}
    assert [each["type"] for each in system["system-implementation"]["components"]] == ["this-system"]


def conclusions(folder):
    """Status of ours by control, and OSCAL's, for the rule that is scored."""
    (result, *_) = documents(folder)[RESULTS]["assessment-results"]["results"]
    found = {}
    for finding in result.get("findings", ()):
        status = finding["target"]["status"]
        found[props(finding, "control")[0]] = (props(finding, "status")[0], status["state"], status["reason"])
    (selection,) = result["reviewed-controls"]["control-selections"]
    excluded = {each["control-id"] for each in selection.get("exclude-controls", ())}
    for each in selection.get("props", ()):
        assert control_id(catalog.SCORED, each["value"]) in excluded
        assert each["value"] not in found
        assert each["remarks"]
        found[each["value"]] = (each["name"], None, None)
    return found


@pytest.mark.parametrize("name", ["sample", "sample_hospital"])
def test_statuses_are_in_oscals_words_and_what_was_not_assessed_is_neither(request, hospital, name):
    assessment = SAMPLE if name == "sample" else hospital.assessment
    satisfied, failed, neither = ("satisfied", "pass"), ("not-satisfied", "fail"), (None, None)
    words = {
        Status.SATISFIED: satisfied,
        Status.SATISFIED_BY_ALTERNATIVE: satisfied,
        Status.NOT_SATISFIED: failed,
        Status.RISK_ACCEPTED: failed,
        Status.NOT_ASSESSED: neither,
        Status.NOT_APPLICABLE: neither,
    }
    assert {each.status for each in assessment.controls} >= set(words) - {Status.NOT_APPLICABLE}
    found = conclusions(request.getfixturevalue(name))
    assert found == {each.id: (each.status.value, *words[each.status]) for each in assessment.controls}


def test_an_empty_run_concludes_nothing_and_has_no_plan_of_action(nothing, empty_run):
    assert {file.name for file in nothing.iterdir()} >= {"profile.json", "system-security-plan.json", RESULTS}
    assert POAM not in {file.name for file in nothing.iterdir()}
    assert set(conclusions(nothing).values()) == {("not-assessed", None, None)}
    assert len(conclusions(nothing)) == len(empty_run.controls)
    for result in documents(nothing)[RESULTS]["assessment-results"]["results"]:
        assert "findings" not in result
        assert "risks" not in result


def test_observations_have_the_methods_that_were_used_and_evidence_by_its_hash(sample_hospital, hospital):
    document = documents(sample_hospital)[RESULTS]["assessment-results"]
    observed = document["results"][0]["observations"]
    assert {method for each in observed for method in each["methods"]} == {"TEST", "EXAMINE", "INTERVIEW"}
    resources = {f"#{each['uuid']}": each for each in document["back-matter"]["resources"]}
    by_id = {props(each, "observation-id")[0]: each for each in observed if props(each, "observation-id")}
    for each in hospital.assessment.observations:
        if each.id:
            linked = [resources[one["href"]] for one in by_id[each.id].get("relevant-evidence", ())]
            assert tuple(one["rlinks"][0]["hashes"][0]["value"] for one in linked) == each.evidence
            assert props(by_id[each.id], "outcome") == [each.outcome.value]
    counted = [each for each in hospital.assessment.observations if not each.subject]
    assert len(counted) > 50
    assert sum(int(props(each, "count")[0]) for each in observed if props(each, "count")) == sum(
        each.count for each in counted
    )


def test_what_gave_no_answer_is_no_finding(sample_hospital):
    for each in documents(sample_hospital)[RESULTS]["assessment-results"]["results"][0]["observations"]:
        outcome = props(each, "outcome")
        if outcome and outcome != ["fail"]:
            assert "finding" not in each["types"]


def test_a_proposed_rule_has_no_results(sample_hospital, hospital):
    proposed = [each.catalog.id for each in hospital.assessment.frameworks if each.proposed]
    results = documents(sample_hospital)[RESULTS]["assessment-results"]["results"]
    assert not {props(each, "catalog")[0] for each in results} & {*proposed, "hipaa-nprm-2025"}


def risk(state, **more):
    day = SAMPLE.method.as_of.date()
    level = {"level": "high", "likelihood": "high", "impact": "moderate"}
    about = SAMPLE.gaps[0].check
    return Risk(
        id=f"R-{state}", place=1, title="A", source="gap", about=about, state=state, first_seen=day, last_seen=day,
        **level, **more,
    )  # fmt: skip


def test_risks_have_oscals_states_and_their_factors(tmp_path):
    exception = SAMPLE.exceptions[0]
    risks = (risk("open"), risk("accepted", exceptions=(exception.id,)), risk("not-seen"), risk("closed"))
    every = documents(unpacked(msgspec.structs.replace(SAMPLE, risks=risks), tmp_path))
    found = every[RESULTS]["assessment-results"]["results"][0]["risks"]
    assert [each["status"] for each in found] == ["open", "deviation-approved", "open", "closed"]
    facets = {each["name"]: each["value"] for each in found[0]["characterizations"][0]["facets"]}
    assert facets == {"risk": "high", "likelihood": "high", "impact": "moderate"}
    assert found[1]["risk-log"]["entries"][0]["status-change"] == "deviation-approved"
    assert len(found[0]["related-observations"]) == sum(
        each.check == SAMPLE.gaps[0].check and each.outcome is Outcome.FAIL for each in SAMPLE.observations
    )


def test_the_plan_of_action_has_an_item_for_every_weakness_and_none_for_what_is_closed(tmp_path):
    risks = (risk("not-seen"), msgspec.structs.replace(risk("closed"), about="gone"))
    document = documents(unpacked(msgspec.structs.replace(SAMPLE, risks=risks), tmp_path))[POAM]
    items = document["plan-of-action-and-milestones"]["poam-items"]
    assert {props(each, "weakness-id")[0] for each in items} == {"R-not-seen", *(gap.check for gap in SAMPLE.gaps)}


def test_the_catalog_is_read_again_by_posture_with_the_same_controls(sample_hospital, hospital):
    again = catalog.load(sample_hospital / "catalog-hipaa-security-rule.json")
    ours = [control_id(each.catalog, each.id) for each in hospital.assessment.controls]
    assert sorted(each.id for each in again.control) == sorted(ours)


def test_ids_of_controls_are_tokens_and_no_two_are_one():
    rule = catalog.built_in()
    every = [(name, each.id) for name, each_catalog in rule.items() for each in each_catalog.control]
    tokens = [control_id(*each) for each in every]
    assert len(set(tokens)) == len(every)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]*", token) for token in tokens)
    assert control_id(catalog.SCORED, "164.308(a)(1)(ii)(A)") == "s164.308-a-1-ii-A"
    assert control_id(catalog.SCORED, "a b") != control_id(catalog.SCORED, "a(b")


def test_hostile_text_is_shown_and_is_no_markup(sample):
    shown = line(SCRIPT)
    assert shown.startswith("\\<script\\>")
    assert "\u202e" not in prose(BIDI)
    assert prose("a `<b>` <i>") == "a `<b>` \\<i\\>"
    for document in documents(sample).values():
        for _, node in nodes(document):
            for name, value in node.items():
                if name in {"title", "description", "prose", "remarks", "statement"} and isinstance(value, str):
                    assert not re.search(r"(?<!\\)<(?![^`]*`)", value), value
                if isinstance(value, str):
                    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e]", value)


def test_the_same_assessment_gives_the_same_bytes_and_things_keep_their_uuids_from_run_to_run(tmp_path):
    one, again = tmp_path / "one.zip", tmp_path / "again.zip"
    renderers()["oscal"].render(SAMPLE, one)
    renderers()["oscal"].render(SAMPLE, again)
    assert one.read_bytes() == again.read_bytes()
    later = msgspec.structs.replace(SAMPLE, run=msgspec.structs.replace(SAMPLE.run, id="another"))
    (tmp_path / "later").mkdir()
    results = [
        documents(unpacked(each, folder))[RESULTS]["assessment-results"]
        for each, folder in ((SAMPLE, tmp_path), (later, tmp_path / "later"))
    ]
    assert results[0]["uuid"] != results[1]["uuid"]
    seen = [{each["uuid"] for each in one["results"][0]["observations"]} for one in results]
    assert seen[0] == seen[1]


def test_another_hospitals_things_have_other_uuids(tmp_path, sample):
    other = msgspec.structs.replace(
        SAMPLE, organisation=msgspec.structs.replace(SAMPLE.organisation, name="Another hospital")
    )
    one, two = (
        {node["uuid"] for _, node in nodes(documents(folder)[RESULTS]) if "uuid" in node}
        for folder in (sample, unpacked(other, tmp_path))
    )
    assert not one & two


def test_an_assessment_of_no_control_is_refused(tmp_path):
    bare = Assessment(run=SAMPLE.run, organisation=SAMPLE.organisation, method=SAMPLE.method, coverage=SAMPLE.coverage)
    with pytest.raises(PostureError, match="no control was judged"):
        renderers()["oscal"].render(bare, tmp_path / "oscal.zip")
    assert not list(tmp_path.iterdir())
