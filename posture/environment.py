"""The environment of programs that others start for us: paths and languages, and none of our secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["without_secrets"]

_NEEDED = ("PATH", "LD_LIBRARY_PATH", "DYLD_", "HOME", "TMPDIR", "LANG", "LC_", "XDG_", "FONTCONFIG_")


@contextmanager
def without_secrets() -> Iterator[None]:
    """Inside the block this process has such an environment, for libraries that hand ours to what they start.

    python-nmap asks nmap for its version, and ctypes starts compilers to find libraries. What we start ourselves gets
    its environment by name.
    """
    whole = dict(os.environ)
    for name in whole:
        if not name.startswith(_NEEDED):
            del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(whole)
