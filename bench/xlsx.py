"""Time and memory of the workbook's observations, beside XlsxWriter in constant memory with the same rows.

    python bench/xlsx.py [N]        N observations, 20,000 unless told

Each side runs in a process of its own, twice in turn; the better CPU time counts. Both write the same values, links,
wrapped text and widths; ours also makes text safe, sizes each row, filters, colours and prints.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import xlsxwriter

from posture.assessment import (
    Assessment,
    CheckResult,
    Coverage,
    EvidenceEntry,
    Gap,
    MethodNotes,
    Observation,
    Organisation,
    Run,
)
from posture.model import Outcome, Severity
from posture.presentation import OUTCOMES
from posture.workbook.book import Book, Properties
from posture.workbook.columns import OBSERVATIONS
from posture.workbook.dress import labelled
from posture.workbook.places import Places
from posture.workbook.seen import observations
from posture.workbook.sheet import Link

COUNT, ROUNDS = 20_000, 2


def assessment(count: int) -> Assessment:
    """One check that `count` hosts fail."""
    digest = "ab12" * 16
    found = tuple(
        Observation(
            id=f"{at:016x}",
            check="smb-signing-not-required",
            severity=Severity.HIGH,
            outcome=Outcome.FAIL,
            subject=f"address:clinical/10.{at >> 16}.{at >> 8 & 255}.{at & 255}",
            subject_name=f"ward-{at:06}.hospital.example",
            subject_kind="Host",
            place="clinical",
            ephi="yes",
            message=f"smb2-security-mode on 445/tcp of ward-{at:06} says: message signing enabled but not required",
            evidence=(digest,),
        )
        for at in range(count)
    )
    text = {"title": "SMB signing is not required", "severity": Severity.HIGH, "kind": "Host", "why": "…", "fix": "…"}
    return Assessment(
        run=Run(id="bench", started=datetime(2026, 1, 1, tzinfo=UTC)),
        organisation=Organisation(name="Bench"),
        method=MethodNotes(as_of=datetime(2026, 1, 1, tzinfo=UTC), version="0", statement=""),
        coverage=Coverage(),
        gaps=(Gap(check="smb-signing-not-required", failed=count, judged=count, **text),),
        checks=(CheckResult(id="smb-signing-not-required", summary="…", failed=count, **text),),
        observations=found,
        evidence=(
            EvidenceEntry(
                id=digest,
                collector="nmap",
                format="nmap-xml",
                outcome="complete",
                payload_sha256=digest,
                payload_size=1,
            ),
        ),
    )


def ours(what: Assessment, out: Path) -> None:
    """The table as the workbook has it."""
    properties = Properties(title="Bench", subject="", creator="", created=what.method.as_of, custom={})
    with Book(properties, "") as book:
        book.table(
            OBSERVATIONS,
            observations(what, Places(what)),
            dress=labelled(OBSERVATIONS, {"Outcome": OUTCOMES.values()}),
        )
        book.save(out)


def peer(what: Assessment, out: Path) -> None:
    """The same rows by XlsxWriter."""
    book = xlsxwriter.Workbook(str(out), {"constant_memory": True})
    sheet = book.add_worksheet(OBSERVATIONS.title)
    wrapped = book.add_format({"text_wrap": True, "valign": "top", "bottom": 7})
    linked = book.add_format({"text_wrap": True, "valign": "top", "bottom": 7, "underline": 1, "font_color": "blue"})
    for at, column in enumerate(OBSERVATIONS.columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.heading, wrapped)
    for row, values in enumerate(observations(what, Places(what)), 1):
        for at, value in enumerate(values):
            if isinstance(value, Link) and value.to:
                sheet.write_url(row, at, f"internal:'{value.to.sheet}'!A{value.to.row}", linked, str(value.value))
            elif isinstance(value, int):
                sheet.write_number(row, at, value, wrapped)
            elif value:
                sheet.write_string(row, at, str(value), wrapped)
    sheet.autofilter(0, 0, len(what.observations), len(OBSERVATIONS.columns) - 1)
    book.close()


SIDES: dict[str, Callable[[Assessment, Path], None]] = {"ours": ours, "peer": peer}


def measure(side: str, count: int) -> None:
    """Write one workbook; print CPU seconds, what memory the writing added in MB, and the size of the file in MB."""
    what = assessment(count)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "bench.xlsx"
        started = time.process_time()
        SIDES[side](what, out)
        spent = time.process_time() - started
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(json.dumps([spent, after / 1024, (after - before) / 1024, out.stat().st_size / 1e6]))


def main() -> None:
    """Run both sides and print a row."""
    if len(sys.argv) > 2:  # noqa: PLR2004  # a side and a number: one of our own processes
        measure(sys.argv[1], int(sys.argv[2]))
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    best: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for side in SIDES:
            run = subprocess.run([sys.executable, __file__, side, str(count)], check=True, capture_output=True)
            best[side] = min(best.get(side, [float("inf")]), json.loads(run.stdout))
    (mine, rss, added, size), (theirs, peer_rss, peer_added, peer_size) = best["ours"], best["peer"]
    print("| rows | CPU s, ours | XlsxWriter | ratio | peak MB (added), ours | XlsxWriter | file MB | XlsxWriter |")
    print("|---|---|---|---|---|---|---|---|")
    print(
        f"| {count:,} | {mine:.2f} | {theirs:.2f} | {mine / theirs:.2f} | {rss:.0f} ({added:.0f}) "
        f"| {peer_rss:.0f} ({peer_added:.0f}) | {size:.2f} | {peer_size:.2f} |"
    )


if __name__ == "__main__":
    main()
