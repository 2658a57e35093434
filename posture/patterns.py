"""Patterns that name subjects: an address, a network, `zone:ID`, or a name or key with `*`. Pure.

Names are what a machine or a directory says of itself, so a pattern of names holds only as far as they are trusted.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv6Network, ip_address, ip_network

import msgspec

from posture.scope import Address, AssetScope, Ephi, Network, Scope

__all__ = ["Named", "boundless", "declared_ephi", "ephi", "fits", "matches"]

_ZONE = "zone:"


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """All that one subject goes by: its keys, names and addresses, and the ids of the zones it stands in."""

    keys: Collection[str] = ()
    names: Collection[str] = ()
    addresses: Collection[str] = ()
    zones: Collection[str] = ()


def matches(pattern: str, named: Named, *, wholly: bool = False) -> bool:
    """Whether a pattern names the subject; upper and lower case make no difference, and only `*` is special.

    A subject with several addresses is named by any one of them. A network or zone names it if it has a foot in it;
    `wholly` asks that it stands in it with every foot.
    """
    pattern = pattern.strip()
    if pattern.casefold().startswith(_ZONE):
        wanted = pattern[len(_ZONE) :].casefold()
        inside = [zone.casefold() == wanted for zone in named.zones]
    elif (network := _network(pattern)) is not None:
        inside = [(parsed := _address(text)) is not None and parsed in network for text in named.addresses]
        wholly = wholly and network.num_addresses > 1
    else:
        text = _text(pattern)
        return bool(pattern) and any(text.match(each.casefold()) for each in (*named.keys, *named.names))
    return bool(inside) and (all(inside) if wholly else any(inside))


def fits(pattern: str, text: str) -> bool:
    """Whether a text is as the pattern says, as a whole; case makes no difference, and only `*` is special."""
    return bool(_text(pattern.strip()).match(text.casefold()))


def boundless(pattern: str) -> bool:
    """Whether a pattern names everything, or nothing in particular: `*`, or a network of every address."""
    network = _network(pattern.strip())
    return not network.prefixlen if network is not None else not re.search(r"\w", pattern)


def declared_ephi(assets: Iterable[AssetScope], named: Named) -> Ephi | None:
    """What the hospital declares of this machine itself, whatever its zone's line says; None where it says nothing.

    The worst of several lines speaks. That a network holds no ePHI is said only of machines wholly in it.
    """
    said = {each.ephi for each in assets if matches(each.match, named, wholly=each.ephi == "no")}
    worst_first: tuple[Ephi, ...] = ("yes", "unknown", "no")
    return next((ephi for ephi in worst_first if ephi in said), None)


def ephi(scope: Scope, named: Named, places: Iterable[str]) -> Ephi:
    """What is declared of the machine itself, else of the places it stands in."""
    return declared_ephi(scope.asset, named) or scope.ephi(*places)


@lru_cache(maxsize=4096)
def _network(text: str) -> Network | None:
    """IPv4 written as IPv6 is the IPv4 network (RFC 4291, 2.5.5.2): of these a prefix has 96 bits more."""
    try:
        parsed = ip_network(text, strict=False)
    except ValueError:
        return None
    mapped = parsed.network_address.ipv4_mapped if isinstance(parsed, IPv6Network) else None
    return ip_network((mapped, parsed.prefixlen - 96)) if mapped and parsed.prefixlen >= 96 else parsed  # noqa: PLR2004


@lru_cache(maxsize=4096)
def _text(pattern: str) -> re.Pattern[str]:
    literal = pattern.casefold().replace("[", "[[]").replace("?", "[?]")
    return re.compile(fnmatch.translate(literal))


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """An IPv4 address written as IPv6 is the IPv4 one (RFC 4291, 2.5.5.2)."""
    try:
        parsed = ip_address(text)
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed
