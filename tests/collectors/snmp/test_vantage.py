"""From where a device answered: the zones that its scanners are known to have stood in."""

from __future__ import annotations

from pathlib import Path

import pytest

from posture.facts import Device
from posture.imports import load
from posture.registry import collectors
from posture.scope import OrganisationScope, Scope, Zone

SCOPE = Scope(
    organisation=OrganisationScope(name="Test"),
    zone=(Zone(id="servers", kind="server", networks=("10.10.0.0/24",)),),
)
WALK = "1.3.6.1.2.1.1.1.0|4|Switch\n1.3.6.1.2.1.1.5.0|4|{}\n"


def heard(tmp_path: Path, *zones: str | None) -> tuple[str, ...]:
    """The zones of a device that was walked from each of these; None is from nobody knows where."""
    records = []
    for zone in zones:
        folder = tmp_path / str(zone)
        folder.mkdir()
        (folder / "10.10.0.7.snmprec").write_text(WALK.format(f"sw-{zone}"))
        records += load([folder], collectors(), zone).evidence
    [device] = [each for each in collectors()["snmp"].read(records, SCOPE) if isinstance(each, Device)]
    return device.heard_from


@pytest.mark.parametrize(
    ("zones", "expected"),
    [((None,), ()), (("users",), ("users",)), (("users", None, "guests"), ("guests", "users"))],
)
def test_a_device_knows_from_which_zones_it_answered(tmp_path, zones, expected):
    assert heard(tmp_path, *zones) == expected
