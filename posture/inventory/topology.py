"""Facts and assets in, the map of the network out. Pure.

Nothing is guessed: a link is what one device says, under its name.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import IPv4Network, ip_address, ip_network
from typing import Final

from posture.assessment import Asset
from posture.assessment.network import ClassCount, NetworkLink, NetworkMap, NetworkNode, Subnet
from posture.facts import Device, Fact, Missing, Neighbour, known
from posture.inventory.whose import Whose
from posture.presentation import plural
from posture.scope import Network, Scope

__all__ = ["network_map"]

NETWORK: Final = "network"
_SPLIT = {4: 24, 6: 64}
"""A network of the scope that is wider than this by two bits or more is shown by its parts of this length in use."""
_BACKBONE_ROLES: Final = frozenset({"bridge", "router", "access point", "repeater"})
_ENDS: Final = frozenset({"telephone", "station"})


class _Ground(Whose):
    """Whom everything belongs to, and the assets by their keys."""

    def __init__(self, facts: Iterable[Fact], assets: Sequence[Asset]) -> None:
        super().__init__(facts, assets)
        self.machines = {asset.key: asset for asset in assets}


def network_map(facts: Iterable[Fact], assets: Sequence[Asset], scope: Scope) -> NetworkMap:
    """Subnets with what was seen in them, the devices that the network is made of, and what each says of its links."""
    whose = _Ground(facts, assets)
    forwarding = {
        whose.key(device) for device in whose.devices if not isinstance(device.learned, Missing) and device.learned.rows
    }
    backbone = {
        key for key, asset in whose.machines.items() if asset.device_class == NETWORK or key in forwarding - {""}
    }
    attached, unplaced = _attached(whose, backbone)
    announced = tuple(_announced(whose))
    known_links = {(link.source, link.target) for link in announced}
    learned = tuple(link for link in attached if (link.source, link.target) not in known_links)
    nodes = (*_seen(whose, backbone, attached), *_heard(whose, announced))
    links = sorted(
        (*announced, *learned, *_routed(whose, scope)),
        key=lambda link: (link.source_name, link.source, link.source_port, link.kind, link.target_name, link.target),
    )
    return NetworkMap(
        subnets=tuple(_subnets(assets, scope)),
        nodes=tuple(sorted(nodes, key=lambda node: (node.zone, node.name, node.key))),
        links=tuple(links),
        unplaced=unplaced,
        note=_note(whose, backbone, unplaced, sum(not asset.addresses for asset in assets)),
    )


# ── what stands where ────────────────────────────────────────────────────────────────────────────────────────────


def _subnets(assets: Iterable[Asset], scope: Scope) -> Iterator[Subnet]:
    """Every network of the scope, seen or not, and what lies outside of all."""
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    classes: dict[str, str] = {}
    for asset in assets:
        classes[asset.key] = asset.device_class
        for address in asset.addresses:
            place = _subnet_of(address, scope)
            if place:
                found[place].add(asset.key)
    for zone in scope.zone:
        for net in zone.nets:
            if not any(_within(text, net) and of == zone.id for of, text in found):
                found[zone.id, str(net)] = set()
    for (zone_id, text), keys in sorted(found.items(), key=lambda pair: (pair[0][0], _order(pair[0][1]))):
        yield Subnet(
            network=text, zone=zone_id, hosts=len(keys), classes=_counted(classes[key] for key in sorted(keys))
        )


def _subnet_of(address: str, scope: Scope) -> tuple[str, str] | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    length = _SPLIT[parsed.version]
    zone = scope.zone_of(parsed)
    nets = [net for net in zone.nets if parsed in net] if zone else []
    narrowest = max(nets, key=lambda net: net.prefixlen, default=None)
    if narrowest is None or narrowest.prefixlen < length - 1:
        return zone.id if zone else "", str(ip_network((parsed, length), strict=False))
    return zone.id if zone else "", str(narrowest)


def _within(text: str, net: Network) -> bool:
    inner = ip_network(text)
    if isinstance(inner, IPv4Network):
        return isinstance(net, IPv4Network) and inner.subnet_of(net)
    return not isinstance(net, IPv4Network) and inner.subnet_of(net)


def _order(text: str) -> tuple[int, int, int]:
    net = ip_network(text)
    return net.version, int(net.network_address), net.prefixlen


def _counted(classes: Iterable[str]) -> tuple[ClassCount, ...]:
    found = Counter(classes)
    return tuple(
        ClassCount(device_class=name, count=count)
        for name, count in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    )


# ── what the network is made of ──────────────────────────────────────────────────────────────────────────────────


def _seen(whose: _Ground, backbone: set[str], attached: Iterable[NetworkLink]) -> Iterator[NetworkNode]:
    on_ports: defaultdict[str, list[str]] = defaultdict(list)
    for link in attached:
        if link.target not in backbone:
            on_ports[link.source].append(whose.machines[link.target].device_class)
    tables = {whose.key(device): _tables(device) for device in whose.devices}
    models = {whose.key(device): known(device.model, "") for device in whose.devices}
    for key in backbone:
        asset = whose.machines[key]
        yield NetworkNode(
            key=key,
            name=asset.name,
            device_class=asset.device_class,
            zone=asset.place,
            described=" ".join(filter(None, (asset.vendor, models.get(key, "")))),
            attached=_counted(on_ports.get(key, ())),
            tables=tables.get(key, "not asked over SNMP"),
        )


def _tables(device: Device) -> str:
    """What it gave of what it knows, with the number of rows, and what it did not give."""
    said = []
    for one, many, table in (
        ("neighbour", "neighbours", device.links),
        ("learned address", "learned addresses", device.learned),
        ("ARP entry", "ARP entries", device.arp),
    ):
        if isinstance(table, Missing):
            said.append(f"{many}: {'none' if table.why == 'absent' else table}")
        else:
            said.append(f"{plural(len(table.rows), one, many)}{'' if table.whole else ', perhaps not all'}")
    return "; ".join(said)


def _heard(whose: _Ground, announced: Iterable[NetworkLink]) -> Iterator[NetworkNode]:
    """Devices of the network that only their neighbours tell of."""
    told = {
        _heard_key(heard): heard
        for device in whose.devices
        for heard in (() if isinstance(device.links, Missing) else device.links.rows)
    }
    wanted = {link.target for link in announced}
    for key, heard in told.items():
        if key in wanted:
            yield NetworkNode(
                key=key,
                name=heard.name or heard.chassis,
                device_class="unknown",
                described=heard.description,
                seen=False,
                tables="not seen itself",
            )


def _heard_key(heard: Neighbour) -> str:
    return f"heard:{heard.chassis or heard.name}"


# ── what is joined to what ───────────────────────────────────────────────────────────────────────────────────────


def _announced(whose: _Ground) -> Iterator[NetworkLink]:
    """What devices announced on the wire, over LLDP or CDP."""
    for device in whose.devices:
        source = whose.key(device)
        if isinstance(device.links, Missing) or not source:
            continue
        for heard in device.links.rows:
            target = whose.neighbour(heard)
            if not target and _BACKBONE_ROLES.intersection(heard.roles) and not _ENDS.intersection(heard.roles):
                target = _heard_key(heard)
            seen = whose.machines.get(target)
            yield NetworkLink(
                source=source,
                source_name=whose.machines[source].name,
                source_port=heard.port,
                target=target,
                target_name=seen.name if seen else heard.name or heard.chassis,
                target_port=heard.remote_port,
                kind=heard.protocol,
                evidence=device.evidence,
            )


def _attached(whose: _Ground, backbone: set[str]) -> tuple[tuple[NetworkLink, ...], int]:
    """Behind which port each machine stands, and how many MAC addresses are nobody's.

    An address is seen on every switch on its way. The port with the fewest addresses is the nearest one; where two
    ports are alike, neither is taken.
    """
    ports: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    places: defaultdict[str, list[tuple[Device, str, int | None]]] = defaultdict(list)
    strangers: set[str] = set()
    for device in whose.devices:
        source = whose.key(device)
        if isinstance(device.learned, Missing) or not source:
            continue
        for row in device.learned.rows:
            ports[source, row.port].add(row.mac)
            target = whose.mac(row.mac)
            if not target:
                strangers.add(row.mac)
            elif target != source:
                vlan = None if isinstance(row.vlan, Missing) else row.vlan
                places[target].append((device, row.port, vlan))
    links = []
    for target, found in places.items():
        if target in backbone:
            continue
        counts = {(whose.key(device), port): len(ports[whose.key(device), port]) for device, port, _ in found}
        fewest = min(counts.values())
        nearest = [place for place, count in counts.items() if count == fewest]
        if len(nearest) == 1:
            device, port, vlan = next(each for each in found if (whose.key(each[0]), each[1]) == nearest[0])
            links.append(_learned(whose, device, port, vlan, target))
    return tuple(links), len(strangers)


def _learned(whose: _Ground, device: Device, port: str, vlan: int | None, target: str) -> NetworkLink:
    source = whose.key(device)
    return NetworkLink(
        source=source,
        source_name=whose.machines[source].name,
        source_port=port,
        target=target,
        target_name=whose.machines[target].name,
        target_port="",
        kind="learned-address",
        vlan=vlan,
        evidence=device.evidence,
    )


def _routed(whose: _Ground, scope: Scope) -> Iterator[NetworkLink]:
    """Subnets that a device of the network has on an interface: it spoke with machines there."""
    for device in whose.devices:
        source = whose.key(device)
        asset = whose.machines.get(source)
        if isinstance(device.arp, Missing) or asset is None or asset.device_class != NETWORK:
            continue
        names = {interface.index: interface.description for interface in known(device.interfaces, ())}
        found = {
            (entry.interface, place)
            for entry in device.arp.rows
            if (place := _subnet_of(entry.address, scope)) and place[0]
        }
        for interface, (_, subnet) in sorted(found):
            yield NetworkLink(
                source=source,
                source_name=asset.name,
                source_port=names.get(interface) or f"interface {interface}",
                target="",
                target_name=subnet,
                target_port="",
                kind="arp",
                evidence=device.evidence,
            )


def _note(whose: _Ground, backbone: set[str], unplaced: int, addressless: int) -> str:
    asked = {
        whose.key(device)
        for device in whose.devices
        if not isinstance(device.links, Missing) or not isinstance(device.learned, Missing)
    }
    silent = sum(key not in asked for key in backbone)
    said = []
    if not backbone:
        said.append("No switch, router or firewall was recognised, so how the machines are joined is not known.")
    if silent:
        said.append(
            f"{plural(silent, 'device')} of the network gave neither neighbours nor learned addresses over SNMP."
        )
    if unplaced:
        said.append(
            f"Switches learned {plural(unplaced, 'MAC address', 'MAC addresses')} that no machine that was seen is "
            "known by."
        )
    if addressless:
        said.append(
            f"{plural(addressless, 'machine')} of which no address is known "
            f"{'stands' if addressless == 1 else 'stand'} in no subnet."
        )
    return " ".join(said)
