"""What is asked of the judging: everything but the evidence that an assessment depends on."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from posture.assessment import Risk, Run
from posture.catalog import Catalog
from posture.governance.history import PastRun
from posture.governance.ledger import Ledger
from posture.model import Probe
from posture.reference import Reference
from posture.scope import Scope

__all__ = ["PlannedProbe", "Request"]


class PlannedProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A probe of the plan, and what became of it: `unfinished` is one that was planned and has no end."""

    probe: Probe
    outcome: Literal["complete", "partial", "failed", "refused", "unfinished"]
    problem: str = ""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Everything but the evidence that an assessment depends on.

    `history` are this store's earlier runs of the last twelve months, `earlier_risks` the register of the latest
    one, and `own_catalogs` the hospital's own. `made` is when this run was made, where that is not the instant that it
    speaks of: practices are supported by what was tested in a month, not by what is said of it. `reference` is what was
    known of the world when the run began; None: what comes with Posture.
    """

    run: Run
    scope: Scope
    as_of: datetime
    version: str
    probes: tuple[PlannedProbe, ...] = ()
    checks_folders: tuple[str, ...] = ()
    ledger: Ledger = Ledger()
    history: tuple[PastRun, ...] = ()
    earlier_risks: tuple[Risk, ...] = ()
    own_catalogs: tuple[Catalog, ...] = ()
    made: datetime | None = None
    reference: Reference | None = None
