"""Inventories from files: known by their headers, read as they are usually spelled, and never more than that."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from posture import registry
from posture.collectors.inventory import InventoryCollector
from posture.collectors.inventory.columns import addresses, is_inventory, macs, yes_or_no
from posture.errors import PostureError
from posture.facts import BlindSpot, DeclaredAsset
from posture.imports import load
from posture.model import Envelope, Evidence
from posture.scope import OrganisationScope, Scope, Zone

COLLECTOR = InventoryCollector()
ZONES = (Zone(id="wards", kind="clinical", networks=("10.0.0.0/24",)),)
SCOPE = Scope(organisation=OrganisationScope(name="Test"), zone=ZONES)
CSV = (
    b"Hostname,IP Address,MAC Address,Serial No.,Device Type,Medical (yes/no),Owner,Room,Zone,Password\n"
    b"Pump7.hosp.example,10.0.0.7,00-30-E6-00-00-07,SN-4711,Infusion pump,Yes,Biomed,W3,wards,hunter2\n"
    b"srv1,10.0.0.8 / 10.0.0.9,001B.2100.0008,N/A,Server,no,IT,pw: secret99,,hunter3\n"
)


def evidence(payload: bytes, name: str = "inventory.csv") -> Evidence:
    (record,) = COLLECTOR.load(payload, name, "0" * 64)
    return record


def facts(payload: bytes, name: str = "inventory.csv") -> list[DeclaredAsset | BlindSpot]:
    return list(COLLECTOR.read([evidence(payload, name)], SCOPE))


def workbook(*rows, title: str = "Biomed", notes: bool = True) -> bytes:
    book = openpyxl.Workbook()
    book.active.title = title
    for each in rows:
        book.active.append(each)
    if notes:
        book.create_sheet("Notes").append(["nothing", "to", "see"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_csv_file_is_read_by_its_header():
    pump, server = facts(CSV)
    assert (pump.hostname, pump.addresses, pump.macs) == ("pump7.hosp.example", ("10.0.0.7",), ("00:30:e6:00:00:07",))
    assert (pump.serial, pump.device_class, pump.medical) == ("SN-4711", "medical-device", True)
    assert (pump.owner, pump.location, pump.zone, pump.place) == ("Biomed", "W3", "wards", "wards")
    assert (server.addresses, server.macs, server.serial) == (("10.0.0.8", "10.0.0.9"), ("00:1b:21:00:00:08",), "")
    assert (server.file, server.row, server.medical_only) == ("inventory.csv", "3", False)


def test_a_workbook_is_read_whatever_sheet_it_is_on():
    (scanner,) = facts(workbook(["Asset Name", "IP", "S/N", "Type"], ["CT 1", "10.0.0.9", "AB1234", "CT"]), "a.xlsx")
    assert (scanner.row, scanner.device_class, scanner.medical_only) == ("Biomed, 2", "modality", True)


def test_only_the_columns_that_are_read_become_evidence_and_no_password():
    record = evidence(CSV)
    assert b"hunter" not in record.payload
    assert b"secret99" not in record.payload
    assert b"pw: {masked;type=password}" in record.payload
    assert record.envelope.masked == ("column Password",)
    assert record.intact()


def test_the_command_knows_it_by_its_content(tmp_path):
    (tmp_path / "any.txt").write_bytes(CSV)
    (tmp_path / "book.xlsx").write_bytes(workbook(["Hostname", "IP"], ["a", "10.0.0.1"]))
    found = load([tmp_path], registry.collectors())
    assert {record.envelope.collector for record in found.evidence} == {"inventory"}
    assert len(found.evidence) == 2


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (["Hostname", "IP"], True),
        (["MAC", "Owner"], True),
        (["Serial number", "Type"], True),
        (["Device Name", "Device Type"], True),
        (["IP"], False),
        (["Name", "Department"], False),
        (["login", "name", "last day"], False),
        (["name", "type"], False),
        (["dn: dc=hosp"], False),
        ([], False),
    ],
)
def test_what_is_an_inventory_the_header_decides(header, expected):
    assert is_inventory(header) is expected


@pytest.mark.parametrize("text", ["10.0.0.5", "10.0.0.5/24", " 10.0.0.5 ", "::ffff:10.0.0.5", "DHCP; 10.0.0.5"])
def test_addresses_are_read_as_they_are_written(text):
    assert addresses(text) == (("10.0.0.5",), ())


@pytest.mark.parametrize("text", ["00:30:E6:00:00:07", "00-30-e6-00-00-07", "0030.e600.0007", "0030E6000007"])
def test_mac_addresses_are_read_as_they_are_written(text):
    assert macs(text) == (("00:30:e6:00:00:07",), ())


def test_what_can_not_be_read_is_kept_and_told():
    (fact,) = facts(b"Hostname,IP,MAC\nx,10.0.0.300,zz:zz\n")
    assert (fact.addresses, fact.macs, fact.unread) == ((), (), ("10.0.0.300", "zz:zz"))


@pytest.mark.parametrize(("text", "said"), [("Yes", True), ("x", True), ("N", False), ("", None), ("maybe", None)])
def test_yes_and_no(text, said):
    assert yes_or_no(text) is said


def test_a_file_of_medical_devices_alone_is_one():
    both = b"Hostname,IP,Medical\na,10.0.0.1,yes\nb,10.0.0.2,%s\n"
    assert {fact.medical_only for fact in facts(both % b"yes")} == {True}
    assert {fact.medical_only for fact in facts(both % b"no")} == {False}
    assert {fact.medical_only for fact in facts(both % b"")} == {False}


# ── hostile files ────────────────────────────────────────────────────────────────────────────────────────────────


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 200_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"Hostname,IP\n", id="no rows"),
        pytest.param(b"Fruit,Colour\napple,red\n", id="no inventory"),
        pytest.param(b'Hostname,IP\n"a,10.0.0.1\n', id="open quote"),
        pytest.param(b"Hostname,IP\n" + b"a," * 100_000 + b"\n", id="too many columns"),
        pytest.param(b"Hostname,IP\n\0\0\0", id="binary"),
        pytest.param(b"PK\x03\x04 not a zip", id="no zip"),
        pytest.param(bomb(), id="bomb"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_a_bad_file_is_one_clear_error(payload):
    with pytest.raises(PostureError) as raised:
        evidence(payload)
    assert raised.value.where
    assert raised.value.where.startswith("inventory.csv")


def test_formulas_and_control_characters_are_text():
    (fact,) = facts(b"Hostname,IP\n=cmd|'/c calc'!A1\x1b[31m,10.0.0.1\n")
    assert fact.name == "=cmd|'/c calc'!A1 [31m"


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_evidence_of_any_content_is_read_without_an_error(payload):
    envelope = Envelope(collector="inventory", format="inventory-csv", outcome="complete")
    found = COLLECTOR.read([Evidence.of(envelope, payload)], SCOPE)
    assert all(isinstance(each, (DeclaredAsset, BlindSpot)) for each in found)


@given(st.lists(st.text(max_size=20), min_size=9, max_size=9))
@settings(max_examples=200, deadline=None)
def test_any_cells_become_facts_or_nothing(cells):
    header = ["Hostname", "IP", "MAC", "Serial", "Type", "Medical", "Owner", "Location", "Zone"]
    text = ",".join(header) + "\n" + ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"
    try:
        found = facts(text.encode())
    except PostureError:
        return
    assert all(isinstance(each, DeclaredAsset) for each in found)


def test_nothing_is_ever_sent():
    assert COLLECTOR.plan(SCOPE) == []
