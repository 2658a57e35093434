"""nmap's command lines. Pure: addresses and ports in, arguments out.

Every line has `-n` (a host name's look-up would leave the scope), `-v0` and XML on standard output. Whether raw
packets may be sent is told to nmap rather than guessed by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address

from posture.collectors.nmap.policy import Settings
from posture.scope import Address, Network

__all__ = ["compact", "discover", "identify", "ports"]


def compact(addresses: Sequence[Address]) -> tuple[str, ...]:
    """The same addresses in as few networks as they fill exactly, IPv4 before IPv6."""
    nets: tuple[Network, ...] = (
        *collapse_addresses(IPv4Network(address) for address in addresses if isinstance(address, IPv4Address)),
        *collapse_addresses(IPv6Network(address) for address in addresses if isinstance(address, IPv6Address)),
    )
    return tuple(str(net.network_address) if net.num_addresses == 1 else str(net) for net in nets)


def discover(
    targets: Sequence[str], exclude: Sequence[str], settings: Settings, max_rate: int, *, raw: bool
) -> tuple[str, ...]:
    """Which of these answer: an ICMP echo and a few TCP ports (ARP or neighbour discovery on the own segment)."""
    asked = ["-sn", f"-PS{settings.syn_ping}"]
    if raw:
        asked.append("-PE")
        if settings.ack_ping:
            asked.append(f"-PA{settings.ack_ping}")
    return (*_common(targets, raw=raw), *asked, *_pace(settings, max_rate), *_scope(targets, exclude))


def ports(  # noqa: PLR0913  # one option each
    targets: Sequence[str],
    exclude: Sequence[str],
    tcp: str,
    settings: Settings,
    max_rate: int,
    *,
    raw: bool,
    host_timeout: int,
) -> tuple[str, ...]:
    """The state of these TCP ports; hosts that discovery found are not pinged again."""
    return (
        *_common(targets, raw=raw),
        "-Pn",
        "-sS" if raw else "-sT",
        "-p",
        tcp,
        *_pace(settings, max_rate),
        "--host-timeout",
        f"{host_timeout}s",
        *_scope(targets, exclude),
    )


def identify(  # noqa: PLR0913  # one option each
    target: str,
    tcp: str,
    scripts: Sequence[str],
    settings: Settings,
    max_rate: int,
    *,
    raw: bool,
    version: bool,
    forced: bool = False,
) -> tuple[str, ...]:
    """What answers on these open ports of one host, over one connection at a time.

    `forced` runs the scripts on every port given, whatever service nmap takes it for.
    """
    asked: list[str] = []
    if version:
        asked += ["-sV", "--version-intensity", str(settings.version_intensity)]
    if scripts:
        asked += ["--script", ",".join(f"+{name}" if forced else name for name in scripts), "--script-timeout", "120s"]
    return (
        *_common([target], raw=raw),
        "-Pn",
        "-sS" if raw else "-sT",
        "-p",
        tcp,
        *asked,
        "--max-parallelism",
        "1",
        "--max-rate",
        str(max_rate),
        "--max-retries",
        str(settings.retries),
        "--host-timeout",
        f"{settings.host_timeout}s",
        target,
    )


def _common(targets: Sequence[str], *, raw: bool) -> tuple[str, ...]:
    family = ("-6",) if ip_address(targets[0].partition("/")[0]).version == 6 else ()  # noqa: PLR2004  # IP version
    privileges = "--privileged" if raw else "--unprivileged"
    return (*family, "-n", "-v0", privileges, "-oX", "-", "--stats-every", "1s")


def _pace(settings: Settings, max_rate: int) -> tuple[str, ...]:
    rtt = f"{round(settings.rtt_timeout * 1000)}ms"
    return (
        "--max-rate",
        str(max_rate),
        "--max-retries",
        str(settings.retries),
        "--scan-delay",
        f"{round(settings.scan_delay * 1000)}ms",
        "--initial-rtt-timeout",
        rtt,
        "--max-rtt-timeout",
        rtt,
        "--max-hostgroup",
        str(settings.host_group),
    )


def _scope(targets: Sequence[str], exclude: Sequence[str]) -> tuple[str, ...]:
    """The targets, and the exclusions once more: they are already taken out, and nmap holds to them as well."""
    return (*(("--exclude", ",".join(exclude)) if exclude else ()), *targets)
