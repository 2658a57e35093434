"""Run `posture audit` where the lab is, with a store of its own, and read what it says of every check and subject."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_LONGEST = 540
"""Seconds that an audit or a report may take."""

WHOLE = ("scope:", "probe:", "snmp-silent:")
POSTURE = (sys.executable, "-m", "posture")


@dataclass(frozen=True, order=True)
class Said:
    """One observation: a check, the subject's name as the report has it, the outcome and why."""

    check: str
    subject: str
    outcome: str
    message: str = ""
    whole: bool = False
    """Whether it is said of a place or the scope, and not of one thing."""


def audit(toml: Path, inside: Callable[..., list[str]], *options: str) -> list[Said]:
    """Audit live, with `inside` making command lines that run in the lab's namespace; report as JSON; read that."""
    folder = toml.parent
    common = ("-c", str(toml), "--store", f"sqlite:///{folder}/posture.db")
    _call([*inside(*POSTURE), *common, "audit", *options], folder)
    _call([*POSTURE, *common, "report", "-f", "json", "-o", str(folder)], folder)
    (written,) = folder.glob("**/assessment.json")
    return list(read(json.loads(written.read_bytes())))


def read(assessment: dict) -> Iterator[Said]:
    """The observations of an assessment.json; a counted set gives one for the key of each of its subjects."""
    for each in assessment["observations"]:
        if "subjects" in each:
            for subject in each["subjects"]:
                yield Said(each["check"], subject, each["outcome"])
        else:
            yield Said(
                each["check"], each["subject_name"], each["outcome"], each["message"], each["subject"].startswith(WHOLE)
            )


def _call(command: list[str], folder: Path) -> None:
    environment = {**os.environ, "HOME": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment, timeout=_LONGEST
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[-6:])}: {done.stderr[-2000:]}")
