"""Words, shapes and numbers that every report shows alike. Pure: text in, text out."""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime, timedelta

import msgspec

from posture.assessment import Gap, Level, Organisation, PairState, SealInfo, ZonePair
from posture.assessment.changes import ChangeKind
from posture.model import Method, Outcome, Severity, Status

__all__ = [
    "ANSWERED",
    "ANSWERS",
    "ANSWER_STATES",
    "CHANGES",
    "CHOICES",
    "CROSSWALKS",
    "DECLARED",
    "EPHI",
    "EXCEPTION_STATES",
    "EXPIRING",
    "FAMILIES",
    "GAP_CHANGES",
    "LEVELS",
    "METHODS",
    "MISSING",
    "OUTCOMES",
    "OVERDUE",
    "PAIRS",
    "PROBES",
    "READINESS",
    "REQUIREMENTS",
    "RESPONSES",
    "RISK_STATES",
    "SEVERITIES",
    "STATUSES",
    "UNMATCHED",
    "Label",
    "anchor",
    "capital",
    "day",
    "family",
    "gap_extent",
    "iso_day",
    "moment",
    "month",
    "noun",
    "number",
    "pair_policy",
    "party",
    "period",
    "plural",
    "row_of",
    "safe_cell",
    "sealed",
    "sentences",
    "short",
    "size",
    "standing",
    "visible",
]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A state as people read it: a word, a shape and a colour together, so that none has to carry it alone.

    `symbol` is the shape as one character; `colour` is RRGGBB, at least 4.5:1 on white.
    """

    word: str
    shape: str
    symbol: str
    colour: str


_GREEN, _RED, _AMBER, _GREY = "1B6B3A", "A9231B", "7A5200", "595959"

STATUSES: dict[Status, Label] = {
    Status.SATISFIED: Label(word="Satisfied", shape="disc", symbol="●", colour=_GREEN),
    Status.SATISFIED_BY_ALTERNATIVE: Label(word="Satisfied by an alternative", shape="ring", symbol="◎", colour=_GREEN),
    Status.NOT_SATISFIED: Label(word="Not satisfied", shape="triangle", symbol="▲", colour=_RED),
    Status.RISK_ACCEPTED: Label(word="Not satisfied, risk accepted", shape="diamond", symbol="◆", colour=_AMBER),
    Status.NOT_ASSESSED: Label(word="Not assessed", shape="hatch", symbol="▨", colour=_GREY),
    Status.NOT_APPLICABLE: Label(word="Not applicable", shape="dash", symbol="–", colour=_GREY),
}

OUTCOMES: dict[Outcome, Label] = {
    Outcome.PASS: Label(word="Passed", shape="disc", symbol="●", colour=_GREEN),
    Outcome.FAIL: Label(word="Failed", shape="triangle", symbol="▲", colour=_RED),
    Outcome.UNKNOWN: Label(word="Not known", shape="hatch", symbol="▨", colour=_GREY),
    Outcome.ERROR: Label(word="Check error", shape="cross", symbol="✕", colour=_RED),
    Outcome.NOT_APPLICABLE: Label(word="Not applicable", shape="dash", symbol="–", colour=_GREY),
}

SEVERITIES: dict[Severity, Label] = {
    Severity.CRITICAL: Label(word="Critical", shape="bars-4", symbol="▮▮▮▮", colour="8C1D18"),
    Severity.HIGH: Label(word="High", shape="bars-3", symbol="▮▮▮▯", colour=_RED),
    Severity.MEDIUM: Label(word="Medium", shape="bars-2", symbol="▮▮▯▯", colour=_AMBER),
    Severity.LOW: Label(word="Low", shape="bars-1", symbol="▮▯▯▯", colour=_GREY),
}

DECLARED: dict[str, str] = {
    "seen": "In the inventory",
    "doubtful": "Perhaps seen",
    "vanished": "Not there",
    "not-looked-for": "Not looked for",
    "not-declared": "Not in the inventory",
    "unclear": "Not clear",
    "duplicates": "Possible duplicates",
}
"""How what an inventory declares and what was seen stand to each other."""

PROBES: dict[str, Label] = {
    "complete": Label(word="Completed", shape="disc", symbol="●", colour=_GREEN),
    "partial": Label(word="Completed in part", shape="half", symbol="◐", colour=_AMBER),
    "failed": Label(word="Failed", shape="triangle", symbol="▲", colour=_RED),
    "unfinished": Label(word="Not finished", shape="hatch", symbol="▨", colour=_GREY),
    "refused": Label(word="Not asked: the scope forbids it", shape="hatch", symbol="▨", colour=_GREY),
}

LEVELS: dict[Level, Label] = {
    "very-high": Label(word="Very high", shape="steps-5", symbol="▮▮▮▮▮", colour="8C1D18"),
    "high": Label(word="High", shape="steps-4", symbol="▮▮▮▮▯", colour=_RED),
    "moderate": Label(word="Moderate", shape="steps-3", symbol="▮▮▮▯▯", colour=_AMBER),
    "low": Label(word="Low", shape="steps-2", symbol="▮▮▯▯▯", colour=_GREY),
    "very-low": Label(word="Very low", shape="steps-1", symbol="▮▯▯▯▯", colour=_GREY),
}

RISK_STATES: dict[str, Label] = {
    "open": Label(word="Open", shape="triangle", symbol="▲", colour=_RED),
    "accepted": Label(word="Accepted", shape="diamond", symbol="◆", colour=_AMBER),
    "not-seen": Label(word="Not looked at again", shape="hatch", symbol="▨", colour=_GREY),
    "closed": Label(word="Closed", shape="disc", symbol="●", colour=_GREEN),
}

ANSWER_STATES: dict[str, Label] = {
    "in-force": Label(word="In force", shape="disc", symbol="●", colour=_GREEN),
    "not-yet": Label(word="Not yet in force", shape="hollow", symbol="○", colour=_GREY),
    "expired": Label(word="Expired", shape="triangle", symbol="▲", colour=_RED),
    "revoked": Label(word="Revoked", shape="cross", symbol="✕", colour=_RED),
    "missing": Label(word="Missing", shape="hatch", symbol="▨", colour=_GREY),
}

# An exception in force is a risk that stands, so it is never green.
EXCEPTION_STATES: dict[str, Label] = ANSWER_STATES | {
    "in-force": Label(word="In force", shape="diamond", symbol="◆", colour=_AMBER)
}

# What is fixed may be green; what nobody looked at again never is.
CHANGES: dict[ChangeKind, Label] = {
    "new": Label(word="New", shape="triangle", symbol="▲", colour=_RED),
    "reopened": Label(word="Reopened", shape="diamond", symbol="◆", colour=_RED),
    "still-open": Label(word="Still open", shape="half", symbol="◐", colour=_AMBER),
    "no-longer-assessed": Label(word="No longer assessed", shape="hatch", symbol="▨", colour=_GREY),
    "fixed": Label(word="Fixed", shape="disc", symbol="●", colour=_GREEN),
    "no-longer-applicable": Label(word="No longer applicable", shape="dash", symbol="–", colour=_GREY),
    "newly-assessed": Label(word="Newly assessed", shape="hollow", symbol="○", colour=_GREY),
}

GAP_CHANGES: dict[str, Label] = {
    "new": CHANGES["new"],
    "open": CHANGES["still-open"],
    "not-seen": CHANGES["no-longer-assessed"],
    "closed": CHANGES["fixed"],
}

OVERDUE = Label(word="Overdue", shape="triangle", symbol="▲", colour=_RED)
UNMATCHED = Label(word="Matches nothing that was seen", shape="hatch", symbol="▨", colour=_GREY)
EXPIRING = Label(word="Ends soon", shape="half", symbol="◐", colour=_AMBER)

READINESS: dict[str, Label] = {
    "present": Label(word="Present", shape="disc", symbol="●", colour=_GREEN),
    "stale": Label(word="Too old", shape="half", symbol="◐", colour=_AMBER),
    "missing": Label(word="Missing", shape="triangle", symbol="▲", colour=_RED),
}

PAIRS: dict[PairState, Label] = {
    "open": Label(word="Open", shape="triangle", symbol="▲", colour=_RED),
    "partly-denied": Label(word="Denied in part", shape="half", symbol="◐", colour=_AMBER),
    "unknown": Label(word="Not known", shape="hatch", symbol="▨", colour=_GREY),
    "denied": Label(word="Denied", shape="disc", symbol="●", colour=_GREEN),
    "allowed": Label(word="Allowed", shape="hollow", symbol="○", colour=_GREY),
    "undeclared": Label(word="Not declared", shape="dash", symbol="–", colour=_GREY),
}

ANSWERED = {
    "tested": "tested",
    "attested": "attested",
    "tested-and-attested": "tested and attested",
    "accepted": "risk accepted",
    "nothing": "nothing",
}

ANSWERS = {"yes": "Yes", "partly": "Partly", "no": "No", "not-applicable": "Not applicable"}

CHOICES = {
    "implemented": "Implemented",
    "alternative": "Equivalent alternative",
    "not-reasonable": "Not reasonable and appropriate",
}

CROSSWALKS = {
    "hicp-2023": "405(d) HICP 2023",
    "hph-cpg": "HPH CPG",
    "nist-800-53r5": "NIST SP 800-53 Rev. 5",
    "nist-csf-2.0": "NIST CSF 2.0",
}

RESPONSES = {"mitigate": "Mitigate", "accept": "Accept", "transfer": "Transfer", "avoid": "Avoid"}

FAMILIES = {
    "administrative": "Administrative safeguards",
    "physical": "Physical safeguards",
    "technical": "Technical safeguards",
    "organizational": "Organizational requirements",
    "documentation": "Policies, procedures and documentation",
    "general": "General rules",
}

METHODS = {
    Method.TEST: "test of systems",
    Method.EXAMINE: "examination of documents",
    Method.INTERVIEW: "interview",
}

REQUIREMENTS = {"R": "Required", "A": "Addressable"}

EPHI = {"yes": "yes", "no": "no", "unknown": "not declared, counted as yes", "": "not declared, counted as yes"}

MISSING = {
    "not-asked": "it was not asked",
    "not-readable": "it may not be read with this account",
    "not-answered": "it was asked and not answered",
    "absent": "the source has no such value",
}

_NOUNS = {
    "Host": ("host", "hosts"),
    "Account": ("account", "accounts"),
    "Computer": ("computer", "computers"),
    "Group": ("group", "groups"),
    "Directory": ("directory server", "directory servers"),
    "DomainPolicy": ("domain policy", "domain policies"),
    "PasswordPolicy": ("password policy", "password policies"),
    "Device": ("device", "devices"),
    "CertificateTemplate": ("certificate template", "certificate templates"),
    "Person": ("person of the directory", "people of the directory"),
    "Leaver": ("leaver", "leavers"),
    "GroupPolicy": ("group policy", "group policies"),
}

# Control characters, bidirectional controls, invisible format characters, lone surrogates and noncharacters.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    """Text from devices and people we don't trust, with every character that would hide or reorder it made visible.

    U+202E becomes ⟨U+202E⟩. Line feeds and tabs stay; CR LF is a line feed.
    """
    return _HIDDEN.sub(lambda match: f"⟨U+{ord(match[0]):04X}⟩", text.replace("\r\n", "\n"))


def safe_cell(text: str) -> str:
    """`visible` text that no spreadsheet takes for a formula (CWE-1236): an apostrophe stands before = + - @."""
    shown = visible(text)
    return f"'{shown}" if shown.lstrip(" \t\n").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")) else shown


def number(value: int) -> str:
    """With thousands separators: 12,345."""
    return f"{value:,}"


def noun(kind: str, count: int = 2) -> str:
    """The word for a kind of fact, such as `Host`, in the number that goes with `count`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", kind).lower() or "subject"
    one, many = _NOUNS.get(kind, (spaced, f"{spaced}s"))
    return one if count == 1 else many


def capital(text: str) -> str:
    """A phrase as a sentence begins: its first letter large."""
    return text[:1].upper() + text[1:]


def sentences(text: str) -> tuple[str, str]:
    """The first sentence of a text, and the rest."""
    first, stop, rest = text.partition(". ")
    return (f"{first}.", rest) if stop else (text, "")


def row_of(place: str) -> str:
    """A row of a table by its number, or by its sheet and number: `row 3`, `row 3 of sheet Assets`."""
    sheet, _, row = place.rpartition(", ")
    return f"row {row} of sheet {sheet}" if sheet else f"row {row}"


def plural(count: int, one: str, many: str = "") -> str:
    """A number with its noun: `1 host`, `1,200 hosts`."""
    return f"{number(count)} {one if count == 1 else many or f'{one}s'}"


def gap_extent(gap: Gap) -> str:
    """How far a gap goes, with its denominator: `12 of 203 accounts`."""
    return f"{number(gap.failed)} of {number(gap.judged)} {noun(gap.kind, gap.judged)}"


def party(name: str, organisation: Organisation) -> str:
    """Who is asked: the organisation, a legal entity, or a site by its name instead of its id."""
    return dict(zip(organisation.site_ids, organisation.sites, strict=False)).get(name, name) or "the organisation"


def pair_policy(pair: ZonePair) -> str:
    """What the scope allows from one zone into another: `443/tcp and 53/udp`."""
    if pair.ruling == "ports":
        return " and ".join(f"{ports}/{kind}" for ports, kind in ((pair.tcp, "tcp"), (pair.udp, "udp")) if ports)
    return {"all": "everything", "none": "nothing", "undeclared": "not declared"}[pair.ruling]


def family(name: str) -> str:
    """The full name of a family of controls."""
    return FAMILIES.get(name, name.replace("-", " ").capitalize())


def short(digest: str) -> str:
    """The first 12 digits of a hash."""
    return digest[:12]


def anchor(kind: str, *parts: str) -> str:
    """An id for a place in a document. Keys that are not plain words are hashed, so that no text can break out."""
    key = "/".join(parts)
    plain = re.fullmatch(r"[A-Za-z0-9._()/-]{1,80}", key)
    return f"{kind}-{key if plain else hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:20]}"


def moment(value: datetime | None) -> str:
    """Date and time in the zone that the value carries: `8 October 2026, 14:05 UTC−05:00`."""
    return f"{day(value)}, {value:%H:%M} {_zone(value)}" if value else "not stated"


def standing(seal: SealInfo | None) -> str:
    """How an assessment stands, in a few words."""
    return (seal or SealInfo()).words


def sealed(seal: SealInfo | None) -> str:
    """How an assessment stands, and what that shows."""
    if seal is None or seal.standing == "unsealed":
        return f"Unsealed: nothing shows whether it was changed.{f' {seal.note}.' if seal and seal.note else ''}"
    if seal.standing == "sealed":
        return f"Sealed by the hospital's own key, by its own clock on {moment(seal.sealed_at)}; that proves no time."
    return f"Sealed and timestamped by a third party, whose clock said {moment(seal.stamped)}."


def period(started: datetime | None, ended: datetime | None) -> str:
    """From when to when, without saying a day or a zone twice: `8 October 2026, 14:05 to 15:10 UTC`."""
    if started is None or ended is None or moment(started) == moment(ended):
        return moment(started or ended)
    if (day(started), started.utcoffset()) == (day(ended), ended.utcoffset()):
        return f"{day(started)}, {started:%H:%M} to {ended:%H:%M} {_zone(ended)}"
    return f"{moment(started)} to {moment(ended)}"


def iso_day(text: str) -> str:
    """A day that is written as text, `2026-10-23`, like every other: `23 October 2026`; other text as it is."""
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def month(text: str) -> str:
    """A month of a matrix, `2026-10`, in words: `Oct 2026`."""
    year, _, at = text.partition("-")
    return f"{_MONTHS[int(at) - 1][:3]} {year}"


def day(value: date | None) -> str:
    """The date alone: `8 October 2026`."""
    return f"{value.day} {_MONTHS[value.month - 1]} {value.year}" if value else "not stated"


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def _zone(value: datetime) -> str:
    offset = value.utcoffset()
    if offset is None:
        return "(zone not stated)"
    if not offset:
        return "UTC"
    minutes = abs(offset) // timedelta(minutes=1)
    return f"UTC{'−' if offset < timedelta(0) else '+'}{minutes // 60:02}:{minutes % 60:02}"


def size(octets: int) -> str:
    """A size in bytes, KB or MB (powers of 1,000)."""
    for unit, scale in (("MB", 1_000_000), ("KB", 1_000)):
        if octets >= scale:
            return f"{octets / scale:,.1f} {unit}"
    return plural(octets, "byte")
