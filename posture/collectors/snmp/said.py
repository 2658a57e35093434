"""What one piece of evidence holds, asked by OID: the value, or why there is none."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import islice, takewhile

from posture.collectors.snmp.mibs import (
    ENGINE_ID,
    IF_DESCR,
    IF_OPER_STATUS,
    IF_PHYS_ADDRESS,
    SOFTWARE,
    SUBTREES,
    SYS_DESCR,
    SYS_NAME,
    SYS_OBJECT_ID,
    TOPOLOGY,
    Oid,
    dotted,
)
from posture.collectors.snmp.places import every_place
from posture.collectors.snmp.snmprec import BadLineError, Row, Value, rows
from posture.collectors.snmp.vendors import enterprise_of
from posture.facts import Known, Missing
from posture.model import AskedSnmp, Attempt, Evidence

__all__ = ["Said", "shown"]

_LONGEST = 1_000
MOST_ROWS = 100_000
"""Most rows of one column of a table of the network: the forwarding table of a large core switch."""

_OF_ONE = {SYS_DESCR, SYS_OBJECT_ID, SYS_NAME, ENGINE_ID}


class Said:
    """The objects of one evidence that facts are read from. `problem` says what can't be read in it.

    `several`: it holds what more than one device said, as walks do that were written into one file. `private` counts
    the private objects in it, by their enterprise; an audit asks for hardly any, a file may hold all.
    """

    def __init__(self, record: Evidence) -> None:
        self.record = record
        self.problem = record.envelope.problem
        self.objects = 0
        self.several = False
        self._broken = False
        self._long: Counter[Oid] = Counter()
        self._rows: dict[Oid, Row] = {}
        self.private: Counter[int] = Counter()
        try:
            for row in rows(record.payload):
                self.objects += 1
                if enterprise := enterprise_of(row.oid):
                    self.private[enterprise] += 1
                if self._wanted(row.oid):
                    first = self._rows.setdefault(row.oid, row)
                    self.several |= row.oid in _OF_ONE and first.value != row.value
        except BadLineError as error:
            self.problem = f"the evidence can't be read further: {error}"
            self._broken = True
        if self.several:
            self.problem = "the file holds what several devices said"

    def _wanted(self, name: Oid) -> bool:
        """Whether facts are read from it; of a table of the network no more than a hospital's largest switch holds."""
        subtree = next((each for each in _BY_HEAD.get(name[:_HEAD], ()) if name[: len(each)] == each), None)
        if subtree in _LONG:
            self._long[subtree] += 1
            return self._long[subtree] <= MOST_ROWS
        return subtree is not None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The ways in that were tried."""
        return self.record.envelope.attempts

    @property
    def accepted(self) -> bool:
        """Whether one of them let us in."""
        return any(attempt.outcome == "accepted" for attempt in self.attempts)

    @property
    def answered(self) -> bool:
        """Whether an agent said anything at all: an answer, a refusal, its engine id, an object."""
        return bool(self.objects) or any(attempt.outcome in {"accepted", "refused"} for attempt in self.attempts)

    @property
    def rank(self) -> tuple[bool, bool, str, str]:
        """Later in order is better: one with objects before one without, then a complete one, then the latest."""
        envelope = self.record.envelope
        ended = envelope.ended.isoformat() if envelope.ended else ""
        return self.objects > 0, envelope.outcome == "complete", ended, self.record.id

    def value(self, name: Oid) -> Known[Value]:
        """The value of this object."""
        row = self._rows.get(name)
        return self.silence(name) if row is None else row.value

    def text(self, name: Oid) -> Known[str]:
        """Octets as text to show; empty text is absent."""
        value = self.value(name)
        if isinstance(value, Missing):
            return value
        return (shown(value) if isinstance(value, bytes) else "") or Missing("absent")

    def stated(self, name: Oid) -> Known[str]:
        """As `text`, but text that the agent gives and that is empty is empty, and not absent."""
        return "" if self.value(name) == b"" else self.text(name)

    def number(self, name: Oid) -> Known[int]:
        """An integer."""
        value = self.value(name)
        if isinstance(value, (Missing, int)):
            return value
        return Missing("not-readable", f"{dotted(name)} is not an integer")

    def column(self, name: Oid) -> dict[Oid, Value]:
        """A table's column: values by their index, in order."""
        start = bisect_left(self._sorted, (name,))
        below = takewhile(lambda pair: pair[0][: len(name)] == name, islice(self._sorted, start, None))
        return {oid[len(name) :]: row.value for oid, row in below}

    def texts(self, name: Oid) -> dict[Oid, str]:
        """A column of text, without empty ones."""
        values = self.column(name)
        return {index: text for index, value in values.items() if isinstance(value, bytes) and (text := shown(value))}

    def silence(self, *names: Oid) -> Missing:
        """Why nothing stands at or below these: absent only if each was asked and its walk came to its end."""
        for name in names:
            missing = self._silence(name)
            if missing.why != "absent":
                return missing
        return Missing("absent")

    def nowhere(self, *names: Oid) -> Missing:
        """As `silence`, of a whole MIB: absent only if the agent shows its interfaces, as every agent has some.

        A view that takes in little beside the system group, such as Net-SNMP's systemonly, hides all the rest.
        """
        missing = self.silence(*names)
        if missing.why == "absent" and not any(map(self.column, (IF_DESCR, IF_PHYS_ADDRESS, IF_OPER_STATUS))):
            return Missing("not-readable", "the agent shows no interfaces either, so its view may hide it")
        return missing

    @cached_property
    def _sorted(self) -> list[tuple[Oid, Row]]:
        return sorted(self._rows.items())

    def _silence(self, name: Oid) -> Missing:
        asked = self.record.envelope.asked
        if self._long[name] > MOST_ROWS:
            return Missing("not-answered", f"it has more than {MOST_ROWS:,} objects; the rest was left out")
        if self._broken:
            return Missing("not-readable", self.problem)
        if self.attempts and not self.accepted:
            return Missing("not-readable", "no SNMP credential of the scope was accepted")
        if isinstance(asked, AskedSnmp):
            if _covers(asked.cut, name):
                return Missing("not-answered", self.problem)
            if _covers(asked.oids, name):
                return Missing("absent")
        return Missing("not-asked")


def shown(value: bytes) -> str:
    """Octets that a device chose, as one line of printable text of at most 1,000 characters."""
    try:
        text = value.rstrip(b"\0").decode("utf-8")
    except UnicodeDecodeError:
        text = value.rstrip(b"\0").decode("latin-1")
    text = "".join(character if character.isprintable() else " " for character in text)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _covers(subtrees: Iterable[str], name: Oid) -> bool:
    text = dotted(name)
    return any(text == subtree or text.startswith(f"{subtree}.") for subtree in subtrees)


_HEAD = 7
_LONG = frozenset(TOPOLOGY)


def _heads() -> Iterator[tuple[Oid, Oid]]:
    for subtree in (*SUBTREES, *SOFTWARE, *TOPOLOGY, *every_place()):
        yield subtree[:_HEAD], subtree


_BY_HEAD: dict[Oid, list[Oid]] = {}
for _head, _subtree in _heads():
    _BY_HEAD.setdefault(_head, []).append(_subtree)
