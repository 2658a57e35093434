"""What many makers' devices and many versions of nmap say: all of it can be imported, and each maker is named."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from posture import imports, registry
from posture.facts import BlindSpot, Device, Fact, Host, Missing
from posture.model import Evidence
from posture.scope import Scope

DATA = Path(__file__).parent / "data"
SNMP = [
    *sorted((DATA / "snmp" / "excerpts").glob("*.snmprec")),
    *sorted((DATA / "snmp" / "librenms").glob("*.snmprec")),
]
NMAP = sorted((DATA / "nmap" / "public").glob("*.xml"))
NAMELESS = {"01.snmprec"}
"""It says `T1 COS V1.0` under a number that nobody was given: no one can tell who made it."""

IDENTITIES = [
    line.split("\t") for line in (DATA / "snmp" / "librenms" / "identities.tsv").read_text("utf-8").splitlines()
]


def read(records: tuple[Evidence, ...], collector: str) -> Iterator[Fact | BlindSpot]:
    return registry.collectors()[collector].read(records, Scope.of_files())


@pytest.fixture(scope="module")
def devices() -> dict[str, Device]:
    """All recorded devices, by the name of their file, out of one import."""
    imported = imports.load(SNMP, registry.collectors())
    assert not imported.skipped
    names = {record.id: record.envelope.source.name for record in imported.evidence if record.envelope.source}
    facts = list(read(imported.evidence, "snmp"))
    assert [fact for fact in facts if isinstance(fact, BlindSpot)] == []
    return {names[digest]: fact for fact in facts if isinstance(fact, Device) for digest in fact.evidence}


def test_each_of_more_than_200_recorded_devices_is_imported_and_its_maker_named(devices):
    nameless = {name for name, device in devices.items() if isinstance(device.vendor, Missing)}
    makers = {device.vendor for device in devices.values() if not isinstance(device.vendor, Missing)}

    print(f"{len(SNMP)} recordings, {len(devices)} devices, {len(makers)} makers, nameless: {sorted(nameless)}")  # noqa: T201  # figures
    assert set(devices) == {path.name for path in SNMP}
    assert len(devices) - len(NAMELESS) >= 200
    assert nameless == NAMELESS
    assert len(makers) >= 100


@pytest.mark.parametrize("expected", IDENTITIES, ids=lambda expected: expected[0])
def test_maker_model_firmware_and_serial_are_read_from_the_makers_own_places(devices, expected):
    file, *identity = expected
    device = devices[file]
    found = (device.vendor, device.model, device.firmware, device.serial)

    assert ["" if isinstance(each, Missing) else each for each in found] == identity


def test_twelve_files_of_ten_versions_of_nmap_are_imported_without_an_error():
    imported = imports.load(NMAP, registry.collectors())
    versions = {record.envelope.tool.version for record in imported.evidence if record.envelope.tool}
    hosts = [fact for fact in read(imported.evidence, "nmap") if isinstance(fact, Host)]

    print(f"{len(NMAP)} files, {len(versions)} versions, {len(hosts)} hosts")  # noqa: T201  # figures
    assert (len(imported.evidence), imported.skipped) == (len(NMAP), ())
    assert len(NMAP) >= 10
    assert len(versions) >= 10
    assert len(hosts) >= 10
