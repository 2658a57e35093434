"""The further parts of a report that requests name: where they stand, and how much of each there is. Pure."""

from __future__ import annotations

from typing import Final

from posture.assessment import Assessment
from posture.packs.definition import Table
from posture.presentation import day, plural

__all__ = ["PLACES", "rows"]

PLACES: Final[dict[Table, tuple[str, str, str]]] = {
    "business-associates": ("Systems with ePHI", "risks", "Systems"),
    "changes": ("What changed", "history", "Changes"),
    "flows": ("Data flows", "risks", "Systems"),
    "inventory": ("Inventory", "inventory", "Assets"),
    "network": ("Network map", "inventory", ""),
    "practices": ("Recognized security practices", "practices", "Practices"),
    "risk-analysis": ("The hospital’s own risk analysis", "risks", "Risks"),
    "risks": ("Risk register", "risks", "Risks"),
    "segmentation": ("Who may reach whom", "segmentation", "Segmentation"),
    "services": ("Services and downtime", "services", "Services"),
    "systems": ("Systems with ePHI", "risks", "Systems"),
}
"""The title and anchor of a table's part of the report, and its sheet of the workbook."""


def rows(a: Assessment, table: Table) -> str:
    """How much of a table there is, in words; empty where there is nothing of it."""
    own, changes = a.risk_analysis, a.run.changes
    counted = {
        "business-associates": (len(a.register.systems), "system"),
        "flows": (len(a.register.flows), "data flow"),
        "inventory": (len(a.assets) + len(a.inventory.rows), "row"),
        "network": (len(a.network.subnets) + len(a.network.links), "subnet or link"),
        "practices": (len(a.practices), "practice"),
        "risks": (len(a.risks), "risk"),
        "segmentation": (len(a.segmentation.pairs), "pair of zones"),
        "services": (len(a.services), "service"),
        "systems": (len(a.register.systems), "system"),
    }
    if table == "risk-analysis":
        return f"{own.title}, of {day(own.performed_on)}" if own and own.state == "in-force" else ""
    if table == "changes":
        return f"since run {changes.since.id}" if changes else ""
    count, noun = counted[table]
    many = {"subnet or link": "subnets and links", "pair of zones": "pairs of zones"}.get(noun, "")
    return plural(count, noun, many) if count else ""
