"""Errors that a user can act on: what went wrong, where, and the mend."""

from __future__ import annotations

__all__ = ["ConfigurationError", "PostureError", "Problem"]

import msgspec


class PostureError(Exception):
    """One clear error. `str()` is what the user reads; exit code 1 unless a subclass says otherwise."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        self.what, self.where, self.mend = what, where, mend
        super().__init__(what)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        mend = f"\n  {self.mend}" if self.mend else ""
        return f"{place}{self.what}{mend}"


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake in a file: its line (0 if none), the key, and what was expected."""

    line: int
    key: str
    message: str


class ConfigurationError(PostureError):
    """Mistakes in a configuration file, all of them at once. Exit code 2."""

    exit_code = 2

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file, self.problems = file, sorted(problems)
        super().__init__(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", where=file)

    def __str__(self) -> str:
        lines = [
            f"{self.file}:{problem.line}: {problem.key}: {problem.message}"
            if problem.line
            else f"{self.file}: {problem.key}: {problem.message}"
            for problem in self.problems
        ]
        return "\n".join(lines)
