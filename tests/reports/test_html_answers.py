"""The parts of the HTML report about what people answered, decided and accepted, and about clinical services."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import pytest
from reports.answered import TODAY
from reports.browsing import Watched, render
from reports.sample import BIDI, FORMULA, QUOTES, SCRIPT, sample_assessment, scanned_only
from reports.test_html import (
    test_every_link_leads_somewhere_and_every_id_is_its_own as every_link_leads_somewhere,
)
from reports.test_html import test_every_number_leads_to_a_list_of_that_length as every_number_leads_to_its_list

from posture.governance.practices import IN_MITIGATION
from posture.presentation import ANSWER_STATES, EXCEPTION_STATES, READINESS, day, plural, sentences, visible

PARTS = {
    "coverage": "How controls are answered",
    "controls": "Controls",
    "checks": "What was checked",
    "services": "Services and downtime",
    "reach": "What ransomware would reach",
    "segmentation": "Who may reach whom",
    "risks": "Risk register",
    "exceptions": "Exceptions",
    "decisions": "Addressable decisions",
    "attestations": "Attestations",
    "practices": "Recognized security practices",
    "frameworks": "Other frameworks",
    "proposed": "Proposed rules",
    "inventory": "Inventory",
}
WHOLE = sample_assessment()
SHOWN = [visible(text) for text in (SCRIPT, FORMULA, BIDI, QUOTES)]


@pytest.fixture(scope="module")
def opened(browser, tmp_path_factory):
    with Watched(browser, render(WHOLE, tmp_path_factory.mktemp("html") / "whole.html")) as watched:
        watched.page.click("text=Expand all")
        yield watched


@pytest.fixture(scope="module")
def page(opened):
    return opened.page


@pytest.fixture(scope="module")
def bare(browser, tmp_path_factory):
    with Watched(browser, render(scanned_only(), tmp_path_factory.mktemp("html") / "bare.html")) as watched:
        yield watched.page


def text_of(page, place: str) -> str:
    return " ".join(page.locator(place).inner_text().split())


def row(page, table: str, at: int) -> str:
    return " ".join(page.locator(f"#{table} > tbody > tr").nth(at).inner_text().split())


def test_the_parts_stand_in_order_and_in_the_contents(page):
    titles = page.locator("main > section > h2").all_inner_texts()
    assert [title for title in titles if title in PARTS.values()] == list(PARTS.values())
    for part in PARTS:
        assert page.locator(f"nav a[href='#{part}']").count() == 1


@pytest.mark.parametrize(
    "part",
    ["services", "reach", "risks", "exceptions", "decisions", "attestations", "practices", "frameworks"],
)
def test_hostile_text_is_shown_in_every_part_and_is_no_markup(opened, part):
    text = opened.page.locator(f"section#{part}").text_content()
    assert sum(shown in text for shown in SHOWN) >= 2
    assert BIDI not in text
    assert opened.page.locator(f"section#{part} :is(script, img, iframe, [onload], [onerror], [style])").count() == 0
    assert opened.dialogs == opened.complaints == []


def test_the_map_is_drawn_and_hostile_names_in_it_are_words(page):
    drawn = page.locator("#reach .map > svg")
    assert drawn.count() == 1
    assert drawn.locator("title").first.text_content() == "What ransomware can reach"
    assert drawn.locator("script, a, image, foreignObject, use, [onload], [style]").count() == 0
    assert "<script>alert" in drawn.text_content()
    assert drawn.bounding_box()["width"] > 500
    assert page.locator("#ways > tbody > tr").count() == len(WHOLE.blast_radius.edges)


# ── the first page ──────────────────────────────────────────────────────────────


def test_scans_alone_are_said_to_satisfy_nothing_before_anything_else(bare):
    summary = text_of(bare, "#summary")
    all_ = scanned_only().coverage.controls
    assert (
        f"A scan satisfies no control. {all_.not_satisfied} of {all_.of} controls are contradicted by what was found; "
        f"{all_.not_assessed} are not assessed until people answer for them." in summary
    )
    assert "Scans alone satisfy no control." in text_of(bare, ".cover")
    bare.evaluate("scrollTo(0, 0)")
    assert bare.locator(".claim strong").bounding_box()["y"] < 900


def test_with_answers_the_first_page_says_by_what_controls_are_answered(page):
    said = text_of(page, "#summary")
    answered = Counter(control.answered for control in WHOLE.controls if control.counted)
    assert "A scan satisfies no control." in said
    assert (
        f"tested and attested {answered['tested-and-attested']}, attested by people alone {answered['attested']}, "
        f"tested alone {answered['tested']}, risk accepted {answered['accepted']}, "
        f"answered by nothing {answered['nothing']}." in said
    )


def test_the_first_page_names_the_five_worst_risks_in_the_registers_order(page):
    shown = page.locator("#summary .worst > li")
    worst = WHOLE.risks[:5]
    assert [item.split("\n")[0] for item in shown.all_inner_texts()] == [risk.title for risk in worst]
    for risk, item in zip(worst, shown.all_inner_texts(), strict=True):
        assert sentences(risk.why)[0].replace("`", "") in item
        assert sentences(risk.fix)[0].replace("`", "") in item


def test_the_first_page_leaves_closed_risks_out(browser, tmp_path):
    closed = tuple(msgspec.structs.replace(risk, state="closed") for risk in WHOLE.risks[:1])
    file = render(msgspec.structs.replace(WHOLE, risks=closed + WHOLE.risks[1:]), tmp_path / "closed.html")
    with Watched(browser, file) as watched:
        assert watched.page.locator("#summary .worst h4").first.inner_text() == WHOLE.risks[1].title


def test_the_first_page_says_what_the_worst_attack_would_stop(page):
    worst, said = WHOLE.blast_radius.scenarios[0], text_of(page, "#summary")
    assert f"If ransomware starts in the zone {worst.name}, the worst place" in said
    assert f"{worst.machines} of {worst.of} machines and the domain" in said
    assert f"{len(worst.losses)} of {len(WHOLE.services)} services would stop: Electronic health record" in said
    assert "For 2 more it is not known: not all that they stand on is seen." in said
    assert "1 store of backups would go with it." in said


# ── coverage and controls ───────────────────────────────────────────────────────


def test_coverage_shows_the_assessments_numbers_in_bars_and_in_the_table(page):
    rows = page.locator("#answered > tbody > tr")
    assert rows.count() == 1 + len(WHOLE.coverage.answered)
    for at, count in enumerate(WHOLE.coverage.answered, 1):
        cells = [int(text) for text in rows.nth(at).locator("td").all_inner_texts()]
        assert cells == [
            count.tested_and_attested,
            count.attested,
            count.tested,
            count.accepted,
            count.nothing,
            count.of,
        ]
        key = page.locator(f".bar:has([id='answered-bar-{count.family}-title']) .key .count").all_inner_texts()
        assert sum(map(int, key)) == count.of


def control(page, id_: str) -> str:
    return text_of(page, f"[id='control-hipaa-security-rule/{id_}']")


def test_a_control_shows_its_answers_parts_decision_exceptions_and_crosswalks(page):
    north = control(page, "164.310(c)")
    assert "Not satisfied north: Answered no." in north
    assert "Satisfied main: Answered yes." in north
    assert "by R. Okafor on 4 May 2026; ends 4 May 2027" in north
    assert "ws-3.pdf" in north
    decided = control(page, "164.312(a)(2)(iii)")
    assert "Decision: Not reasonable and appropriate, in force" in decided
    assert "NIST SP 800-53 Rev. 5: AC-2; NIST CSF 2.0: PR.AA-01" in decided
    assert "NIST SP 800-53 Rev. 5 AC-2 Account Management (partial)" in decided
    assert "The same for each" not in north

    assert "Satisfied north: Answered yes." in control(page, "164.310(b)")
    assert "Decision: no decision on file." in control(page, "164.312(a)(2)(iv)")
    accepted = control(page, "164.308(a)(7)(ii)(A)")
    assert "EX-2026-04" in accepted
    assert "Risk accepted" in accepted
    assert "164.306(d)(2)" in accepted


def test_an_answer_that_has_expired_is_never_shown_as_good(page):
    shown = page.locator("[id='control-hipaa-security-rule/164.308(a)(8)'] td[data-label='Reason']")
    assert "Expired" in shown.inner_text()
    assert shown.locator(".mark.disc").count() == 0
    assert page.locator("#attestations-expired .mark.disc").count() == 0


# ── decisions, exceptions, risks ────────────────────────────────────────────────


def test_a_missing_decision_is_said_plainly(page, bare):
    missing = sum(each.state == "missing" for each in WHOLE.decisions)
    assert missing
    assert page.locator("#decision-list td", has_text="no decision on file").count() == missing
    assert page.locator("#decision-list > tbody > tr").count() == len(WHOLE.decisions)
    assert f"a decision is on file, for {len(WHOLE.decisions)} none" in text_of(bare, "#decisions")


def test_exceptions_show_their_state_what_they_cover_and_what_they_never_do(page):
    text = text_of(page, "#exceptions")
    assert "It never makes a control satisfied" in text
    assert "A required specification can’t be waived (45 CFR 164.306(d)(2))" in text
    for at, each in enumerate(WHOLE.exceptions):
        said = row(page, "exception-list", at)
        assert each.id in said
        assert EXCEPTION_STATES[each.state].word in said
        in_force = each.state == "in-force"
        assert ("Nothing: it is not in force." in said) != in_force
        assert ("Matches nothing that was seen" in said) == (in_force and not each.matched)
        assert ("Not waived, for they are required" in said) == bool(each.not_waived)
        assert all(f"Overlaps with {other}" in said for other in each.overlaps)
        if in_force and each.observations:
            assert plural(len(each.observations), "fail") in said
    assert page.locator("#exceptions .mark.disc").count() == 0


def test_a_gap_says_what_of_it_is_accepted_and_that_it_stays_failed(page):
    gap = next(gap for gap in WHOLE.gaps if gap.check == "telnet-offered")
    said = text_of(page, "[id='gap-telnet-offered']")
    assert f"{gap.accepted} of the {gap.failed} are covered by EX-2026-01, EX-2026-02. They stay failed." in said
    assert f"{gap.failed} of {gap.judged}" in said


def test_the_register_is_in_order_with_every_factor_and_what_is_late(page):
    text = text_of(page, "#risks")
    assert "164.308(a)(1)(ii)(A), and does not replace it" in text
    rows = page.locator("#risk-list > tbody > tr")
    assert rows.count() == len(WHOLE.risks)
    late = [risk for risk in WHOLE.risks if risk.overdue]
    assert f"{len(late)} are overdue." in text
    for at, risk in enumerate(WHOLE.risks):
        said = row(page, "risk-list", at)
        assert said.startswith(f"{risk.place} ")
        assert risk.id in said
        assert ("Overdue" in said) == risk.overdue
        assert f"likelihood {risk.likelihood.replace('-', ' ')} × impact {risk.impact.replace('-', ' ')}" in said
        assert page.locator(f"[id='risk-why-{risk.id}'] .factors > li").count() == len(risk.factors)
    assert any(risk.due and risk.due < TODAY for risk in late)


def test_the_hospitals_own_risk_analysis_is_shown_or_said_to_be_missing(page, bare):
    assert "Enterprise risk analysis 2026" in text_of(page, "#risks")
    assert "No risk analysis of the hospital’s own is on file." in text_of(bare, "#risks")


def test_the_register_of_systems_shows_what_is_wanting(page):
    shown = page.locator("#register-problems > li").all_inner_texts()
    assert shown == [visible(each) for each in WHOLE.register.problems]
    assert page.locator("#systems > tbody > tr").count() == len(WHOLE.register.systems)
    assert "none on file" in row(page, "systems", 1)
    assert "none is stated" in row(page, "flows", 1)


# ── services and reach ──────────────────────────────────────────────────────────


def test_each_service_shows_its_readiness_and_what_stops_it(page):
    for at, service in enumerate(WHOLE.services):
        said = row(page, "service-list", at)
        assert all(f"{READINESS[item.state].word} {item.name}" in said for item in service.readiness)
    assert "Back within (RTO): 4 h" in row(page, "service-list", 0)
    assert "Last drill: 18 October 2024" in row(page, "service-list", 1)
    assert "No evidence shows 10.77.0.9." in row(page, "service-list", 1)
    assert row(page, "service-list", 2).endswith("Not known"), "a service that declares nothing is not safe"
    links = page.locator("#service-list > tbody > tr:nth-child(1) a[href='#scenario-clinical']")
    assert links.count() == 1


def test_reach_shows_every_start_each_step_and_what_was_assumed(page):
    assert page.locator("#scenarios > tbody > tr").count() == len(WHOLE.blast_radius.scenarios)
    steps = page.locator("[id='losses-clinical'] > li").first.locator("ol > li").all_inner_texts()
    assert "servers-02.stmary.example: SMB answers on 445/tcp (seen:" in steps[0]
    assert steps[1].endswith("(assumed)")
    assert page.locator("#changes > tbody > tr").count() == len(WHOLE.blast_radius.changes)
    text = text_of(page, "#reach")
    for said in (*WHOLE.blast_radius.assumptions, *WHOLE.blast_radius.unknown):
        assert " ".join(visible(said).split()) in text


# ── attestations, practices, frameworks ─────────────────────────────────────────


def test_attestations_that_ask_for_work_come_first(page):
    heads = [text.strip() for text in page.locator("#attestations h3").all_inner_texts()]
    assert heads == ["Expired", "Ends soon", "Missing", "Not yet in force", "In force"]
    for state in ("missing", "expired", "not-yet", "in-force"):
        wanted = sum(each.state == state and not each.expiring for each in WHOLE.attestations)
        assert page.locator(f"#attestations-{state} > tbody > tr").count() == wanted
        assert ANSWER_STATES[state].word in heads
    expired = row(page, "attestations-expired", 0)
    assert f"ended {day(TODAY.replace(year=2025, month=9, day=1))}" in expired


def test_practices_are_supporting_and_in_mitigation_month_by_month(page):
    text = text_of(page, "#practices")
    assert IN_MITIGATION in text
    assert "Supporting, in mitigation" in text
    cells = page.locator("#practice-months > tbody > tr").nth(0).locator("td").all_inner_texts()
    assert len(cells) == 12
    supported = WHOLE.practices[0]
    for month, cell in zip(supported.months, cells, strict=True):
        assert ("No support" in cell) == (month in supported.gaps)
    assert row(page, "practice-months", 1).count("Not yet") == len(WHOLE.practices[1].not_yet)


def test_each_framework_is_a_part_of_its_own_and_in_no_figure_of_the_rule(page):
    for framework in WHOLE.frameworks:
        part = page.locator(f"article[id='framework-{framework.catalog.id}']")
        inside = "#proposed" if framework.proposed else "#frameworks"
        assert page.locator(inside).locator(f"article[id='framework-{framework.catalog.id}']").count() == 1
        assert part.locator(".controls > tbody > tr").count() == len(framework.controls)
        assert sum(map(int, part.locator(".bar .key .count").all_inner_texts())) == framework.counts.of
    assert "Proposed, not law; in no figure of this report." in text_of(page, "#proposed .banner")
    assert page.locator("#frameworks .banner").count() == 0
    total = page.locator(".cover .result a[href='#controls-all']").inner_text()
    assert int(total) == sum(control.counted for control in WHOLE.controls)
    assert "Proposed changes" not in page.locator("#summary").inner_text()


# ── nothing there ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("services", "No clinical services are declared in posture.toml, so how ready they are"),
        ("reach", "what ransomware would reach is not known"),
        ("risks", "No register of systems and data flows is on file"),
        ("exceptions", "No exception is on file"),
        ("attestations", "Of 72 questions: 72 missing."),
        ("practices", "No recognized security practice is declared"),
        ("frameworks", "No other framework was judged in this run."),
        ("proposed", "No proposed rule is shown."),
        ("summary", "No clinical services are declared in posture.toml, so what an attack would stop is not known."),
    ],
)
def test_a_part_with_nothing_in_it_says_so(bare, part, sentence):
    assert sentence in text_of(bare, f"#{part}")


def test_services_without_a_scenario_are_not_said_to_be_safe(browser, tmp_path):
    lone = msgspec.structs.replace(scanned_only(), services=WHOLE.services)
    with Watched(browser, render(lone, tmp_path / "lone.html")) as watched:
        assert "which services it would stop is not known" in text_of(watched.page, "#summary")
        assert "No start is seen" not in text_of(watched.page, "#services")


def test_links_and_numbers_hold_where_scans_are_all_there_is(bare):
    every_link_leads_somewhere(bare)
    every_number_leads_to_its_list(bare)


def test_no_part_claims_more_than_it_knows(page):
    text = page.locator("main").inner_text().lower()
    assert not re.search(r"\b(is|are|fully) (compliant|secure|safe)\b", text)


def test_parties_with_the_same_conclusion_are_named_in_one_line(browser, tmp_path):
    controls = tuple(
        msgspec.structs.replace(
            each, parts=tuple(msgspec.structs.replace(part, reason=each.reason) for part in each.parts)
        )
        if each.id == "164.310(b)"
        else each
        for each in WHOLE.controls
    )
    file = render(msgspec.structs.replace(WHOLE, controls=controls), tmp_path / "same.html")
    with Watched(browser, file) as watched:
        assert "The same for each that is asked: main; north" in control(watched.page, "164.310(b)")


def test_an_empty_register_does_not_hide_the_gaps(bare):
    assert "The register of risks holds nothing; the gaps stand below." in text_of(bare, "#summary")
    assert "The register holds no risk. That is not to say that there is none" in text_of(bare, "#risks")
