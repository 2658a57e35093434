"""The command line: click commands, no logic. Results go to stdout, everything else to stderr."""

from __future__ import annotations

from posture.cli.main import main

__all__ = ["main"]
