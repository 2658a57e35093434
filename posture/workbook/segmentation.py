"""Who may reach whom, a row for each two zones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from posture.assessment import Assessment, OpenFlow, ZonePair
from posture.presentation import PAIRS, pair_policy, plural
from posture.workbook.places import Places, word
from posture.workbook.sheet import Value
from posture.workbook.words import lines

__all__ = ["pairs"]

_ORDER = {state: at for at, state in enumerate(PAIRS)}


def pairs(assessment: Assessment, places: Places) -> Iterator[Sequence[Value]]:
    """The pairs, those that matter most first."""
    for pair in sorted(assessment.segmentation.pairs, key=lambda pair: _ORDER[pair.state]):
        yield (
            pair.source,
            pair.target,
            word(PAIRS[pair.state]),
            pair_policy(pair),
            pair.wanted,
            len(pair.open),
            pair.denied_count,
            sum(each.count for each in pair.unproven),
            _flows(pair.open),
            _spaced(pair.denied),
            lines(f"{_spaced(each.ports)}: {each.why}" for each in pair.unproven),
            lines(dict.fromkeys(each.answer for each in pair.unproven)),
            pair.hosts,
            pair.of,
            places.of_evidence(_evidence(pair)),
            _flows(pair.answering),
            _spaced(pair.silent),
            pair.tested_count,
            _spaced(pair.tested),
        )


def _flows(flows: Iterable[OpenFlow]) -> str:
    return lines(
        f"{flow.port}/{flow.protocol} on {flow.hosts:,} of {plural(flow.of, 'machine')}"
        + (", the canary among them" if flow.canary else "")
        for flow in flows
    )


def _spaced(ports: str) -> str:
    """Ports as text that wraps."""
    return ports.replace(", ", ",").replace(",", ", ")


def _evidence(pair: ZonePair) -> tuple[str, ...]:
    flows = (digest for flow in (*pair.open, *pair.answering) for digest in flow.evidence)
    return tuple(dict.fromkeys((*flows, *pair.evidence)))
