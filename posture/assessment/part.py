"""The base of every part of an assessment."""

from __future__ import annotations

import msgspec

__all__ = ["Part"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the assessment's parts: every key is written, so that a reader need not know our defaults."""
