"""Nessus v2 files (`.nessus`): what they say that a scan by nmap would say too, as the same hosts.

Nessus lists what its plugins reported and nothing else. So a port that is not in the file was not asked, for all that
the file shows, and none is ever closed. A port is *open* where a scanner or a service spoke to Nessus over the network;
where only the machine's own list of listeners, an RPC directory or a UDP scan's silence names it, a firewall may stand
before it, and it is *open|filtered*. What answers is identified where Service Detection (22964) says so in its own
words; every other name is no better than a port table's.

Each result that has a severity, a CVE or a place in `KEPT` is a `Script` named `nessus-` and the plugin's number, on
its port, or on the host where the port is 0. Its values are `plugin_name`, `plugin_type`, `severity`, `feed` (the date
of the plugins), `credentialed`, `cve/0` and on, and `state`:

- `VULNERABLE`: a remote test that shows what it got, and none of the signs below;
- `version-only`: the plugin says that it relied on a version that the software reports, or compares such versions;
- `unconfirmed`: any other result with a severity.

The format: Tenable, *Nessus File (.nessus) Format*, 2023.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final, Literal

import msgspec

from posture.collectors.nmap.document import Found
from posture.collectors.nmap.stream import Refused, Stream
from posture.collectors.nmap.text import clean
from posture.facts import Port, PortState, Script, Service

__all__ = ["KEPT", "Item", "Reader", "ReportHost", "Reports", "state_of", "version_only"]

MOST_TEXT: Final = 20_000
"""Most characters of one text that are read; the rest of a longer one is left."""
_MOST_CVES: Final = 500
_MOST_TAGS: Final = 64
_MAX_PORT: Final = 65535

KEPT: Final = frozenset({19506, 22964, 11936, 10863, 56984, 21643, 20007, 104743, 157288, 57608, 10180})
"""Plugins whose text is kept though it has no severity: the scan itself, services, TLS, SMB signing."""

TAGS: Final = frozenset(
    {"host-ip", "host-fqdn", "host-rdns", "hostname", "netbios-name", "mac-address", "operating-system"}
    | {"Credentialed_Scan", "HOST_START_TIMESTAMP", "HOST_END_TIMESTAMP"}
)
_NAMES: Final = ("host-fqdn", "host-rdns", "hostname", "netbios-name")
_TEXTS: Final = frozenset({"plugin_output", "description", "plugin_type", "cve"})
_SEVERITIES: Final = ("none", "low", "medium", "high", "critical")
_PROTOCOLS: Final[dict[str, Literal["tcp", "udp"]]] = {"tcp": "tcp", "udp": "udp"}

_SCANNERS: Final = frozenset({0, 10335, 11219})  # 0: Nessus before 5 lists what its port scanners found open this way
_SECOND_HAND: Final = frozenset({14272, 14274, 34220, 34277, 10736, 11111, 25221, 25202})
_TLS_PLUGINS: Final = frozenset({56984, 10863, 21643, 20007, 104743, 157288, 51192, 57582})

_RUNNING = re.compile(r"^\s*An? ([\w/-]{1,20}) server is running on this port(?: through ([\w./ -]{1,40}?))?\.\s*$")
_TLS = re.compile(r"^\s*An? (?:TLS|SSL)v[\w./-]{1,30} server answered on this port\.\s*$")
_RUNNING_AS: Final = {"web": "http"} | {
    name: name for name in ("ssh", "ftp", "telnet", "smtp", "pop3", "imap", "vnc", "nntp")
}
"""What 22964 calls a server that answered it, and what nmap calls it. Any other name identifies nothing here."""
_NMAP_NAMES: Final = {
    "www": "http",
    "cifs": "microsoft-ds",
    "smb": "netbios-ssn",
    "msrdp": "ms-wbt-server",
    "rlogin": "login",
    "rsh": "shell",
    "rexec": "exec",
    "rexecd": "exec",
    "redis_server": "redis",
    "dns": "domain",
    "epmap": "msrpc",
    "dce-rpc": "msrpc",
    "rpc-portmapper": "rpcbind",
    "rpc-nfs": "nfs",
    "mssql": "ms-sql-s",
    "x11": "X11",
}
_VERSION_ONLY = re.compile(
    r"self-reported version|relied only on|has not (?:tested|attempted to exploit)", re.IGNORECASE
)
_COMPARES = re.compile(
    r"^[ \t]*(?:Version source|(?:Installed|Reported|Detected|Fixed|Remote|Current) (?:version|package))[\w \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_CVE = re.compile(r"CVE-\d{4}-\d{4,7}", re.IGNORECASE)
_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")
_FEED = re.compile(r"^Plugin feed version\s*:\s*(\d{8})\d{0,6}\s*$", re.MULTILINE)
_CREDENTIALED = re.compile(r"^Credentialed checks\s*:\s*(yes|no)\b", re.MULTILINE)
_VERSION = re.compile(r"^Nessus version\s*:\s*([\w.-]{1,20})", re.MULTILINE)


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A `ReportItem`: what one plugin said of one port (0: of the host)."""

    port: int
    protocol: str
    service: str
    plugin: int
    name: str
    severity: int
    kind: str = ""
    output: str = ""
    description: str = ""
    cves: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What it found. Nessus before 5 put it into the description."""
        return self.output or self.description

    @property
    def kept(self) -> bool:
        """Whether it becomes a script."""
        return self.severity > 0 or bool(self.cves) or self.plugin in KEPT


class ReportHost(msgspec.Struct, kw_only=True):
    """A `ReportHost` as it stands in the file."""

    name: str
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    items: list[Item] = msgspec.field(default_factory=list)

    @property
    def address(self) -> str:
        """Its address, or nothing where the file doesn't say it."""
        for said in (self.tags.get("host-ip", ""), self.name):
            try:
                return str(ip_address(said.strip()))
            except ValueError:
                continue
        return ""

    def said(self, plugin: int) -> str:
        """The text of a plugin's first result."""
        return next((item.text for item in self.items if item.plugin == plugin), "")

    @property
    def version(self) -> str:
        """The version of Nessus that scanned it."""
        return _first(_VERSION, self.said(19506))

    @property
    def feed(self) -> str:
        """The date of the plugins that it was tested with, as YYYY-MM-DD."""
        day = _first(_FEED, self.said(19506))
        return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""

    @property
    def credentialed(self) -> str:
        """`yes` or `no`, or nothing where the file doesn't say it."""
        told = {"true": "yes", "false": "no"}.get(self.tags.get("Credentialed_Scan", "").strip().lower(), "")
        return told or _first(_CREDENTIALED, self.said(19506))

    @property
    def times(self) -> tuple[datetime, ...]:
        """When its scan began and ended, where the file says so in seconds since 1970."""
        said = (self.tags.get(name, "").strip() for name in ("HOST_START_TIMESTAMP", "HOST_END_TIMESTAMP"))
        return tuple(datetime.fromtimestamp(int(text), UTC) for text in said if re.fullmatch(r"\d{9,10}", text))


class Reports(Stream):
    """The hosts of a Nessus file, one after the other, and the range of ports of its policy."""

    def __init__(self, payload: bytes) -> None:
        super().__init__(payload)
        self.port_range = ""
        self._done: list[ReportHost] = []
        self._host: ReportHost | None = None
        self._tag = ""
        self._attributes: dict[str, str] | None = None
        self._texts: dict[str, str] = {}
        self._cves: list[str] = []
        self._preference = ""
        self._room = 0
        self._pieces: list[str] = []

    def reported(self) -> Iterator[ReportHost]:
        """The hosts that are finished."""
        for _ in self.feed():
            yield from self._done
            self._done.clear()

    def _doctype(self, name: str, _system: str | None, _public: str | None, _internal: int) -> None:
        raise Refused(f"it has a document type ({clean(name)[:40]}), which Nessus never writes")

    def _root(self, name: str, _attributes: dict[str, str]) -> None:
        if name != "NessusClientData_v2":
            raise Refused(f"its outermost element is {clean(name)[:40]}, not NessusClientData_v2")
        self._begun = True
        self._parser.StartElementHandler, self._parser.EndElementHandler = self._handlers()

    def _openers(self) -> dict[str, Callable[[dict[str, str]], None]]:
        return {
            "ReportHost": self._open_host,
            "tag": self._open_tag,
            "ReportItem": self._open_item,
            "name": self._listen,
            "value": self._listen,
            **dict.fromkeys(_TEXTS, self._listen),
        }

    def _closers(self) -> dict[str, Callable[[], None]]:
        return {
            "ReportHost": self._close_host,
            "tag": self._close_tag,
            "ReportItem": self._close_item,
            "name": self._close_name,
            "value": self._close_value,
            **{name: self._closer(name) for name in _TEXTS},
        }

    def _listen(self, _: dict[str, str]) -> None:
        self._pieces, self._room = [], MOST_TEXT
        self._parser.CharacterDataHandler = self._hear

    def _hear(self, text: str) -> None:
        if self._room > 0:
            self._pieces.append(text[: self._room])
            self._room -= len(text)

    def _heard(self) -> str:
        self._parser.CharacterDataHandler = None
        heard, self._pieces = "".join(self._pieces), []
        return heard

    def _open_host(self, attributes: dict[str, str]) -> None:
        self._host = ReportHost(name=attributes.get("name", "")[:255])

    def _close_host(self) -> None:
        if self._host is not None:
            self._done.append(self._host)
            self.header.hosts += 1
        self._host = None

    def _open_tag(self, attributes: dict[str, str]) -> None:
        self._tag = attributes.get("name", "")
        self._listen(attributes)

    def _close_tag(self) -> None:
        said = self._heard()
        if self._host is not None and self._tag in TAGS and len(self._host.tags) < _MOST_TAGS:
            self._host.tags.setdefault(self._tag, said[:1000])

    def _open_item(self, attributes: dict[str, str]) -> None:
        self._attributes, self._texts, self._cves = attributes, {}, []

    def _closer(self, name: str) -> Callable[[], None]:
        def close() -> None:
            said = self._heard()
            if name != "cve":
                self._texts.setdefault(name, said)
            elif _CVE.fullmatch(said.strip()) and len(self._cves) < _MOST_CVES:
                self._cves.append(said.strip().upper())

        return close

    def _close_item(self) -> None:
        said, self._attributes = self._attributes, None
        if self._host is None or said is None:
            return
        plugin, port = _number(said.get("pluginID")), _number(said.get("port"))
        if plugin is None or port is None or port > _MAX_PORT:
            return
        item = Item(
            port=port,
            protocol=said.get("protocol", "")[:10],
            service=said.get("svc_name", "")[:60],
            plugin=plugin,
            name=said.get("pluginName", "")[:300],
            severity=min(_number(said.get("severity")) or 0, len(_SEVERITIES) - 1),
            kind=self._texts.get("plugin_type", "").strip()[:20],
            output=self._texts.get("plugin_output", ""),
            description=self._texts.get("description", ""),
            cves=tuple(dict.fromkeys(self._cves)),
        )
        self._host.items.append(item)

    def _close_name(self) -> None:
        self._preference = self._heard().strip()

    def _close_value(self) -> None:
        said = self._heard().strip()
        if self._preference == "port_range" and self._host is None:
            self.port_range = said[:1000]
        self._preference = ""


class Reader(Reports):
    """The hosts of a Nessus file as nmap's reader gives its own. `evidence` is put on every port and script."""

    def __init__(self, payload: bytes, evidence: tuple[str, ...]) -> None:
        super().__init__(payload)
        self._evidence = evidence

    def hosts(self) -> Iterator[Found]:
        """The hosts that are finished and have an address."""
        for host in self.reported():
            if host.address:
                yield self._found(host)

    def _found(self, host: ReportHost) -> Found:
        by_port: dict[tuple[Literal["tcp", "udp"], int], list[Item]] = {}
        for item in host.items:
            protocol = _PROTOCOLS.get(item.protocol)
            if item.port and protocol:
                by_port.setdefault((protocol, item.port), []).append(item)
        common = (("feed", host.feed), ("credentialed", host.credentialed))
        ports: dict[tuple[str, int], Port] = {}
        for (protocol, number), items in by_port.items():
            ports[protocol, number] = Port(
                number=number,
                protocol=protocol,
                state=_state(items, protocol),
                reason="nessus",
                service=_service(items),
                scripts=tuple(sorted((self._script(item, common) for item in items if item.kept), key=_order)),
                evidence=self._evidence,
            )
        scripts = [self._script(item, common) for item in host.items if item.kept and not item.port]
        told = {"operating-system": host.tags.get("operating-system", "")}
        scripts.append(self._own("nessus-host", clean("\n".join(told.values()), ""), (*told.items(), *common)))
        macs = set(_MAC.findall(host.tags.get("mac-address", "")))
        return Found(
            address=host.address,
            mac=min(macs).lower() if len(macs) == 1 else "",
            up=True,
            # A scan that was told not to ping lists every address, whether anything is there or not.
            reason="nessus" if _answered(host) else "user-set",
            names=_names(host),
            ports=ports,
            scripts=tuple(sorted(scripts, key=_order)),
        )

    def _script(self, item: Item, common: tuple[tuple[str, str], ...]) -> Script:
        values = (
            ("plugin_name", item.name),
            ("plugin_type", item.kind),
            ("severity", _SEVERITIES[item.severity]),
            ("state", state_of(item)),
            *common,
            *((f"cve/{at}", cve) for at, cve in enumerate(item.cves)),
        )
        return self._own(f"nessus-{item.plugin}", clean(item.text), values)

    def _own(self, name: str, output: str, values: tuple[tuple[str, str], ...]) -> Script:
        said = tuple((path, clean(text, "")) for path, text in values if text)
        return Script(id=name, output=output, values=said, evidence=self._evidence)


def state_of(item: Item) -> str:
    """How sure a result is: `VULNERABLE`, `version-only`, `unconfirmed`; nothing where it has no severity."""
    if not item.severity:
        return ""
    if version_only(item.description) or version_only(item.output) or _COMPARES.search(item.text):
        return "version-only"
    return "VULNERABLE" if item.kind == "remote" and item.output.strip() else "unconfirmed"


def version_only(text: str) -> str:
    """The words by which a plugin admits that it relied on a version that the software reports; empty without them."""
    found = _VERSION_ONLY.search(text)
    return found[0] if found else ""


def _state(items: list[Item], protocol: str) -> PortState:
    spoke = any(
        (item.plugin in _SCANNERS and protocol == "tcp")
        or item.plugin == 22964  # noqa: PLR2004  # Service Detection speaks with the service
        or (item.kind == "remote" and item.plugin not in _SECOND_HAND)
        for item in items
    )
    return "open" if spoke else "open|filtered"


def _service(items: list[Item]) -> Service:
    """What answers: identified only where Service Detection says one thing, and no other plugin another."""
    told = [item.text for item in items if item.plugin == 22964]  # noqa: PLR2004  # Service Detection
    running = [found for text in told if (found := _RUNNING.match(text))]
    through = [found for found in running if found[2]]
    names = {_RUNNING_AS.get(found[1].lower(), "") for found in running}
    tls = bool(through) or any(map(_TLS.match, told))
    clear = len(through) < len(running)
    named = next((item.service for item in items if item.service), "").rstrip("?").strip().lower()
    usual = Service(name=clean(_NMAP_NAMES.get(named, named), ""), method="table") if named else Service()
    if len(names) > 1 or "" in names or (tls and clear):
        return usual
    if clear and any(item.plugin in _TLS_PLUGINS for item in items) and names == {"http"}:
        return usual  # it speaks TLS too, and which of the two the name is of is not said
    if names or tls:
        [name] = names or {"ssl"}
        return Service(name=name, method="probed", tunnel="ssl" if tls else "")
    return usual


def _answered(host: ReportHost) -> bool:
    """Whether the host itself gave an answer."""
    if any(item.kind == "local" or (item.port and _state([item], item.protocol) == "open") for item in host.items):
        return True
    return "is considered as alive" in host.said(10180) or bool(re.search(r"host is up\b", host.said(10180)))


def _names(host: ReportHost) -> tuple[str, ...]:
    said = [host.tags.get(tag, "").rpartition("\\")[2] for tag in _NAMES]
    names = (clean(name, "").strip()[:255] for name in said)
    return tuple(dict.fromkeys(name for name in names if name and name != host.address))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004  # no number of Nessus has more digits


def _order(script: Script) -> tuple[str, str, tuple[tuple[str, str], ...]]:
    return script.id, script.output, script.values
