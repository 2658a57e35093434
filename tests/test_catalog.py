from pathlib import Path

import pytest

from posture import catalog, registry
from posture.errors import PostureError
from posture.model import Method

HIPAA = catalog.built_in()["hipaa-security-rule"]


def test_appendix_a_has_its_standards_and_specifications():
    standards = [each for each in HIPAA.control if each.in_appendix_a and each.kind == "standard"]
    specifications = [each for each in HIPAA.control if each.in_appendix_a and each.kind == "specification"]
    rated = [each.requirement for each in (*standards, *specifications) if each.requirement]

    assert len(standards) == 18
    assert len(specifications) == 36
    assert (rated.count("R"), rated.count("A")) == (20, 22)


def test_every_part_of_the_security_rule_is_there():
    sections = {each.id[:7] for each in HIPAA.control}

    assert {"164.308", "164.310", "164.312", "164.314", "164.316"} <= sections


def test_no_counted_control_is_decided_by_tests_alone():
    for control in HIPAA.control:
        if control.counted:
            assert set(control.methods) - {Method.TEST}, control.id


def test_every_check_bears_on_a_control_and_every_control_names_checks_that_are_there():
    named = {check for each in HIPAA.control for check in (*each.contradicted_by, *each.supported_by)}

    assert named == set(registry.load_checks().by_id)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense",
        '[catalog]\nid="x"',
        '[catalog]\nid="x"\ntitle="t"\ncitation="c"\nstatus="law"\nas_of="a"\nsource="s"',
    ],
)
def test_what_is_no_catalog_is_told_by_its_file(text: str, tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(text)

    with pytest.raises(PostureError, match=r"own\.toml: not a catalog"):
        catalog.load(file)
