"""What figures are drawn with: SVG elements whose every text is escaped. Pure.

No scripts, styles from outside, gradients or references. Names come from people we don't trust: every text goes
through `text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from posture.presentation import visible

__all__ = ["INK", "LINE", "PAPER", "QUIET", "RED", "element", "label", "picture", "text"]

INK: Final = "#1a1a1a"
QUIET: Final = "#595959"
RED: Final = "#a9231b"
LINE: Final = "#767676"
PAPER: Final = "#ffffff"


def text(words: str, most: int = 0) -> str:
    """Words as the content of an element: made visible, on one line, cut after `most` characters, and escaped."""
    shown = " ".join(visible(words).split())
    return escape(shown if not most or len(shown) <= most else f"{shown[: most - 1]}…")


def element(name: str, content: str = "", /, **attributes: object) -> str:
    """An element; `content` is markup. In the names of attributes a line stands for a hyphen."""
    told = "".join(f" {each.replace('_', '-')}={quoteattr(str(value))}" for each, value in attributes.items())
    return f"<{name}{told}>{content}</{name}>" if content else f"<{name}{told}/>"


def label(x: int, y: int, words: str, most: int = 0, /, **look: object) -> str:
    """A line of text that begins at this place."""
    return element("text", text(words, most), x=x, y=y, **{"font_size": 12, "fill": INK, **look})


def picture(  # noqa: PLR0913  # what every figure has
    mark: str, width: int, height: int, *, title: str, described: str, parts: Iterable[str], definitions: str = ""
) -> str:
    """A whole figure on white paper, with its title and, for those who don't see it, what it shows in words.

    `mark` begins the names of its elements, and has to be another for each figure of a page.
    """
    content = (
        element("title", text(title), id=f"{mark}-title"),
        element("desc", text(described), id=f"{mark}-desc"),
        *([element("defs", definitions)] if definitions else []),
        element("rect", width=width, height=height, fill=PAPER),
        *parts,
    )
    return element(
        "svg",
        "".join(content),
        xmlns="http://www.w3.org/2000/svg",
        role="img",
        aria_labelledby=f"{mark}-title {mark}-desc",
        viewBox=f"0 0 {width} {height}",
        width="100%",
        font_family="system-ui, sans-serif",
    )
