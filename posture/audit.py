"""The run: probes in, evidence stored as it comes, judged, assessed; resumable at any probe."""

from __future__ import annotations

import getpass
import platform
import secrets as random
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import msgspec

from posture import __version__, catalog
from posture.assessment import Assessment, Run
from posture.collectors.base import Collector, Context, Progress, Stopped
from posture.confined import assess_confined
from posture.errors import PostureError
from posture.facts import Host
from posture.governance.history import PastRun
from posture.governance.practices import controls_tested
from posture.model import Evidence, Probe
from posture.plan import plan
from posture.presentation import plural
from posture.pseudonyms import Pseudonyms
from posture.reference.kept import freeze, frozen
from posture.request import PlannedProbe, Request
from posture.scope import Scope, SecretReference
from posture.sealing.inputs import Inputs
from posture.sealing.replay import ReplayedBag
from posture.sealing.sealer import Sealer
from posture.secrets import resolve
from posture.segmentation.vantage import vantage
from posture.store import Event, RunRecord, Store, now

__all__ = ["Audit", "Interrupted", "Listener", "operator", "replayed"]


_HISTORY = timedelta(days=400)
"""Twelve calendar months and the one under way: what recognized security practices are looked at over."""
_REPLAYED = "its evidence came out of a bag, and nothing is asked by what a bag says"
_NOT_ANY_MORE = "posture.toml was changed and would not send this as it was planned: begin a new run"


class Listener(Protocol):
    """Who is told how the run goes; a terminal, a log, a test."""

    def planned(self, probes: Sequence[Probe]) -> None:
        """These will be asked, in this order; refused ones are not among them."""

    def started(self, probe: Probe) -> None:
        """A probe begins."""

    def progress(self, progress: Progress) -> None:
        """A probe got this far."""

    def ended(self, probe: Probe, outcome: str, problem: str) -> None:
        """A probe ended."""

    def judging(self, evidence: int) -> None:
        """Collection is over; so many pieces of evidence are judged now."""


class Interrupted(PostureError):  # noqa: N818  # not an error: somebody asked
    """Somebody stopped the run. What was collected is stored, and the run can be resumed."""


class Audit:
    """One run over one store. `stop` may be set from a signal handler; children end within 2 seconds.

    `sealer` seals what is judged, and what is stopped; without one, runs stay unsealed, and say so. `pseudonyms` are
    asked for where something is asked live: the digests of masked secrets are made with them.
    """

    def __init__(  # noqa: PLR0913  # keywords, each a part that a test may bring itself
        self,
        store: Store,
        collectors: Mapping[str, Collector],
        listener: Listener,
        *,
        base: Path,
        checks_folders: Iterable[Path] = (),
        stop: threading.Event | None = None,
        sealer: Sealer | None = None,
        pseudonyms: Callable[[], Pseudonyms] | None = None,
    ) -> None:
        self._store = store
        self._collectors = collectors
        self._listener = listener
        self._base = base
        self._checks_folders = tuple(checks_folders)
        self._sealer = sealer
        self._pseudonyms = pseudonyms
        self.stop = stop or threading.Event()

    def begin(self, scope: Scope, as_of: datetime | None = None) -> RunRecord:
        """A new run; it speaks of `as_of`, or of now."""
        run = self._begin(scope, as_of)
        self._event(run, "reference", {"files": freeze(self._store, run.operator, run.started)})
        return run

    def _begin(self, scope: Scope, as_of: datetime | None) -> RunRecord:
        started = now()
        run = RunRecord(
            id=f"{started:%Y%m%d-%H%M%S}-{random.token_hex(2)}",
            started=started,
            operator=operator(),
            host=platform.node(),
            version=__version__,
            as_of=as_of or started,
            scope=msgspec.structs.replace(scope, pack={}),  # counsel's words are of no audit, and in no bag
        )
        self._store.begin(run)
        return run

    def keep(self, run: RunRecord, evidence: Iterable[Evidence]) -> None:
        """Add imported evidence to a run; who imported what is in the run's events."""
        names = []
        for record in evidence:
            self._store.keep(run.id, record)
            source = record.envelope.source
            names.append({"id": record.id, "name": source.name if source else "", "operator": operator()})
        self._event(run, "imported", {"files": names})
        self._store.did("imported", run.id, {"evidence": [name["id"] for name in names]})

    def replay(self, run: RunRecord, probes: Iterable[PlannedProbe], evidence: Iterable[Evidence]) -> None:
        """Take over the plan, the probes' ends and the evidence of a run that was recorded elsewhere."""
        probes = list(probes)
        self._event(run, "planned", {"probes": msgspec.to_builtins([planned.probe for planned in probes])})
        for record in evidence:
            self._store.keep(run.id, record)
        for planned in probes:
            if planned.outcome not in {"refused", "unfinished"}:
                detail = {"id": planned.probe.id, "outcome": planned.outcome, "problem": planned.problem}
                self._event(run, "probe", detail)

    def collect(
        self, run: RunRecord, only: Iterable[str] = (), today: Scope | None = None, zone: str | None = None
    ) -> None:
        """Ask every probe of the run's plan that has not ended yet.

        `zone` is the one that this machine stands in; a run that is resumed keeps the one that it began with.
        `today` is what posture.toml says when a run is resumed: only what it would still send is sent, and by its
        windows, exclusions and references.

        Raises Interrupted when stopped, and PostureError where no probe at all could be asked.
        """
        self._there(run)
        if replayed(self._store, run.id):
            raise PostureError(_REPLAYED, where=run.id, mend="begin a new run with posture audit")
        if self._planned(run) is not None:
            self._store.did("resumed", run.id)
        try:
            self._collect(run, only, today, zone)
        except BaseException as error:
            self._broke_off(run, "interrupted" if isinstance(error, Interrupted) else "failed")
            raise
        self._store.did("collected", run.id, {"evidence": self._store.evidence_count(run.id)})

    def _there(self, run: RunRecord) -> None:
        """Raises PostureError for a run that was pruned: nothing of it is there to go on with."""
        if (pruned := self._store.pruned().get(run.id)) is not None:
            raise PostureError(f"it was pruned on {pruned:%Y-%m-%d}", where=run.id, mend="begin a new run")

    def _broke_off(self, run: RunRecord, state: str) -> None:
        """A run that was stopped is in the chains as well, with what it has."""
        self._store.did(state, run.id, {"evidence": self._store.evidence_count(run.id)})
        if self._sealer is not None:
            self._sealer.seal(run, state)

    def _collect(self, run: RunRecord, only: Iterable[str], today: Scope | None, zone: str | None) -> None:
        probes = self._planned(run)
        if probes is None:
            probes = plan(run.scope, self._collectors, only)
            self._event(run, "planned", {"probes": msgspec.to_builtins(probes), "zone": zone})
        ended = {each.probe.id for each in self.probes(run) if each.outcome != "unfinished"}
        waiting = [probe for probe in probes if not probe.refused and probe.id not in ended]
        if today is not None:
            allowed = plan(today, self._collectors)
            for probe in waiting:
                if probe not in allowed:
                    self._event(run, "probe", {"id": probe.id, "outcome": "failed", "problem": _NOT_ANY_MORE})
            waiting = [probe for probe in waiting if probe in allowed]
        self._listener.planned(waiting)
        impossible: list[PostureError] = []
        with self._context(run, today or run.scope, self._stands_in(run)) as context:
            for probe in waiting:
                try:
                    self._ask(run, probe, context)
                except Stopped:
                    self._event(run, "interrupted", {"probe": probe.id})
                    raise Interrupted(
                        "The run was stopped. What was collected is kept.",
                        mend=f"posture audit --resume {run.id}",
                    ) from None
                except PostureError as error:
                    impossible.append(error)
                    self._end(run, probe, "failed", str(error).replace("\n", " "))
        if waiting and len(impossible) == len(waiting):
            raise impossible[0]

    def judge(self, run: RunRecord, as_of: datetime | None = None) -> Assessment:
        """Judge all evidence of the run, in a process of its own, and store the assessment.

        It speaks of the run's own instant, or of `as_of`: evidence stays what it was, what people have answered since
        then counts, and what has expired does not.
        """
        self._there(run)
        evidence = list(self._store.evidence(run.id))
        self._listener.judging(len(evidence))
        again = msgspec.structs.replace(run, as_of=as_of or run.as_of)
        past = self._past(run, again.as_of)
        if replayed(self._store, run.id):
            raise PostureError("it was replayed from a bag, and stays as it was judged then", where=run.id)
        request = msgspec.structs.replace(self._request(again), ledger=self._store.ledger(), **past)
        assessment = assess_confined(request, evidence)
        before = self._store.outline(run.id)
        lost = {check.id for check in before.checks} - {check.id for check in assessment.checks} if before else set()
        if lost:
            raise PostureError(
                f"{plural(len(lost), 'check')} of the judgement before can't be found now: {', '.join(sorted(lost))}",
                where=run.id,
                mend="name their folder with --checks-dir, or install the pack they came from",
            )
        self._store.judged(run.id, assessment, now())
        self._event(run, "finished", {"fingerprint": assessment.fingerprint})
        if self._sealer is not None:
            self._sealer.seal(run, "judged", evidence, (assessment, self._inputs(run, request)))
        return assessment

    def begin_replay(self, bag: ReplayedBag) -> RunRecord:
        """A run with a bag's scope, instant, plan and evidence. Nothing is ever asked by it."""
        run = self._begin(bag.inputs.scope, bag.inputs.as_of)
        detail = {"statement_sha256": bag.statement_sha256, "of": bag.run, "signer": bag.signer}
        self._event(run, "replayed", detail)
        self.replay(run, bag.inputs.probes, bag.evidence())
        self._store.did("replayed", run.id, detail)
        return run

    def judge_replayed(self, run: RunRecord, bag: ReplayedBag) -> Assessment:
        """Judge a bag's evidence again, by what the bag says that it was judged from, and store the assessment.

        No run of this store, nothing of its ledger and no reference data of today has a part in it. It is not sealed:
        the evidence has the seal that it came with, which is somebody else's.
        """
        evidence = list(self._store.evidence(run.id))
        self._listener.judging(len(evidence))
        made = assess_confined(bag.request(__version__, self._folders()), evidence)
        assessment = msgspec.structs.replace(made, run=_about(run))
        self._store.judged(run.id, assessment, now())
        self._event(run, "finished", {"fingerprint": assessment.fingerprint})
        return assessment

    def _inputs(self, run: RunRecord, request: Request) -> Inputs:
        there = {(file.sha256, file.origin): file for file in self._store.reference_files()}
        known = (tuple(each) for each in self._known(run))
        return Inputs.of(request, [there[digest, origin] for digest, origin in known])  # type: ignore[index]  # a word of ours

    def rehearse(self, scope: Scope) -> None:
        """Judge nothing, as the run will be judged. Raises PostureError for a check that can't be loaded.

        Done before anything is sent; the checks are loaded where they are judged, never beside credentials.
        """
        instant = now()
        run = RunRecord(id="", started=instant, operator="", host="", version="", as_of=instant, scope=scope)
        assess_confined(self._request(run), ())

    def _request(self, run: RunRecord) -> Request:
        return Request(
            run=_about(run),
            scope=run.scope,
            as_of=run.as_of.astimezone(ZoneInfo(run.scope.organisation.time_zone)),
            version=__version__,
            probes=tuple(self.probes(run)),
            checks_folders=self._folders(),
            own_catalogs=tuple(catalog.load(self._base / name) for name in run.scope.catalogs.own),
            reference=frozen(self._store, self._known(run)),
        )

    def _folders(self) -> tuple[str, ...]:
        return tuple(str(folder.absolute()) for folder in self._checks_folders)

    def _known(self, run: RunRecord) -> list[list[str]]:
        """What was known of the world when the run began; of an older run that does not say it, what is known now."""
        told = (event.detail["files"] for event in self._store.events(run.id) if event.kind == "reference")
        return next(told, None) or freeze(self._store, run.operator, now())

    def _past(self, run: RunRecord, as_of: datetime) -> dict[str, Any]:
        """What other runs leave to this one: which controls each tested by then, and the register of the one before.

        A register comes from the last run before this one's own instant, however long ago, even where this one is
        judged again as of later: what a later run found is not gone because earlier evidence does not show it. Of two
        runs of one instant, as where both were dated by the day, the one that began first is before the other.
        """

        def place(each: RunRecord, instant: datetime | None = None) -> tuple[datetime, datetime, str]:
            return instant or each.as_of, each.started, each.id

        own = (each for each in self._store.runs() if each.id != run.id and not replayed(self._store, each.id))
        others = sorted(own, key=place)
        recent = [each for each in others if as_of - _HISTORY <= each.as_of and place(each) < place(run, as_of)]
        history = tuple(
            PastRun(
                id=each.id,
                started=each.started,
                tested=controls_tested(
                    (*outline.controls, *(control for other in outline.frameworks for control in other.controls)),
                    outline.checks,
                ),
            )
            for each in recent
            if (outline := self._store.outline(each.id))
        )
        before = (each for each in reversed(others) if place(each) < place(run, min(run.as_of, as_of)))
        outlines = (outline for each in before if (outline := self._store.outline(each.id)))
        register = next((outline.risks for outline in outlines), ())
        return {"history": history, "earlier_risks": register, "made": run.started}

    def probes(self, run: RunRecord) -> list[PlannedProbe]:
        """The run's plan and what became of each probe."""
        ends = {event.detail["id"]: event.detail for event in self._store.events(run.id) if event.kind == "probe"}
        return [
            PlannedProbe(
                probe=probe,
                outcome="refused" if probe.refused else ends.get(probe.id, {}).get("outcome", "unfinished"),
                problem=probe.refused or ends.get(probe.id, {}).get("problem", ""),
            )
            for probe in self._planned(run) or ()
        ]

    def _planned(self, run: RunRecord) -> list[Probe] | None:
        plans = (event for event in self._store.events(run.id) if event.kind == "planned")
        return next((msgspec.convert(event.detail["probes"], list[Probe]) for event in plans), None)

    def _stands_in(self, run: RunRecord) -> str | None:
        plans = (event for event in self._store.events(run.id) if event.kind == "planned")
        return next((event.detail.get("zone") for event in plans), None)

    def _ask(self, run: RunRecord, probe: Probe, context: Context) -> None:
        context.check_stop()
        self._listener.started(probe)
        outcomes: list[str] = []
        problems: list[str] = []
        for record in self._collectors[probe.collector].ask(probe, context):
            self._store.keep(run.id, record)
            outcomes.append(record.envelope.outcome)
            if record.envelope.outcome != "complete" and record.envelope.problem not in problems:
                problems.append(record.envelope.problem)
        context.check_stop()
        if set(outcomes) <= {"complete"}:
            outcome = "complete"
        else:
            outcome = "failed" if set(outcomes) == {"failed"} else "partial"
        self._end(run, probe, outcome, "; ".join(problems))

    def _end(self, run: RunRecord, probe: Probe, outcome: str, problem: str) -> None:
        self._event(run, "probe", {"id": probe.id, "outcome": outcome, "problem": problem})
        self._listener.ended(probe, outcome, problem)

    def _event(self, run: RunRecord, kind: str, detail: Mapping[str, object]) -> None:
        self._store.happened(run.id, msgspec.convert({"at": now(), "kind": kind, "detail": detail}, Event))

    @contextmanager
    def _context(self, run: RunRecord, scope: Scope, zone: str | None) -> Iterator[Context]:
        with tempfile.TemporaryDirectory(prefix="posture-") as workdir:
            yield Context(
                scope=scope,
                secret=self._secret,
                hosts=self._hosts(run),
                progress=self._listener.progress,
                stop=self.stop,
                workdir=Path(workdir),
                vantage=vantage(platform.node(), zone),
                operator=operator(),
                pseudonyms=self._pseudonyms() if self._pseudonyms else None,
            )

    def _secret(self, reference: object) -> str:
        if not isinstance(reference, SecretReference):
            raise TypeError("not a reference to a secret")
        return resolve(reference, self._base)

    def _hosts(self, run: RunRecord) -> Callable[[], Iterable[Host]]:
        """The hosts that this run's scans have shown so far, read again only when there is new evidence."""
        seen: tuple[int, list[Host]] = (-1, [])
        scans = self._collectors.get("nmap")

        def hosts() -> list[Host]:
            nonlocal seen
            if scans is None:
                return []
            records = [record for record in self._store.evidence(run.id) if record.envelope.collector == scans.name]
            if seen[0] != len(records):
                seen = (len(records), [fact for fact in scans.read(records, run.scope) if isinstance(fact, Host)])
            return seen[1]

        return hosts


def _about(run: RunRecord) -> Run:
    """The run as its assessment names it: reports say times as the organisation's clocks do."""
    zone = ZoneInfo(run.scope.organisation.time_zone)
    return Run(
        id=run.id,
        started=run.started.astimezone(zone),
        ended=now().astimezone(zone),
        operator=run.operator,
        host=run.host,
    )


def replayed(store: Store, run: str) -> bool:
    """Whether the run's evidence came out of a bag."""
    return any(event.kind == "replayed" for event in store.events(run))


def operator() -> str:
    """The operating-system user who runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
