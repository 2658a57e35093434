"""nmap's evidence → hosts, and what was not to be seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from ipaddress import ip_address
from itertools import chain

import msgspec

from posture.collectors.nmap.document import Reader
from posture.collectors.nmap.merge import Collapser, Piece, merged
from posture.collectors.nmap.nessus import Reader as NessusReader
from posture.collectors.nmap.views import heard, views, with_canary
from posture.facts import BlindSpot, Fact, Host, Known, Missing
from posture.model import AskedNmap, Envelope, Evidence
from posture.ports import PortSet
from posture.scope import Address, Scope, Zone
from posture.segmentation.vantage import vantage_zone
from posture.subjects import address_key, mac_key, name_key

__all__ = ["read"]

_ANSWERS = frozenset({"open", "closed", "unfiltered"})
_SCAN_AGAIN = "Scan it again, or import a scan of it."
_UNSEEN = Missing("not-asked", "its MAC address shows only to a scanner on its own segment")
_LOOK = "Make sure that it is well before it is scanned again; then scan it more slowly, or from inside its zone."
# Why a host is a blind spot, and what would help.
_TIMED_OUT = ("it answered, and then too slowly for the scan to be finished (host time-out)", _LOOK)
_GONE = ("it answered at first, and no longer when its ports were asked", _LOOK)
_UNASKED = ("it is up, and none of its ports was asked", "Scan its ports, or import a scan of them.")
_SHUT = ("it is up, and none of the ports that were asked gave an answer", _LOOK)


class _Place(msgspec.Struct, kw_only=True, gc=False):
    """What the evidence says of one address. `swept`: evidence that asked its ports, and doesn't show it at all."""

    address: Address
    pieces: list[Piece] = msgspec.field(default_factory=list)
    swept: tuple[str, ...] = ()
    zone: Zone | None = None


class _Places:
    """All addresses that evidence speaks of, in order."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], _Place] = {}

    def at(self, address: Address) -> _Place:
        """The place of this address, made if need be."""
        key = (address.version, int(address))
        place = self._places.get(key)
        if place is None:
            place = self._places[key] = _Place(address=address)
        return place

    def __iter__(self) -> Iterator[_Place]:
        return (self._places[key] for key in sorted(self._places))


def read(records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
    """Hosts by address, ports joined over all evidence of them, and the blind spots. Whatever order it comes in."""
    gathered = _Places()
    seen: set[str] = set()
    for record in records:
        if record.id not in seen:
            seen.add(record.id)
            yield from _gather(record, gathered)
    places, unconfirmed = [], []
    for place in gathered:
        place.zone = scope.zone_of(place.address) if scope.zone else None
        if any(map(_answered, place.pieces)):
            places.append(place)
        elif place.pieces:
            unconfirmed.append(place)
        else:
            yield _silent(place)
    yield from _unconfirmed(unconfirmed)
    shared = _shared_macs(places)
    for place in places:
        host = _host(place, shared, scope)
        yield host
        yield from _host_spots(host, place)


def _gather(record: Evidence, places: _Places) -> Iterator[BlindSpot]:
    envelope, evidence = record.envelope, (record.id,)
    if envelope.outcome != "complete":
        yield _spot(envelope, evidence, envelope.problem or "the probe failed")
    if not record.payload:
        return
    reader = (
        NessusReader(record.payload, evidence)
        if envelope.format == "nessus-v2"
        else Reader(record.payload, evidence, _asked_scripts(envelope))
    )
    collapser = Collapser(evidence, vantage_zone(envelope.vantage), envelope.ended or envelope.started)
    for found in reader.hosts():
        address = _address(found.address) if found.up else None
        if address is not None:
            places.at(address).pieces.append(collapser.piece(found, reader.header.infos))
    if envelope.outcome != "complete":
        return
    if reader.broken is not None:
        yield _spot(envelope, evidence, f"its XML can't be read on: {reader.broken}")
    if isinstance(envelope.asked, AskedNmap) and envelope.asked.tcp and envelope.probe:
        for target in envelope.targets:
            address = _address(target)
            if address is not None and not any(piece.evidence == evidence for piece in places.at(address).pieces):
                places.at(address).swept += evidence


def _asked_scripts(envelope: Envelope) -> Callable[[int], tuple[str, ...]]:
    asked = envelope.asked
    if not isinstance(asked, AskedNmap) or not asked.scripts:
        return lambda _: ()
    try:
        ports = PortSet.parse(asked.tcp) | PortSet.parse(asked.udp)
    except ValueError:
        return lambda _: ()
    return lambda number: asked.scripts if number in ports else ()


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _answered(piece: Piece) -> bool:
    """Whether the host itself gave an answer. A host that nmap was told to take for up (-Pn) has not by that alone."""
    found = piece.found
    return (
        found.reason != "user-set"
        or bool(found.mac)
        or any(port.state in _ANSWERS for port in found.ports.values())
        or any(extra.state in _ANSWERS and extra.count for extra in found.extra)
    )


def _unconfirmed(places: Iterable[_Place]) -> Iterator[BlindSpot]:
    """Addresses that were scanned unasked (-Pn) and never answered: nobody knows whether a host is there."""
    silent: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for place in places:
        silent[_evidence(place.pieces)].append(str(place.address))
    for evidence, addresses in sorted(silent.items()):
        some = ", ".join(addresses[:3]) + (" and others" if len(addresses) > 3 else "")  # noqa: PLR2004  # fits a line
        count = "1 address" if len(addresses) == 1 else f"{len(addresses)} addresses"
        yield BlindSpot(
            kinds=("Host",),
            subject=name_key("nmap", "unconfirmed", addresses[0]),
            name=some,
            why=f"{count} scanned without asking whether a host is there (-Pn), and no port answered",
            answer="Scan from where these hosts can be reached, with host discovery.",
            evidence=evidence,
        )


def _evidence(pieces: Sequence[Piece]) -> tuple[str, ...]:
    if len(pieces) == 1:
        return pieces[0].evidence
    return tuple(sorted({digest for piece in pieces for digest in piece.evidence}))


def _shared_macs(places: Iterable[_Place]) -> set[tuple[str, str]]:
    """MAC addresses that answer for several addresses of a site: a router's, not the hosts' own (proxy ARP)."""
    holders = Counter(
        (_site(place.zone), mac) for place in places for mac in {piece.found.mac for piece in place.pieces}
    )
    return {held for held, count in holders.items() if count > 1}


def _site(zone: Zone | None) -> str:
    return zone.site if zone is not None else ""


def _host(place: _Place, shared: set[tuple[str, str]], scope: Scope) -> Host:
    pieces, zone = place.pieces, place.zone
    address = str(place.address)
    canary = scope.canaries.get(address)
    nonce = canary.nonce if canary is not None else ""
    ports, collapsed, scripts = merged(heard(pieces, zone))
    ids = [address_key(zone.id if zone is not None else None, place.address)]
    macs = {piece.found.mac: "" for piece in pieces if piece.found.mac}
    mac: Known[str] = _UNSEEN
    vendor = ""
    if len(macs) == 1:
        [mac] = macs
        vendor = max(piece.found.vendor for piece in pieces)
        if (_site(zone), mac) not in shared:
            ids.insert(0, mac_key(_site(zone) or None, mac))
    elif macs:
        mac = Missing("not-readable", f"{len(macs)} MAC addresses answered for it")
    names = tuple(sorted(set(chain.from_iterable(piece.found.names for piece in pieces))))
    return Host(
        ids=tuple(ids),
        name=names[0] if names else address,
        place=zone.id if zone is not None else None,
        evidence=_evidence(pieces),
        address=address,
        mac=mac,
        mac_vendor=vendor,
        names=names,
        ports=with_canary(ports, nonce),
        collapsed=collapsed,
        scripts=scripts,
        zone_kind=zone.kind if zone is not None else "",
        views=tuple(views(pieces, nonce)),
    )


def _host_spots(host: Host, place: _Place) -> Iterator[BlindSpot]:
    states = {port.state for port in host.ports}
    states.update([group.state for group in host.collapsed])
    timed_out = _evidence([piece for piece in place.pieces if piece.found.timed_out])
    if timed_out:
        yield _host_spot(host, *_TIMED_OUT, timed_out)
    if place.swept:
        yield _host_spot(host, *_GONE, tuple(sorted(place.swept)))
    elif not states and not timed_out:
        yield _host_spot(host, *_UNASKED, host.evidence)
    elif states and not states & _ANSWERS:
        yield _host_spot(host, *_SHUT, host.evidence)


def _host_spot(host: Host, why: str, answer: str, evidence: tuple[str, ...]) -> BlindSpot:
    return BlindSpot(
        kinds=("Host",),
        subject=host.ids[0],
        name=host.name,
        why=why,
        answer=answer,
        place=host.place,
        evidence=evidence,
    )


def _silent(place: _Place) -> BlindSpot:
    zone = place.zone.id if place.zone is not None else None
    return BlindSpot(
        kinds=("Host",),
        subject=address_key(zone, place.address),
        name=str(place.address),
        why="its ports were asked, and it gave no answer at all",
        answer=_LOOK,
        place=zone,
        evidence=tuple(sorted(place.swept)),
    )


def _spot(envelope: Envelope, evidence: tuple[str, ...], why: str) -> BlindSpot:
    name = envelope.probe or (envelope.source.name if envelope.source else "nmap")
    return BlindSpot(
        kinds=("Host",),
        subject=name_key("nmap", name, *envelope.targets[:1]),
        name=name,
        why=why,
        answer=_SCAN_AGAIN,
        place=envelope.zone,
        evidence=evidence,
    )
