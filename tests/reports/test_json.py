import hashlib
import json

import msgspec
import pytest
from jsonschema import Draft202012Validator
from reports.sample import HOSTILE, sample_assessment

from posture.assessment import Assessment, Observation
from posture.model import Outcome, Severity
from posture.registry import renderers
from posture.schema import assessment_schema

SAMPLE = sample_assessment()


@pytest.fixture
def written(tmp_path):
    out = tmp_path / "assessment.json"
    renderers()["json"].render(SAMPLE, out)
    return out.read_bytes()


def test_it_is_valid_against_the_schema_that_ships(written):
    Draft202012Validator(assessment_schema()).validate(json.loads(written))


def test_reading_it_gives_the_same_assessment(written):
    assert msgspec.json.decode(written, type=Assessment) == SAMPLE


def test_the_same_assessment_gives_the_same_bytes(written, tmp_path):
    renderers()["json"].render(SAMPLE, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == written


def test_its_keys_are_sorted_and_it_ends_with_a_line_feed(written):
    assert written == (json.dumps(json.loads(written), sort_keys=True, ensure_ascii=False, indent=2) + "\n").encode()


def test_a_reader_can_recompute_the_fingerprint_without_us(written):
    rest = json.loads(written)
    del rest["run"]
    canonical = json.dumps(rest, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert hashlib.sha256(canonical.encode()).hexdigest() == SAMPLE.fingerprint


def test_it_has_the_keys_of_the_contract(written):
    document = json.loads(written)
    assert document["schema"] == "posture/assessment/1"
    assert {
        "run",
        "coverage",
        "controls",
        "observations",
        "assets",
        "risks",
        "exceptions",
        "attestations",
    } <= document.keys()
    for control in document["controls"]:
        assert {"catalog", "id", "requirement", "status", "reason", "observations"} <= control.keys()
    assert any(control["requirement"] is None for control in document["controls"])


def test_single_observations_and_counted_sets_have_each_their_keys(written):
    observations = json.loads(written)["observations"]
    seen = {"single": 0, "set": 0}
    for each in observations:
        assert {"check", "severity", "outcome", "evidence"} <= each.keys()
        if each["outcome"] in {"fail", "unknown", "error"}:
            assert {"id", "subject", "message"} <= each.keys()
            assert "count" not in each
            seen["single"] += 1
        else:
            assert {"count", "subjects"} <= each.keys()
            assert "subject" not in each
            assert each["count"] == len(each["subjects"])
            seen["set"] += 1
    assert min(seen.values()) > 0


def test_an_observation_without_evidence_still_says_so():
    bare = Observation(
        check="a", severity=Severity.LOW, outcome=Outcome.UNKNOWN, id="1", subject="address:x/10.0.0.1", evidence=()
    )
    document = json.loads(msgspec.json.encode(bare))
    assert document["evidence"] == []
    assert document["message"] == ""


@pytest.mark.parametrize("key", ["evidence", "message", "severity"])
def test_the_schema_refuses_an_observation_that_lacks_a_key_of_the_contract(written, key):
    document = json.loads(written)
    del document["observations"][0][key]
    assert not Draft202012Validator(assessment_schema()).is_valid(document)


def test_the_schema_refuses_an_observation_that_is_neither_about_a_subject_nor_a_set(written):
    document = json.loads(written)
    del document["observations"][0]["subject"]
    assert not Draft202012Validator(assessment_schema()).is_valid(document)


def test_hostile_text_is_kept_as_it_is(written):
    names = {asset["name"] for asset in json.loads(written)["assets"]}
    assert set(HOSTILE) <= names


def test_what_was_there_stays_when_it_cannot_be_written(tmp_path):
    out = tmp_path / "assessment.json"
    out.write_text("the old one")
    broken = msgspec.structs.replace(SAMPLE, schema="\ud800")
    with pytest.raises(UnicodeEncodeError):
        renderers()["json"].render(broken, out)
    assert out.read_text() == "the old one"
    assert [path.name for path in tmp_path.iterdir()] == ["assessment.json"]
