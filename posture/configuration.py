"""posture.toml → Scope: every mistake at once, each with its line, its key, and what was expected."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from functools import cache
from ipaddress import IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import jsonschema
import msgspec

from posture.errors import ConfigurationError, PostureError, Problem
from posture.ports import PortSet
from posture.resilience.services import named
from posture.scope import Scope, SecretReference

__all__ = ["TEMPLATE", "load", "parse"]

Path_ = tuple[str | int, ...]
_CANARY_PORTS = 64
"""Most ports of one canary: more are no proof, and each is a listener."""
_MAX_BYTES = 4 * 1024 * 1024
_SHOWN = 60
_SECRETS = frozenset({"password", "community", "auth_secret", "privacy_secret"})
_BESIDE_SECRETS = frozenset({"bind", "credentials", "auth", "privacy"})
"""Keys where somebody may write a secret itself: what stands there is never shown."""
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")

TEMPLATE = Path(__file__).parent / "posture.template.toml"


def load(path: Path) -> Scope:
    """Read a posture.toml. Raises ConfigurationError with all mistakes, or PostureError if it can't be read."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise PostureError(f"it is larger than {_MAX_BYTES:,} bytes", where=str(path), mend="is it a posture.toml?")
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        mend = "write one with: posture init" if isinstance(error, FileNotFoundError) else ""
        raise PostureError(f"it can't be read: {error.strerror}", where=str(path), mend=mend) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(str(path), [Problem(0, "file", f"not UTF-8 text at byte {error.start}")]) from error
    return parse(text, str(path))


def parse(text: str, name: str) -> Scope:
    """The scope in this text. Raises ConfigurationError with every mistake in it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"line (\d+)", str(error))
        line = int(where.group(1)) if where else text.count("\n") + 1
        raise ConfigurationError(name, [Problem(line, "TOML", str(error))]) from error
    except (RecursionError, ValueError) as error:
        problem = Problem(0, "TOML", "it is nested too deeply, or has a number that is too long")
        raise ConfigurationError(name, [problem]) from error
    lines = _Lines(text)
    document = _with_days_as_text(document)
    problems = [
        Problem(lines.of(path), _dotted(path), message)
        for error in _errors(document)
        for path, message in _explain(error)
    ]
    if problems:
        raise ConfigurationError(name, problems)
    try:
        scope = msgspec.convert(document, Scope)
    except msgspec.ValidationError as error:  # what JSON Schema can't see, such as nan
        raise ConfigurationError(name, [Problem(0, "file", str(error))]) from error
    problems = [Problem(lines.of(path), _dotted(path), message) for path, message in _meaning(scope)]
    if problems:
        raise ConfigurationError(name, problems)
    return scope


# ── shape: the JSON Schema that editors use too ──────────────────────────────────────────────────────────────────


@cache
def _validator() -> jsonschema.Draft202012Validator:
    days = jsonschema.FormatChecker(["date"])
    return jsonschema.Draft202012Validator(msgspec.json.schema(Scope), format_checker=days)


def _with_days_as_text(value: Any) -> Any:  # noqa: ANN401  # whatever TOML holds
    """TOML has days of its own, JSON Schema only text: a day may be written either way."""
    if isinstance(value, dict):
        return {key: _with_days_as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_days_as_text(each) for each in value]
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value


def _errors(document: dict[str, Any]) -> Iterator[jsonschema.ValidationError]:
    for error in _validator().iter_errors(document):
        yield from _leaves(error)


def _leaves(error: jsonschema.ValidationError) -> Iterator[jsonschema.ValidationError]:
    """Of `value or null`, the complaint about the value: nobody writes null in TOML."""
    branches = [
        each for each in error.context or () if not (each.validator == "type" and each.validator_value == "null")
    ]
    if error.validator == "anyOf" and branches:
        for each in branches:
            yield from _leaves(each)
    else:
        yield error


_TYPES = {
    "string": "text in quotes",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list in [ ]",
    "object": "a table",
}


def _explain(error: jsonschema.ValidationError) -> Iterator[tuple[Path_, str]]:
    path: Path_ = tuple(error.absolute_path)
    schema: Any = error.schema
    expected: Any = error.validator_value
    value: Any = error.instance
    hint = f" ({schema['description']})" if "description" in schema else ""
    shown = _shown(value, path)
    match error.validator:
        case "additionalProperties":
            allowed = list(schema.get("properties", {}))
            for key in sorted(set(value) - set(allowed)):
                near = difflib.get_close_matches(key, allowed, 1)
                guess = f"did you mean {near[0]!r}?" if near else f"allowed here: {', '.join(allowed)}"
                yield (*path, key), f"unknown key; {guess}"
        case "required":
            missing = [key for key in expected if key not in value]
            key = next((key for key in missing if f"'{key}'" in error.message), missing[0])
            wanted = schema["properties"][key]
            about = f" ({wanted['description']})" if "description" in wanted else ""
            mend = "" if path else f'; write [{key}], and below it a line such as name = "Our hospital"'
            yield path, f"{key!r} is missing{about}{mend}"
        case "enum":
            allowed = [str(each) for each in expected]
            near = difflib.get_close_matches(str(value), allowed, 1)
            guess = f"; did you mean {near[0]!r}?" if near else ""
            yield path, f"{shown} is not one of: {', '.join(allowed)}{guess}"
        case "type":
            kinds: list[str] = expected if isinstance(expected, list) else [expected]
            yield path, f"{shown} is not {' or '.join(_TYPES.get(kind, kind) for kind in kinds)}{hint}"
        case "format":
            yield path, f"{shown} is not a day such as 2026-11-24{hint}"
        case "pattern":
            yield path, f"{shown} does not have the form expected{hint}"
        case "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems":
            words = {
                "minimum": "at least",
                "maximum": "at most",
                "minLength": "a length of at least",
                "maxLength": "a length of at most",
                "minItems": "a number of items of at least",
                "maxItems": "a number of items of at most",
            }
            yield path, f"{shown}: expected {words[str(error.validator)]} {expected}{hint}"
        case _:
            yield path, f"{shown} is not as expected ({error.validator}){hint}"


def _shown(value: object, path: Path_ = ()) -> str:
    """The value in a message, but for what may be a secret."""
    names = [part for part in path if isinstance(part, str)]
    if not _SECRETS.isdisjoint(names) or (names and names[-1] in _BESIDE_SECRETS):
        return "what stands there"
    text = repr(value)
    text = f"…{text[text.rfind('@') :]}" if "@" in text else text  # name:password@host
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _dotted(path: Path_) -> str:
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text or "file"


# ── meaning: what no schema can say ──────────────────────────────────────────────────────────────────────────────


def _meaning(scope: Scope) -> Iterator[tuple[Path_, str]]:
    yield from _time_zone(scope)
    for table, items in (
        ("site", scope.site),
        ("zone", scope.zone),
        ("service", scope.service),
        ("directory", scope.directory),
    ):
        yield from _unique((table,), [item.id for item in items])
    yield from _unique(("snmp", "credentials"), [credential.id for credential in scope.snmp.credentials])
    yield from _places(scope)
    yield from _zones(scope)
    yield from _flows(scope)
    yield from _canaries(scope)
    yield from _directories(scope)
    yield from _references(("inventory", "zones"), "zone", scope.inventory.zones, scope.zones)
    yield from _snmp(scope)
    yield from _services(scope)
    if scope.timestamp and "@" in scope.timestamp.url:  # it is in every statement that is signed
        yield ("timestamp", "url"), "it holds a user or a password, which would stand in evidence: leave them out"
    for at, asset in enumerate(scope.asset):
        if "/" in asset.match:
            yield from _parsed(("asset", at, "match"), [asset.match], ip_network, "a network")


def _time_zone(scope: Scope) -> Iterator[tuple[Path_, str]]:
    try:
        ZoneInfo(scope.organisation.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield (
            ("organisation", "time_zone"),
            (f"{scope.organisation.time_zone!r} is not an IANA time zone, such as America/Chicago"),
        )


def _unique(path: Path_, ids: list[str]) -> Iterator[tuple[Path_, str]]:
    for at, identifier in enumerate(ids):
        if identifier in ids[:at]:
            yield (*path, at, "id"), f"{identifier!r} is the id of an earlier one"


def _places(scope: Scope) -> Iterator[tuple[Path_, str]]:
    shared = {zone.id for zone in scope.zone} & {directory.id for directory in scope.directory}
    for at, directory in enumerate(scope.directory):
        if directory.id in shared:
            yield ("directory", at, "id"), f"{directory.id!r} is the id of a zone; subjects need different ids"


def _references(path: Path_, name: str, names: Iterable[str], known: Iterable[str]) -> Iterator[tuple[Path_, str]]:
    known = sorted(known)
    for each in names:
        if each not in known:
            near = difflib.get_close_matches(each, known, 1)
            guess = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(known) or 'none'}"
            yield path, f"there is no {name} {each!r}; {guess}"


def _parsed(
    path: Path_, texts: Iterable[str], parse: Callable[[str], object], what: str
) -> Iterator[tuple[Path_, str]]:
    for at, text in enumerate(texts):
        try:
            parse(text)
        except ValueError as error:
            yield (*path, at), f"{text!r} is not {what}: {error}"


def _not_mapped(text: str) -> None:
    """Raise ValueError for IPv4 written as IPv6, which would exclude nothing."""
    if isinstance(net := ip_network(text), IPv6Network) and net.network_address.ipv4_mapped:
        raise ValueError("it is IPv4 written as IPv6; write it as IPv4")


def _zones(scope: Scope) -> Iterator[tuple[Path_, str]]:
    sites = [site.id for site in scope.site]
    seen: dict[object, str] = {}
    for at, zone in enumerate(scope.zone):
        here = ("zone", at)
        if zone.site:
            yield from _references((*here, "site"), "site", [zone.site], sites)
        yield from _references((*here, "reachable_from"), "zone", zone.reachable_from or (), scope.zones)
        broken = list(_parsed((*here, "exclude"), zone.exclude, _not_mapped, "a network or an address"))
        for key in ("networks", "identified_as_it", "approved_devices"):
            broken += list(_parsed((*here, key), getattr(zone, key), ip_network, "a network or an address"))
        yield from broken
        yield from _parsed((*here, "ports"), [zone.ports], PortSet.parse, "a list of ports such as 22,8000-8010")
        for number, window in enumerate(zone.window):
            if window.start == window.end:
                yield (*here, "window", number), "it ends when it starts, so it is never open; for a whole day use two"
        if zone.approved_devices and zone.approval is None:
            yield (*here, "approved_devices"), "needs an [zone.approval] with approver, ticket and telephone"
        if broken:
            continue
        for net in zone.nets:
            if net in seen:
                yield (*here, "networks"), f"{net} is a network of zone {seen[net]!r} too"
            seen[net] = zone.id


def _flows(scope: Scope) -> Iterator[tuple[Path_, str]]:
    for at, flow in enumerate(scope.flow):
        for key in ("source", "target"):
            yield from _references(("flow", at, key), "zone", [getattr(flow, key)], scope.zones)
        for key in ("tcp", "udp"):
            if text := getattr(flow, key):
                yield from _parsed(("flow", at, key), [text], PortSet.parse, "a list of ports such as 22,8000-8010")
        if not flow.tcp and not flow.udp:
            yield ("flow", at), "it names no port: give tcp or udp"
        if flow.source == flow.target:
            yield ("flow", at, "target"), "a flow leads from one zone into another; within a zone nothing is judged"
        elif flow.target in scope.zones and scope.zones[flow.target].reachable_from is None:
            yield (
                ("flow", at, "target"),
                f"zone {flow.target!r} has no reachable_from: give it, if only as [], and flows add to it",
            )


def _canaries(scope: Scope) -> Iterator[tuple[Path_, str]]:
    for at, canary in enumerate(scope.canary):
        here = ("canary", at)
        yield from _references((*here, "zone"), "zone", [canary.zone], scope.zones)
        ports = list(_parsed((*here, "tcp"), [canary.tcp], PortSet.parse, "a list of ports such as 22,8000-8010"))
        yield from ports
        if not ports and not 0 < len(PortSet.parse(canary.tcp)) <= _CANARY_PORTS:
            yield (*here, "tcp"), f"a canary listens on 1 to {_CANARY_PORTS} ports"
        broken = list(_parsed((*here, "address"), [canary.address], _as_scans_write_it, "an address"))
        yield from broken
        if broken or not _networks_hold(scope):
            continue
        holder = scope.zone_of(canary.address)
        if canary.zone in scope.zones and (holder is None or holder.id != canary.zone):
            stands = f"in zone {holder.id!r}" if holder else "in no zone"
            yield (*here, "address"), f"{canary.address} is {stands}, not in {canary.zone!r}"
        if [each.address for each in scope.canary].count(canary.address) > 1:
            yield (*here, "address"), f"{canary.address} is there twice"


def _as_scans_write_it(text: str) -> None:
    """Raise ValueError for an address that is written so that no host of a scan would have it."""
    address = ip_address(text)
    plain = str(getattr(address, "ipv4_mapped", None) or address).partition("%")[0]
    if plain != text:
        raise ValueError(f"write it as {plain}")


def _networks_hold(scope: Scope) -> bool:
    """Whether every zone's networks can be read: only then can an address be looked for in them."""
    return not any(
        list(_parsed((), zone.networks, lambda text: ip_network(text, strict=False), "")) for zone in scope.zone
    )


def _secret(path: Path_, reference: SecretReference | None) -> Iterator[tuple[Path_, str]]:
    if reference is None:
        return
    given = [key for key in ("env", "file", "keyring", "command") if getattr(reference, key) is not None]
    if len(given) != 1:
        yield (
            path,
            'expected exactly one of {env = "NAME"}, {file = "PATH"}, {keyring = "service/user"}, {command = […]}',
        )
    if reference.env is not None and not _VARIABLE.fullmatch(reference.env):
        what = "it is not the name of a variable (capital letters, digits, _); the secret itself is never written here"
        yield (*path, "env"), what
    if reference.keyring is not None and not re.fullmatch(r"[^/]+/[^/]+", reference.keyring):
        yield (*path, "keyring"), "it is not of the form service/user"


def _directories(scope: Scope) -> Iterator[tuple[Path_, str]]:
    for at, directory in enumerate(scope.directory):
        here = ("directory", at)
        yield from _secret((*here, "bind", "password"), directory.bind.password)
        if directory.site:
            yield from _references((*here, "site"), "site", [directory.site], [site.id for site in scope.site])
        bind = directory.bind
        if bind.method == "simple" and not (bind.user and bind.password):
            yield (*here, "bind"), "a simple bind needs user and password"
        if bind.method == "simple" and directory.transport == "plain":
            yield (
                (*here, "transport"),
                ("a password is never sent in the clear: use ldaps or starttls, or an anonymous bind"),
            )
        if re.search(r"[\s/@\x00-\x1f]", directory.host):
            yield (
                (*here, "host"),
                f"{_shown(directory.host)} is not an address or a name; leave out ldap:// and the port",
            )


def _snmp(scope: Scope) -> Iterator[tuple[Path_, str]]:
    for at, credential in enumerate(scope.snmp.credentials):
        here: Path_ = ("snmp", "credentials", at)
        for key in ("community", "auth_secret", "privacy_secret"):
            yield from _secret((*here, key), getattr(credential, key))
        yield from _references((*here, "zones"), "zone", credential.zones, scope.zones)
        if credential.version != "3":
            if credential.community is None:
                yield here, f"version {credential.version} needs a community"
            continue
        if not credential.user:
            yield here, "version 3 needs a user"
        if (credential.auth is None) != (credential.auth_secret is None):
            yield here, "auth and auth_secret go together"
        if (credential.privacy is None) != (credential.privacy_secret is None):
            yield here, "privacy and privacy_secret go together"
        if credential.privacy and not credential.auth:
            yield (*here, "privacy"), "privacy needs auth (RFC 3414: there is no noAuthPriv)"


def _services(scope: Scope) -> Iterator[tuple[Path_, str]]:
    sites = [site.id for site in scope.site]
    zones = [f"zone:{zone}" for zone in scope.zones]
    directories = [f"directory:{directory}" for directory in scope.directories]
    for at, service in enumerate(scope.service):
        here = ("service", at)
        others = [each.id for each in scope.service if each.id != service.id]
        yield from _references((*here, "sites"), "site", service.sites, sites)
        for text in service.depends_on:
            if not named(text, scope, service.id):
                kinds = "zone, directory, other service, address or network"
                yield from _unnamed((*here, "depends_on"), kinds, text, [*zones, *directories, *others])
        for text in service.backups:
            if not any(not isinstance(each, tuple) or each[0] == "zone" for each in named(text, scope)):
                yield from _unnamed((*here, "backups"), "zone, address or network", text, zones)


def _unnamed(path: Path_, kinds: str, text: str, known: Iterable[str]) -> Iterator[tuple[Path_, str]]:
    try:
        if "/" in text:
            ip_network(text)
    except ValueError as error:
        yield path, f"{text!r} is not a network: {error}"
    else:
        yield from _references(path, kinds, [text], known)


# ── lines: tomllib gives values without their place ──────────────────────────────────────────────────────────────

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")


class _Lines:
    """The lines of tables and keys; a key inside an inline table has the line of what holds it."""

    def __init__(self, text: str) -> None:
        self._at: dict[Path_, int] = {}
        counts: dict[Path_, int] = {}
        table: Path_ = ()
        in_string = ""
        for number, line in enumerate(text.splitlines(), 1):
            if not in_string:
                if header := _HEADER.match(line):
                    table = self._table(header.group(1) == "[[", _parts(header.group(2)), counts)
                    self._at.setdefault(table, number)
                elif key := _KEY.match(line):
                    self._at.setdefault((*table, *_parts(key.group(1))), number)
            for quotes in ('"""', "'''"):
                if line.count(quotes) % 2 and in_string in {"", quotes}:
                    in_string = "" if in_string else quotes

    @staticmethod
    def _table(is_array: bool, parts: tuple[str, ...], counts: dict[Path_, int]) -> Path_:
        path: Path_ = ()
        for part in parts[:-1]:
            path = (*path, part)
            if path in counts:
                path = (*path, counts[path] - 1)
        path = (*path, parts[-1])
        if is_array:
            counts[path] = counts.get(path, 0) + 1
        return (*path, counts[path] - 1) if path in counts else path

    def of(self, path: Path_) -> int:
        """The line of the nearest thing that holds this path; 0 if there is none."""
        while path:
            if path in self._at:
                return self._at[path]
            path = path[:-1]
        return 0


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in _PART.findall(text))
