"""The `posture` command, run as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

POSTURE = [sys.executable, "-m", "posture"]


def posture(*arguments: str | Path, cwd: Path, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run it in a folder that is also the user's home. It may fail, but never with a traceback."""
    environment = {**os.environ, "HOME": str(cwd)}
    done = subprocess.run(
        [*before, *POSTURE, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False, env=environment
    )
    assert "Traceback" not in done.stderr
    return done
