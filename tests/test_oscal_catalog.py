import json
from pathlib import Path

import pytest
from trestle.oscal.catalog import Catalog as Oscal

from posture import catalog, oscal_catalog
from posture.errors import PostureError
from posture.model import Method

FIXTURE = Path(__file__).parent / "data" / "oscal" / "hospital_catalog.json"


@pytest.fixture(scope="module")
def read() -> catalog.Catalog:
    return catalog.load(FIXTURE)


def test_the_fixture_is_an_oscal_catalog_by_the_models_of_compliance_trestle(read):
    oscal = Oscal.oscal_read(FIXTURE)

    assert oscal is not None
    assert oscal.metadata.title == read.catalog.title


def test_a_catalog_is_known_by_its_files_name_and_is_the_hospitals_own(read):
    assert read.catalog.id == "hospital_catalog"
    assert read.catalog.status == "own"
    assert (read.catalog.version, read.catalog.as_of) == ("2.1", "2026-03-02")


def test_controls_come_in_order_with_enhancements_and_without_withdrawn_ones(read):
    assert [each.id for each in read.control] == ["ac-1", "ac-2", "ac-2.1", "dt-1"]
    assert [each.title for each in read.control][:3] == [
        "AC-1 Policy and Procedures",
        "AC-2 Account Management",
        "AC-2(1) Automated System Account Management",
    ]
    assert [each.family for each in read.control] == ["Access Control", "Access Control", "Access Control", "Downtime"]
    assert {each.parent for each in read.control} == {None}


def test_the_text_has_its_labels_and_its_parameters(read):
    assert read.control[0].text == (
        "a. Disseminate to [Assignment: organization-defined personnel or roles]: "
        "1. [Selection (one or more): organization-level; "
        "system-level, told to [Assignment: organization-defined personnel or roles]] access control policy; "
        "b. Review it every 30 days."
    )
    assert read.control[0].note == "Policies help; see AC-2 too."
    assert read.control[-1].text == "Keep forms on [Assignment: dt-1_prm_9]."


def test_methods_are_those_of_the_assessment_parts_and_a_test_is_never_enough(read):
    methods = {each.id: each.methods for each in read.control}

    assert methods["ac-1"] == (Method.EXAMINE, Method.INTERVIEW)
    assert methods["ac-2"] == (Method.EXAMINE, Method.TEST)
    assert methods["ac-2.1"] == (Method.EXAMINE,)


def test_what_to_hand_in_is_what_there_is_to_examine(read):
    assert read.control[0].attach == "Access control policy; system security plan; other relevant records"
    assert all(each.question and each.attach for each in read.control)


def test_no_check_bears_on_an_oscal_control(read):
    assert not any(each.contradicted_by or each.supported_by for each in read.control)


def changed(tmp_path: Path, change) -> Path:
    document = json.loads(FIXTURE.read_text())
    change(document["catalog"])
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document))
    return file


def first(document: dict) -> dict:
    return document["groups"][0]["controls"][0]


def nested(depth: int, key: str, level: dict) -> dict:
    found = level
    for _ in range(depth):
        found = {**level, key: [found]}
    return found


WRONG = {
    "no id": (lambda c: first(c).pop("id"), r"`id` - at `\$\.catalog\.groups\[0\]\.controls\[0\]`"),
    "an id that is no token": (lambda c: first(c).update(id="a b"), "matching regex"),
    "an id with a line feed": (lambda c: first(c).update(id="ac-1\n"), "matching regex"),
    "no title": (lambda c: first(c).pop("title"), "`title`"),
    "a wrong type": (lambda c: first(c).update(parts={}), "Expected `array`, got `object`"),
    "a control twice": (lambda c: c["groups"][0]["controls"].append(first(c)), "ac-1_prm_1 is there twice"),
    "an id twice": (lambda c: c["groups"][0]["controls"].append({"id": "ac-2", "title": "t"}), "ac-2 is there twice"),
    "no metadata": (lambda c: c.pop("metadata"), "`metadata`"),
    "another OSCAL": (lambda c: c["metadata"].update({"oscal-version": "2.0.0"}), "OSCAL 2.0.0"),
    "no controls": (lambda c: c.update(groups=[]), "it has no controls"),
    "groups too deep": (lambda c: c.update(groups=[nested(30, "groups", {"title": "g"})]), "more than 20 deep"),
    "parts too deep": (
        lambda c: first(c).update(parts=[nested(30, "parts", {"name": "statement"})]),
        "more than 20 deep",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_one_error_with_the_file_the_place_and_the_mend(name: str, tmp_path: Path):
    change, words = WRONG[name]
    file = changed(tmp_path, change)

    with pytest.raises(PostureError, match=words) as raised:
        catalog.load(file)

    assert raised.value.where == str(file)
    assert raised.value.mend


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"profile": {"uuid": "x"}}', "it is an OSCAL profile"),
        (b'{"system-security-plan": {}}', "it is an OSCAL system security plan"),
        (b'{"something": 1}', "no key `catalog`"),
        (b"[1, 2]", "got `array`"),
        (b'{"catalog": ', "truncated"),
        (b"not JSON", "malformed"),
        (b"", "truncated"),
        (b'{"catalog": "\xff"}', "not an OSCAL catalog"),
        (b'{"catalog": {"params": ' + b"[" * 100_000, "not an OSCAL catalog"),
        ("{}".encode("utf-16"), "not an OSCAL catalog"),
    ],
)
def test_what_is_no_catalog_is_told_apart(data: bytes, words: str, tmp_path: Path):
    file = tmp_path / "own.json"
    file.write_bytes(data)

    with pytest.raises(PostureError, match=words) as raised:
        catalog.load(file)

    assert raised.value.where == str(file)


def test_json_is_read_as_oscal_whatever_its_file_is_called(tmp_path: Path):
    file = tmp_path / "catalog"
    file.write_bytes(b"\xef\xbb\xbf" + FIXTURE.read_bytes())

    assert len(catalog.load(file).control) == 4


def test_a_parameter_in_its_own_text_is_told(tmp_path: Path):
    ring = [
        {"id": "one", "values": ["{{ insert: param, two }}"]},
        {"id": "two", "values": ["{{ insert: param, one }}"]},
    ]
    file = changed(
        tmp_path,
        lambda c: (c.update(params=ring), first(c)["parts"][0].update(prose="{{ insert: param, one }}")),
    )

    with pytest.raises(PostureError, match="a parameter is in its own text"):
        catalog.load(file)


def test_parameters_that_multiply_stop_at_a_limit(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(oscal_catalog, "MAX_TEXT", 10_000)
    bomb = [{"id": f"p{i}", "values": [f"{{{{ insert: param, p{i - 1} }}}}" * 10]} for i in range(1, 15)]
    bomb.append({"id": "p0", "values": ["ha"]})
    file = changed(
        tmp_path,
        lambda c: (c.update(params=bomb), first(c)["parts"][0].update(prose="{{ insert: param, p14 }}")),
    )

    with pytest.raises(PostureError, match="parameters fill more than"):
        catalog.load(file)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path):
    file = tmp_path / "own.json"
    with file.open("wb") as sparse:
        sparse.truncate(catalog.MAX_BYTES + 1)

    with pytest.raises(PostureError, match="larger than"):
        catalog.load(file)


def test_a_device_is_no_catalog():
    with pytest.raises(PostureError, match="it is no file"):
        catalog.load(Path("/dev/zero"))
