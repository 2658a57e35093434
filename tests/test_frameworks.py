import pytest

from posture import catalog
from posture.assess import control_results
from posture.assessment import Observation
from posture.frameworks import frameworks
from posture.model import Outcome, Severity

BUILT_IN = catalog.built_in()


def smb1(outcome: Outcome) -> Observation:
    return Observation(
        check="smb1-offered", severity=Severity.HIGH, outcome=outcome, evidence=(), id="o", subject="s", ephi="yes"
    )


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_counts_of_each_framework_add_up_to_its_rows(name: str):
    (found,) = frameworks([BUILT_IN[name]], lambda each: control_results(each, []))

    assert found.counts.of == sum(each.counted for each in BUILT_IN[name].control) == found.counts.not_assessed
    assert found.proposed is (name == "hipaa-nprm-2025")
    assert found.catalog.status == BUILT_IN[name].catalog.status


def test_a_fail_counts_where_it_contradicts_and_never_against_a_proposal():
    beside = [BUILT_IN["ransomware-readiness"], BUILT_IN["hipaa-nprm-2025"]]

    readiness, proposed = frameworks(beside, lambda each: control_results(each, [smb1(Outcome.FAIL)]))

    assert (readiness.counts.not_satisfied, readiness.counts.not_assessed) == (1, 43)
    assert (proposed.counts.not_satisfied, proposed.counts.not_assessed) == (0, 53)


def test_passing_checks_satisfy_nothing():
    for found in frameworks(BUILT_IN.values(), lambda each: control_results(each, [smb1(Outcome.PASS)])):
        assert found.counts.satisfied == 0
