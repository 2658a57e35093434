"""What a run looked at: an earlier risk is gone only where it was looked for again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from posture.assessment import Asset, ClinicalService, ControlResult, Observation
from posture.assessment.risks import Risk
from posture.catalog import SCORED
from posture.governance.ledger import Attestation
from posture.model import Outcome, Status
from posture.resilience.services import lacking
from posture.scope import Scope

__all__ = ["Looked", "about_control"]

_UNMET = (Status.NOT_SATISFIED, Status.RISK_ACCEPTED)


def about_control(control: ControlResult) -> str:
    """What a risk is about that comes of a control: its id, with its catalog where that is not the scored one."""
    return control.id if control.catalog == SCORED else f"{control.catalog}/{control.id}"


class Looked:
    """What this run looked at: what an earlier risk was found on is gone only if it was looked at again."""

    def __init__(  # noqa: PLR0913  # all that a risk can come of
        self,
        *,
        controls: Sequence[ControlResult],
        observations: Sequence[Observation],
        services: Sequence[ClinicalService],
        scope: Scope,
        answers: Mapping[tuple[str, str, str], Attestation],
        assets: Sequence[Asset],
        collected: Mapping[str, date],
    ) -> None:
        self._controls = {about_control(control): control for control in controls}
        self._ready = {service.id for service in services if not lacking(service)}
        self._answers = answers
        self._collected = collected
        self._directories: dict[str, set[str]] = {}
        for asset in assets:
            for name in scope.directories:
                if name == asset.place or f"directory:{name}" in asset.ids:
                    self._directories.setdefault(name, set()).update(asset.evidence)
        self._evidence = {asset.key: frozenset(asset.evidence) for asset in assets}
        self._key_of = {identifier: asset.key for asset in assets for identifier in asset.ids}
        self.fails: dict[str, list[Observation]] = {}
        self._well: dict[str, dict[str, list[frozenset[str]]]] = {}
        self._silent: set[str] = set()
        self._judged: set[str] = set()
        for each in observations:
            if each.outcome is Outcome.FAIL:
                self.fails.setdefault(each.check, []).append(each)
            elif each.outcome in {Outcome.UNKNOWN, Outcome.ERROR}:
                self._silent.add(each.check)
            else:
                own, evidence = self._well.setdefault(each.check, {}), frozenset(each.evidence)
                for subject in each.subjects:
                    own.setdefault(subject, []).append(evidence)
            if each.outcome is Outcome.PASS:
                self._judged.add(each.check)

    def status(self, control: ControlResult, party: str) -> Status:
        """The conclusion for one party."""
        return next((part.status for part in control.parts if part.party == party), control.status)

    def wanting(self, control: ControlResult) -> dict[str, Attestation]:
        """The answers *no* and *partly* in force by which the control is not met, by party."""
        parties = [part.party for part in control.parts] or [""]
        said = {party: self._answers.get((control.catalog, control.id, party)) for party in parties}
        return {
            party: answer
            for party, answer in said.items()
            if answer and answer.answer in {"no", "partly"} and self.status(control, party) in _UNMET
        }

    def left(self, risk: Risk) -> tuple[str, ...]:
        """Of what an earlier risk was found on, what this run did not find to be well."""
        return tuple(each for each in risk.found_on if not self._well_now(risk, each))

    def closed(self, risk: Risk) -> bool:
        """Whether this run looked, and the risk is gone."""
        if risk.source == "gap":
            if risk.about in self._silent or risk.about not in self._judged or risk.about in self.fails:
                return False
        elif risk.source == "control" and risk.about not in self._controls:
            return False
        return not self.left(risk)

    def _well_now(self, risk: Risk, on: str) -> bool:
        kind, _, name = on.partition(":")
        if risk.source == "service":
            return name in self._ready
        if risk.source == "control":
            return self._answered_well(self._controls.get(risk.about), name)
        if kind == "directory" and name in self._directories:
            return self._since(risk, self._directories[name])
        key = self.key(on)
        well = self._well.get(risk.about, {}).get(key)
        return well is not None and self._since(
            risk, (digest for one in well for digest in self._evidence.get(key, one) if digest in one)
        )

    def key(self, on: str) -> str:
        """The key under which a subject is known now."""
        return self._key_of.get(on, on)

    def seen(self, fails: Iterable[Observation]) -> date | None:
        """The day of the newest evidence of these fails; None where no evidence says its day."""
        return self._newest(digest for fail in fails for digest in fail.evidence)

    def _since(self, risk: Risk, evidence: Iterable[str]) -> bool:
        """Whether the evidence is no older than the risk, so far as it says: old files close nothing."""
        newest = self._newest(evidence)
        return newest is None or newest >= risk.last_seen

    def _newest(self, evidence: Iterable[str]) -> date | None:
        return max((self._collected[each] for each in evidence if each in self._collected), default=None)

    def _answered_well(self, control: ControlResult | None, party: str) -> bool:
        if control is None:
            return False
        asked = [part.party for part in control.parts] or [""]
        if party not in asked:  # renamed or gone: the risk is, where it is well for everybody who is asked now
            return all(self._answered_well(control, each) for each in asked)
        if self.status(control, party) in {Status.SATISFIED, Status.SATISFIED_BY_ALTERNATIVE, Status.NOT_APPLICABLE}:
            return True
        said = self._answers.get((control.catalog, control.id, party))
        return said is not None and said.answer == "yes"
