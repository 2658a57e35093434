"""The hosts of an nmap XML document, one after the other."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Literal

import msgspec

from posture.collectors.nmap.stream import Refused, Stream
from posture.collectors.nmap.text import clean
from posture.facts import Port, PortState, Script, Service

__all__ = ["STATES", "Extra", "Found", "Reader"]

_CACHE = 20_000
_MAX_PORT = 65535
_MOST_NAMES = 64

STATES: Final[dict[str, PortState]] = {
    "open": "open",
    "open|filtered": "open|filtered",
    "unfiltered": "unfiltered",
    "filtered": "filtered",
    "closed|filtered": "closed|filtered",
    "closed": "closed",
}
"""nmap's port states, the worst first. A port in any other state has not been asked, for all we know."""

_PROTOCOLS: Final[dict[str | None, Literal["tcp", "udp", "sctp"]]] = {"tcp": "tcp", "udp": "udp", "sctp": "sctp"}
_METHODS: Final[dict[str, Literal["probed", "table", ""]]] = {"probed": "probed", "table": "table"}
_MAC: Final = re.compile(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_NO_MAC: Final = frozenset({"00:00:00:00:00:00", "FF:FF:FF:FF:FF:FF"})
_NO_SERVICE: Final = Service()
_NOTHING: Final[dict[str, str]] = {}


class Extra(msgspec.Struct, frozen=True, kw_only=True):
    """An `extraports`: ports reported by their state alone. `ports` are (protocol, ports) where nmap says which."""

    state: str
    count: int
    ports: tuple[tuple[str, str], ...] | None


class Found(msgspec.Struct, kw_only=True, gc=False):
    """A `host` as it stands in the document. `again` are ports that are there a second time."""

    address: str = ""
    mac: str = ""
    vendor: str = ""
    up: bool = False
    reason: str = ""
    timed_out: bool = False
    names: tuple[str, ...] = ()
    ports: dict[tuple[str, int], Port] = msgspec.field(default_factory=dict)
    again: tuple[Port, ...] = ()
    extra: tuple[Extra, ...] = ()
    scripts: tuple[Script, ...] = ()


class Reader(Stream):
    """The hosts of a document. `broken` and `header` are whole only after the last one.

    Ports and services that are alike are the same object, so that a large scan stays small. `evidence` is put on
    every port and script; `asked` gives the scripts that were asked of a port.
    """

    def __init__(self, payload: bytes, evidence: tuple[str, ...], asked: Callable[[int], tuple[str, ...]]) -> None:
        super().__init__(payload)
        self._evidence = evidence
        self._asked = asked
        self._budget = 1_000_000 + 4 * len(payload)
        self._done: list[Found] = []
        self._known: dict[tuple[object, ...], tuple[tuple[str, int], Port] | tuple[()]] = {}
        self._services: dict[Service, Service] = {}
        self._host: Found | None = None
        # The attributes of the port that is open, its state and its service, in the order that nmap's DTD gives them.
        # Appending is the least that can be done for each of so many elements.
        self._port: deque[dict[str, str]] = deque(maxlen=3)
        self._cpes: list[str] = []
        self._scripts: list[Script] = []
        self._host_scripts: list[Script] = []
        self._again: list[Port] = []
        self._extras: list[Extra] = []
        self._extra: tuple[str, int] | None = None
        self._extra_ports: list[tuple[str, str] | None] = []
        self._script: tuple[str, str] | None = None
        self._values: list[tuple[str, str]] = []
        self._prefixes: list[str] = []
        self._counts: list[int] = []
        self._path = ""
        self._text: list[str] = []

    def _openers(self) -> dict[str, Callable[[dict[str, str]], None]]:
        return {
            **super()._openers(),
            "host": self._open_host,
            "status": self._open_status,
            "address": self._open_address,
            "hostname": self._open_hostname,
            "extraports": self._open_extraports,
            "extrareasons": self._open_extrareasons,
            "port": self._port.append,
            "state": self._port.append,
            "service": self._port.append,
            "cpe": self._open_cpe,
            "script": self._open_script,
            "table": self._open_table,
            "elem": self._open_elem,
        }

    def _closers(self) -> dict[str, Callable[[], None]]:
        return {
            "host": self._close_host,
            "extraports": self._close_extraports,
            "port": self._close_port,
            "cpe": self._close_cpe,
            "script": self._close_script,
            "table": self._close_table,
            "elem": self._close_elem,
        }

    def hosts(self) -> Iterator[Found]:
        """The hosts that are finished."""
        for _ in self.feed():
            yield from self._done
            self._done.clear()

    # ── host ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open_host(self, attributes: dict[str, str]) -> None:
        self._again.clear()
        self._extras.clear()
        self._host_scripts.clear()
        # nmap gives every host a status; masscan, which writes the same format, lists only what answered, without one.
        self._host = Found(up=True, timed_out=attributes.get("timedout") == "true")

    def _close_host(self) -> None:
        if self._host is not None:
            host, self._host = self._host, None
            if self._extras:
                host.extra = tuple(self._extras)
                self._extras.clear()
            if self._host_scripts or self._again:
                host.scripts, host.again = tuple(self._host_scripts), tuple(self._again)
                self._host_scripts.clear()
                self._again.clear()
            self._done.append(host)

    def _open_status(self, attributes: dict[str, str]) -> None:
        if self._host is not None:
            self._host.up = attributes.get("state") == "up"
            self._host.reason = attributes.get("reason", "")

    def _open_address(self, attributes: dict[str, str]) -> None:
        host = self._host
        if host is None:
            return
        address = attributes.get("addr", "")
        if attributes.get("addrtype") != "mac":
            host.address = host.address or address
        elif _MAC.fullmatch(address) and address.upper() not in _NO_MAC:
            host.mac = address.lower()
            host.vendor = clean(attributes.get("vendor", ""), "")[:200]

    def _open_hostname(self, attributes: dict[str, str]) -> None:
        name = clean(attributes.get("name", ""), "").strip()[:255]
        if self._host is not None and name and len(self._host.names) < _MOST_NAMES:
            self._host.names += (name,)

    # ── ports ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _open_extraports(self, attributes: dict[str, str]) -> None:
        self._extra = (self._state(attributes.get("state", "")), _number(attributes.get("count")) or 0)
        self._extra_ports = []

    def _open_extrareasons(self, attributes: dict[str, str]) -> None:
        ports = attributes.get("ports")
        self._extra_ports.append((attributes.get("proto", ""), ports) if ports else None)

    def _close_extraports(self) -> None:
        if self._host is not None and self._extra is not None:
            state, count = self._extra
            ports = tuple(group for group in self._extra_ports if group is not None)
            complete = ports and len(ports) == len(self._extra_ports)
            self._extras.append(Extra(state=state, count=count, ports=ports if complete else None))
        self._extra = None

    def _open_cpe(self, _: dict[str, str]) -> None:
        self._text = []
        self._parser.CharacterDataHandler = self._text.append

    def _close_cpe(self) -> None:
        self._parser.CharacterDataHandler = None
        if self._port:
            self._cpes.append(clean("".join(self._text), ""))

    def _close_port(self) -> None:
        host, parts = self._host, self._port
        if host is None or not parts:
            return
        port = parts.popleft()
        state = parts.popleft() if parts else _NOTHING
        service = parts.popleft() if parts else _NOTHING
        # A port and its state have the same attributes each time, so that their values tell them apart.
        alike = (*port.values(), *state.values(), *service, *service.values(), *self._cpes)
        known = self._known.get(alike)
        if known is None:
            if len(self._known) > _CACHE:
                self._known.clear()
            known = self._known[alike] = self._new_port(port, state, service)
        if known:
            key, said = known
            if self._scripts:
                said = msgspec.structs.replace(said, scripts=tuple(sorted(self._scripts, key=_script_order)))
            if key in host.ports:
                self._again.append(said)
            else:
                host.ports[key] = said
        if self._scripts or self._cpes:
            self._scripts.clear()
            self._cpes.clear()

    def _new_port(
        self, port: dict[str, str], state: dict[str, str], service: dict[str, str]
    ) -> tuple[tuple[str, int], Port] | tuple[()]:
        """A port, and its key; nothing for one that nmap can't have written."""
        protocol, number = _PROTOCOLS.get(port.get("protocol")), _number(port.get("portid"))
        word = STATES.get(self._state(state.get("state", "")))
        if protocol is None or word is None or number is None or number > _MAX_PORT:
            return ()
        return (protocol, number), Port(
            number=number,
            protocol=protocol,
            state=word,
            reason=clean(state.get("reason", ""), "")[:60],
            service=self._new_service(service) if service else _NO_SERVICE,
            scripts_asked=self._asked(number) if word in {"open", "open|filtered"} else (),
            evidence=self._evidence,
        )

    def _state(self, word: str) -> str:
        return "closed|filtered" if word == "closed" and self.header.closed_unsure else word

    def _new_service(self, said: dict[str, str]) -> Service:
        def text(name: str) -> str:
            return clean(said.get(name, ""), "")[:500]

        service = Service(
            name=text("name"),
            method=_METHODS.get(said.get("method", ""), ""),
            product=text("product"),
            version=text("version"),
            extra=text("extrainfo"),
            tunnel=text("tunnel"),
            cpes=tuple(dict.fromkeys(self._cpes)),
        )
        if len(self._services) > _CACHE:
            self._services.clear()
        return self._services.setdefault(service, service)

    # ── scripts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _open_script(self, attributes: dict[str, str]) -> None:
        if self._host is not None:
            self._script = (clean(attributes.get("id", ""), "")[:100], clean(attributes.get("output", "")))
            self._values = []
            self._prefixes = [""]
            self._counts = [0]

    def _close_script(self) -> None:
        if self._script is None or self._host is None:
            return
        name, output = self._script
        self._script = None
        script = Script(id=name, output=output, values=tuple(self._values), evidence=self._evidence)
        if self._port:
            self._scripts.append(script)
        else:
            self._host_scripts.append(script)

    def _child(self, attributes: dict[str, str]) -> str:
        """The path of a table or an element: by its key, or its number among its unnamed siblings."""
        key = attributes.get("key")
        if key is None:
            key = str(self._counts[-1])
            self._counts[-1] += 1
        return self._prefixes[-1] + clean(key, "")[:200]

    def _open_table(self, attributes: dict[str, str]) -> None:
        if self._script is not None:
            self._prefixes.append(self._child(attributes) + "/")
            self._counts.append(0)

    def _close_table(self) -> None:
        if self._script is not None and len(self._prefixes) > 1:
            self._prefixes.pop()
            self._counts.pop()

    def _open_elem(self, attributes: dict[str, str]) -> None:
        if self._script is not None:
            self._path = self._child(attributes)
            self._text = []
            self._parser.CharacterDataHandler = self._text.append

    def _close_elem(self) -> None:
        self._parser.CharacterDataHandler = None
        if self._script is not None:
            text = clean("".join(self._text))
            self._budget -= len(self._path) + len(text)
            if self._budget < 0:
                raise Refused("its script tables unfold to more text than they hold")
            self._values.append((self._path, text))


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004  # no count has more digits


def _script_order(script: Script) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return script.id, script.output, script.values
