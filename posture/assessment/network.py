"""The network map of an assessment: what stands where, and what is joined to what, by whose word."""

from __future__ import annotations

from typing import Literal

from posture.assessment.part import Part

__all__ = ["ClassCount", "NetworkLink", "NetworkMap", "NetworkNode", "Subnet"]


class ClassCount(Part, frozen=True, kw_only=True):
    """How many machines of a class."""

    device_class: str
    count: int


class Subnet(Part, frozen=True, kw_only=True):
    """A network and the machines that were seen in it, by class, most first. `zone` is empty outside of all zones."""

    network: str
    zone: str
    hosts: int
    classes: tuple[ClassCount, ...] = ()


class NetworkNode(Part, frozen=True, kw_only=True):
    """A device that the network is made of: it switches, routes or filters.

    `key` is that of the asset, or begins with `heard:` for one that was not seen itself, of which only neighbours tell.
    `attached` are the machines on its ports, by class. `tables` says what it gave of what it knows.
    """

    key: str
    name: str
    device_class: str
    zone: str = ""
    described: str = ""
    seen: bool = True
    attached: tuple[ClassCount, ...] = ()
    tables: str = ""


class NetworkLink(Part, frozen=True, kw_only=True):
    """What one device says of what it is joined to.

    `lldp` and `cdp`: the other announced itself on that port. `learned-address`: the other's MAC address was seen
    there, so it stands behind that port, perhaps with others between. `arp`: the device has the subnet on that
    interface. `target` is the key of an asset, or empty where none was told by it.
    """

    source: str
    source_name: str
    source_port: str
    target: str
    target_name: str
    target_port: str
    kind: Literal["lldp", "cdp", "learned-address", "arp"]
    vlan: int | None = None
    evidence: tuple[str, ...] = ()


class NetworkMap(Part, frozen=True, kw_only=True):
    """All of it. `note` says what is not known, in a sentence; `unplaced` how many MAC addresses no asset has."""

    subnets: tuple[Subnet, ...] = ()
    nodes: tuple[NetworkNode, ...] = ()
    links: tuple[NetworkLink, ...] = ()
    unplaced: int = 0
    note: str = ""
