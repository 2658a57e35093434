"""`posture canary`: the listener that segmentation is proved against."""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import click

from posture.cli.common import config_path, load_scope
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.ports import PortSet
from posture.presentation import plural, visible
from posture.scope import LATERAL_PORTS, CanaryScope
from posture.segmentation.canary import MOST_PORTS, Opened, block, listeners, serve
from posture.targets import unsendable

__all__ = ["canary"]

_NONCE = re.compile(r"[0-9a-f]{16,64}")
_ZONE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DURATION = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class _Duration(click.ParamType[float]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:  # noqa: ANN401  # click's signature
        found = _DURATION.fullmatch(str(value))
        if found is None or not int(found[1]):
            self.fail(f"{value!r} is not a duration such as 90s, 30m, 8h or 2d", param, ctx)
        return timedelta(**{_UNITS[found[2]]: int(found[1])}).total_seconds()


class _Ports(click.ParamType[PortSet]):
    name = "ports"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> PortSet:  # noqa: ANN401  # click's signature
        try:
            ports = PortSet.parse(str(value)) - PortSet.of([0])
        except ValueError:
            ports = PortSet()
        if not 0 < len(ports) <= MOST_PORTS:
            self.fail(f"{value!r} is not a list of 1 to {MOST_PORTS} ports such as 22,8000-8010", param, ctx)
        return ports


@click.command(short_help="Listen, so that segmentation can be proved against it.")
@click.option("--listen", metavar="ADDRESS", help="The address of this machine to listen on.")
@click.option("--zone", metavar="ZONE", help="The zone this machine stands in; posture.toml may name its canary.")
@click.option("--tcp", type=_Ports(), metavar="PORTS", help=f"The TCP ports; default: {LATERAL_PORTS}.")
@click.option("--nonce", metavar="HEX", help="What it says of itself, 16 to 64 hexadecimal digits; default: a new one.")
@click.option("--for", "seconds", type=_Duration(), metavar="DURATION", help="Stop by itself: 90s, 30m, 8h, 2d.")
@click.option("--every-address", is_flag=True, help="Let --listen be 0.0.0.0 or ::, which answers in every zone.")
@click.pass_obj
def canary(  # noqa: PLR0913, PLR0917  # one parameter an option, as click gives them
    settings: Settings,
    listen: str | None,
    zone: str | None,
    tcp: PortSet | None,
    nonce: str | None,
    seconds: float | None,
    every_address: bool,
) -> None:
    """Listen on TCP ports of one address, and give a nonce to whoever connects: proof that the network let it through.

    Run it on a spare computer or virtual machine of ours in the zone that others must not reach, while scans are made
    from this zone and from others. It reads nothing that is sent to it. It prints what posture.toml needs to know of
    it, and runs until Ctrl-C. Where posture.toml names a canary already, --zone is enough.

    Never run it on a medical device, nor as a service on one, nor on a server that does real work: it takes ports.
    The machine's own firewall has to let connections in from everywhere; else its silence passes for the network's.
    """
    known = _declared(settings, zone, listen)
    address = listen or (known.address if known else "")
    if not address:
        where = f"posture.toml names no canary in the zone {zone!r}" if zone else "neither is given"
        raise click.UsageError(f"--listen ADDRESS, or --zone of a canary in posture.toml, is needed: {where}")
    _usable(address, every_address=every_address)
    _within(settings, zone, address)
    if nonce is not None and _NONCE.fullmatch(nonce) is None:
        raise click.UsageError("--nonce takes 16 to 64 of the digits 0-9 and a-f")
    said = nonce or (known.nonce if known else secrets.token_hex(16))
    ports = tcp or PortSet.parse(known.tcp if known else LATERAL_PORTS)
    opened = listeners(address, ports)
    for why in dict.fromkeys(opened.refused.values()):
        refused = PortSet.of(port for port, each in opened.refused.items() if each == why)
        click.echo(f"posture: not on port{'s' if len(refused) > 1 else ''} {refused}: {why}", err=True)
    if not opened.sockets:
        raise PostureError(
            f"it can't listen on any of {plural(len(ports), 'port')}",
            where=address,
            mend="name free ports with --tcp, and an address of this machine with --listen",
        )
    serve(
        opened,
        said,
        lambda line: None if settings.quiet else click.echo(line, err=True),
        lambda: _tell(settings, zone, address, said, opened, known),
        seconds,
    )


def _tell(  # noqa: PLR0913, PLR0917  # all that it says of itself
    settings: Settings, zone: str | None, address: str, nonce: str, opened: Opened, known: CanaryScope | None
) -> None:
    """The block for posture.toml on stdout, and what a person has to see to on stderr."""
    named = "" if ip_address(address).is_unspecified else address
    click.echo(block(zone or (known.zone if known else ""), named, nonce, opened.ports))
    if known and (known.nonce, PortSet.parse(known.tcp)) != (nonce, opened.ports):
        click.echo("posture: this is not what posture.toml says of it: put the lines above there", err=True)
    if not settings.quiet:
        click.echo(
            f"posture: listening on {plural(len(opened.ports), 'port')} of {address}; Ctrl-C ends it. See that this "
            "machine's own firewall lets connections in from everywhere.",
            err=True,
        )


def _declared(settings: Settings, zone: str | None, listen: str | None) -> CanaryScope | None:
    """The canary that posture.toml names by this zone, this address or both; None where it names none."""
    if zone is not None and _ZONE.fullmatch(zone) is None:
        raise click.UsageError("--zone takes the id of a zone: lower-case letters, digits, . _ -")
    if config_path(settings) is None:
        return None
    scope = load_scope(settings)
    if zone is not None and zone not in scope.zones:
        there = ", ".join(sorted(scope.zones)) or "none"
        raise click.UsageError(f"there is no zone {zone!r}; there are: {there}")
    if zone is None and listen is None:
        return None
    found = [
        each
        for each in scope.canary
        if (zone is None or each.zone == zone) and (listen is None or each.address == listen)
    ]
    if len(found) > 1:
        named = ", ".join(each.address for each in found)
        raise click.UsageError(f"the zone {zone!r} has several canaries: say which with --listen ({named})")
    return found[0] if found else None


def _within(settings: Settings, zone: str | None, address: str) -> None:
    """Refuse an address that posture.toml has in another zone, or in none: it would refuse the canary's block."""
    if zone is None or config_path(settings) is None or ip_address(address).is_unspecified:
        return
    found = load_scope(settings).zone_of(address)
    if found is None or found.id != zone:
        there = f"in the zone {found.id!r}" if found else "in no zone"
        raise click.UsageError(
            f"posture.toml has {address} {there}: listen on an address of {zone!r}, or put it into that zone's networks"
        )


def _usable(address: str, *, every_address: bool) -> None:
    try:
        parsed = ip_address(address)
    except ValueError:
        raise click.UsageError(f"--listen takes an address such as 10.10.0.9, not {visible(address)!r}") from None
    if getattr(parsed, "scope_id", None) or (unsendable(parsed) and not parsed.is_unspecified):
        raise click.UsageError(f"--listen takes an address of this machine, not {address}")
    if parsed.is_unspecified and not every_address:
        raise click.UsageError(
            f"{address} answers in every zone that this machine has a leg in: name the address in the one zone that "
            "is to be proved, or say --every-address"
        )
