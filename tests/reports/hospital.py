"""The sample hospital's reports, made by the commands that a user gives."""

from __future__ import annotations

import subprocess
import sys
from functools import cached_property
from pathlib import Path

import msgspec

from posture.assessment import Assessment


def posture(*arguments: object) -> str:
    """What a command prints; it has to succeed."""
    done = subprocess.run(
        [sys.executable, "-m", "posture", "-q", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Hospital:
    """Its reports, by their formats."""

    def __init__(self, files: dict[str, Path]) -> None:
        self.files = files

    @cached_property
    def assessment(self) -> Assessment:
        return msgspec.json.decode(self.files["json"].read_bytes(), type=Assessment)
