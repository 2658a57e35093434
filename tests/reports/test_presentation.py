import pytest

from posture.assessment import Organisation
from posture.presentation import iso_day, month, party

HOSPITAL = Organisation(name="St. Mary’s", sites=("Main campus", "Clinics (12)"), site_ids=("main", "clinics"))


@pytest.mark.parametrize(
    ("asked", "said"),
    [("main", "Main campus"), ("clinics", "Clinics (12)"), ("Clinics, LLC", "Clinics, LLC"), ("", "the organisation")],
)
def test_who_is_asked_is_called_by_a_name(asked, said):
    assert party(asked, HOSPITAL) == said


def test_an_assessment_written_before_sites_had_ids_keeps_the_id():
    assert party("main", Organisation(name="St. Mary’s", sites=("Main campus",))) == "main"


@pytest.mark.parametrize(("text", "said"), [("2026-10-07", "7 October 2026"), ("spring 2026", "spring 2026")])
def test_a_day_that_is_text_reads_like_every_other(text, said):
    assert iso_day(text) == said


def test_a_month_is_written_in_words():
    assert month("2026-01") == "Jan 2026"
