"""Why something changed: what differs between two runs, and can bear on it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from posture.assessment import Assessment, CheckResult, ControlResult, ExceptionResult, ReferenceData
from posture.assessment.changes import Reason
from posture.history.compare import Change
from posture.presentation import capital, number, plural, short

__all__ = ["Why"]


class Why:
    """What differs between an earlier run and a later one."""

    def __init__(self, before: Assessment, after: Assessment) -> None:
        self._before, self._after = before, after
        self._files = _differing(_files(before), _files(after))
        self._checks = {each.id: each for each in before.checks}, {each.id: each for each in after.checks}
        self._exceptions = _covering(before.exceptions), _covering(after.exceptions)
        self._lost = [each for each in after.coverage.probes if each.outcome != "complete"]
        self._evidence = frozenset(each.id for each in before.evidence), frozenset(each.id for each in after.evidence)
        self._zones = (
            {zone.id: zone for zone in before.organisation.zones},
            {zone.id: zone for zone in after.organisation.zones},
        )
        self.thresholds = tuple(self._threshold_changes())
        self.reference = tuple(_reference(before.method.reference, after.method.reference))
        self.catalogs = tuple(self._catalog_changes())
        self._zone_reasons = {name: tuple(self._of_zone(name)) for name in {*self._zones[0], *self._zones[1]}}

    # ── between the runs ─────────────────────────────────────────────────────────────────────────────────────────

    def between(self) -> tuple[Reason, ...]:
        """What is different between the runs themselves."""
        return tuple(self._between())

    def _between(self) -> Iterator[Reason]:
        before, after = self._before, self._after
        same = len(self._evidence[0] & self._evidence[1])
        brought = plural(len(self._evidence[1]), "piece of evidence", "pieces of evidence")
        lost, of = number(len(self._lost)), number(len(after.coverage.probes))
        yield Reason(
            of="evidence",
            text=(
                f"{brought}, {number(same)} of them the earlier run's; {lost} of {of} scans, look-ups and imports did "
                "not bring back all"
            ),
        )
        if before.organisation.name != after.organisation.name:
            yield Reason(of="scope", text=f"the organisation was {before.organisation.name}")
        if before.method.version != after.method.version:
            yield Reason(of="version", text=f"Posture {before.method.version}, then {after.method.version}")
        for name in sorted(self._files):
            yield Reason(of="check", text=f"the file {name} is another, was added or is gone")
        for check in sorted(self._checks[0].keys() ^ self._checks[1].keys()):
            what = "is new" if check in self._checks[1] else "is not there any more"
            yield Reason(of="check", text=f"the check {check} {what}")
        yield from (reason for name in sorted(self._zone_reasons) for reason in self._zone_reasons[name])
        yield from self.thresholds
        yield from self.catalogs
        if before.method.scope_sha256 != after.method.scope_sha256:
            yield Reason(of="scope", text="posture.toml is not what it was")
        yield from self.reference
        if before.method.ledger_position != after.method.ledger_position:
            entries = f"{number(before.method.ledger_position)} entries, then {number(after.method.ledger_position)}"
            yield Reason(of="answers", text=f"the ledger had {entries}")

    def _of_zone(self, name: str) -> Iterator[Reason]:
        old, new = (zones.get(name) for zones in self._zones)
        if old is None or new is None:
            yield Reason(
                of="scope", text=f"the zone {name} {'was added' if old is None else 'is not in scope any more'}"
            )
            return
        for field in ("kind", "policy", "ephi", "site", "networks", "excluded"):
            was, now = getattr(old, field), getattr(new, field)
            if was != now:
                yield Reason(of="scope", text=f"zone {name}: {field} was {_said(was)}, and is {_said(now)}")

    def _threshold_changes(self) -> Iterator[Reason]:
        old = {each.name: each.value for each in self._before.method.thresholds}
        for each in self._after.method.thresholds:
            if old.get(each.name, each.value) != each.value:
                yield Reason(of="scope", text=f"the threshold {each.name} was {old[each.name]}, and is {each.value}")

    def _catalog_changes(self) -> Iterator[Reason]:
        old, new = ({each.id: each for each in run.method.catalogs} for run in (self._before, self._after))
        for name in sorted({*old, *new}):
            if name not in old or name not in new:
                what = "was added" if name in new else "is not judged against any more"
                yield Reason(of="scope", text=f"the catalog {name} {what}")
            elif old[name] != new[name]:
                yield Reason(
                    of="scope", text=f"the catalog {name} is of {new[name].as_of}, and was of {old[name].as_of}"
                )

    # ── of one thing ─────────────────────────────────────────────────────────────────────────────────────────────

    def of_check(self, check: str) -> tuple[Reason, ...]:
        """What differs of a check, and of what it reads beside the evidence."""
        old, new = (checks.get(check) for checks in self._checks)
        return tuple(self._of_check(old, new))

    def _of_check(self, old: CheckResult | None, new: CheckResult | None) -> Iterator[Reason]:
        if old is None or new is None:
            yield Reason(of="check", text="the check is new" if old is None else "the check was not made this time")
            return
        for name in sorted(self._files):
            if new.file and (name == new.file or name.endswith(f"/{new.file}")):
                yield Reason(of="check", text=f"the check was changed ({name})")
        if self._before.method.version != self._after.method.version:
            yield Reason(
                of="version", text=f"Posture {self._before.method.version} judged, then {self._after.method.version}"
            )
        if "Thresholds" in new.wants:
            yield from self.thresholds
        if "Reference" in new.wants:
            yield from self.reference

    def otherwise(self, check: str) -> str:
        """By which other thresholds the later run judged this check, in words; empty where by the same."""
        new = self._checks[1].get(check)
        if not self.thresholds or new is None or "Thresholds" not in new.wants:
            return ""
        return f"it passes by another measure: {'; '.join(each.text for each in self.thresholds)}"

    def of_change(self, change: Change) -> tuple[Reason, ...]:
        """What can be why something changed about one subject, beside what differs of the check."""
        return tuple(self._of_change(change))

    def _of_change(self, change: Change) -> Iterator[Reason]:
        yield from self._evidence_of(change)
        places = {each.place for each in (*change.old, *change.new) if each.place}
        for place in sorted(places):
            yield from self._zone_reasons.get(place, ())
        old, new = (
            {name for each in side for name in covering.get(each.id, ())}
            for side, covering in zip((change.old, change.new), self._exceptions, strict=True)
        )
        for name in sorted(new - old):
            yield Reason(of="exception", text=f"the exception {name} covers it now; it stays failed")
        for name in sorted(old - new):
            yield Reason(of="exception", text=f"the exception {name} covered it, and does not any more")

    def _evidence_of(self, change: Change) -> Iterator[Reason]:
        if change.missing:
            yield Reason(of="evidence", text=change.missing)
        if change.kind == "no-longer-assessed" and not change.missing:
            yield Reason(of="evidence", text=self._silence(change))
            return
        old, new = ({digest for each in side for digest in each.evidence} for side in (change.old, change.new))
        if old and old == new:
            if self._before.method.as_of != self._after.method.as_of:
                yield Reason(of="time", text="the evidence is the same; it was judged as of another day")
        elif new - self._evidence[0]:
            shown = ", ".join(short(digest) for digest in sorted(new - self._evidence[0])[:3])
            yield Reason(of="evidence", text=f"evidence that the earlier run did not have: {shown}")

    def _silence(self, change: Change) -> str:
        places = {each.place for each in change.old if each.place} | {asset.place for asset in change.thing.before}
        for probe in self._lost:
            if probe.zone and probe.zone in places:
                why = f": {probe.problem}" if probe.problem else ""
                return f"the {probe.collector} probe of {probe.zone} was {probe.outcome}{why}"
        said = next((each.message for each in change.new if each.message), "")
        return capital(said) if said else "it was not seen in this run"

    def of_control(self, old: ControlResult | None, new: ControlResult | None) -> tuple[Reason, ...]:
        """What can be why the status of a control changed."""
        return tuple(self._of_control(old, new))

    def _of_control(self, old: ControlResult | None, new: ControlResult | None) -> Iterator[Reason]:
        if old is None or new is None:
            yield Reason(of="scope", text="it was not judged before" if old is None else "it was not judged this time")
            return
        was, now = {*old.observations}, {*new.observations}
        if was != now:
            yield Reason(
                of="evidence", text=f"{number(len(now))} fails contradict it now, {number(len(was))} did before"
            )
        if {*old.exceptions} != {*new.exceptions}:
            yield Reason(
                of="exception", text=f"exceptions: {_said(old.exceptions)} before, {_said(new.exceptions)} now"
            )
        about = (old.catalog, old.id)
        for name in ("attestations", "decisions"):
            before, after = (
                {
                    (each.party, each.entry, each.state)
                    for each in getattr(run, name)
                    if (each.catalog, each.control) == about
                }
                for run in (self._before, self._after)
            )
            for party, entry, state in sorted(after - before):
                whose = f" of {party}" if party else ""
                yield Reason(of="answers", text=f"the {name[:-1]}{whose} (ledger entry {entry}) is {state}")
        if old.text != new.text or old.checks != new.checks or old.methods != new.methods:
            yield Reason(of="scope", text="the catalog asks it in another way")
        if old.reason != new.reason:
            yield Reason(of="answers" if was == now else "evidence", text=f"now: {new.reason}")


def _files(run: Assessment) -> dict[str, str]:
    return {each.name: each.sha256 for each in run.method.check_files}


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> frozenset[str]:
    return frozenset(name for name in {*old, *new} if old.get(name) != new.get(name))


def _covering(exceptions: Iterable[ExceptionResult]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for each in exceptions:
        if each.state == "in-force":
            for observation in each.observations:
                found.setdefault(observation, set()).add(each.id)
    return found


def _reference(before: Iterable[ReferenceData], after: Iterable[ReferenceData]) -> Iterator[Reason]:
    old = {each.sha256 for each in before}
    for each in after:
        if each.sha256 not in old:
            yield Reason(of="reference", text=f"{each.title} of {each.dated} was not known before")
    new = {each.sha256 for each in after}
    for each in before:
        if each.sha256 not in new:
            yield Reason(of="reference", text=f"{each.title} of {each.dated} is not used any more")


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value) or "not stated"
