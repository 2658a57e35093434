"""The map of the network, as the templates walk through it."""

from __future__ import annotations

from functools import cached_property
from typing import Final

from markupsafe import Markup

from posture.assessment import Assessment
from posture.assessment.network import NetworkLink, NetworkNode
from posture.figures.network import classes, network_sheets
from posture.presentation import anchor

__all__ = ["KINDS", "Network"]

LINKS: Final = 1_000
"""How many links are written out; all are in the export and in assessment.json."""

KINDS: Final[dict[str, str]] = {
    "lldp": "announced itself there (LLDP)",
    "cdp": "announced itself there (CDP)",
    "learned-address": "its MAC address was learned there",
    "arp": "has this subnet on that interface (ARP)",
}
"""What a link's evidence is, in words."""


class Network:
    """The network of one assessment."""

    kinds = KINDS
    classes = staticmethod(classes)

    def __init__(self, assessment: Assessment) -> None:
        self.map = assessment.network
        self._zones = {
            zone.id: zone.id if zone.id == zone.kind else f"{zone.id} ({zone.kind.replace('-', ' ')})"
            for zone in assessment.organisation.zones
        }
        self._assets = {asset.key for asset in assessment.assets}

    @cached_property
    def sheets(self) -> list[Markup]:
        """The map, as SVG whose texts `posture.figures.network` has escaped."""
        return [Markup(sheet) for sheet in network_sheets(self.map, self._zones)]  # noqa: S704  # ours: escaped there

    @property
    def nodes(self) -> tuple[NetworkNode, ...]:
        """The devices that the network is made of."""
        return self.map.nodes[:LINKS]

    @property
    def links(self) -> list[NetworkLink]:
        """Those that are written out: what was announced first, as it says most."""
        order = ("lldp", "cdp", "arp", "learned-address")
        return sorted(self.map.links, key=lambda link: order.index(link.kind))[:LINKS]

    def asset(self, key: str) -> str:
        """The anchor of an asset's row; empty for what is none."""
        return anchor("asset", key) if key in self._assets else ""
