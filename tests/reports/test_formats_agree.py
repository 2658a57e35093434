"""All formats of one run are read back, and say the same: counts, statuses and ids, to the digit."""

import csv
import io
import json
import re
import subprocess
import zipfile
from collections import Counter
from functools import cache

import msgspec
import pytest
from lxml import html
from openpyxl import load_workbook
from reports.sample import sample_assessment

from posture.model import Outcome, Status
from posture.presentation import RISK_STATES, SEVERITIES, STATUSES, anchor, family, safe_cell, visible
from posture.registry import renderers
from posture.workbook import columns

FORMATS = ("html", "pdf", "xlsx", "csv", "oscal")
SINGLE = {Outcome.FAIL, Outcome.UNKNOWN, Outcome.ERROR}


def words(labels):
    return {label.word: key.value if hasattr(key, "value") else key for key, label in labels.items()}


STATUS, RISK, SEVERITY = words(STATUSES), words(RISK_STATES), words(SEVERITIES)


class Html:
    def __init__(self, path, _):
        self.page = html.fromstring(path.read_bytes())

    def _rows(self, prefix):
        return [row for row in self.page.iter("tr") if (row.get("id") or "").startswith(prefix)]

    @staticmethod
    def _cell(row, label):
        (cell,) = row.xpath(f"./*[@data-label='{label}']")
        return " ".join(cell.text_content().split())

    def controls(self):
        rows = self.page.xpath("//section[@id='controls']//table[contains(@class,'controls')]/tbody/tr")
        return {row.xpath("./th/span[@class='mono']")[0].text: STATUS[self._cell(row, "Status")] for row in rows}

    def gaps(self):
        found = {}
        for row in self.page.xpath("//table[@id='gap-list']/tbody/tr"):
            (link,) = row.xpath("./th/a")
            numbers = [
                int(re.sub(r"[^\d]", "", self._cell(row, label).split(" ")[0]))
                for label in ("Have it", "Of those judged", "Not known")
            ]
            found[link.get("href").removeprefix("#gap-")] = tuple(numbers)
        return found

    def severities(self):
        return {
            row.xpath("./th/a")[0].get("href").removeprefix("#gap-"): SEVERITY[self._cell(row, "Severity")]
            for row in self.page.xpath("//table[@id='gap-list']/tbody/tr")
        }

    def assets(self):
        return Counter(row.get("id") for row in self.page.xpath("//table[@id='assets']/tbody/tr"))

    def risks(self):
        rows = self._rows("risk-")
        marked = {row.get("id").removeprefix("risk-"): row.xpath("./td[@data-label='State']/span")[0] for row in rows}
        return {key: RISK[mark.text_content().strip()] for key, mark in marked.items()}

    def evidence(self):
        return {row.get("id").removeprefix("evidence-") for row in self._rows("evidence-")}

    def exceptions(self):
        return {row.get("id").removeprefix("exception-") for row in self._rows("exception-")}

    def observations(self):
        return {row.get("id").removeprefix("observation-") for row in self._rows("observation-")}

    def families(self):
        found = {}
        for bar in self.page.xpath("//section[@id='summary']//figure[@class='bar']"):
            title = " ".join(bar.xpath("./figcaption")[0].text.split())
            numbers = {
                STATUS[" ".join(each.xpath("./span")[0].text_content().split())]: int(each.xpath("./a")[0].text)
                for each in bar.xpath("./ul/li")
            }
            found[title] = numbers
        return found


class Pdf:
    """The text of the pages in the order in which it is drawn, which is the document's; without its spaces."""

    def __init__(self, path, assessment):
        self.assessment = assessment
        drawn, laid_out = (
            subprocess.run(["pdftotext", how, path, "-"], check=True, capture_output=True, text=True).stdout
            for how in ("-raw", "-layout")
        )
        self.pages = drawn.split("\f")[:-1]
        self.text, self.lines = "".join(drawn.split()), "".join(laid_out.split())

    def _after(self, start, labels, begin="", end=""):
        """The first of the labels that is drawn after a text."""
        part = self.text[self.text.index("".join(begin.split())) :] if begin else self.text
        part = part[: part.index("".join(end.split()))] if end else part
        at = part.index("".join(start.split()))
        found = {
            key: where
            for key, label in labels.items()
            if (where := part.find("".join(f"{label.symbol}{label.word}".split()), at)) >= 0
        }
        return min(found, key=lambda key: (found[key], -len(labels[key].word)))

    def controls(self):
        return {
            each.id: self._after(
                f"{each.id}{each.title}",
                STATUSES,
                begin="Controls A standard is no better than its worst specification.",
                end="What was checked Every check",
            ).value
            for each in self.assessment.controls
        }

    def severities(self):
        found = {}
        for gap in self.assessment.gaps:
            line = re.search(rf"[\d,]+of[\d,]+[a-z]+(?:,and[\d,]+notknown)?{re.escape(gap.check)}", self.text)
            before = self.text[: line.start()]
            (found[gap.check],) = (
                key.value
                for key, label in SEVERITIES.items()
                if before.endswith("".join(f"{label.symbol}{label.word}".split()))
            )
        return found

    def gaps(self):
        found = {}
        for gap in self.assessment.gaps:
            label = SEVERITIES[gap.severity]
            pattern = (
                re.escape(f"{label.symbol}{label.word}")
                + r"([\d,]+)of([\d,]+)[a-z]+(?:,and([\d,]+)notknown)?"
                + re.escape(gap.check)
            )
            numbers = re.search(pattern, self.text).groups()
            found[gap.check] = tuple(int((each or "0").replace(",", "")) for each in numbers)
        return found

    def risks(self):
        return {
            each.id: self._after(each.id, RISK_STATES, begin="Risk register It feeds") for each in self.assessment.risks
        }

    def evidence(self):
        section = self.text[self.text.rindex("Evidenceindex") :]
        hashes = set(re.findall(r"(?<=Id)[0-9a-f]{64}(?=Payload)", section))
        return hashes | {each.id for each in self.assessment.evidence if f"Id{each.id}" in section}

    def exceptions(self):
        section = self.text[self.text.index("Anexceptionacceptsariskforawhile") :]
        return {each.id for each in self.assessment.exceptions if each.id in section}

    def families(self):
        section = self.lines[self.lines.index("Whatstands?") : self.lines.index("Whatmattersmost?")]
        found = {}
        titles = {each.family: family(each.family) for each in self.assessment.coverage.families} | {
            "all": "All families"
        }
        # A title that takes two lines has its bar's figures between them.
        wanted = {title: r"\d*".join(map(re.escape, title.split())) for title in titles.values()}
        starts = {title: re.search(pattern, section).start() for title, pattern in wanted.items()}
        for title, start in starts.items():
            end = min((each for each in starts.values() if each > start), default=len(section))
            part = section[start:end]
            found[title] = {
                key.value: int(number[1])
                for key, label in STATUSES.items()
                if (number := re.search(re.escape("".join(f"{label.symbol}{label.word}".split())) + r"(\d+)", part))
            }
        return found


class Xlsx:
    def __init__(self, path, _):
        self.book = load_workbook(path, read_only=True)

    @cache  # noqa: B019  # one book a run of the tests
    def _rows(self, table):
        rows = list(self.book[table.title].iter_rows(values_only=True))
        heads = rows[table.head - 1]
        if [cell for cell in rows[table.head] if cell] == [table.empty]:
            return []
        return [dict(zip(heads, row, strict=True)) for row in rows[table.head :]]

    @staticmethod
    def _word(cell):
        return cell.partition(" ")[2]

    def controls(self):
        return {row["Control"]: STATUS[self._word(row["Status"])] for row in self._rows(columns.CONTROLS)}

    def gaps(self):
        return {
            row["Found by"].removeprefix("Check "): (row["Failed"], row["Judged"], row["Not known"])
            for row in self._rows(columns.GAPS)
            if row["Found by"] and row["Found by"].startswith("Check ")
        }

    def severities(self):
        return {
            row["Found by"].removeprefix("Check "): SEVERITY[self._word(row["Severity"])]
            for row in self._rows(columns.GAPS)
            if row["Found by"] and row["Found by"].startswith("Check ")
        }

    def assets(self):
        return Counter(row["Name"] for row in self._rows(columns.ASSETS))

    def risks(self):
        return {row["Id"]: RISK[self._word(row["State"])] for row in self._rows(columns.RISKS)}

    def evidence(self):
        return {row["Id (SHA-256 of the envelope)"] for row in self._rows(columns.EVIDENCE)}

    def exceptions(self):
        return {row["Exception"] for row in self._rows(columns.EXCEPTIONS)}

    def observations(self):
        rows = self._rows(columns.OBSERVATIONS)
        return {row["Id"] for row in rows if row["Id"]}


class Csv:
    def __init__(self, path, _):
        with zipfile.ZipFile(path) as archive:
            self.tables = {
                name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
                for name in archive.namelist()
            }

    def controls(self):
        return {row["id"]: row["status"] for row in self.tables["controls"]}

    def gaps(self):
        return {
            row["check"]: tuple(int(row[key]) for key in ("failed", "judged", "unknown")) for row in self.tables["gaps"]
        }

    def severities(self):
        return {row["check"]: row["severity"] for row in self.tables["gaps"]}

    def assets(self):
        return Counter(row["key"] for row in self.tables["assets"])

    def risks(self):
        return {row["id"]: row["state"] for row in self.tables["risks"]}

    def evidence(self):
        return {row["id"] for row in self.tables["evidence"]}

    def exceptions(self):
        return {row["id"] for row in self.tables["exceptions"]}

    def observations(self):
        return {row["id"] for row in self.tables["observations"] if row["id"]}

    def families(self):
        found = {}
        for row in self.tables["figures"]:
            title = "All families" if row["family"] == "all" else family(row["family"])
            numbers = {key: int(value) for key, value in row.items() if key not in {"family", "of"}}
            names = {"risk_accepted": "not-satisfied-risk-accepted"}
            found[title] = {names.get(key, key.replace("_", "-")): value for key, value in numbers.items() if value}
        return found


class Oscal:
    def __init__(self, path, _):
        with zipfile.ZipFile(path) as archive:
            read = {name: json.loads(archive.read(name)) for name in archive.namelist()}
        self.results = read["assessment-results.json"]["assessment-results"]
        poam = read.get("plan-of-action-and-milestones.json", {"plan-of-action-and-milestones": {"poam-items": []}})
        self.poam = poam["plan-of-action-and-milestones"]
        self.first = self.results["results"][0]

    @staticmethod
    def _told(node, name):
        return next((each["value"] for each in node.get("props", ()) if each["name"] == name), "")

    def controls(self):
        (selection,) = self.first["reviewed-controls"]["control-selections"]
        without = {each["value"]: each["name"] for each in selection["props"]}
        return without | {
            self._told(each, "control"): self._told(each, "status") for each in self.first.get("findings", ())
        }

    def gaps(self):
        items = [each for each in self.poam["poam-items"] if self._told(each, "check")]
        return {
            self._told(each, "check"): (int(self._told(each, "failed")), int(self._told(each, "judged")), None)
            for each in items
        }

    def severities(self):
        items = [each for each in self.poam["poam-items"] if self._told(each, "check")]
        return {self._told(each, "check"): self._told(each, "severity") for each in items}

    def assets(self):
        items = self.first.get("local-definitions", {}).get("inventory-items", ())
        return Counter(self._told(each, "asset-id") for each in items)

    def risks(self):
        return {self._told(each, "risk-id"): self._told(each, "state") for each in self.first.get("risks", ())}

    def _resources(self):
        return self.results.get("back-matter", {}).get("resources", ())

    def evidence(self):
        resources = [each for each in self._resources() if each["title"].startswith("Evidence ")]
        return {each["rlinks"][0]["hashes"][0]["value"] for each in resources}

    def exceptions(self):
        found = (self._told(each, "exception") for each in self._resources())
        return {each for each in found if each}

    def observations(self):
        return {name for each in self.first["observations"] if (name := self._told(each, "observation-id"))}


READERS = {"html": Html, "pdf": Pdf, "xlsx": Xlsx, "csv": Csv, "oscal": Oscal}


RUNS = {"hospital", "hostile", "empty"}


@pytest.fixture(scope="module")
def read(hospital, empty_run, tmp_path_factory):
    """What a format of a run says, and the assessment that it has to say; each is rendered and read once."""
    runs = {
        "hospital": hospital.assessment,
        "hostile": sample_assessment(hostile_organisation=True),
        "empty": empty_run,
    }

    @cache
    def of(run, name):
        path = hospital.files[name] if run == "hospital" else tmp_path_factory.mktemp(run) / f"report.{name}"
        if run != "hospital":
            renderers()[name].render(runs[run], path)
        return runs[run], READERS[name](path, runs[run])

    return of


every_run = pytest.mark.parametrize("run", sorted(RUNS))
every_format = pytest.mark.parametrize("name", FORMATS)


def test_the_runs_have_what_is_compared(hospital, empty_run):
    a = hospital.assessment
    assert len(a.controls) > 70
    assert len(a.gaps) > 50
    assert len(a.risks) > 50
    assert len(a.assets) > 20
    assert a.evidence
    assert a.exceptions
    assert not any(len(each(empty_run)) for each in (gaps, risks, evidence, exceptions))


def controls(a):
    return {each.id: each.status.value for each in a.controls}


def gaps(a):
    return {each.check: (each.failed, each.judged, each.unknown) for each in a.gaps}


def severities(a):
    return {each.check: each.severity.value for each in a.gaps}


def risks(a):
    return {each.id: each.state for each in a.risks}


def evidence(a):
    return {each.id for each in a.evidence}


def exceptions(a):
    return {each.id for each in a.exceptions}


COMPARED = (controls, gaps, severities, risks, evidence, exceptions)


def lists_of(a, name):
    """What a format has to say of an assessment, by what is compared."""
    ours = {each.__name__: each(a) for each in COMPARED}
    if name == "oscal":  # an item of a plan of action has no place for what is not known: observations have it
        ours["gaps"] = {check: (failed, judged, None) for check, (failed, judged, _) in ours["gaps"].items()}
    return ours


@pytest.mark.parametrize("what", [each.__name__ for each in COMPARED])
@every_format
@every_run
def test_every_format_has_the_same_ids_numbers_and_statuses(read, run, name, what):
    assessment, said = read(run, name)
    assert getattr(said, what)() == lists_of(assessment, name)[what]


@pytest.mark.parametrize("name", ["html", "xlsx", "csv", "oscal"])
def test_a_format_that_loses_one_row_is_found_out(read, tmp_path, name):
    whole, _ = read("hospital", "csv")
    short = msgspec.structs.replace(
        whole,
        controls=whole.controls[:-1],
        gaps=whole.gaps[:-1],
        risks=whole.risks[:-1],
        evidence=whole.evidence[:-1],
        exceptions=whole.exceptions[:-1],
    )
    renderers()[name].render(short, tmp_path / f"report.{name}")
    said = READERS[name](tmp_path / f"report.{name}", short)
    for what, ours in lists_of(whole, name).items():
        if (name, what) != ("oscal", "evidence"):  # whose observations name it still
            assert len(getattr(said, what)()) == len(ours) - 1, what


@pytest.mark.parametrize("name", ["html", "xlsx", "csv", "oscal"])
def test_a_format_that_loses_a_severity_or_says_another_status_is_found_out(read, tmp_path, name):
    whole, _ = read("hospital", "csv")
    first = whole.gaps[0].severity
    changed = msgspec.structs.replace(whole.controls[0], status=Status.NOT_APPLICABLE)
    assert changed != whole.controls[0]
    wrong = msgspec.structs.replace(
        whole,
        gaps=tuple(each for each in whole.gaps if each.severity is not first),
        controls=(changed, *whole.controls[1:]),
        risks=(msgspec.structs.replace(whole.risks[0], state="closed"), *whole.risks[1:]),
    )
    renderers()[name].render(wrong, tmp_path / f"report.{name}")
    said, ours = READERS[name](tmp_path / f"report.{name}", wrong), lists_of(whole, name)
    for what in ("gaps", "severities", "controls", "risks"):
        assert getattr(said, what)() != ours[what], what


@pytest.mark.parametrize("name", ["html", "xlsx", "csv", "oscal"])
@every_run
def test_every_asset_is_there_once(read, run, name):
    assessment, said = read(run, name)
    called = {
        "html": lambda each: anchor("asset", each.key),
        "xlsx": lambda each: visible(each.name),
        "csv": lambda each: safe_cell(" ".join(visible(each.key).split())),
        "oscal": lambda each: " ".join(visible(each.key).split()),
    }
    assert said.assets() == Counter(map(called[name], assessment.assets))


@pytest.mark.parametrize("name", ["html", "xlsx", "csv", "oscal"])
def test_every_observation_has_the_same_id(read, name):
    assessment, said = read("hospital", name)
    every = {each.id for each in assessment.observations if each.id and each.subject}
    sets = {each.id for each in assessment.observations if each.id and not each.subject}
    assert len(every) > 400
    assert said.observations() == (every if name == "html" else every | sets)  # the page counts a set's members


@pytest.mark.parametrize("name", ["html", "pdf", "csv"])
@every_run
def test_every_family_has_the_same_figures(read, run, name):
    assessment, said = read(run, name)
    ours = {}
    for each in (*assessment.coverage.families, assessment.coverage.controls):
        members = [
            control.status.value
            for control in assessment.controls
            if control.counted and each.family in {"all", control.family}
        ]
        title = "All families" if each.family == "all" else family(each.family)
        ours[title] = {status: members.count(status) for status in set(members)}
    assert said.families() == ours


@every_run
def test_the_runs_fingerprint_is_in_every_format_and_on_every_page(read, run):
    (assessment, page), (_, pdf), (_, book), (_, tables), (_, oscal) = (read(run, name) for name in FORMATS)
    words_, whole = assessment.fingerprint_words, assessment.fingerprint
    assert len(pdf.pages) > (50 if run == "hospital" else 10)
    assert all(words_ in each for each in pdf.pages)
    assert whole in pdf.text
    assert whole in html.tostring(page.page, encoding="unicode")
    assert whole in {row["value"] for row in tables.tables["run"]}
    assert Oscal._told(oscal.results["metadata"], "fingerprint") == whole
    assert {each.name: each.value for each in book.book.custom_doc_props.props}["Fingerprint"] == whole
