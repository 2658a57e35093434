"""`assessment.json`: the whole assessment, for programs.

Its form is the contract of `posture/schemas/assessment.schema.json`. The bytes are canonical: UTF-8, keys sorted,
indented by two spaces, one line feed at the end. Without `run`, indentation and line feed they are what the
fingerprint is the SHA-256 of.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from posture.assessment import Assessment
from posture.atomic import replacing

name = "json"
suffix = ".json"


def render(assessment: Assessment, out: Path) -> None:
    """Write the assessment to `out`, all of it or nothing."""
    with replacing(out) as temporary:
        temporary.write_bytes(msgspec.json.format(msgspec.json.encode(assessment, order="sorted"), indent=2) + b"\n")
