"""Figures of a report, as SVG to be set into a page. Pure: parts of an assessment in, text out.

Nothing is told by colour alone. What they are drawn with is in `posture.figures.svg`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap
from typing import Final

import msgspec

from posture.assessment import BlastRadius, MapEdge, MapNode
from posture.figures.svg import INK, LINE, QUIET, RED, element, label, picture, text
from posture.presentation import number, plural, visible

__all__ = ["reach_map"]

_WIDTH, _BOX, _HEIGHT, _GAP, _TOP = 960, 232, 82, 20, 50
_COLUMNS: Final = (28, 372, 700)
_HEADINGS: Final = ("Zones", "Zones and directories that carry them", "Services and backups")
_LETTERS: Final = 32
"""How many characters of 12 pixels fit a box."""
_ROWS: Final = 4
"""How many lines of text fit a box."""
_CORNERS: Final = {"zone": 0, "directory": 14, "service": 5, "backup": 5}
_MOST_NODES: Final = 24
_MOST_OF: Final[Mapping[str, int]] = {"zone": 9, "directory": 3, "service": 8, "backup": 4}


class _Place(msgspec.Struct, frozen=True, kw_only=True):
    node: MapNode
    column: int
    y: int

    @property
    def left(self) -> int:
        return _COLUMNS[self.column]

    @property
    def right(self) -> int:
        return self.left + _BOX

    @property
    def middle(self) -> int:
        return self.y + _HEIGHT // 2


def reach_map(blast: BlastRadius) -> str:
    """The map of what ransomware reaches: places at the left, what stands on them at the right, ways as arrows.

    A way that evidence shows is drawn solid, an assumed one dashed. Where every other zone has an assumed way into a
    zone, one arrow stands for all. With more than 24 nodes it is the worst scenario alone, and says so.
    """
    mark = "reach-" + hashlib.sha256(msgspec.json.encode(blast)).hexdigest()[:10]
    nodes, note = _chosen(blast)
    if not nodes:
        nothing = label(_COLUMNS[0], 34, "There is nothing to draw: no zone is known.")
        return _svg(mark, 60, _described(blast, note), [nothing])
    places = _placed(nodes, blast.edges)
    bottom = max(place.y for place in places.values()) + _HEIGHT
    drawn = [edge for edge in blast.edges if edge.source in places and edge.target in places]
    everywhere = _from_everywhere(drawn, places)
    parts = [label(x, 30, heading, font_weight=700) for x, heading in zip(_COLUMNS, _HEADINGS, strict=True)]
    parts += _bus([places[each] for each in sorted(everywhere)], bottom, mark)
    for edge in drawn:
        if edge.source != edge.target and not (edge.target in everywhere and _is_way(edge)):
            parts.append(_arrow(edge, places, mark))
    inside = {edge.source: edge.how for edge in reversed(drawn) if edge.source == edge.target}
    parts += [_box(place, blast, inside.get(each, ""), mark) for each, place in places.items()]
    parts += _legend(bottom + 34, mark, note)
    return _svg(mark, bottom + (92 if note else 66), _described(blast, note), parts)


# ── what is drawn, and where ─────────────────────────────────────────────────────────────────────────────────────


def _chosen(blast: BlastRadius) -> tuple[list[MapNode], str]:
    """The nodes to draw, and what is left out in words."""
    if len(blast.nodes) <= _MOST_NODES:
        return list(blast.nodes), ""
    worst = blast.scenarios[0] if blast.scenarios else None
    start = f"zone:{worst.start}" if worst else ""
    wanted = {f"service:{loss.service}" for loss in worst.losses} if worst else set()
    wanted |= {node.id for node in blast.nodes if node.kind == "backup" and worst and node.name in worst.backups}
    behind = {edge.source for edge in blast.edges if edge.target in wanted}
    behind |= {edge.source for edge in blast.edges if edge.target in behind and edge.target.startswith("directory:")}
    ranked = sorted(
        blast.nodes, key=lambda node: (node.id != start, node.id not in wanted | behind, -node.machines, node.id)
    )
    kept: dict[str, list[MapNode]] = {}
    for node in ranked:
        own = kept.setdefault(node.kind, [])
        if len(own) < _MOST_OF[node.kind] and (node.kind == "zone" or node.id in wanted | behind):
            own.append(node)
    chosen = {node.id for own in kept.values() for node in own}
    words = (("zone", "zone", "zones"), ("service", "service", "services"), ("backup", "store", "stores of backups"))
    counts = [
        f"{len(kept.get(kind, ()))} of {plural(sum(node.kind == kind for node in blast.nodes), one, many)}"
        for kind, one, many in words
        if any(node.kind == kind for node in blast.nodes)
    ]
    whose = f", an attack that starts in {worst.name}" if worst else ""
    note = f"The whole is too large to draw. Shown is the worst case alone{whose}: {', '.join(counts)}."
    return [node for node in blast.nodes if node.id in chosen], note


def _placed(nodes: Sequence[MapNode], edges: Iterable[MapEdge]) -> dict[str, _Place]:
    carrying = {edge.source for edge in edges if not edge.target.startswith("zone:")}
    columns: tuple[list[MapNode], ...] = ([], [], [])
    for kind in ("zone", "directory", "service", "backup"):
        for node in nodes:
            if node.kind == kind:
                carries = node.id in carrying or kind == "directory"
                columns[2 if kind in {"service", "backup"} else int(carries)].append(node)
    return {
        node.id: _Place(node=node, column=column, y=_TOP + row * (_HEIGHT + _GAP))
        for column, own in enumerate(columns)
        for row, node in enumerate(own)
    }


def _is_way(edge: MapEdge) -> bool:
    return edge.source.startswith("zone:") and edge.target.startswith("zone:")


def _from_everywhere(edges: Sequence[MapEdge], places: Mapping[str, _Place]) -> set[str]:
    """Zones into which every other zone has a way, all of them assumed: one arrow says it for all."""
    zones = {each for each in places if each.startswith("zone:")}
    found = set()
    for zone in zones:
        ways = [edge for edge in edges if edge.target == zone and edge.source != zone and _is_way(edge)]
        if len(ways) > 1 and {edge.source for edge in ways} == zones - {zone} and not any(edge.shown for edge in ways):
            found.add(zone)
    return found


# ── drawing ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _box(place: _Place, blast: BlastRadius, inside: str, mark: str) -> str:
    node = place.node
    lines, falls = _said(node, blast)
    if inside:
        way, _, _ = inside.partition(" (")
        lines.append(f"Way in: {way}{' and others' if ';' in inside else ''}")
    parts = [element("title", text(". ".join((node.name, *lines)))), _frame(place, mark, falls=falls)]
    x, fits = place.left + 12, _LETTERS + (-3 if falls else 3)
    name = wrap(
        " ".join(visible(node.name).split()), fits - 6, max_lines=2 if len(lines) < _ROWS - 1 else 1, placeholder="…"
    )
    for row, line in enumerate(name):
        parts.append(label(x, place.y + 21 + 16 * row, line, font_size=13, font_weight=700))
    for row, line in enumerate(lines):
        look = {"font_weight": 700, "fill": RED} if falls and not row else {"fill": QUIET}
        parts.append(label(x, place.y + 23 + 16 * (row + len(name)), line, fits, font_size=11, **look))
    return element("g", "".join(parts))


def _frame(place: _Place, mark: str, *, falls: bool) -> str:
    """The box itself: square for zones, round for directories, hatched and crossed where it can be lost."""
    node, x, y = place.node, place.left, place.y
    box = {"x": x, "y": y, "width": _BOX, "height": _HEIGHT, "rx": _CORNERS[node.kind]}
    if not falls:
        unseen = {"stroke_dasharray": "2 3"} if node.kind == "zone" and not node.machines else {}
        return element("rect", **box, fill="#ffffff", stroke=INK, **unseen)
    at = place.right - 24
    return (
        element("rect", **box, fill=f"url(#{mark}-hatch)", stroke=RED, stroke_width=2)
        # Text stands on white, so that the hatching never runs through it.
        + element("rect", x=x + 8, y=y + 6, width=_BOX - 40, height=_HEIGHT - 12, fill="#ffffff")
        + element("path", d=f"M{at} {y + 10}l14 14m0 -14l-14 14", stroke=RED, stroke_width=4, fill="none")
    )


def _said(node: MapNode, blast: BlastRadius) -> tuple[list[str], bool]:
    """The lines of a node, and whether it can be lost."""
    sites = f", {node.sites[0] if len(node.sites) == 1 else plural(len(node.sites), 'site')}" if node.sites else ""
    machines = f"{plural(node.machines, 'machine') if node.machines else 'no machine seen'}{sites}"
    if node.kind == "zone":
        starts = [each for each in blast.scenarios if f"zone:{each.start}" == node.id]
        return [machines, *(f"If it starts here: {plural(len(each.losses), 'service')} lost" for each in starts)], False
    if node.kind == "directory":
        return [f"directory, {plural(node.machines, 'machine')} joined" if node.machines else "directory"], False
    if node.kind == "service":
        count = sum(any(f"service:{loss.service}" == node.id for loss in each.losses) for each in blast.scenarios)
        verb = "Stops"
    else:
        count = sum(node.name in each.backups for each in blast.scenarios)
        verb = "Lost"
    if not count:
        return ["Not seen to be reached", machines], False
    return [f"{verb} from {number(count)} of {plural(len(blast.scenarios), 'start')}", machines], True


def _arrow(edge: MapEdge, places: Mapping[str, _Place], mark: str) -> str:
    source, target = places[edge.source], places[edge.target]
    if target.column == source.column:
        side, out = source.left, source.left - (24 if source.column == 0 else 36)
        from_y, to_y = source.middle + 22, target.middle - 22
        curve = f"M{side} {from_y}C{out} {from_y} {out} {to_y} {side - 5} {to_y}"
    elif target.column > source.column:
        x, end = source.right, target.left - 5
        half = (x + end) // 2
        curve = f"M{x} {source.middle}C{half} {source.middle} {half} {target.middle} {end} {target.middle}"
    else:
        x, end, from_y, to_y = source.left, target.right + 5, source.middle + 14, target.middle + 14
        half = (x + end) // 2
        curve = f"M{x} {from_y}C{half} {from_y} {half} {to_y} {end} {to_y}"
    basis = "seen in evidence" if edge.shown else "assumed"
    told = f"From {source.node.name} to {target.node.name}: {edge.how} ({basis})"
    stands = target.node.kind in {"service", "backup"} or (edge.shown and target.node.kind == "directory")
    return _line(curve, told, mark, shown=edge.shown, stands=stands)


def _line(curve: str, told: str, mark: str, *, shown: bool, stands: bool = False) -> str:
    """A way as an arrow, solid where it is shown; what only stands on something is a thin line."""
    way = {"stroke": INK, "stroke_width": 2, "marker_end": f"url(#{mark}-arrow)"}
    look = {"stroke": LINE} if stands else way if shown else {**way, "stroke_dasharray": "7 5"}
    return element("path", element("title", text(told)), d=curve, fill="none", **look)


def _bus(targets: Sequence[_Place], bottom: int, mark: str) -> list[str]:
    """One line that stands for every other zone, with an arrow into each zone that all others may reach."""
    if not targets:
        return []
    x = (_COLUMNS[0] + _BOX + _COLUMNS[1]) // 2
    turned = {"transform": f"rotate(-90 {x - 8} {bottom - 4})", "font_size": 11, "fill": QUIET}
    parts = [
        element("path", d=f"M{x} {_TOP - 6}V{bottom}", stroke=INK, stroke_width=5, fill="none"),
        label(x - 8, bottom - 4, "from every other zone", **turned),
    ]
    for place in targets:
        # Arrows to the left and to the right start at different heights, so that they don't look like one.
        end, y = (place.right + 5, place.middle - 18) if place.column == 0 else (place.left - 5, place.middle + 6)
        told = f"From every other zone to {place.node.name} (assumed)"
        parts.append(_line(f"M{x} {y}H{end}", told, mark, shown=False))
    return parts


def _legend(y: int, mark: str, note: str) -> list[str]:
    x = _COLUMNS[0]
    hatch = {"fill": f"url(#{mark}-hatch)", "stroke": RED, "stroke_width": 2}
    parts = [
        _line(f"M{x} {y}h40", "way that evidence shows", mark, shown=True),
        label(x + 54, y + 4, "way that evidence shows"),
        _line(f"M{x + 226} {y}h40", "way under an assumption", mark, shown=False),
        label(x + 280, y + 4, "way under an assumption"),
        _line(f"M{x + 452} {y}h40", "depends on it, or lies there", mark, shown=True, stands=True),
        label(x + 500, y + 4, "depends on it, or lies there"),
        element("rect", x=x + 690, y=y - 10, width=30, height=20, **hatch),
        label(x + 728, y + 4, "can be lost (with a cross)"),
    ]
    return [*parts, *([label(x, y + 30, note, 140)] if note else [])]


def _described(blast: BlastRadius, note: str) -> str:
    """The map in words, for those who don't see it."""
    if not blast.scenarios:
        return "No attack could be followed: no machine is in the evidence."
    said = [
        f"{each.name}: {plural(len(each.losses), 'service')} and {plural(len(each.backups), 'store')} of backups lost, "
        f"{number(each.machines)} of {plural(each.of, 'machine')} reached."
        for each in blast.scenarios[:5]
    ]
    more = len(blast.scenarios) - len(said)
    tail = f" {plural(more, 'more start')} in the table." if more > 0 else ""
    return f"If an attack starts in the zone named. {' '.join(said)}{tail} {note}".strip()


def _svg(mark: str, height: int, described: str, parts: Iterable[str]) -> str:
    hatch = element("rect", width=8, height=8, fill="#ffffff")
    hatch += element("path", d="M0 0V8", stroke=RED, stroke_width=3)
    pattern = {"width": 8, "height": 8, "patternUnits": "userSpaceOnUse", "patternTransform": "rotate(45)"}
    tip = element("path", d="M0 0L10 5L0 10z", fill=INK)
    marker = {"refX": 6, "refY": 5, "markerWidth": 6, "markerHeight": 6, "orient": "auto", "viewBox": "0 0 10 10"}
    return picture(
        mark,
        _WIDTH,
        height,
        title="What ransomware can reach",
        described=described,
        parts=parts,
        definitions=element("pattern", hatch, id=f"{mark}-hatch", **pattern)
        + element("marker", tip, id=f"{mark}-arrow", **marker),
    )
