import json
import zipfile
from datetime import UTC, datetime

import msgspec
import pytest
from lxml import html
from reports.test_oscal import KINDS, unresolved

from posture import catalog, registry
from posture.assessment import ExceptionResult, SealInfo
from posture.audit import Audit
from posture.model import Outcome, Status
from posture.packs import definition
from posture.packs.answers import answers
from posture.packs.files import File, index_html
from posture.packs.limit import NOT_ENCLOSED, limited
from posture.packs.make import attachments_wanted, refuse_unsealed
from posture.packs.missing import general
from posture.scope import Scope
from posture.store import Store
from posture.testing import Quiet

PACK = definition.find("hipaa")
IDS = [each.id for each in PACK.request]


def of(whole, *ids, marking=""):
    return limited(whole, PACK, definition.chosen(PACK, ids, "x"), marking)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    folder = tmp_path_factory.mktemp("empty")
    with Store(folder / "posture.db") as store:
        running = Audit(store, registry.collectors(), Quiet(), base=folder)
        return running.judge(running.begin(Scope.of_files(), datetime(2026, 12, 1, tzinfo=UTC)))


@pytest.mark.parametrize("name", IDS)
def test_nothing_is_concluded_anew_and_every_figure_counts_what_is_there(whole, name):
    a = of(whole, name)
    were = {each.id: each for each in whole.controls}
    assert all((each.status, each.reason) == (were[each.id].status, were[each.id].reason) for each in a.controls)
    counted = [each for each in a.controls if each.counted]
    assert a.coverage.controls.of == len(counted)
    assert a.coverage.controls.not_satisfied == sum(each.status is Status.NOT_SATISFIED for each in counted)
    assert sum(each.of for each in a.coverage.answered) == len(counted)
    assert a.run.pack.controls == len(counted)
    assert a.run.pack.controls_of == sum(each.counted for each in whole.controls) > 70


@pytest.mark.parametrize("name", IDS)
def test_what_is_enclosed_refers_only_to_what_is_enclosed(whole, name):
    a = of(whole, name)
    checks, ids = {each.id for each in a.checks}, {each.id for each in a.observations if each.id}
    evidence, risks = {each.id for each in a.evidence}, {each.id for each in a.risks}
    assert {each.check for each in (*a.observations, *a.gaps)} <= checks
    assert {key for each in (*a.controls, *a.gaps) for key in each.observations} <= ids
    assert {digest for each in (*a.observations, *a.assets, *a.coverage.probes) for digest in each.evidence} <= evidence
    assert {each.risk for each in a.gaps} <= {*risks, ""}
    assert {key for each in a.exceptions for key in each.observations if not key.startswith("control ")} <= ids
    assert {each.parent for each in a.controls} <= {*(each.id for each in a.controls), None}
    assert not a.frameworks or name in {"incidents", "164.402-164.414"}
    assert (a.run.runs, a.run.command, a.blast_radius.scenarios) == ((), "", ())


def test_a_standard_brings_its_specifications_because_it_is_no_better_than_they_are(whole):
    assert {"164.312(e)(1)", "164.312(e)(2)(i)", "164.312(e)(2)(ii)"} == {
        each.id for each in of(whole, "164.312(e)").controls
    }


def test_a_request_for_policies_encloses_answers_and_no_conclusion_or_test(whole):
    a = of(whole, "policies")
    assert a.attestations
    assert a.decisions
    assert {a.controls, a.checks, a.observations, a.gaps, a.risks, a.evidence, a.assets} == {()}


def test_without_the_register_only_the_risks_of_what_is_enclosed_and_no_services(whole):
    a = of(whole, "164.312(e)")
    checks = {each.id for each in a.checks}
    assert a.risks
    assert all(each.about in checks or each.about.startswith("164.312(e)") for each in a.risks)
    assert [each.place for each in a.risks] == list(range(1, len(a.risks) + 1))
    assert not any(each.services for each in a.risks)
    names = {service.name for service in whole.services}
    assert not any(name in factor.why for each in a.risks for factor in each.factors for name in names)
    assert len(of(whole, "164.308(a)(1)(ii)(B)").risks) == len(whole.risks)


def test_a_machine_shows_no_ports_and_only_the_fails_that_are_enclosed(whole):
    a = of(whole, "164.312(b)")
    fails = [each for each in a.observations if each.outcome is Outcome.FAIL]
    assert a.assets
    assert sum(each.failed for each in a.assets) == len(fails) < sum(each.failed for each in whole.assets)
    assert {port for each in a.assets for port in each.open_ports} == {NOT_ENCLOSED}
    assert {net for each in a.organisation.zones for net in each.networks} == {NOT_ENCLOSED}


def test_an_exception_that_is_broader_than_the_requests_says_so_and_never_looks_broader(whole):
    fail = next(each for each in whole.observations if each.check == "telnet-offered" and each.outcome is Outcome.FAIL)
    other = next(each for each in whole.observations if each.check == "snmp-v1-v2c" and each.outcome is Outcome.FAIL)
    day = datetime(2026, 1, 1, tzinfo=UTC).date()
    broad = ExceptionResult(
        id="EX-99",
        state="in-force",
        controls=("164.312(e)(2)(ii)", "164.312(a)(1)"),
        checks=("telnet-offered", "ad-guest-enabled"),
        subjects=(fail.subject, "secret-machine"),
        requester="r",
        approver="a",
        owner="o",
        rationale="why",
        granted_on=day,
        expires=day,
        observations=(fail.id, "another"),
        accepted_controls=("164.312(a)(1)",),
        overlaps=("EX-1",),
        note="It names secret-machine.",
    )
    unrelated = msgspec.structs.replace(broad, id="EX-98", controls=("164.308(a)(2)",), observations=("another",))
    a = of(msgspec.structs.replace(whole, exceptions=(broad, unrelated)), "164.312(e)")
    (kept,) = a.exceptions
    assert kept.id == "EX-99"
    assert kept.controls == ("164.312(e)(2)(ii)", NOT_ENCLOSED)
    assert kept.checks == ("telnet-offered", NOT_ENCLOSED)
    assert kept.subjects == (fail.subject, NOT_ENCLOSED)
    assert (kept.observations, kept.accepted_controls, kept.overlaps, kept.note) == ((fail.id,), (), (), "")
    assert other.check not in str(kept)


def test_a_scan_that_brought_nothing_stays_where_it_leaves_something_unknown(whole):
    a = of(whole, "164.312(b)")
    lost = {each.id for each in whole.coverage.probes if each.outcome != "complete"}
    silent = {each.subject.removeprefix("probe:") for each in a.observations if each.subject.startswith("probe:")}
    assert silent & lost
    assert silent & lost <= {each.id for each in a.coverage.probes}


def test_an_extract_is_never_called_sealed_and_names_what_it_was_taken_from(whole):
    a = of(whole, "access")
    assert a.run.seal.standing == "unsealed"
    assert whole.fingerprint in a.run.pack.origin
    assert "Sealed by the hospital's own key" in a.run.pack.origin
    assert a.fingerprint != whole.fingerprint
    assert of(whole, "access", marking="M").fingerprint == a.fingerprint
    assert of(whole, "access", marking="M").run.pack.marking == "M"


@pytest.mark.parametrize("seal", [None, SealInfo(), SealInfo(note="It has a seal that does not hold")])
def test_what_is_not_sealed_is_refused(whole, seal):
    unsealed = msgspec.structs.replace(whole, run=msgspec.structs.replace(whole.run, seal=seal))
    with pytest.raises(Exception, match="is unsealed"):
        refuse_unsealed(unsealed)
    refuse_unsealed(whole)


@pytest.mark.parametrize("formats", ["html", "xlsx", "oscal", "json"])
def test_an_empty_run_is_limited_and_rendered_too(empty, tmp_path, formats):
    a = limited(empty, PACK, PACK.request, "M")
    known = registry.renderers()[formats]
    known.render(a, tmp_path / f"x{known.suffix}")
    assert (tmp_path / f"x{known.suffix}").stat().st_size > 1000


def test_of_an_empty_run_nothing_is_enclosed_and_all_is_missing(empty):
    made = answers(empty, PACK, PACK.request, attachments_wanted(catalog.built_in()))
    assert [each.request.id for each in made] == IDS
    assert {each.request.id for each in made if each.enclosed} == set()
    assert all(each.missing for each in made if each.request.id != "164.308(a)(2)" or each.missing)
    assert any(
        "has no timestamp" in each
        for each in general(limited(empty, PACK, PACK.request), datetime(2026, 12, 1, tzinfo=UTC).date())
    )


@pytest.mark.parametrize(("name", "documents"), [("access", False), ("policies", True)])
def test_documents_are_spoken_of_only_where_some_are_enclosed(whole, name, documents):
    a = of(whole, name)
    said = " ".join(general(a, datetime(2026, 12, 1, tzinfo=UTC).date()))
    told = answers(whole, PACK, definition.chosen(PACK, [name], "x"), {})
    files = [
        File(path=each.path, what="x", size=1, sha256="0" * 64) for one in told for each in one.enclosed if each.path
    ]
    page = index_html(a, PACK, files, told).decode()
    assert ("Documents that people handed in are enclosed" in said) == documents
    assert ("Documents are enclosed as they were handed in" in page) == documents


@pytest.mark.parametrize("name", ["access", "164.312(e)", "164.402-164.414", "risk-analysis", "contingency"])
def test_oscal_of_an_extract_is_oscal_without_a_loose_end(whole, tmp_path, name):
    registry.renderers()["oscal"].render(of(whole, name, marking="<M> & `x`"), tmp_path / "x.zip")
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        archive.extractall(tmp_path / "x")
    every = {file.name: json.loads(file.read_text("utf-8")) for file in (tmp_path / "x").iterdir()}
    for file in (tmp_path / "x").iterdir():
        (kind,) = every[file.name]
        assert KINDS[kind].oscal_read(file) is not None
    assert unresolved(every) == []


@pytest.mark.parametrize(
    "name", ["policies", "access", "164.312(e)", "164.402-164.414", "recognized-practices", "inventory"]
)
def test_every_link_of_an_extract_leads_somewhere(whole, tmp_path, name):
    registry.renderers()["html"].render(of(whole, name, marking="M"), tmp_path / "x.html")
    page = html.fromstring((tmp_path / "x.html").read_bytes())
    ids = set(page.xpath("//@id"))
    assert {each.removeprefix("#") for each in page.xpath("//a/@href")} <= ids


def test_parts_that_say_what_the_whole_lacks_are_left_out(whole, tmp_path):
    registry.renderers()["html"].render(of(whole, "access"), tmp_path / "x.html")
    said = html.fromstring((tmp_path / "x.html").read_bytes()).text_content()
    for false in (
        "No clinical services are declared",
        "No risk analysis of the hospital’s own",
        "compared with no other",
        "No register of systems",
    ):
        assert false not in said
    registry.renderers()["xlsx"].render(of(whole, "access"), tmp_path / "x.xlsx")
    with zipfile.ZipFile(tmp_path / "x.xlsx") as book:
        sheets = book.read("xl/workbook.xml").decode()
    assert "Services" not in sheets
    assert "Ransomware" not in sheets
    assert 'state="hidden"' not in sheets


def test_an_extract_of_answers_alone_says_that_no_conclusion_is_in_it(whole, tmp_path):
    a = of(whole, "policies")
    assert "It holds none of the 72 controls that the whole assessment counts" in a.run.pack.limits
    registry.renderers()["html"].render(a, tmp_path / "x.html")
    page = html.fromstring((tmp_path / "x.html").read_bytes())
    assert "No scan and no look-up stands behind what is enclosed" in page.text_content()
    assert not page.xpath("//*[@id='not-assessed' or @id='controls' or @id='gaps']")
