"""All ways of knowing one thing less: every fact, without one of the things that it knows."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from functools import cache

import msgspec

from posture.facts import Collapsed, Fact, Host, Missing, Port, Service, View
from posture.ports import PortSet

SILENCES = tuple(Missing(why) for why in ("not-asked", "not-readable", "not-answered"))

SPEAK_ONLY_WHEN_YES = frozenset({"sslv2"})
"""Scripts whose silence, once they were asked, is their no."""


class Less(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that knows less, what it lost, and the port (0 for none) that lost it."""

    what: str
    fact: Fact
    port: int = 0


def less(fact: Fact) -> Iterator[Less]:
    """The fact without each of the things that it knows."""
    yield from _without_fields(fact)
    if isinstance(fact, Host):
        yield from _without_ports(fact)
        yield from _without_host_parts(fact)
        yield from _without_views(fact)
    for at, attempt in enumerate(getattr(fact, "attempts", ())):
        rest = (*fact.attempts[:at], *fact.attempts[at + 1 :])
        yield Less(what=f"attempt {attempt.method}", fact=msgspec.structs.replace(fact, attempts=rest))


@cache
def _knowable(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    hints = typing.get_type_hints(kind)
    return tuple(name for name in kind.__struct_fields__ if Missing in typing.get_args(hints[name]))


def _without_fields(fact: msgspec.Struct, path: str = "") -> Iterator[Less]:
    for name in _knowable(type(fact)):
        value = getattr(fact, name)
        for silence in SILENCES:
            if value != silence:
                yield Less(what=f"{path}{name}: {silence.why}", fact=msgspec.structs.replace(fact, **{name: silence}))
        if isinstance(value, msgspec.Struct) and not isinstance(value, Missing):
            for inner in _without_fields(value, f"{path}{name}."):
                yield Less(what=inner.what, fact=msgspec.structs.replace(fact, **{name: inner.fact}))


def without_port(host: Host, number: int, *protocols: str) -> Host:
    """The host as if this port had never been asked, over these protocols or over any."""
    ports = tuple(port for port in host.ports if port.number != number or not _either(port.protocol, protocols))
    groups = tuple(
        msgspec.structs.replace(group, ports=str(PortSet.parse(group.ports) - PortSet.of([number])))
        if _either(group.protocol, protocols)
        else group
        for group in host.collapsed
    )
    views = tuple(_as_seen(each, without_port(_alone(host, each), number, *protocols)) for each in host.views)
    return msgspec.structs.replace(host, ports=ports, collapsed=groups, views=views)


def _alone(host: Host, view: View) -> Host:
    return msgspec.structs.replace(
        host, ports=view.ports, collapsed=view.collapsed, scripts=(), views=(), mac_vendor="", zone_kind=""
    )


def _as_seen(view: View, host: Host) -> View:
    return msgspec.structs.replace(view, ports=host.ports, collapsed=host.collapsed)


def _without_views(host: Host) -> Iterator[Less]:
    """The host with one scanner's zone less, and with each thing less that a scanner in a zone saw."""
    for at, view in enumerate(host.views):
        before, after = host.views[:at], host.views[at + 1 :]
        yield Less(what=f"from {view.vantage}", fact=msgspec.structs.replace(host, views=(*before, *after)))
        whole = _alone(host, view)
        for loss in (*_without_ports(whole), *_without_host_parts(whole)):
            assert isinstance(loss.fact, Host)
            views = (*before, _as_seen(view, loss.fact), *after)
            fact = msgspec.structs.replace(host, views=views)
            yield Less(what=f"from {view.vantage}: {loss.what}", fact=fact, port=loss.port)


def _either(protocol: str, protocols: tuple[str, ...]) -> bool:
    return not protocols or protocol in protocols


def _without_ports(host: Host) -> Iterator[Less]:
    for port in host.ports:
        yield Less(what=f"{port}", fact=without_port(host, port.number, port.protocol), port=port.number)
        for what, changed in _port_less(port):
            ports = tuple(changed if each is port else each for each in host.ports)
            lost = msgspec.structs.replace(host, ports=ports)
            yield Less(what=f"{port}: {what}", fact=lost, port=port.number)


def _port_less(port: Port) -> Iterator[tuple[str, Port]]:
    for state in ("filtered", "open|filtered"):
        yield state, Port(number=port.number, protocol=port.protocol, state=state)
    if port.service != Service():
        yield "service", msgspec.structs.replace(port, service=Service())
        table = Service(name=port.service.name, method="table")
        yield "identification", msgspec.structs.replace(port, service=table)
    for name in dict.fromkeys((*port.scripts_asked, *(script.id for script in port.scripts))):
        scripts = tuple(script for script in port.scripts if script.id != name)
        asked = tuple(each for each in port.scripts_asked if each != name)
        yield f"script {name}", msgspec.structs.replace(port, scripts=scripts, scripts_asked=asked)
        if name not in SPEAK_ONLY_WHEN_YES:
            yield f"result of {name}", msgspec.structs.replace(port, scripts=scripts)


def _without_host_parts(host: Host) -> Iterator[Less]:
    for at, group in enumerate(host.collapsed):
        rest = (*host.collapsed[:at], *host.collapsed[at + 1 :])
        yield Less(what=f"all {group.state} ports", fact=msgspec.structs.replace(host, collapsed=rest))
        unclear = Collapsed(protocol=group.protocol, state="filtered", ports=group.ports)
        yield Less(what=f"{group.state} ports filtered", fact=msgspec.structs.replace(host, collapsed=(*rest, unclear)))
    for at, script in enumerate(host.scripts):
        rest = (*host.scripts[:at], *host.scripts[at + 1 :])
        yield Less(what=f"script {script.id}", fact=msgspec.structs.replace(host, scripts=rest))
    if host.mac_vendor:
        yield Less(what="vendor", fact=msgspec.structs.replace(host, mac=Missing("not-asked"), mac_vendor=""))
    if host.zone_kind:
        yield Less(what="zone", fact=msgspec.structs.replace(host, zone_kind=""))
