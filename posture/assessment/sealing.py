"""How a run stands: whether anybody could tell if it were changed, by whose key, and since when."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from posture.assessment.part import Part

__all__ = ["RunEntry", "SealInfo", "Standing"]

Standing: TypeAlias = Literal["unsealed", "sealed", "timestamped"]

WORDS: dict[Standing, str] = {
    "unsealed": "unsealed",
    "sealed": "sealed by the hospital's own key",
    "timestamped": "sealed and timestamped by a third party",
}


class SealInfo(Part, frozen=True, kw_only=True):
    """The seal of this assessment. `signer` is the key's fingerprint, `stamped` when a third party saw the seal.

    Only a timestamp proves when: `sealed_at` is the hospital's own word. `note` says what a reader has to know of it.
    """

    standing: Standing = "unsealed"
    number: int = 0
    signer: str = ""
    sealed_at: datetime | None = None
    statement_sha256: str = ""
    stamped: datetime | None = None
    note: str = ""

    @property
    def words(self) -> str:
        """How the run stands, in words."""
        return WORDS[self.standing]


class RunEntry(Part, frozen=True, kw_only=True):
    """A run of the same store, whatever became of it; `standing` is that of its newest seal."""

    id: str
    started: datetime
    state: str
    standing: Standing = "unsealed"
    organisation: str = ""
    operator: str = ""

    @property
    def words(self) -> str:
        """How the run stands, in words."""
        return WORDS[self.standing]
