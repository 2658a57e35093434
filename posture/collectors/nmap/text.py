"""Text that scanned systems chose: shown, never obeyed."""

from __future__ import annotations

__all__ = ["clean"]


def clean(text: str, keep: str = "\n\t") -> str:
    """The text without control, formatting and unassigned characters, but for those to keep."""
    if text.isprintable():
        return text
    return "".join(character for character in text if character.isprintable() or character in keep)
