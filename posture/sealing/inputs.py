"""What an assessment was made from beside evidence and ledger: kept with its seal, so that it can be made again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from posture.assessment import Risk
from posture.catalog import Catalog
from posture.governance.history import PastRun
from posture.model import Record
from posture.request import PlannedProbe, Request
from posture.scope import Scope
from posture.store import ReferenceFile

__all__ = ["Inputs", "ReferenceName"]


class ReferenceName(Record, frozen=True, kw_only=True):
    """A file of reference data, by its digest, and what was said of it when it came."""

    sha256: str
    kind: str
    dated: date
    origin: Literal["shipped", "imported", "forced"]
    name: str
    product: str = ""

    @property
    def path(self) -> str:
        """Its name in a bag."""
        return f"data/reference/{self.kind}-{self.sha256}"


class Inputs(Record, frozen=True, kw_only=True):
    """A `Request` without what a bag holds as files of its own, and without the run, which it does not depend on."""

    version: str
    as_of: datetime
    made: datetime | None
    scope: Scope
    probes: tuple[PlannedProbe, ...] = ()
    history: tuple[PastRun, ...] = ()
    earlier_risks: tuple[Risk, ...] = ()
    own_catalogs: tuple[Catalog, ...] = ()
    reference: tuple[ReferenceName, ...] = ()

    @classmethod
    def of(cls, request: Request, reference: Sequence[ReferenceFile]) -> Inputs:
        """The inputs of this request."""
        names = tuple(
            ReferenceName(
                sha256=file.sha256,
                kind=file.kind,
                dated=file.dated,
                origin=file.origin,
                name=file.name,
                product=file.product,
            )
            for file in reference
        )
        return cls(
            version=request.version,
            as_of=request.as_of,
            made=request.made,
            scope=request.scope,
            probes=request.probes,
            history=request.history,
            earlier_risks=request.earlier_risks,
            own_catalogs=request.own_catalogs,
            reference=names,
        )

    def document(self) -> bytes:
        """The inputs as JSON that people can read as well."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=1) + b"\n"
