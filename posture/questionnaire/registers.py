"""Rows of Systems, Data flows and Recognized practices → the register and the practices. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from posture.governance.ledger import DataFlow, InformationSystem, Practice, Practices, Register
from posture.presentation import visible
from posture.questionnaire.rows import Row, quoted
from posture.questionnaire.shape import EPHI, FLOWS, FRAMEWORK, HOSTING, PRACTICES, SYSTEMS, Shape

__all__ = ["practices", "register"]

_OUTSIDE: Final = "outside:"


def _filled(rows: Iterable[Row], shape: Shape) -> Iterable[Row]:
    keys = [column.key for column in shape.columns]
    return (row for row in rows if row.holds(*keys))


def register(systems: Iterable[Row], flows: Iterable[Row], on_record: Register) -> Register:
    """The register as the two sheets have it; rows with mistakes are left out.

    A flow may go to and from the ids and names of the systems, somebody outside, and what a flow on record names.
    """
    rows_of: dict[str, int] = {}
    standing = [system for row in _filled(systems, SYSTEMS) if (system := _system(row, rows_of))]
    ends = {*rows_of, *(system.name.casefold() for system in standing)}
    recorded = {visible(end).strip().casefold() for flow in on_record.flows for end in (flow.source, flow.destination)}
    allowed = ends | recorded
    moving = [flow for row in _filled(flows, FLOWS) if (flow := _flow(row, ends, allowed))]
    return Register(systems=tuple(standing), flows=tuple(moving))


def _system(row: Row, rows_of: dict[str, int]) -> InformationSystem | None:
    identity = row.line("id", "give the system an id, such as ehr")
    if identity and rows_of.setdefault(identity.casefold(), row.number) != row.number:
        row.wrong("id", f"{quoted(identity)} is the id of row {rows_of[identity.casefold()]} too")
    if identity.casefold().startswith(_OUTSIDE):
        row.wrong("id", f"an id can't begin with {_OUTSIDE}")
    fields: dict[str, Any] = {
        "id": identity,
        "name": row.line("name", "name the system"),
        "hosting": row.word("hosting", HOSTING, f"say where it runs: {', '.join(HOSTING.values())}"),
        "ephi": row.word("ephi", EPHI, f"say whether it holds or moves ePHI: {', '.join(EPHI.values())}"),
        "owner": row.line("owner"),
        "business_associate": row.line("business_associate"),
        "agreement_on": row.day("agreement_on"),
        "agreement_ends": row.day("agreement_ends"),
        "note": row.text("note"),
    }
    begins, ends = fields["agreement_on"], fields["agreement_ends"]
    if begins and ends and ends <= begins:
        row.wrong("agreement_ends", f"{ends} is not after the day since when there is an agreement, {begins}")
    return InformationSystem(**fields) if row.sound else None


def _flow(row: Row, ends: set[str], allowed: set[str]) -> DataFlow | None:
    source = row.line("source", "name the system that it comes from")
    destination = row.line("destination", "name the system that it goes to")
    for key, name in (("source", source), ("destination", destination)):
        if name and name.casefold() not in allowed and not name.casefold().startswith(_OUTSIDE):
            hint = row.near(name.casefold(), ends, f"write {_OUTSIDE} NAME for somebody outside")
            row.wrong(key, f"{quoted(name)} is no system of the sheet Systems; {hint}")
    what = row.text("what", "say what moves")
    protection = row.text("protection")
    return DataFlow(source=source, destination=destination, what=what, protection=protection) if row.sound else None


def practices(rows: Iterable[Row], controls: set[str], today: date) -> Practices:
    """The practices as the sheet has them; rows with mistakes are left out."""
    found = []
    for row in _filled(rows, PRACTICES):
        fields: dict[str, Any] = {
            "framework": row.word("framework", FRAMEWORK, f"choose one of {', '.join(FRAMEWORK.values())}"),
            "practice": row.line("practice", "name the practice, such as PR.AA-05"),
            "title": row.line("title"),
            "since": row.day("since", "give the day since when it is in place", latest=today),
            "where": row.text("where"),
            "controls": tuple(dict.fromkeys(filter(None, re.split(r"[\s,;]+", row.text("controls"))))),
            "evidence": row.text("evidence"),
        }
        for control in fields["controls"]:
            if control not in controls:
                near = row.near(control, controls)
                row.wrong("controls", f"there is no control {quoted(control)}{near and f'; {near}'}")
        if row.sound:
            found.append(Practice(**fields))
    return Practices(practices=tuple(found))
