"""A segmentation matrix for the renderers' tests: every state once, over the sample's zones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from posture.assessment import (
    CanaryResult,
    OpenFlow,
    Segmentation,
    UnprovenPorts,
    VantageResult,
    ZonePair,
)

WHY = UnprovenPorts(ports="22, 161/udp", count=2, why="No scan was made from there.", answer="Scan from there.")


def segmentation(zones: Sequence[str], subjects: Sequence[str], evidence: Sequence[str]) -> Segmentation:
    """Pairs of these zones, where these subjects answered by this evidence."""
    flow = OpenFlow(
        protocol="tcp",
        port=445,
        hosts=len(subjects),
        of=len(subjects) + 3,
        canary=True,
        subjects=tuple(subjects),
        evidence=tuple(evidence),
    )
    common = {"hosts": 4, "of": 9, "tested": "22,445", "tested_count": 2}
    made = (
        {"ruling": "none", "state": "open", "wanted": 3, "open": (flow,), "unproven": (WHY,), **common},
        {
            "ruling": "ports",
            "tcp": "443",
            "udp": "53",
            "state": "denied",
            "wanted": 2,
            "denied": "22,445",
            "denied_count": 2,
            "silent": "443",
            "silent_count": 1,
            "evidence": tuple(evidence),
            **common,
        },
        {"ruling": "none", "state": "partly-denied", "wanted": 3, "denied": "445", "denied_count": 1}
        | {"unproven": (WHY,), "evidence": tuple(evidence), **common},
        {"ruling": "none", "state": "unknown", "wanted": 2, "unproven": (WHY,), "of": 9},
        {"ruling": "all", "state": "allowed", "answering": (flow,), **common},
        {"ruling": "undeclared", "state": "undeclared", "of": 9},
    )
    return Segmentation(
        zones=tuple(zones),
        pairs=tuple(
            ZonePair(source=source, target=target, **made[at % len(made)])
            for at, (source, target) in enumerate(permutations(zones, 2))
        ),
        canaries=(
            CanaryResult(zone=zones[0], address="10.10.0.9", ports="22,445", asked_from=(zones[1],), answered_to=()),
        ),
        vantages=(VantageResult(zone=zones[1], hosts=4, evidence=tuple(evidence)),),
    )
