"""The report's page made ready for paper: what nobody can open there is left out, and drawings stand by themselves.

The programs that lay out pages don't see the page's style from inside a drawing, nor a shape of another drawing. So
the small shapes become letters, and every drawing gets the styles and the patterns it uses.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element

from posture import presentation
from posture.presentation import Label

__all__ = ["for_paper"]

_SVG: Final = "{http://www.w3.org/2000/svg}"
_HTML: Final = ""  # WeasyPrint has the elements of HTML in no namespace
_BAR: Final = 21.0  # how many times as wide as it is high a bar is
_LONGEST: Final = 2_000  # letters of a text
_LONGEST_WORD: Final = 160
_LONG_WORDS: Final = re.compile(rf"\S{{{_LONGEST_WORD + 1},}}")
_STEP: Final = 5.0  # from one line of a hatching to the next
_DRAWN: Final = """.stacked pattern rect, .stacked text { stroke: none !important; }
.fill-hatch { fill: #f4f4f4 !important; } .hatching { fill: none; stroke: #8a8a8a; stroke-width: 1; }"""
_WHITE: Final = "#ffffff"
_PLATES: Final = dict.fromkeys(("on-hatch", "on-dash", "on-frame", "on-hollow"), _WHITE) | {
    "on-ring": "#1b6b3a",
    "on-diamond": "#7a5200",
    "on-both": "#0b3358",
}
_SPACES: Final = re.compile(r"[ \t\r\n]+")  # a line is not broken at a no-break space
_LINE: Final = 105.0  # letters that stand beside each other on a page
_WORD: Final = 13  # letters of a word that is not broken
_WANTED: Final = 3.0
_UNPRINTED: Final = frozenset({"unprinted", "on-screen", "skip", "tools", "number", "shapes"})


def for_paper(page: Element, paper: str) -> None:
    """Change the parsed page in place; `paper` is a style sheet that has the last word over the page's own."""
    style = page.find(f".//{_HTML}style")
    if style is None:
        raise ValueError("a page without a style sheet")
    styled = str(style.text)
    patterns = page.find(f".//{_SVG}defs")
    _without_what_is_not_printed(page)
    _drawn(page, "\n".join(_rules(styled)), patterns)
    for each in page.iter():
        each.text, each.tail = _shorter(each.text), _shorter(each.tail)
    _with_tables(page)
    style.text = _without_variables(f"{styled}\n{paper}")


def _without_what_is_not_printed(page: Element) -> None:
    for parent in list(page.iter()):
        for child in list(parent):
            kind = _classes(child)
            if child.tag == f"{_HTML}script" or kind & _UNPRINTED:
                _left_out(parent, child, kind)


def _drawn(page: Element, style: str, patterns: Element | None) -> None:
    for each in list(page.iter(f"{_SVG}svg")):
        if "shape" in _classes(each):
            _lettered(each)
        elif "stacked" in _classes(each):
            _alone(each, style, patterns)


def _with_tables(page: Element) -> None:
    for parent in list(page.iter()):
        for table in parent.findall(f"{_HTML}table"):
            if _emptied(table):
                _left_out(parent, table, set())
            else:
                _measured(table)


def _classes(element: Element) -> set[str]:
    return set(str(element.get("class") or "").split())


def _shorter(text: str | None) -> str | None:
    """A text that lines can be made of in a bounded time, which goes with the square of its length.

    Longer than any hash or name that people write, a word is cut, and says so.
    """
    if text is None or len(text) <= _LONGEST_WORD:
        return text
    words = _LONG_WORDS.sub(lambda found: f"{found[0][:_LONGEST_WORD]}{_cut(len(found[0]) - _LONGEST_WORD)}", text)
    return words if len(words) <= _LONGEST else f"{words[:_LONGEST]}{_cut(len(words) - _LONGEST)}"


def _cut(more: int) -> str:
    return f" … [cut here: {more:,} more characters are in the HTML report]"


def _left_out(parent: Element, child: Element, kind: set[str]) -> None:
    """Without the element; of a list that is not printed its first line stays, so that nothing is left out silently."""
    summary = child.find(f"{_HTML}summary")
    if "unprinted" in kind and summary is not None:
        for each in list(child):
            if each is not summary:
                child.remove(each)
        return
    at = list(parent).index(child)
    if child.tail and at:
        parent[at - 1].tail = (parent[at - 1].tail or "") + child.tail
    elif child.tail:
        parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _emptied(table: Element) -> bool:
    """Without the groups of rows of which none is printed; true where that is all of them."""
    groups = table.findall(f"{_HTML}tbody")
    empty = [group for group in groups if group.find(f"{_HTML}tr") is None]
    for group in empty:
        table.remove(group)
    return bool(groups) and len(empty) == len(groups)


def _lettered(shape: Element) -> None:
    use = shape.find(f"{_SVG}use")
    name = str(use.get("href") if use is not None else "").removeprefix("#shape-")
    said = shape.tail
    shape.clear()
    shape.tail = said
    shape.tag, shape.text = f"{_HTML}span", f"{_SYMBOLS.get(name, '')}\N{NO-BREAK SPACE}"


def _alone(drawing: Element, style: str, patterns: Element | None) -> None:
    """A bar with all that it is drawn with, in lengths instead of shares of a width that is not known yet."""
    height = float(str(drawing.get("height") or 30))
    width = _BAR * height
    drawing.set("viewBox", f"0 0 {width:g} {height:g}")
    for part in list(drawing):
        for name in ("x", "width"):
            if (value := str(part.get(name) or "")).endswith("%"):
                part.set(name, f"{float(value[:-1]) * width / 100:.2f}")
        kind, at = str(part.get("class")), list(drawing).index(part)
        if kind == "fill-hatch":
            drawing.insert(at + 1, _hatching(part))
        elif part.tag == f"{_SVG}text" and kind in _PLATES:
            drawing.insert(at, _plate(part, _PLATES[kind]))
    rules = Element(f"{_SVG}style")
    rules.text = f"{style}\n{_DRAWN}"
    drawing[0:0] = [rules, *([patterns] if patterns is not None else [])]


def _hatching(rectangle: Element) -> Element:
    """Lines over a rectangle: the pattern that a browser draws there is not drawn by every program."""
    x, y, width, height = (float(str(rectangle.get(name))) for name in ("x", "y", "width", "height"))
    lines = []
    for step in range(int((width + height) // _STEP) + 1):
        at = step * _STEP + 1
        left, low = max(at - height, 0), min(at, height)
        right, high = min(at, width), max(at - width, 0)
        lines.append(f"M{x + left:.1f} {y + low:.1f}L{x + right:.1f} {y + high:.1f}")
    path = Element(f"{_SVG}path")
    path.set("d", "".join(lines))
    path.set("class", "hatching")
    return path


def _plate(text: Element, colour: str) -> Element:
    """What a number stands on, so that it can be read over a pattern."""
    wide = 9.0 * len(str(text.text)) + 6
    plate = Element(f"{_SVG}rect")
    for name, value in (("x", float(str(text.get("x"))) - wide / 2), ("y", 6), ("width", wide), ("height", 18)):
        plate.set(name, f"{value:g}")
    plate.set("style", f"fill: {colour}; stroke: none")
    return plate


def _measured(table: Element) -> None:
    """With widths for its columns, by what stands in them: to find the widths itself takes a program very long."""
    rows = [list(row) for row in table.iter(f"{_HTML}tr")]
    rows = [row for row in rows if not any(cell.get("colspan") for cell in row)]
    if not rows:
        return
    columns = [
        [_SPACES.sub(" ", "".join(row[at].itertext())).strip(" ") for row in rows if at < len(row)]
        for at in range(len(rows[0]))
    ]
    group = Element(f"{_HTML}colgroup")
    for share in _shares(columns):
        column = Element(f"{_HTML}col")
        column.set("style", f"width: {100 * share:.2f}%")
        group.append(column)
    at = 1 if len(table) and table[0].tag == f"{_HTML}caption" else 0
    table.insert(at, group)


def _shares(columns: list[list[str]]) -> list[float]:
    """How much of the width each column has: first its longest word, then the more, the longer its texts are."""
    least = [
        min(max((len(word) for text in texts for word in text.split(" ")), default=0), _WORD) + 2.0 for texts in columns
    ]
    wanted = [_WANTED * math.sqrt(sorted(map(len, texts))[len(texts) * 9 // 10]) for texts in columns]
    more = [max(wants - needs, 0.1) for wants, needs in zip(wanted, least, strict=True)]
    left = max(_LINE - sum(least), 0)
    widths = [needs + left * part / sum(more) for needs, part in zip(least, more, strict=True)]
    return [width / sum(widths) for width in widths]


def _rules(style: str) -> Iterator[str]:
    """What the style sheet says of bars outside its @media."""
    for selector, body in re.findall(r"([^{}]+)\{([^{}]*)\}", _without_variables(style).partition("@media")[0]):
        if ".stacked " in selector or ".fill-" in selector:
            yield f"{selector.strip()} {{{body}}}"


def _without_variables(style: str) -> str:
    """The style sheet with the values of its variables put in, which a program would look up at each element."""
    named = dict(re.findall(r"(--[\w-]+):\s*([^;]+);", style))
    put_in = re.sub(r"var\((--[\w-]+)\)", lambda found: named.get(found[1], "initial"), style)
    return re.sub(r"--[\w-]+:\s*[^;]+;", "", put_in)


def _symbols() -> Iterator[tuple[str, str]]:
    labels: tuple[Label, ...] = tuple(
        label
        for words in vars(presentation).values()
        if isinstance(words, dict)
        for label in words.values()
        if isinstance(label, Label)
    )
    yield from ((label.shape, label.symbol) for label in labels)


_SYMBOLS: Final[dict[str, str]] = {"square": "■", "frame": "□", "both": "▣", "half": "◐"} | dict(_symbols())
