"""Pseudonyms of addresses: networks stay networks, machines of one network stay in one. Pure.

Private addresses (RFC 1918 and their like) become addresses of 240.0.0.0/4, which no machine has (RFC 1112, 4): two
that share their first n bits share as many afterwards, and nothing else can be told without the key (the scheme of
Crypto-PAn: Xu, Fan, Ammar and Moon, 2002). Public ones have no such room and become tokens, each by itself. An IPv6
address becomes one of 3fff::/20, the range for documentation (RFC 9637): those of one /64 stay in one. A MAC address
keeps its vendor's three octets.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_network

from posture.pseudonyms import Pseudonyms

__all__ = ["KEPT", "Addresses"]

_BLOCKS = tuple(
    (IPv4Network(block), IPv4Network(image))
    for block, image in (
        ("10.0.0.0/8", "240.0.0.0/8"),
        ("127.0.0.0/8", "241.0.0.0/8"),
        ("172.16.0.0/12", "242.16.0.0/12"),
        ("192.168.0.0/16", "243.168.0.0/16"),
        ("169.254.0.0/16", "243.254.0.0/16"),
        ("100.64.0.0/10", "244.64.0.0/10"),
        ("198.18.0.0/15", "245.18.0.0/15"),
        ("192.0.2.0/24", "246.0.2.0/24"),
        ("198.51.100.0/24", "246.51.100.0/24"),
        ("203.0.113.0/24", "246.0.113.0/24"),
    )
)
KEPT = frozenset({"0.0.0.0", "255.255.255.255", "::", "0.0.0.0/0", "::/0"})  # noqa: S104  # no machine's address
_MASKS = frozenset(str(IPv4Network((0, length)).netmask) for length in range(33))
_BITS, _HALF = 32, 64
_DOCUMENTATION = int(IPv6Address("3fff::"))
_OUI = 3


class Addresses:
    """Pseudonyms of addresses by one key."""

    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._flips: dict[tuple[int, int], int] = {}

    def ipv4(self, text: str) -> str:
        """Of an address or a network, `a.b.c.d` or `a.b.c.d/n`; what is none becomes a token."""
        if text in KEPT or text in _MASKS:
            return text
        address, _, length = text.partition("/")
        try:
            number = int(IPv4Address(address))
            bits = int(length) if length else _BITS
        except ValueError:
            return self._pseudonyms.token("address", text)
        found = next((pair for pair in _BLOCKS if IPv4Address(number) in pair[0]), None)
        if found is None or not found[0].prefixlen <= bits <= _BITS:
            return self._pseudonyms.token("address" if bits == _BITS else "network", text)
        mapped = self._within(number, *found) >> (_BITS - bits) << (_BITS - bits)
        return f"{IPv4Address(mapped)}/{bits}" if length else str(IPv4Address(mapped))

    def _within(self, number: int, block: IPv4Network, image: IPv4Network) -> int:
        mapped = int(image.network_address)
        for place in range(block.prefixlen, _BITS):
            head = number >> (_BITS - place)
            flip = self._flips.get((place, head))
            if flip is None:
                flip = self._pseudonyms.digest("ipv4-prefix", b"%d/%d" % (head, place))[0] & 1
                self._flips[place, head] = flip
            mapped |= ((number >> (_BITS - 1 - place) & 1) ^ flip) << (_BITS - 1 - place)
        return mapped

    def ipv6(self, text: str) -> str:
        """Of an address; of a network up to /64 a token."""
        if text in KEPT:
            return text
        address, _, length = text.partition("/")
        try:
            packed = IPv6Address(address.partition("%")[0]).packed
            bits = int(length) if length else 2 * _HALF
        except ValueError:
            return self._pseudonyms.token("address", text)
        if bits < _HALF:
            return self._pseudonyms.token("network", str(ip_network(f"{IPv6Address(packed)}/{bits}", strict=False)))
        network = int.from_bytes(self._pseudonyms.digest("ipv6-network", packed[:8])[:6], "big") >> 4
        machine = int.from_bytes(self._pseudonyms.digest("ipv6-machine", packed)[:8], "big") if bits > _HALF else 0
        mapped = str(IPv6Address(_DOCUMENTATION | network << _HALF | machine))
        return f"{mapped}/{bits}" if length else mapped

    def mac(self, octets: bytes) -> bytes:
        """Of the six octets of a MAC address."""
        return octets[:_OUI] + self._pseudonyms.digest("mac", octets)[:_OUI]
