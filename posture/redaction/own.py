"""Posture's own words: what a text may keep, since it is the same whichever hospital it is about.

They are the words of its checks, catalogs and templates, and of what its code says. The sample hospital is not among
them: its names are names. Up to three of these words, with the same one or two characters between them as in such a
text, are a phrase of its own.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from posture.registry import content

__all__ = ["Own", "atoms", "listed", "own_words"]

_ATOM = re.compile(r"[^\W_]+|[\W_]")
_WORD = re.compile(r"[^\W_]+")
_LONGEST, _BETWEEN = 3, 2
_EXAMPLES = frozenset(("demo", "testing.py", "posture.template.toml", "_content"))


def atoms(text: str) -> list[str]:
    """A text as its words, and every other character by itself."""
    return _ATOM.findall(text)


def listed(words: str, sign: str | None = None) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(words.split(sign))


_NAMES = re.compile(r"\b(?:america|chicago|corp)\b")
"""Names in our texts that are somebody's: of examples, and what domains are called."""


class Own:
    """Words and phrases, upper and lower case alike."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._words: set[str] = set()
        self._phrases: set[str] = set()
        for text in texts:
            folded = _NAMES.sub(" " * (_BETWEEN + 1), text.casefold())
            places = [found.span() for found in _WORD.finditer(folded)]
            self._words.update(folded[start:end] for start, end in places)
            for at, (start, _) in enumerate(places):
                for until, (following, last) in enumerate(places[at + 1 : at + _LONGEST], at):
                    if following - places[until][1] > _BETWEEN:
                        break
                    self._phrases.add(folded[start:last])

    def __contains__(self, word: str) -> bool:
        return word in self._words

    def phrase(self, text: str) -> bool:
        """Whether this (case-folded) is one of Posture's own words, or some that stand so in its texts."""
        return text in self._words or text in self._phrases


@cache
def own_words() -> Own:
    """Those of the Posture that runs here."""
    return Own(_texts())


def _said(code: str) -> Iterator[str]:
    """What a module can say: its strings and the names of its fields. Its comments and docstrings it never says."""
    tree = ast.parse(code)
    documentation = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            documentation.add(node.value)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation:
            yield node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _texts() -> Iterator[str]:
    package = Path(__file__).parent.parent
    for folder in (package, content("checks"), content("templates")):
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder).parts
            if path.suffix in {".py", ".toml", ".html", ".j2"} and not _EXAMPLES & {*inside}:
                text = path.read_text(encoding="utf-8", errors="replace")
                yield from _said(text) if path.suffix == ".py" else (text,)
    yield (package / "reference" / "data" / "lifecycle.json").read_text(encoding="utf-8")
