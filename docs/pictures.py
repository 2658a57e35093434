"""The pictures of docs/officer.md, from the sample hospital's recorded run.

Run it as .venv/bin/python docs/pictures.py. Needs Chromium, LibreOffice and pdftoppm, as `make test` installs them.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from posture.demo.hospital import scope_text

IMAGES = Path(__file__).parent / "images"
CHROMIUM = "/usr/bin/chromium"
WIDTH, HEIGHT = 1100, 760
PARTS = {"cover": "header", "summary": "#summary", "coverage": "#coverage", "risks": "#risks", "reach": "#reach"}
PAGES = {"questions": ("questions.xlsx", 3, 160, 720), "workbook": ("report.xlsx", 1, 90, 800)}
"""Which page of which workbook, at how many dots an inch, and how many of its rows of dots."""


def main() -> None:
    """Run the demo, export the questions, and take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "posture.toml").write_text(scope_text(folder), encoding="utf-8")
        posture(folder, "demo", "--recorded", "-o", ".")
        posture(folder, "--store", "posture-demo.db", "-c", "posture.toml", "attest", "export", "-o", "questions.xlsx")
        (html,) = folder.glob("*.html")
        (workbook,) = folder.glob("posture-2*.xlsx")
        workbook.rename(folder / "report.xlsx")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            page.goto(html.as_uri())
            for picture, part in PARTS.items():
                take(page, part, IMAGES / f"{picture}.png")
        for picture, (file, number, dots, rows) in PAGES.items():
            print_page(folder / file, IMAGES / f"{picture}.png", number, dots, rows)


def posture(folder: Path, *arguments: str) -> None:
    """Run a command in the folder."""
    subprocess.run([sys.executable, "-m", "posture", "-q", *arguments], cwd=folder, check=True)


def take(page: Page, part: str, picture: Path) -> None:
    """The screen with this part of the report at its top."""
    page.evaluate("part => document.querySelector(part).scrollIntoView()", part)
    page.screenshot(path=picture)


def print_page(workbook: Path, picture: Path, number: int, dots: int, rows: int) -> None:
    """The upper part of one printed page of a workbook."""
    convert = ["soffice", "--headless", "--convert-to", "pdf", "--outdir", str(workbook.parent), str(workbook)]
    subprocess.run(convert, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pages = ["-f", str(number), "-l", str(number), "-singlefile", "-png"]
    part = ["-r", str(dots), "-x", "0", "-y", "0", "-W", str(11 * dots), "-H", str(rows)]
    printed = workbook.with_suffix(".pdf")
    subprocess.run(["pdftoppm", *pages, *part, str(printed), str(picture.with_suffix(""))], check=True)


if __name__ == "__main__":
    main()
