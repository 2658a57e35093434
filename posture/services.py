"""What checks over ports have in common: is a service offered, and what do all of its ports say of it? Pure.

A service has its standard ports. It is *not offered* only where each of these was asked and is closed, or answers as
something else, and no other port said that it is the service. A name from the port table alone identifies nothing.
So what a scan left out can make a verdict unknown, never good. Ports beyond the standard ones add what they say of
themselves, and their silence proves nothing: a hospital asks 65,535 ports of nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final, Literal

import msgspec

from posture.check import Verdict, failed, not_applicable, passed, unknown
from posture.facts import Host, Known, Missing, Port, Script
from posture.model import Severity

__all__ = [
    "DICOM",
    "FTP",
    "HTTP",
    "R_SERVICES",
    "TELNET",
    "TLS",
    "VNC",
    "Kind",
    "Survey",
    "each",
    "host_result",
    "host_results",
    "listed",
    "offered",
    "result",
    "survey",
    "worst",
]


Bearing = Literal["offered", "unidentified", "unanswered", "absent"]


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """A service: how nmap names it, the ports that are standard for it, and the scripts that show it.

    `signs` are (script, pattern): a result whose output matches shows that the service is there. `products` is a
    pattern for what nmap calls the program, `hidden_as` the names under which it may hide on its own ports: there these
    rule nothing out. `tunnel` says whether only the service in the clear is meant, only TLS, or both.
    """

    label: str
    ports: tuple[int, ...]
    protocol: Literal["tcp", "udp"] = "tcp"
    names: tuple[str, ...] = ()
    products: str = ""
    hidden_as: tuple[str, ...] = ()
    signs: tuple[tuple[str, str], ...] = ()
    tunnel: Literal["any", "clear", "tls"] = "any"

    def identified(self, port: Port) -> bool:
        """Whether the open port itself said that it is this service."""
        return self._named(port) or (not (self.tunnel == "clear" and port.service.tunnel) and self._shown(port))

    def _named(self, port: Port) -> bool:
        encrypted = port.service.tunnel == "ssl"
        if self.tunnel == "tls":
            return encrypted
        told = port.service.method == "probed" and self.products and re.search(self.products, port.service.product)
        named = port.service.identified_as(*self.names) or bool(told)
        return named and not (encrypted and self.tunnel == "clear")

    def _shown(self, port: Port) -> bool:
        return any(
            script.id == name and not _is_error(script) and re.search(pattern, script.output)
            for name, pattern in self.signs
            for script in port.scripts
        )

    def bearing(self, port: Port) -> Bearing:
        """What a port means for the service: it is there, it may be, nobody knows, or it is not."""
        if port.state == "closed":
            return "absent"
        if port.state != "open":
            return "unanswered"
        if self.identified(port):
            return "offered"
        if self.tunnel == "clear" and port.service.tunnel == "ssl":
            return "absent"
        hidden = port.number in self.ports and port.service.name in self.hidden_as
        if port.service.identified and port.service.name not in self.names and not hidden:
            return "absent"
        return "unidentified"


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The ports that bear on a service: those where it answers, those where it may, and those that gave no answer.

    A port of which scans say different things is there once for each.
    """

    offered: tuple[Port, ...]
    unidentified: tuple[Port, ...]
    unanswered: tuple[Port, ...]
    absent: tuple[Port, ...]


@cache
def _numbers(kind: Kind) -> frozenset[int]:
    return frozenset(kind.ports)


def survey(host: Host, kind: Kind) -> Survey:
    """Sort the service's standard ports, and every other open one that says it is the service or is named after it."""
    found: dict[Bearing, list[Port]] = {"offered": [], "unidentified": [], "unanswered": [], "absent": []}
    for number in kind.ports:
        for port in _sightings(host.port(kind.protocol, number)):
            found[kind.bearing(port)].append(port)
    for port in host.ports:
        if port.protocol != kind.protocol or port.state != "open" or port.number in _numbers(kind):
            continue
        for seen in _sightings(port):
            bearing = kind.bearing(seen)
            if bearing == "offered" or (bearing == "unidentified" and seen.service.name in kind.names):
                found[bearing].append(seen)
    return Survey(**{bearing: tuple(ports) for bearing, ports in found.items()})


def _sightings(port: Port) -> Iterator[Port]:
    """The port as each scan saw it, where they differ: every identification and every result is in one of them."""
    if not port.others and len({script.id for script in port.scripts}) == len(port.scripts):
        yield port
        return
    results: dict[str, list[Script]] = {}
    for script in sorted(port.scripts, key=_is_error):
        if not (script.id in results and _is_error(script)):
            results.setdefault(script.id, []).append(script)
    services = (port.service, *port.others)
    for at in range(max(len(services), *map(len, results.values()), 1)):
        yield msgspec.structs.replace(
            port,
            service=services[min(at, len(services) - 1)],
            others=(),
            scripts=tuple(each[min(at, len(each) - 1)] for each in results.values()),
        )


def listed(ports: Iterable[Port]) -> str:
    """`23/tcp`, `23/tcp and 2323/tcp`, `512/tcp, 513/tcp and 514/tcp`."""
    *most, last = dict.fromkeys(str(port) for port in ports)
    return f"{', '.join(most)} and {last}" if most else last


def offered(host: Host, kind: Kind, *, severity: Severity | None = None) -> Verdict:
    """The verdict of every check that says: no host offers this."""
    seen = survey(host, kind)
    if seen.offered:
        return failed(f"{kind.label} answers on {listed(seen.offered)}", *seen.offered, severity=severity)
    doubts = [*map(_unidentified, seen.unidentified), *map(_unanswered, seen.unanswered)]
    return worst(doubts) if doubts else passed(f"{kind.label} is not offered: {_why_not(seen.absent)}", *seen.absent)


def each(host: Host, kind: Kind, ask: Callable[[Port], Verdict], *, identified_only: bool = False) -> Verdict:
    """The worst of what `ask` says of each port where the service answers, or may.

    With `identified_only`, a port that was not identified is unknown without being asked. Where the service is not
    offered, the question does not arise.
    """
    seen = survey(host, kind)
    verdicts = [ask(port) for port in seen.offered]
    verdicts += [_unidentified(port) if identified_only else ask(port) for port in seen.unidentified]
    verdicts += [_unanswered(port) for port in seen.unanswered]
    if verdicts:
        return worst(verdicts)
    return not_applicable(f"{kind.label} is not offered: {_why_not(seen.absent)}", *seen.absent)


def _unidentified(port: Port) -> Verdict:
    return unknown(
        f"{port} is open, and what answers there was not identified",
        port,
        answer=f"Identify the service on {port} (nmap -sV), or look at the machine.",
    )


def _unanswered(port: Port) -> Verdict:
    if port.state == "not-asked":
        return unknown(f"{port} was not asked", answer=f"Scan {port}, or import a scan that holds it.")
    return unknown(
        f"{port} gave no clear answer ({port.state})",
        port,
        answer=f"Scan {port} from where no firewall stands between.",
    )


def _why_not(ports: Sequence[Port]) -> str:
    closed = [port for port in ports if port.state == "closed"]
    other = [port for port in ports if port.state != "closed"]
    said = [f"{listed(closed)} {'is' if len(closed) == 1 else 'are'} closed"] if closed else []
    said += [f"{port} is {port.service.name}{' over TLS' if port.service.tunnel == 'ssl' else ''}" for port in other]
    return ", ".join(said)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict of several about the same subject: the worst outcome, and all that led to it.

    Its severity is the worst that was given; one without a severity has the check's own.
    """
    outcome = min((verdict.outcome for verdict in verdicts), key=lambda outcome: outcome.rank)
    telling = [verdict for verdict in verdicts if verdict.outcome is outcome]
    given = [verdict.severity for verdict in telling if verdict.severity is not None]
    return Verdict(
        outcome=outcome,
        message="; ".join(dict.fromkeys(verdict.message for verdict in telling)),
        evidence=tuple(sorted({digest for verdict in telling for digest in verdict.evidence})),
        severity=min(given, key=lambda severity: severity.rank) if len(given) == len(telling) else None,
        answer=" ".join(dict.fromkeys(verdict.answer for verdict in telling if verdict.answer)),
    )


def _is_error(script: Script) -> bool:
    return script.output.lstrip().startswith("ERROR:")


def result(port: Port, name: str) -> Known[Script]:
    """What a script found on the port. A script that broke off has found nothing."""
    script = port.script(name)
    if isinstance(script, Script) and _is_error(script):
        return Missing("not-answered", f"{name} ended in an error on {port}")
    return script


def host_result(host: Host, name: str) -> Known[Script]:
    """What a script found on the host as a whole, or why there is nothing."""
    for script in host_results(host, name):
        return script
    if any(script.id == name for script in host.scripts):
        return Missing("not-answered", f"{name} ended in an error")
    return Missing("not-asked", f"{name} gave no result for this host")


def host_results(host: Host, name: str) -> tuple[Script, ...]:
    """All that a script found on the host as a whole: scans may differ."""
    return tuple(script for script in host.scripts if script.id == name and not _is_error(script))


TELNET: Final = Kind(
    label="Telnet",
    names=("telnet", "telnet-proxy"),
    ports=(23,),
    # IAC WILL, WONT, DO or DON'T (RFC 854) as the banner script writes it. telnet-encryption says "does not support"
    # of anything that talks, so that only its yes shows telnet.
    signs=(("telnet-encryption", "Telnet server supports encryption"), ("banner", r"^\\xFF\\xF[B-E]")),
    tunnel="clear",
)
FTP: Final = Kind(
    label="FTP",
    names=("ftp", "ftp-proxy"),
    ports=(21,),
    signs=(("ftp-anon", "Anonymous FTP login allowed"),),
    tunnel="clear",
)
R_SERVICES: Final = Kind(
    label="rexec, rlogin or rsh", names=("exec", "login", "shell", "rexec", "fw1-rlogin"), ports=(512, 513, 514)
)
VNC: Final = Kind(label="VNC", names=("vnc",), ports=(5900, 5901, 5902), signs=(("vnc-info", "Protocol version"),))

HTTP: Final = Kind(
    label="HTTP without TLS",
    # Names of their own that nmap has for what answers in HTTP (nmap-service-probes).
    names=("http", "http-alt", "http-proxy", "upnp", "vnc-http", "ipp", "websocket", "soap", "caldav", "webdav"),
    ports=(80, 8042, 8080),
    # nmap shows what it could not name; a service behind TLS has its tunnel named beside it.
    signs=(("fingerprint-strings", r"HTTP/1\.[01] \d{3}"),),
    tunnel="clear",
)
TLS: Final = Kind(
    label="TLS",
    ports=(443, 465, 636, 993, 995, 8443),
    signs=(("ssl-cert", "."), ("ssl-enum-ciphers", r"TLSv|SSLv"), ("sslv2", "SSLv2 supported")),
    tunnel="tls",
)
DICOM: Final = Kind(
    label="DICOM",
    names=("dicom", "acr-nema", "dicom-iscl", "dicom-tls"),
    ports=(104, 2761, 2762, 4242, 11112),
    signs=(("dicom-ping", "DICOM Service Provider discovered"),),
)
