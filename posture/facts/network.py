"""What scans of a network say: hosts, their ports and what answers on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeAlias

import msgspec

from posture.facts.base import Fact, Known, Missing
from posture.ports import PortSet

__all__ = ["Collapsed", "Host", "Port", "PortState", "Script", "Service", "View"]


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What answers on a port.

    `method` is nmap's: `probed` was identified by what it said; `table` is only the port number's usual name.
    A version is a claim by nmap, not a fact.
    """

    name: str = ""
    method: Literal["probed", "table", ""] = ""
    product: str = ""
    version: str = ""
    extra: str = ""
    tunnel: str = ""
    cpes: tuple[str, ...] = ()

    @property
    def identified(self) -> bool:
        """Whether it said what it is; nmap has names for a connection of which it knows nothing more, too."""
        return self.method == "probed" and self.name not in {"", "unknown", "ssl", "tcpwrapped"}

    def identified_as(self, *names: str) -> bool:
        """Whether the service said so itself; a name from the port table is no identification."""
        return self.method == "probed" and self.name in names


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One NSE script's result: its text, and its structured output flattened to (path, value) pairs.

    The path joins table keys with `/`; unnamed tables and elements are numbered from 0.
    """

    id: str
    output: str
    values: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()

    def value(self, path: str) -> str | None:
        """The first value at this exact path."""
        return next((text for at, text in self.values if at == path), None)

    def under(self, path: str) -> tuple[str, ...]:
        """All values at or below this path."""
        return tuple(text for at, text in self.values if at == path or at.startswith(f"{path}/"))


PortState: TypeAlias = Literal[
    "open", "open|filtered", "unfiltered", "filtered", "closed|filtered", "closed", "not-asked"
]


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """One port of one host. `state` is nmap's, or `not-asked`.

    Where scans differ, `others` are what else it was identified as, and `scripts` has several results of one script:
    `posture.services` looks at each.
    """

    number: int
    protocol: Literal["tcp", "udp", "sctp"] = "tcp"
    state: PortState = "not-asked"
    reason: str = ""
    service: Service = Service()
    others: tuple[Service, ...] = ()
    scripts: tuple[Script, ...] = ()
    scripts_asked: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"

    def script(self, name: str) -> Known[Script]:
        """The script's result on this port, or why there is none."""
        for script in self.scripts:
            if script.id == name:
                return script
        if name in self.scripts_asked:
            return Missing("not-answered", f"{name} gave no result on {self}")
        return Missing("not-asked", f"{name} was not run on {self}")


class Collapsed(msgspec.Struct, frozen=True, kw_only=True):
    """Ports that a scan reported together, by their state alone."""

    protocol: Literal["tcp", "udp", "sctp"]
    state: PortState
    ports: str


class _Numbered(msgspec.Struct, frozen=True):
    """Ports by number, those that a scan listed and those that it reported together."""

    listed: dict[tuple[str, int], Port]
    together: tuple[tuple[str, PortState, PortSet], ...]

    @classmethod
    def of(cls, ports: Sequence[Port], collapsed: Sequence[Collapsed]) -> _Numbered:
        listed: dict[tuple[str, int], Port] = {(port.protocol, port.number): port for port in ports}
        return cls(listed, tuple((each.protocol, each.state, PortSet.parse(each.ports)) for each in collapsed))

    def port(self, protocol: Literal["tcp", "udp", "sctp"], number: int, evidence: tuple[str, ...]) -> Port:
        found = self.listed.get((protocol, number))
        if found is not None:
            return found
        for group, state, numbers in self.together:
            if group == protocol and number in numbers:
                return Port(number=number, protocol=protocol, state=state, evidence=evidence)
        return Port(number=number, protocol=protocol)


class View(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """What scans from one zone (`vantage`, its id) showed of a host's ports, whatever others showed.

    `ended` says of each scan (by its evidence) when it ended, where it says so itself.
    """

    vantage: str
    ended: tuple[tuple[str, datetime], ...] = ()
    ports: tuple[Port, ...] = ()
    collapsed: tuple[Collapsed, ...] = ()
    evidence: tuple[str, ...] = ()

    def times(self, evidence: Iterable[str] | None = None) -> tuple[datetime, ...]:
        """When these scans ended, or those of this evidence."""
        wanted = self.evidence if evidence is None else evidence
        return tuple(sorted({at for digest, at in self.ended if digest in wanted}))

    @cached_property
    def _numbered(self) -> _Numbered:
        return _Numbered.of(self.ports, self.collapsed)

    def port(self, protocol: Literal["tcp", "udp", "sctp"], number: int) -> Port:
        """The port as it was seen from there; one that was not asked from there has the state `not-asked`."""
        return self._numbered.port(protocol, number, self.evidence)


class Host(Fact, frozen=True, kw_only=True):
    """A host that answered a scan.

    `ports` are joined over all scans; `views` are what each zone that a scanner is known to have stood in showed.
    """

    address: str
    mac: Known[str] = Missing("not-asked")
    mac_vendor: str = ""
    names: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    collapsed: tuple[Collapsed, ...] = ()
    scripts: tuple[Script, ...] = ()
    zone_kind: str = ""
    views: tuple[View, ...] = ()

    @cached_property
    def _numbered(self) -> _Numbered:
        return _Numbered.of(self.ports, self.collapsed)

    def port(self, protocol: Literal["tcp", "udp", "sctp"], number: int) -> Port:
        """The port, whatever is known of it: a port that no scan asked has the state `not-asked`."""
        return self._numbered.port(protocol, number, self.evidence)

    def tcp(self, number: int) -> Port:
        """The TCP port of this number."""
        return self.port("tcp", number)

    def udp(self, number: int) -> Port:
        """The UDP port of this number."""
        return self.port("udp", number)

    def open(self, *services: str) -> tuple[Port, ...]:
        """Open ports; with names, those whose service identified itself as one of them."""
        return tuple(
            port
            for port in self.ports
            if port.state == "open" and (not services or port.service.identified_as(*services))
        )
