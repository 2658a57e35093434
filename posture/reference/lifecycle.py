"""Is what runs there still supported? Which releases fit what evidence says of a system, and what follows. Pure.

Names and builds often leave more than one release: build 14393 is Windows Server 2016 and Windows 10 1607, in four
editions. So every release that fits is looked at. Only where all of them are past their end is a system unsupported,
and only where all are within it is it supported; anything else is unknown. What is not said can only leave more
releases, so that knowing less never makes a verdict better.

The day of the end is the last day of support, in the zone of the instant that the assessment speaks of.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal

from posture.check import AsOf, Verdict, failed, passed, unknown
from posture.facts import Computer, Facts, Host
from posture.model import Outcome
from posture.reference import Cycle, Reference
from posture.reference.systems import CLIENT, EMBEDDED, LTSC, SERVER, System, from_host, with_directory
from posture.services import Kind, offered, worst
from posture.thresholds import Thresholds

__all__ = ["RDP", "SMB", "TELL", "VMWARE", "of_host", "releases", "supported"]

SMB: Final = Kind(label="SMB", names=("microsoft-ds", "netbios-ssn"), ports=(139, 445))
RDP: Final = Kind(label="Remote Desktop", names=("ms-wbt-server", "ms-wbt-server-proxy"), ports=(3389,))
VMWARE: Final = Kind(
    label="VMware",
    names=("vmware-auth", "vmware-aam"),
    ports=(443,),
    products="VMware",
    signs=(("vmware-version", "Server version: VMware"),),
)
_SPEAKS: Final = {"VMware": "vmware-version", "Remote Desktop": "rdp-ntlm-info", "SMB": "smb-os-discovery"}
TELL: Final = (
    "Scan it with vmware-version and rdp-ntlm-info, import a scan that holds smb-os-discovery, or look at the machine."
)
_IMPORT: Final = "Import newer data with posture data import."
_SHOWN = 4
_LONGEST = 120


def releases(system: System, reference: Reference) -> tuple[tuple[str, Cycle], ...]:
    """Every release that the system can be, with its product."""
    found = [
        (product, cycle)
        for product in system.products
        for cycle in reference.cycles(product)
        if _fits(product, cycle, system)
    ]
    if set(system.products) <= {CLIENT, SERVER, EMBEDDED}:
        return tuple(found)
    longest = max((len(cycle.cycle.split(".")) for _, cycle in found), default=0)
    return tuple(each for each in found if len(each[1].cycle.split(".")) == longest)


def _fits(product: str, cycle: Cycle, system: System) -> bool:
    if product not in {CLIENT, SERVER, EMBEDDED}:
        return any(_begins(build, cycle.cycle) for build in system.builds)
    if not (system.builds or system.family):
        return product == EMBEDDED
    return _same_build(cycle, system) and _same_family(cycle, system) and _same_channel(product, cycle, system)


def _same_build(cycle: Cycle, system: System) -> bool:
    if not cycle.build:
        return not system.builds and bool(cycle.family)
    return not system.builds or any(_begins(build, cycle.build) for build in system.builds)


def _same_family(cycle: Cycle, system: System) -> bool:
    return not system.family or cycle.family in {"", system.family}


def _same_channel(product: str, cycle: Cycle, system: System) -> bool:
    if not system.channels:
        return True
    if not cycle.channel:  # one release for all editions, of which the LTSC of Windows 10 and 11 never is one
        return not (system.channels <= LTSC and product == CLIENT and cycle.build.startswith("10.0."))
    return cycle.channel in system.channels


def _begins(version: str, start: str) -> bool:
    return version == start or version.startswith(f"{start}.")


def of_host(  # noqa: PLR0913, PLR0917  # what a check was given, and which of the services count
    host: Host,
    computers: Facts[Computer],
    reference: Reference,
    as_of: AsOf,
    thresholds: Thresholds,
    kinds: Sequence[Kind] = (),
) -> Verdict | None:
    """Whether what runs on a host is supported; None where nothing says what that is.

    VMware and Remote Desktop speak for the host, so that a pass has to know of both that they are not there, or what
    they say. What SMB says counts where these leave it open.
    """
    kinds = kinds or (VMWARE, RDP)
    systems = with_directory(from_host(host), computers)
    judged = [(each.by, supported(each, reference, as_of, thresholds)) for each in systems]
    first = [verdict for by, verdict in judged if by in {_SPEAKS[kind.label] for kind in kinds}]
    last = [verdict for by, verdict in judged if by == _SPEAKS[SMB.label]]
    if not (first or last):
        return None
    verdict = worst(first) if first else worst(last)
    if verdict.outcome is Outcome.UNKNOWN:
        return worst([verdict, *last])
    if verdict.outcome is Outcome.PASS:
        spoke = {by for by, _ in judged}
        silent = [offered(host, kind) for kind in kinds if _SPEAKS[kind.label] not in spoke]
        if unclear := [each for each in silent if each.outcome is not Outcome.PASS]:
            told = "; ".join(each.message for each in unclear)
            return unknown(f"{verdict.message}; but {told}, which did not say its version", answer=TELL)
    return verdict


_State = Literal["supported", "extended", "ended", "unclear"]


def _state(cycle: Cycle, day: date, dated: date) -> _State:
    if cycle.ends is None:
        if cycle.ended is None or (cycle.ended and day < dated):
            return "unclear"
        over = cycle.ended
    else:
        over = day > cycle.ends
    if not over:
        return "supported"
    if cycle.extended is True or (isinstance(cycle.extended, date) and day <= cycle.extended):
        return "extended"
    return "ended"


def supported(system: System, reference: Reference, as_of: AsOf, thresholds: Thresholds) -> Verdict:
    """Whether every release that it can be is supported, or none is."""
    found = releases(system, reference)
    if not found:
        told = f"{system.said}: no end of support is known for it"
        return unknown(told, *system.sources, answer=_IMPORT)
    day = as_of.at.date()
    states = [(_state(cycle, day, reference.dated(product)), cycle) for product, cycle in found]
    kinds = {state for state, _ in states}
    dated = min(reference.dated(product) for product, _ in found)
    if kinds == {"ended"}:
        return failed(f"{system.said}: {_ended(states)} (data of {dated})", *system.sources)
    if kinds == {"supported"}:
        age = (day - dated).days
        if age > thresholds.lifecycle_data_days:
            told = (
                f"{system.said}: it was supported by data of {dated}, {age} days old; your policy allows "
                f"{thresholds.lifecycle_data_days}"
            )
            return unknown(told, *system.sources, answer=_IMPORT)
        return passed(f"{system.said}: {_until(states)} (data of {dated})", *system.sources)
    return unknown(
        f"{system.said} may be one of these. {_either(states)}", *system.sources, answer=_answer(kinds, system)
    )


def _ended(states: list[tuple[_State, Cycle]]) -> str:
    ends = [
        max(filter(None, (cycle.ends, cycle.extended if isinstance(cycle.extended, date) else None)), default=None)
        for _, cycle in states
    ]
    known = [end for end in ends if end is not None]
    labels = _labels(cycle for _, cycle in states)
    if len(known) < len(ends):
        return f"support of {labels} has ended"
    paid = " even where it was bought" if any(cycle.extended for _, cycle in states) else ""
    return f"support of {labels} ended on {max(known)}{paid}"


def _until(states: list[tuple[_State, Cycle]]) -> str:
    days = [cycle.ends for _, cycle in states if cycle.ends is not None]
    until = f"until {min(days)}" if days else "and no end is announced"
    return f"{_labels(cycle for _, cycle in states)} is supported {until}"


def _either(states: list[tuple[_State, Cycle]]) -> str:
    words = {
        "supported": "supported: {}",
        "extended": "past its end, and supported only where that was bought or switched on (ESU, ESM, LTS): {}",
        "ended": "not supported any more: {}",
        "unclear": "without a known end of support: {}",
    }
    parts = [
        words[kind].format(_labels(cycle for state, cycle in states if state == kind))
        for kind in words
        if any(state == kind for state, _ in states)
    ]
    told = "; ".join(parts)
    return f"{told[0].upper()}{told[1:]}"


def _labels(cycles: Iterable[Cycle]) -> str:
    names = sorted({cycle.label[:_LONGEST] for cycle in cycles})
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _answer(kinds: set[_State], system: System) -> str:
    if kinds == {"extended"}:
        return "Attach the proof of its extended support, or plan its replacement."
    if kinds == {"unclear"}:
        return _IMPORT
    if system.products == (EMBEDDED,):
        return "Look at the edition on the machine."
    return "Look at its edition and servicing channel on the machine, or let the audit read them from the directory."
