"""snmprec records of one run → devices. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from ipaddress import ip_address

from msgspec.structs import replace

from posture.collectors.snmp import mibs
from posture.collectors.snmp.clock import clock
from posture.collectors.snmp.identity import identity
from posture.collectors.snmp.load import file_stem
from posture.collectors.snmp.said import Said, shown
from posture.collectors.snmp.topology import arp, learned, links, vlans
from posture.collectors.snmp.views import writable_views
from posture.facts import BlindSpot, Device, Fact, Interface, Known, Listed, Missing, Ups
from posture.model import Attempt, Evidence
from posture.scope import Scope
from posture.segmentation.vantage import vantage_zone
from posture.subjects import address_key, engine_key, mac_key, name_key, serial_key

__all__ = ["UNKNOWN_HOST", "read"]

UNKNOWN_HOST = "no answer to SNMP, and no scan of this run says whether there is a host"
"""The problem of an address that was asked without being known as a host."""

_OUTCOMES = ("accepted", "refused", "silent", "unreachable")
_PER_SECOND = 100
_FIXED = frozenset({"ids", "name", "place", "evidence", "address", "attempts", "heard_from"})
_MAC_OCTETS, _UP = 6, 1
_SHARED_MACS = ("00:00:5e:", "00:00:0c:07:ac:", "00:05:73:a0:", "00:00:00:", "ff:ff:ff:")
_BOGUS_SERIALS = frozenset({"n/a", "na", "none", "null", "unknown", "default", "not specified", "not available"})
_SHORTEST_ENGINE_ID = 5


def read(records: Iterable[Evidence], scope: Scope) -> Iterator[Fact | BlindSpot]:
    """Devices, and blind spots where nothing answered. Records of one address in one zone are one device."""
    groups: dict[tuple[str, str], list[Said]] = {}
    unasked: dict[str, list[Evidence]] = {}
    for record in records:
        targets = record.envelope.targets
        if len(targets) > 1 or record.envelope.problem == UNKNOWN_HOST:
            unasked.setdefault(record.envelope.probe or record.id, []).append(record)
            continue
        address = _address(targets[0]) if targets else ""
        place = record.envelope.zone or _zone(address, scope)
        said = Said(record)
        if said.several:
            yield _empty(said, place)
        else:
            groups.setdefault((place, address or record.id), []).append(said)
    devices: list[Device] = []
    silent: dict[tuple[str, str, bool], list[Said]] = {}
    for (place, _), group in sorted(groups.items()):
        ranked = sorted(group, key=lambda said: said.rank, reverse=True)
        if any(said.answered for said in ranked):
            devices.append(_device(ranked, place, scope))
        else:
            first = ranked[0]
            silent.setdefault((place, first.problem, first.record.envelope.probe is not None), []).extend(ranked)
    yield from _distinct(devices)
    for (place, why, live), some in sorted(silent.items()):
        yield from [_silent(some, place, why)] if live else [_empty(said, place) for said in some]
    for probe, records_of_probe in sorted(unasked.items()):
        yield _unasked(probe, records_of_probe)


def _zone(address: str, scope: Scope) -> str:
    zone = scope.zone_of(address) if address else None
    return zone.id if zone else ""


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return ""


def _device(ranked: list[Said], place: str, scope: Scope) -> Device:
    best, *others = found = [_one(said, place, scope) for said in ranked]
    for other in others:
        best = replace(
            best,
            **{
                field: getattr(other, field)
                for field in best.__struct_fields__
                if field not in _FIXED and isinstance(getattr(best, field), Missing)
            },
            ids=tuple(dict.fromkeys((*best.ids, *other.ids))),
        )
    evidence = tuple(sorted({said.record.id for said in ranked}))
    heard = {vantage_zone(said.record.envelope.vantage) for said in ranked if said.answered}
    heard_from = tuple(sorted(zone for zone in heard if zone is not None))
    return replace(best, **_worst(found), attempts=_attempts(ranked), heard_from=heard_from, evidence=evidence)


def _worst(found: list[Device]) -> dict[str, object]:
    """What records may say differently of a danger, since files have no time: the worst stands."""
    worst: dict[str, object] = {}
    views = [device.writable_views for device in found if not isinstance(device.writable_views, Missing)]
    if views:
        worst["writable_views"] = tuple(sorted(set().union(*views)))
    if any(device.lists_users is True for device in found):
        worst["lists_users"] = True
    supplies = [device.ups for device in found if not isinstance(device.ups, Missing)]
    if supplies:
        worst["ups"] = Ups(
            battery_status=_largest([ups.battery_status for ups in supplies], key=_battery),
            minutes_remaining=_largest([ups.minutes_remaining for ups in supplies], key=lambda minutes: -minutes),
            alarms=_largest([ups.alarms for ups in supplies], key=lambda alarms: alarms),
        )
    return worst


def _battery(status: int) -> int:
    """How bad a battery status is: normal, then unknown or odd, low, depleted."""
    return {2: 0, 3: 2, 4: 3}.get(status, 1)


def _largest(values: list[Known[int]], key: Callable[[int], int]) -> Known[int]:
    known = [value for value in values if not isinstance(value, Missing)]
    return max(known, key=key) if known else values[0]


def _attempts(ranked: list[Said]) -> tuple[Attempt, ...]:
    """Each way in once: an acceptance in any record stands."""
    found: dict[tuple[str, str], Attempt] = {}
    for attempt in (attempt for said in ranked for attempt in said.attempts):
        key = (attempt.method, attempt.credential)
        if key not in found or _strength(attempt) < _strength(found[key]):
            found[key] = attempt
    return tuple(found.values())


def _strength(attempt: Attempt) -> int:
    return _OUTCOMES.index(attempt.outcome) if attempt.outcome in _OUTCOMES else len(_OUTCOMES)


def _one(said: Said, place: str, scope: Scope) -> Device:
    targets = said.record.envelope.targets
    address = _address(targets[0]) if targets else ""
    source = said.record.envelope.source
    stem = file_stem(source.name) if source else ""
    engine_id = said.value(mibs.ENGINE_ID)
    object_id = said.value(mibs.SYS_OBJECT_ID)
    ticks, seconds = said.number(mibs.SYS_UPTIME), said.number(mibs.ENGINE_TIME)
    name = said.text(mibs.SYS_NAME)
    what = identity(said)
    device = Device(
        ids=(),
        name=address or shown(stem.encode()) or "unnamed device" if isinstance(name, Missing) else name,
        place=place or None,
        address=address,
        engine_id=engine_id.hex() if isinstance(engine_id, bytes) else _missing(engine_id),
        engine_time=seconds if isinstance(seconds, Missing) else _span(seconds),
        description=said.text(mibs.SYS_DESCR),
        object_id=mibs.dotted(object_id) if isinstance(object_id, tuple) else _missing(object_id),
        system_name=name,
        contact=said.stated(mibs.SYS_CONTACT),
        location=said.stated(mibs.SYS_LOCATION),
        uptime=ticks if isinstance(ticks, Missing) else _span(ticks / _PER_SECOND),
        clock=clock(said, scope.organisation.time_zone),
        vendor=what.vendor,
        model=what.model,
        firmware=what.firmware,
        serial=what.serial,
        interfaces=_interfaces(said),
        neighbours=tuple(sorted(set(said.texts(mibs.LLDP_NAMES).values()))) or said.silence(mibs.LLDP_NAMES),
        links=links(said),
        arp=arp(said),
        learned=learned(said),
        vlans=vlans(said),
        ups=_ups(said),
        printer=what.printer,
        writable_views=writable_views(said),
        notification_targets=_targets(said),
        lists_users=_lists_users(said),
        running=_listed(said, mibs.HR_RUNNING),
        installed=_listed(said, mibs.HR_INSTALLED),
    )
    return replace(device, ids=tuple(_ids(device, scope, stem or said.record.id)))


def _missing(value: object) -> Missing:
    return value if isinstance(value, Missing) else Missing("not-readable", "the value is of another type")


def _span(seconds: float) -> Known[timedelta]:
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        return Missing("not-readable", "the time is out of range")


def _interfaces(said: Said) -> Known[tuple[Interface, ...]]:
    names, descriptions = said.texts(mibs.IF_NAME), said.texts(mibs.IF_DESCR)
    addresses, states = said.column(mibs.IF_PHYS_ADDRESS), said.column(mibs.IF_OPER_STATUS)
    indexes = sorted({*names, *descriptions, *addresses, *states})
    if not indexes:
        return said.silence(mibs.IF_DESCR, mibs.IF_PHYS_ADDRESS, mibs.IF_OPER_STATUS)
    return tuple(
        Interface(
            index=index[0],
            description=descriptions.get(index) or names.get(index, ""),
            mac=_mac(addresses.get(index)),
            up=states[index] == _UP if index in states else said.silence(mibs.IF_OPER_STATUS),
        )
        for index in indexes
        if len(index) == 1
    )


def _mac(value: object) -> str:
    return value.hex(":") if isinstance(value, bytes) and len(value) == _MAC_OCTETS else ""


def _ups(said: Said) -> Known[Ups]:
    groups = (mibs.UPS_IDENT, mibs.UPS_BATTERY, mibs.UPS_ALARMS)
    if not any(said.column(group) for group in groups):
        return said.nowhere(*groups)
    return Ups(
        battery_status=said.number((*mibs.UPS_BATTERY, 1, 0)),
        minutes_remaining=said.number((*mibs.UPS_BATTERY, 3, 0)),
        alarms=said.number((*mibs.UPS_ALARMS, 0)),
    )


def _targets(said: Said) -> Known[tuple[str, ...]]:
    """Where notifications go: IPv4 and IPv6 addresses with their ports (TransportAddress, RFC 3419)."""
    found = {_endpoint(value) for value in said.column(mibs.TARGET_ADDRESS).values() if isinstance(value, bytes)}
    return tuple(sorted(filter(None, found))) or said.silence(mibs.TARGET_ADDRESS)


def _lists_users(said: Said) -> Known[bool]:
    """False only where the agent shows enough beside it that the table is not merely hidden."""
    if said.column(mibs.SV_USER_NAME):
        return True
    silence = said.nowhere(mibs.SV_USER_NAME)
    return False if silence.why == "absent" else silence


def _listed(said: Said, column: mibs.Oid) -> Known[Listed]:
    """The different names of a column, in order."""
    names = tuple(sorted(set(said.texts(column).values())))
    silence = said.silence(column)
    return Listed(names=names, whole=silence.why == "absent") if names else silence


def _endpoint(value: bytes) -> str:
    for host, form in ((4, "{}:{}"), (16, "[{}]:{}")):
        if len(value) == host + 2:
            return form.format(ip_address(value[:host]), int.from_bytes(value[host:], "big"))
    return ""


def _ids(device: Device, scope: Scope, source: str) -> Iterator[str]:
    """Identifiers, strongest first; the file's name only where there is nothing else."""
    found = []
    engine_id = device.engine_id
    if isinstance(engine_id, str) and len(engine_id) >= 2 * _SHORTEST_ENGINE_ID and len(set(engine_id[10:])) > 1:
        found.append(engine_key(engine_id))
    vendor, serial = device.vendor, device.serial
    if isinstance(vendor, str) and isinstance(serial, str) and _real_serial(serial):
        found.append(serial_key(vendor, serial))
    zone = scope.zones.get(device.place or "")
    if not isinstance(device.interfaces, Missing):
        macs = (interface.mac for interface in device.interfaces)
        found += [mac_key(zone.site if zone else None, mac) for mac in macs if _real_mac(mac)][:1]
    if device.address:
        found.append(address_key(device.place, device.address))
    yield from found or [name_key("device", source)]


def _real_serial(serial: str) -> bool:
    word = serial.strip().casefold()
    return len(set(word)) > 2 and word not in _BOGUS_SERIALS and "o.e.m" not in word and word not in "0123456789"  # noqa: PLR2004  # 00, XX and the like


def _real_mac(mac: str) -> bool:
    """Burned in, and of this machine alone: not a group's, an administrator's or a virtual router's (RFC 5798)."""
    return bool(mac) and not int(mac[:2], 16) & 0b11 and not mac.startswith(_SHARED_MACS)


def _distinct(devices: list[Device]) -> Iterator[Device]:
    """The devices, without strong identifiers that several different ones share: cloned images repeat engine ids."""
    holders: dict[str, list[Device]] = {}
    for device in devices:
        for identifier in device.ids:
            holders.setdefault(identifier, []).append(device)
    for device in devices:
        kept = [identifier for identifier in device.ids if _same(holders[identifier])]
        yield replace(device, ids=tuple(kept) or (name_key("device", *device.evidence),))


def _same(devices: list[Device]) -> bool:
    """Whether facts under one identifier are of one device: it has one name and the same interfaces everywhere."""
    first = devices[0]
    if len(devices) > 1 and (isinstance(first.system_name, Missing) or isinstance(first.interfaces, Missing)):
        return False
    return all(_signature(device) == _signature(first) for device in devices)


def _signature(device: Device) -> tuple[object, ...]:
    if isinstance(device.interfaces, Missing):
        return (device.system_name,)
    return device.system_name, sorted({interface.mac for interface in device.interfaces})


def _silent(some: list[Said], place: str, why: str) -> BlindSpot:
    """The hosts of a zone that gave no answer for one reason, together: most hosts of a hospital have no agent."""
    addresses = {target for said in some for target in said.record.envelope.targets}
    only = next(iter(addresses)) if len(addresses) == 1 else ""
    return BlindSpot(
        kinds=("Device",),
        subject=address_key(place, only) if only else name_key("snmp-silent", place, why),
        name=only or f"{len(addresses)} hosts of {place or 'no zone'}",
        why=why,
        answer="Give a credential that the device accepts, and allow 161/udp to it from this vantage.",
        place=place or None,
        evidence=tuple(sorted(said.record.id for said in some)),
    )


def _empty(said: Said, place: str) -> BlindSpot:
    """An imported file of which nothing can be said of one device: without an object, or with those of several."""
    record = said.record
    targets, source = record.envelope.targets, record.envelope.source
    stem = source.name if source else record.id
    return BlindSpot(
        kinds=("Device",),
        subject=address_key(place, targets[0]) if targets else name_key("device", stem),
        name=targets[0] if targets else shown(stem.encode()),
        why=said.problem or "the file holds no SNMP object",
        answer="Import a walk of each device, in a file of its own: snmpwalk -On.",
        place=place or None,
        evidence=(record.id,),
    )


def _unasked(probe: str, records: list[Evidence]) -> BlindSpot:
    """Addresses of which nothing is known, together: they may be no hosts at all."""
    first = min(records, key=lambda record: record.id)
    addresses = {target for record in records for target in record.envelope.targets}
    return BlindSpot(
        kinds=("Device",),
        subject=name_key("probe", probe),
        name=f"{len(addresses)} addresses of {probe}",
        why=first.envelope.problem,
        answer="Scan the zone for hosts in the same run, and ask again.",
        place=first.envelope.zone,
        evidence=tuple(sorted(record.id for record in records)),
    )
