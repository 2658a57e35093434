"""Which addresses of a zone may be sent packets. Pure; every collector that sends plans with this.

An address belongs to the zone with the narrowest network that holds it, the exclusions of every zone win over
everything, and the first and last address of a declared IPv4 network (its network and broadcast addresses) are left
out, since a packet to them may reach every host of the segment, the excluded ones too (RFC 919, RFC 2644).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address, ip_network

import msgspec

from posture.model import Policy
from posture.scope import Address, CanaryScope, Network, Scope, Zone

__all__ = [
    "CHUNK",
    "SMALLER",
    "Chunk",
    "addresses",
    "canary_policy",
    "canary_refusal",
    "chunks",
    "expand",
    "held",
    "may_send_to",
    "refusal",
    "too_large",
    "unsendable",
    "within",
    "without",
]

CHUNK = 256
"""Most addresses of one chunk."""


_WIDEST = 2**24

SMALLER = "is too large to sweep: list the IPv6 addresses, or the IPv4 networks, that are in use"
"""Why such a network is refused, after its name."""


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """At most 256 addresses of one zone.

    `network` names the chunk: it depends only on the networks that the zone declares, so that it lasts when an
    exclusion is added. `targets` less `exclude` are its addresses, of which there are `count`.
    """

    network: str
    targets: tuple[str, ...]
    exclude: tuple[str, ...]
    count: int

    @property
    def id(self) -> str:
        """The name as part of a probe's id: 10.10.0.0-24."""
        return self.network.replace("/", "-")


def refusal(zone: Zone) -> str:
    """Why nothing may be sent into the zone; empty where something may."""
    policy = zone.effective_policy
    if policy is Policy.OFF:
        return "the zone's policy is off: nothing is sent into it"
    if policy is Policy.IMPORT_ONLY:
        return "the zone's policy is import-only: nothing is sent into it, import files instead"
    if zone.kind in {"medical-device", "imaging"}:
        if zone.approval is None:
            return f"a {zone.kind} zone needs an approval (approver, ticket, telephone) before anything is sent into it"
        if not zone.window:
            return f"a {zone.kind} zone needs a window before anything is sent into it"
    return ""


def canary_policy(zone: Zone) -> Policy:
    """How a canary in the zone is asked: by the zone's policy, or gently where that lets nothing in.

    It is our own listener and no device, and named by its address; `off` still means off.
    """
    policy = zone.effective_policy
    return Policy.GENTLE if policy is Policy.IMPORT_ONLY else policy


def canary_refusal(canary: CanaryScope, scope: Scope) -> str:
    """Why nothing may be sent to a canary; empty where it may be asked."""
    if scope.zones[canary.zone].effective_policy is Policy.OFF:
        return "the zone's policy is off: nothing is sent into it, to a canary neither"
    if unsendable(ip_address(canary.address)) or not may_send_to(canary.address, canary.zone, scope):
        return f"{canary.address} is excluded, or not in the zone {canary.zone}"
    return ""


def too_large(zone: Zone) -> tuple[str, ...]:
    """The zone's networks that can't be swept: IPv6 ones of more than 256 addresses, IPv4 ones wider than a /8."""
    return tuple(
        str(net) for net in zone.nets if net.num_addresses > (CHUNK if isinstance(net, IPv6Network) else _WIDEST)
    )


def unsendable(address: Address) -> bool:
    """Whether no host can have the address, or it is an IPv4 address in disguise (RFC 4291, 2.5.5.2)."""
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_multicast or address.is_unspecified or str(address) == "255.255.255.255" or mapped is not None


def addresses(zone: Zone, scope: Scope) -> Iterator[Address]:
    """The addresses of this zone that may be sent packets, in order. The policy is not looked at: see `refusal`."""
    for chunk in chunks(zone, scope):
        yield from expand(chunk.targets, chunk.exclude)


def chunks(zone: Zone, scope: Scope) -> Iterator[Chunk]:
    """The zone's addresses in chunks of at most 256, in order; chunks with no address left are not among them."""
    large = set(too_large(zone))
    swept = [net for net in zone.nets if str(net) not in large]
    for block in _blocks(swept):
        declared = [net for net in (_within(net, block) for net in swept) if net is not None]
        targets = list(_collapsed(declared))
        exclude = list(_collapsed(_not_here(zone, scope, targets)))
        count = sum(net.num_addresses for net in targets) - sum(net.num_addresses for net in exclude)
        if count:
            yield Chunk(
                network=str(_cover(targets)),
                targets=tuple(_text(net) for net in targets),
                exclude=tuple(_text(net) for net in exclude),
                count=count,
            )


def held(zone: Zone, scope: Scope) -> int:
    """How many addresses the zone has that could be sent packets, whatever its policy."""
    return sum(chunk.count for chunk in chunks(zone, scope))


def expand(targets: Iterable[str], exclude: Iterable[str]) -> Iterator[Address]:
    """The addresses of networks less those of others, in order."""
    return _expand([ip_network(text) for text in targets], [ip_network(text) for text in exclude])


def may_send_to(address: str | Address, zone: str | None, scope: Scope) -> bool:
    """Whether the address is in this zone and not excluded: what `ask` makes sure of just before it sends."""
    parsed = ip_address(str(address))
    holder = scope.zone_of(parsed)
    return holder is not None and holder.id == zone and not scope.excluded(parsed)


def within(net: Network, other: Network) -> bool:
    """Whether a network lies in another."""
    return net.prefixlen >= other.prefixlen and _overlap(net, other)


def without(net: Network, others: Iterable[Network]) -> Iterator[Network]:
    """A network less the narrower ones that lie in it."""
    inner = [other for other in others if other.prefixlen > net.prefixlen and within(other, net)]
    yield from (part for part in _cut(net, inner) if not any(within(part, other) for other in inner))


def _expand(targets: Iterable[Network], exclude: list[Network]) -> Iterator[Address]:
    for net in targets:
        cut = [other for other in exclude if _overlap(net, other)]
        for number in range(int(net.network_address), int(net.broadcast_address) + 1):
            address = IPv4Address(number) if net.version == 4 else IPv6Address(number)  # noqa: PLR2004  # IP version
            if not any(address in other for other in cut):
                yield address


def _blocks(nets: Iterable[Network]) -> Iterator[Network]:
    """The aligned blocks of 256 addresses that the networks have a part in, in order, each once."""
    seen: set[Network] = set()
    for net in sorted(nets, key=_order):
        prefix = net.max_prefixlen - 8
        blocks = [net.supernet(new_prefix=prefix)] if net.prefixlen >= prefix else net.subnets(new_prefix=prefix)
        for block in blocks:
            if block not in seen:
                seen.add(block)
                yield block


def _not_here(zone: Zone, scope: Scope, targets: list[Network]) -> Iterator[Network]:
    """What is not to be asked among the targets: excluded, another zone's, or a network's own two addresses."""
    near = [net for other in scope.zone for net in other.excluded if any(_overlap(net, target) for target in targets)]
    yield from (part for net in near for target in targets if (part := _within(net, target)))
    for target in targets:
        for net in zone.nets:
            if isinstance(net, IPv4Network) and net.prefixlen <= 30:  # noqa: PLR2004  # RFC 3021: a /31 has neither
                for end in (net.network_address, net.broadcast_address):
                    if end in target:
                        yield ip_network(end)
        yield from _foreign(zone, scope, target)


def _foreign(zone: Zone, scope: Scope, target: Network) -> Iterator[Network]:
    """The parts of a target that belong to another zone, since a narrower network of that zone holds them."""
    rivals = [net for other in scope.zone if other is not zone for net in other.nets if _overlap(net, target)]
    if not rivals:
        return
    for part in _cut(target, [*rivals, *(net for net in zone.nets if _overlap(net, target))]):
        holder = scope.zone_of(part.network_address)
        if holder is not None and holder.id != zone.id:
            yield part


def _cut(target: Network, edges: list[Network]) -> Iterator[Network]:
    """The target in pieces, none of which an edge of these networks runs through."""
    inner = [net for net in edges if net.prefixlen > target.prefixlen and _within(net, target)]
    if not inner:
        yield target
        return
    for half in target.subnets():
        yield from _cut(half, [net for net in inner if _overlap(net, half)])


def _within(net: Network, block: Network) -> Network | None:
    """The part of a network that lies in the block."""
    if not _overlap(net, block):
        return None
    return net if net.prefixlen >= block.prefixlen else block


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _collapsed(nets: Iterable[Network]) -> Iterator[Network]:
    nets = list(nets)
    yield from collapse_addresses(net for net in nets if isinstance(net, IPv4Network))
    yield from collapse_addresses(net for net in nets if isinstance(net, IPv6Network))


def _cover(nets: list[Network]) -> Network:
    """The narrowest network that holds all of these."""
    cover = nets[0]
    last = nets[-1].broadcast_address
    while last not in cover:
        cover = cover.supernet()
    return cover


def _order(net: Network) -> tuple[int, int, int]:
    return net.version, int(net.network_address), net.prefixlen


def _text(net: Network) -> str:
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)
