from __future__ import annotations

import pytest
from reports.browsing import chromium


@pytest.fixture(scope="session")
def browser():
    with chromium() as started:
        yield started
