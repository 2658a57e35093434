"""The map of the network as SVG: sheets that fit a printed page, one below the other. Pure.

Zones are bands. At their left stand the devices that the network is made of, each singly, with the links between them
as arcs beside them; at their right the subnets, with the machines that were seen in them, counted by class.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final

import msgspec

from posture.assessment.network import ClassCount, NetworkMap, NetworkNode, Subnet
from posture.figures.svg import INK, LINE, PAPER, QUIET, element, label, picture, text
from posture.presentation import number, plural

__all__ = ["network_sheets"]

_WIDTH: Final = 960
_NODES, _NODE_WIDTH = 190, 300
_SUBNETS, _SUBNET_WIDTH = 520, 420
_NO_NODES: Final = 12
"""Where subnets stand if there is nothing at their left."""

_ROW, _BOX, _HEADING, _FOOT = 62, 46, 34, 44
_SHEET: Final = 1180
"""Height of a sheet: with the width it has the shape of a page within its margins (US Letter and A4)."""
_MOST_ROWS: Final = 160
_ARC: Final = 150
_HEARD: Final = "heard:"
_HALO: Final = {"stroke": PAPER, "stroke_width": 5, "paint_order": "stroke", "stroke_linejoin": "round"}
_LONGEST: Final = {"node": 42, "subnet": 62}

CLASS_NAMES: Final[dict[str, tuple[str, str]]] = {
    "medical-device": ("medical device", "medical devices"),
    "modality": ("modality", "modalities"),
    "domain-controller": ("domain controller", "domain controllers"),
    "network": ("device of the network", "devices of the network"),
    "building-control": ("building control", "building controls"),
    "storage": ("storage", "storage"),
    "ups": ("UPS", "UPSes"),
    "bmc": ("server controller (BMC)", "server controllers (BMC)"),
    "unknown": ("not classified", "not classified"),
}
"""What classes are called, for one and for several; the others are called what they are."""


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a band: a device, a subnet, or both side by side."""

    node: NetworkNode | None
    subnet: Subnet | None


class _Band(msgspec.Struct, frozen=True, kw_only=True):
    """A zone on one sheet, or the part of it that fits."""

    name: str
    rows: tuple[_Row, ...]

    @property
    def height(self) -> int:
        return _HEADING + _ROW * len(self.rows)


def classes(counted: Sequence[ClassCount], most: int = 0) -> str:
    """Machines by class in words: "12 workstations, 1 printer"; after `most` classes the others together."""
    shown = counted if not most or len(counted) <= most + 1 else counted[:most]
    said = [f"{number(each.count)} {_called(each)}" for each in shown]
    others = sum(each.count for each in counted[len(shown) :])
    return ", ".join((*said, *([f"{number(others)} others"] if others else [])))


def _called(counted: ClassCount) -> str:
    words = CLASS_NAMES.get(counted.device_class)
    if words:
        return words[counted.count != 1]
    return plural(counted.count, counted.device_class).partition(" ")[2]


def network_sheets(network: NetworkMap, zones: Mapping[str, str]) -> list[str]:
    """The sheets, each an SVG; `zones` are the words for each zone of the scope, by its id, in the scope's order.

    No more than 160 devices and 160 subnets are drawn, those with the most machines; the last sheet says what is left
    out. A map of nothing has no sheet.
    """
    bands, note = _bands(network, zones)
    sheets = _sheets(bands)
    mark = "network-" + hashlib.sha256(msgspec.json.encode(network)).hexdigest()[:10]
    on_sheet = {row.node.key: at for at, sheet in enumerate(sheets) for band in sheet for row in band.rows if row.node}
    return [
        _sheet(f"{mark}-{at}", at, sheets, network, on_sheet, note if at == len(sheets) - 1 else "")
        for at in range(len(sheets))
    ]


# ── what is drawn, and where ─────────────────────────────────────────────────────────────────────────────────────


def _bands(network: NetworkMap, zones: Mapping[str, str]) -> tuple[list[_Band], str]:
    drawn, kept, note = _kept(network)
    nodes: defaultdict[str, list[NetworkNode]] = defaultdict(list)
    for node in drawn:
        nodes[node.zone if node.seen else _HEARD].append(node)
    subnets: defaultdict[str, list[Subnet]] = defaultdict(list)
    for subnet in kept:
        subnets[subnet.zone].append(subnet)
    others = sorted({*nodes, *subnets} - {*zones, "", _HEARD})
    named = [*zones.items(), *((each, each) for each in others)]
    named += [("", "Outside of all zones"), (_HEARD, "Not seen: only their neighbours tell of them")]
    found = []
    for zone, words in named:
        rows = [_Row(node=node, subnet=subnet) for node, subnet in zip_longest(nodes[zone], subnets[zone])]
        if rows:
            found.append(_Band(name=words, rows=tuple(rows)))
    return found, note


def _kept(network: NetworkMap) -> tuple[list[NetworkNode], list[Subnet], str]:
    """The devices and the subnets to draw, in their order, and what is left out in words."""
    by_weight = sorted(network.nodes, key=lambda node: (not node.seen, -sum(each.count for each in node.attached)))
    nodes = {node.key for node in by_weight[:_MOST_ROWS]}
    by_size = sorted(network.subnets, key=lambda subnet: (-subnet.hosts, subnet.zone, subnet.network))
    subnets = {(subnet.zone, subnet.network) for subnet in by_size[:_MOST_ROWS]}
    left = by_size[_MOST_ROWS:]
    said = []
    if left:
        machines = sum(subnet.hosts for subnet in left)
        said.append(f"the {plural(len(left), 'smallest subnet')}, with {plural(machines, 'machine')} altogether")
    if len(by_weight) > _MOST_ROWS:
        said.append(f"{plural(len(by_weight) - _MOST_ROWS, 'device')} of the network")
    return (
        [node for node in network.nodes if node.key in nodes],
        [subnet for subnet in network.subnets if (subnet.zone, subnet.network) in subnets],
        f"Too many to draw; left out are {' and '.join(said)}." if said else "",
    )


def _sheets(bands: Iterable[_Band]) -> list[list[_Band]]:
    """Bands on pages; one that is longer than what is left of a page goes on on the next."""
    sheets: list[list[_Band]] = [[]]
    used = 0
    for band in bands:
        rows, name = list(band.rows), band.name
        while rows:
            fits = (_SHEET - _FOOT - used - _HEADING) // _ROW
            if fits < min(len(rows), 2):
                sheets.append([])
                used = 0
                continue
            part = _Band(name=name, rows=tuple(rows[:fits]))
            sheets[-1].append(part)
            used += part.height
            rows, name = rows[fits:], f"{band.name} (continued)"
    return [sheet for sheet in sheets if sheet]


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _sheet(  # noqa: PLR0913, PLR0917  # a page, and what it refers to
    mark: str,
    at: int,
    sheets: Sequence[Sequence[_Band]],
    network: NetworkMap,
    on_sheet: Mapping[str, int],
    note: str,
) -> str:
    parts: list[str] = []
    places: dict[str, int] = {}
    y = 4
    for band in sheets[at]:
        parts += [
            element("path", d=f"M8 {y + 2}H{_WIDTH - 8}", stroke=INK, stroke_width=2),
            label(12, y + 22, band.name, 110, font_size=14, font_weight=700, **_HALO),
        ]
        y += _HEADING
        for row in band.rows:
            if row.node:
                places[row.node.key] = y + _BOX // 2
                parts.append(_node(row.node, y))
            if row.subnet:
                parts.append(_subnet(row.subnet, _SUBNETS if network.nodes else _NO_NODES, y))
            y += _ROW
    names = {node.key: node.name for node in network.nodes}
    parts = [*_arcs(places, network, names, on_sheet), *parts]
    parts += _legend(y + 16, note)
    page = f", sheet {at + 1} of {len(sheets)}" if len(sheets) > 1 else ""
    return picture(
        mark,
        _WIDTH,
        y + _FOOT + (18 if note else 0),
        title=f"The network, as far as it was seen{page}",
        described=_described(sheets[at]),
        parts=parts,
    )


def _node(node: NetworkNode, y: int) -> str:
    attached = f"ports: {classes(node.attached, 2)}" if node.attached else node.described or node.tables
    on_ports = f"On its ports: {classes(node.attached)}" if node.attached else ""
    told = ". ".join(filter(None, (node.name, node.described, node.tables, on_ports)))
    box = {"x": _NODES, "y": y, "width": _NODE_WIDTH, "height": _BOX, "rx": 4, "fill": PAPER, "stroke": INK}
    unseen = {} if node.seen else {"stroke_dasharray": "2 3"}
    return element(
        "g",
        element("title", text(told))
        + element("rect", **box, **unseen)
        + label(_NODES + 10, y + 19, node.name, _LONGEST["node"] - 6, font_size=13, font_weight=700)
        + label(_NODES + 10, y + 36, attached, _LONGEST["node"] + 10, font_size=11, fill=QUIET),
    )


def _subnet(subnet: Subnet, x: int, y: int) -> str:
    seen = plural(subnet.hosts, "machine") if subnet.hosts else "nothing was seen here"
    dashed = {} if subnet.hosts else {"stroke_dasharray": "2 3"}
    box = {"x": x, "y": y, "width": _SUBNET_WIDTH, "height": _BOX, "fill": PAPER, "stroke": LINE}
    return element(
        "g",
        element("title", text(f"{subnet.network}: {seen}. {classes(subnet.classes)}"))
        + element("rect", **box, **dashed)
        + label(x + 10, y + 19, f"{subnet.network}: {seen}", _LONGEST["subnet"], font_size=13)
        + label(x + 10, y + 36, classes(subnet.classes, 4), _LONGEST["subnet"] + 10, font_size=11, fill=QUIET),
    )


def _arcs(
    places: Mapping[str, int], network: NetworkMap, names: Mapping[str, str], on_sheet: Mapping[str, int]
) -> Iterator[str]:
    """Links between devices of this sheet as arcs, those that lead to other sheets as a line with a word."""
    said: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    ends: Counter[tuple[str, str]] = Counter()
    for link in network.links:
        if link.kind in {"lldp", "cdp"} and link.source in names and link.target in names:
            pair = (min(link.source, link.target), max(link.source, link.target))
            near, far = f"{link.source_name} {link.source_port}", f"{link.target_name} {link.target_port}"
            said[pair].append(f"{near} hears {far} ({link.kind.upper()})")
            ends[link.source, link.target] += 1
    away: defaultdict[str, list[str]] = defaultdict(list)
    for (one, other), sentences in sorted(said.items()):
        if one == other:
            continue
        both = ends[one, other] > 0 and ends[other, one] > 0
        if one in places and other in places:
            yield _arc(places[one], places[other], ". ".join(sorted(set(sentences))), both=both)
        else:
            for here, there in ((one, other), (other, one)):
                if here in places and there in on_sheet:
                    away[here].append(f"{names[there]}, sheet {on_sheet[there] + 1}")
    for here, others in sorted(away.items()):
        told = "; ".join(others)
        yield element("title", text(f"{names[here]} is also linked to {told}"))
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        y = places[here] + _BOX // 2 + 9
        yield label(_NODES, y, f"also linked to {others[0]}{more}", 56, font_size=10, fill=QUIET)


def _arc(one: int, other: int, told: str, *, both: bool) -> str:
    """A link; the farther apart its ends, the wider its bow. Dashed where only one end tells of it."""
    bow = _NODES - 24 - min(_ARC, abs(one - other) // 5)
    curve = f"M{_NODES} {one}C{bow} {one} {bow} {other} {_NODES} {other}"
    look = {"stroke": INK, "stroke_width": 1.6, **({} if both else {"stroke_dasharray": "6 4"})}
    return element("path", element("title", text(told)), d=curve, fill="none", **look)


def _legend(y: int, note: str) -> Iterator[str]:
    yield element("path", d=f"M12 {y}h36", stroke=INK, stroke_width=1.6)
    yield label(56, y + 4, "link that both ends tell of", font_size=11)
    yield element("path", d=f"M222 {y}h36", stroke=INK, stroke_width=1.6, stroke_dasharray="6 4")
    yield label(266, y + 4, "link that one end tells of", font_size=11)
    yield element("rect", x=430, y=y - 8, width=36, height=16, fill=PAPER, stroke=INK, stroke_dasharray="2 3")
    yield label(474, y + 4, "not seen itself, or nothing seen in it", font_size=11)
    if note:
        yield label(12, y + 24, note, 140, font_size=11)


def _described(bands: Iterable[_Band]) -> str:
    """The sheet in words, for those who don't see it."""
    said = []
    for band in bands:
        nodes = [row.node.name for row in band.rows if row.node]
        subnets = [row.subnet for row in band.rows if row.subnet]
        machines = sum(subnet.hosts for subnet in subnets)
        which = f" Devices of the network: {', '.join(nodes)}." if nodes else ""
        said.append(f"{band.name}: {plural(len(subnets), 'subnet')}, {plural(machines, 'machine')}.{which}")
    return " ".join(said)
