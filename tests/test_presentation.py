from datetime import UTC, datetime, timedelta, timezone

import pytest

from posture import presentation
from posture.model import Method, Outcome, Severity, Status
from posture.presentation import anchor, moment, noun, plural, row_of, safe_cell, size, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a⟨U+001B⟩[31mb"),
        ("invoice\u202egpj", "invoice⟨U+202E⟩gpj"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("one\r\ntwo\tthree", "one\ntwo\tthree"),
        ("one\rtwo", "one⟨U+000D⟩two"),
        ("Ærø 病院 🏥", "Ærø 病院 🏥"),
    ],
)
def test_what_hides_or_reorders_is_made_visible(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " \t=1", "\n=1", "＝1"])
def test_no_text_is_a_formula(text):
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["10.0.0.1", "a=b", "", "'=1"])
def test_other_text_stays(text):
    assert safe_cell(text) == text


def test_a_moment_has_its_zone():
    at = datetime(2026, 10, 8, 14, 5, tzinfo=timezone(timedelta(hours=-5, minutes=-30)))
    assert moment(at) == "8 October 2026, 14:05 UTC−05:30"
    assert moment(at.astimezone(UTC)) == "8 October 2026, 19:35 UTC"
    assert moment(None) == "not stated"


def test_an_anchor_can_hold_no_markup_and_tells_keys_apart():
    assert anchor("control", "hipaa", "164.312(d)") == "control-hipaa/164.312(d)"
    one, other = anchor("asset", '"><script>'), anchor("asset", '"><scripts>')
    assert one != other
    assert one.replace("-", "").isalnum()


def test_words_and_numbers():
    assert plural(1, "host") == "1 host"
    assert plural(1200, "host") == "1,200 hosts"
    assert noun("DomainPolicy", 1) == "domain policy"
    assert noun("InfusionPump", 2) == "infusion pumps"
    assert size(999) == "999 bytes"
    assert size(2_481_003) == "2.5 MB"


def test_every_state_has_a_word_and_a_shape_of_its_own_and_stands_out_on_white():
    for kind, labels in (
        (Status, presentation.STATUSES),
        (Outcome, presentation.OUTCOMES),
        (Severity, presentation.SEVERITIES),
    ):
        assert set(labels) == set(kind)
        for part in ("word", "shape", "symbol"):
            assert len({getattr(label, part) for label in labels.values()}) == len(labels)
        for label in labels.values():
            assert 1.05 / (luminance(label.colour) + 0.05) >= 4.5
    assert set(presentation.METHODS) == set(Method)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def test_a_period_says_no_day_and_no_zone_twice():
    start = datetime(2026, 10, 8, 14, 5, tzinfo=UTC)
    assert presentation.period(start, start) == "8 October 2026, 14:05 UTC"
    assert presentation.period(start, start + timedelta(hours=1)) == "8 October 2026, 14:05 to 15:05 UTC"
    assert (
        presentation.period(start, start + timedelta(days=1))
        == "8 October 2026, 14:05 UTC to 9 October 2026, 14:05 UTC"
    )
    assert presentation.period(start, None) == "8 October 2026, 14:05 UTC"


def test_a_row_is_told_with_its_sheet_where_it_has_one():
    assert (row_of("3"), row_of("Assets, ward 2, 9")) == ("row 3", "row 9 of sheet Assets, ward 2")
