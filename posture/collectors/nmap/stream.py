"""nmap's XML, read as a stream and without trust.

Documents come from networks and people that nobody vouches for. A document type is allowed by name alone: entities,
which bombs and file disclosure are made of, are refused, and nothing outside the document is ever fetched. Elements
nest only so deep, script tables unfold only to so much text. A document that breaks off, as that of a killed scan
does, has the hosts that were finished before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal, NoReturn
from xml.parsers import expat

import msgspec

from posture.collectors.nmap.text import clean

__all__ = ["Break", "Header", "Refused", "ScanInfo", "Stream", "survey"]

_CHUNK = 1 << 16
DEPTH = 64
# Scans without SYN: Windows and Cisco among others answer them with RST, whether the port is open or not, and a window
# scan guesses (https://nmap.org/book/scan-methods-null-fin-xmas-scan.html and the chapters beside it).
_UNSURE: Final = frozenset({"fin", "null", "xmas", "maimon", "window", "ack"})
_PROTOCOLS: Final[dict[str, Literal["tcp", "udp", "sctp"]]] = {"tcp": "tcp", "udp": "udp", "sctp": "sctp"}


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """Where a document can't be read on, and why. `begun`: whether it had shown itself to be nmap's by then."""

    line: int
    column: int
    why: str
    ended: bool
    begun: bool

    def __str__(self) -> str:
        return f"{self.why} at line {self.line}, column {self.column}"


class ScanInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A `scaninfo`: which ports of a protocol were asked of every host."""

    protocol: Literal["tcp", "udp", "sctp"]
    services: str


class Header(msgspec.Struct, kw_only=True):
    """What the document says of the scan as a whole. `finished` only where nmap ended by itself.

    `closed_unsure`: its kind of TCP scan finds open ports closed on many systems.
    """

    version: str = ""
    args: str = ""
    start: datetime | None = None
    end: datetime | None = None
    infos: list[ScanInfo] = msgspec.field(default_factory=list)
    closed_unsure: bool = False
    finished: bool = False
    error: str = ""
    hosts: int = 0


class Refused(Exception):  # noqa: N818  # it ends a parse, and goes no further
    """The document is not one to read on. Raised in handlers, and caught by `Stream.feed`."""


class Stream:
    """A parser with the defences up, and the header handled."""

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.header = Header()
        self.broken: Break | None = None
        self._begun = False
        # PowerShell writes redirected output as UTF-16, whatever the XML declaration says.
        encoding = "utf-16" if payload[:2] in {b"\xff\xfe", b"\xfe\xff"} else None
        self._parser = parser = expat.ParserCreate(encoding)
        parser.buffer_text = True
        parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        parser.ExternalEntityRefHandler = self._entity
        parser.StartElementHandler = self._root

    def feed(self) -> Iterator[None]:
        """Parse on, pausing after every piece. What is wrong with the document is in `broken` afterwards."""
        view = memoryview(self.payload)
        last = False
        try:
            for at in range(0, len(view), _CHUNK):
                self._parser.Parse(view[at : at + _CHUNK], False)
                yield
            last = True
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            self.broken = self._break(error.lineno, error.offset + 1, expat.ErrorString(error.code), ended=last)
        except (LookupError, ValueError):
            if self._begun:
                raise
            line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
            self.broken = self._break(line, column, "it is in an encoding that can't be read", ended=False)
        except Refused as refusal:
            line, column = self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber + 1
            self.broken = self._break(line, column, str(refusal), ended=False)
        yield

    def _break(self, line: int, column: int, why: str, *, ended: bool) -> Break:
        return Break(line=line, column=column, why=why, ended=ended, begun=self._begun)

    def _doctype(self, name: str, _system: str | None, _public: str | None, internal: int) -> None:
        if name != "nmaprun":
            raise Refused(f"this is a {clean(name)[:40]} document, not nmap's")
        if internal:
            raise Refused("its document type holds declarations of its own, which nmap never writes")

    def _entity(self, *_: object) -> NoReturn:
        raise Refused("it declares entities, which nmap never does")

    def _root(self, name: str, attributes: dict[str, str]) -> None:
        if name != "nmaprun":
            raise Refused(f"its outermost element is {clean(name)[:40]}, not nmaprun")
        self._begun = True
        header = self.header
        header.version = clean(attributes.get("version", ""), "")[:40]
        header.args = clean(attributes.get("args", ""), "")
        header.start = _instant(attributes.get("start"))
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._handlers()

    def _handlers(self) -> tuple[Callable[[str, dict[str, str]], None], Callable[[str], None]]:
        """What to do at the start and the end of every element: a closure, since it is called millions of times."""
        opener_of, closer_of = self._openers().get, self._closers().get
        depth = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > DEPTH:
                raise Refused("its elements are nested deeper than nmap's ever are")
            opener = opener_of(name)
            if opener is not None:
                opener(attributes)

        def end(name: str) -> None:
            nonlocal depth
            depth -= 1
            closer = closer_of(name)
            if closer is not None:
                closer()

        return start, end

    def _openers(self) -> dict[str, Callable[[dict[str, str]], None]]:
        """What to do at the start of an element of this name."""
        return {"scaninfo": self._scaninfo, "finished": self._finished}

    def _closers(self) -> dict[str, Callable[[], None]]:
        """What to do at the end of an element of this name."""
        return {}

    def _scaninfo(self, attributes: dict[str, str]) -> None:
        protocol = _PROTOCOLS.get(attributes.get("protocol", ""))
        if protocol is not None:
            self.header.closed_unsure |= protocol == "tcp" and attributes.get("type") in _UNSURE
            self.header.infos.append(ScanInfo(protocol=protocol, services=attributes.get("services", "")))

    def _finished(self, attributes: dict[str, str]) -> None:
        self.header.end = _instant(attributes.get("time"))
        self.header.finished = attributes.get("exit", "success") == "success"
        self.header.error = clean(attributes.get("errormsg", ""), "")[:300]


class _Survey(Stream):
    """Reads the header and counts the hosts."""

    def _closers(self) -> dict[str, Callable[[], None]]:
        return {"host": self._count}

    def _count(self) -> None:
        self.header.hosts += 1


def survey(payload: bytes) -> tuple[Header, Break | None]:
    """What the document says of the whole scan, and where it breaks, if it does."""
    stream = _Survey(payload)
    for _ in stream.feed():
        pass
    return stream.header, stream.broken


def _instant(text: str | None) -> datetime | None:
    """An instant that nmap gives in seconds since 1970."""
    try:
        return datetime.fromtimestamp(int(text or ""), UTC)
    except (ValueError, OverflowError, OSError):
        return None
