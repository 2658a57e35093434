"""Taking evidence away, with what was asked, never makes a verdict better (invariant 2), on a whole recorded run.

What can't hold, by design: a fail goes with its subject or with the statement that it stands on (a host, an account, a
row of the leavers). What is compared is therefore what is well: nothing is that was not before.
"""

import csv
import io
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Network, ip_address, ip_network

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from posture import catalog, configuration, registry
from posture.assessment import Assessment, Run
from posture.demo import recorded
from posture.demo.hospital import scope_text
from posture.evaluate import evaluate
from posture.facts import Fact
from posture.imports import load
from posture.model import AskedLdap, AskedNmap, AskedSnmp, Evidence, Outcome
from posture.ports import PortSet
from posture.request import Request
from posture.testing import AS_OF

TABLES = ("inventory-csv", "leavers-csv")
RENAMED = {"directory:import/dc=hosp,dc=example": "directory:import/dc1.hosp.example"}
"""A server goes by its DNS name; by its naming contexts where it does not tell that: the same under another key."""

GOOD = {Outcome.PASS, Outcome.NOT_APPLICABLE}


@cache
def whole() -> tuple[Evidence, ...]:
    imported = load(recorded.FILES, registry.collectors()).evidence
    return (*recorded.read(), *imported)


def assessed(records) -> Assessment:
    request = Request(
        run=Run(id="r", started=AS_OF.at),
        scope=configuration.parse(scope_text(recorded.FOLDER), "sample"),
        as_of=AS_OF.at,
        version="0",
        probes=tuple(recorded.probes()),
    )
    return evaluate(request, records, registry.load_checks(), registry.collectors(), catalog.built_in())


@cache
def known_as() -> dict[str, tuple[str, ...]]:
    """Every identifier in the whole run, with all those of its subject."""
    scope = configuration.parse(scope_text(recorded.FOLDER), "sample")
    return {
        identifier: fact.ids
        for collector in registry.collectors().values()
        for fact in collector.read([each for each in whole() if each.envelope.collector == collector.name], scope)
        if isinstance(fact, Fact)
        for identifier in fact.ids
    }


def good(assessment: Assessment) -> set[tuple[str, str]]:
    """(check, any identifier of the subject) of what is well: a thing keeps its names when it loses its strongest."""
    names = {asset.key: asset.ids for asset in assessment.assets}
    return {
        (each.check, name)
        for each in assessment.observations
        if each.outcome in GOOD
        for key in each.subjects
        for name in (*names.get(key, ()), *known_as().get(key, (key,)))
    }


@cache
def good_before() -> set[tuple[str, str]]:
    return good(assessed(whole()))


def nothing_is_better(records) -> None:
    after = assessed(records)
    names = {asset.key: asset.ids for asset in after.assets}
    for each in after.observations:
        if each.outcome in GOOD:
            for key in each.subjects:
                known = (RENAMED.get(key, key), *names.get(key, ()))
                assert any((each.check, name) in good_before() for name in known), (each.check, key)


def replaced(record: Evidence, payload: bytes, **asked) -> Evidence:
    before = record.envelope.asked
    envelope = msgspec.structs.replace(
        record.envelope, asked=msgspec.structs.replace(before, **asked) if before and asked else before
    )
    return Evidence.of(envelope, payload)


def without_port(record: Evidence, number: int) -> Evidence:
    """The scan as it would be had the port not been asked."""
    if record.envelope.format != "nmap-xml" or not record.payload:
        return record
    tree = etree.fromstring(record.payload)
    gone = PortSet.of([number])
    for element in tree.iter("scaninfo", "extrareasons"):
        name = "services" if element.tag == "scaninfo" else "ports"
        if element.get(name):
            element.set(name, str(PortSet.parse(element.get(name)) - gone))
    for port in list(tree.iter("port")):
        if port.get("portid") == str(number):
            port.getparent().remove(port)
    asked = record.envelope.asked
    told = {"tcp": str(PortSet.parse(asked.tcp) - gone)} if isinstance(asked, AskedNmap) else {}
    return replaced(record, etree.tostring(tree), **told)


def without_host(record: Evidence, address: str) -> Evidence:
    if record.envelope.format != "nmap-xml" or not record.payload:
        return record
    tree = etree.fromstring(record.payload)
    for host in list(tree.iter("host")):
        if any(each.get("addr") == address for each in host.iter("address")):
            host.getparent().remove(host)
    return replaced(record, etree.tostring(tree))


def without_attribute(record: Evidence, name: str) -> Evidence:
    if record.envelope.format != "ldif":
        return record
    lines = [
        line
        for line in record.payload.decode().splitlines(keepends=True)
        if not line.lower().startswith((f"{name.lower()}:", f"{name.lower()};"))
    ]
    text = "".join(lines).replace(f" {name} ", " ")
    asked = record.envelope.asked
    told = (
        {"attributes": tuple(each for each in asked.attributes if each.lower() != name.lower())}
        if isinstance(asked, AskedLdap)
        else {}
    )
    return replaced(record, text.encode(), **told)


def without_objects(record: Evidence, prefix: str) -> Evidence:
    if record.envelope.format != "snmprec":
        return record
    kept = [line for line in record.payload.splitlines(keepends=True) if not line.decode().startswith(prefix)]
    asked = record.envelope.asked
    told = (
        {"oids": tuple(oid for oid in asked.oids if not f"{oid}.".startswith(f"{prefix}."))}
        if isinstance(asked, AskedSnmp)
        else {}
    )
    return replaced(record, b"".join(kept), **told)


def without_range(record: Evidence, network: str) -> Evidence:
    """The scan as it would be had none of these addresses been scanned."""
    if record.envelope.format != "nmap-xml" or not record.payload:
        return record
    gone = ip_network(network)
    tree = etree.fromstring(record.payload)
    for host in list(tree.iter("host")):
        if any(ip_address(each.get("addr")) in gone for each in host.iter("address") if each.get("addrtype") != "mac"):
            host.getparent().remove(host)
    left = tuple(str(each) for target in record.envelope.targets for each in _outside(ip_network(target), gone))
    envelope = msgspec.structs.replace(record.envelope, targets=left)
    return Evidence.of(envelope, etree.tostring(tree))


def _outside(network: IPv4Network, gone: IPv4Network) -> Iterator[IPv4Network]:
    if network.subnet_of(gone):
        return iter(())
    return network.address_exclude(gone) if gone.subnet_of(network) else iter((network,))


def without_lines(record: Evidence, form: str, number: int) -> Evidence:
    """The table without one of its rows; its header stays."""
    if record.envelope.format != form:
        return record
    lines = record.payload.splitlines(keepends=True)
    return replaced(record, b"".join(line for at, line in enumerate(lines) if at != number))


def without_column(record: Evidence, form: str, name: str) -> Evidence:
    """The table as it would be had the column been empty."""
    if record.envelope.format != form:
        return record
    header, *rows = csv.reader(io.StringIO(record.payload.decode()))
    text = io.StringIO(newline="")
    at = header.index(name)
    csv.writer(text, lineterminator="\n").writerows([header, *([*row[:at], "", *row[at + 1 :]] for row in rows)])
    return replaced(record, text.getvalue().encode())


def open_ports() -> list[int]:
    return sorted(
        {
            int(port.get("portid"))
            for record in whole()
            if record.envelope.format == "nmap-xml" and record.payload
            for port in etree.fromstring(record.payload).iter("port")
        }
    )


def attributes() -> list[str]:
    return sorted(
        {
            line.split(":")[0]
            for record in whole()
            if record.envelope.format == "ldif"
            for line in record.payload.decode().splitlines()
            if ":" in line and not line.startswith(("#", "dn:", " "))
        }
    )


def hosts() -> list[str]:
    return sorted(
        {
            address.get("addr")
            for record in whole()
            if record.envelope.format == "nmap-xml" and record.payload
            for address in etree.fromstring(record.payload).iter("address")
            if address.get("addrtype") != "mac"
        }
    )


def scanned() -> list[str]:
    return sorted(
        {target for record in whole() if record.envelope.format == "nmap-xml" for target in record.envelope.targets}
    )


def table(form: str) -> list[str]:
    [found] = [record for record in whole() if record.envelope.format == form]
    return found.payload.decode().splitlines()


def lines(form: str) -> int:
    return len(table(form))


def columns(form: str) -> list[str]:
    return table(form)[0].split(",")


def subtrees() -> list[str]:
    return sorted(
        {
            ".".join(line.split("|")[0].split(".")[:length])
            for record in whole()
            if record.envelope.format == "snmprec"
            for line in record.payload.decode().splitlines()
            for length in (8, 9, 10)
        }
    )


def test_the_recorded_run_has_something_good_to_lose():
    assert len(good_before()) > 100


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, len(whole()) - 1), min_size=1, max_size=8))
def test_without_some_of_the_evidence(gone: set[int]):
    nothing_is_better(record for number, record in enumerate(whole()) if number not in gone)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*open_ports(), 445, 3389, 22, 6000, 512]))
def test_without_a_port(number: int):
    nothing_is_better(without_port(record, number) for record in whole())


@pytest.mark.parametrize("address", hosts())
def test_without_a_host(address: str):
    nothing_is_better(without_host(record, address) for record in whole())


@pytest.mark.parametrize("network", scanned())
def test_without_a_scanned_range(network: str):
    nothing_is_better(without_range(record, network) for record in whole())


@pytest.mark.parametrize("number", range(len(whole())))
def test_without_a_record(number: int):
    nothing_is_better(record for at, record in enumerate(whole()) if at != number)


@pytest.mark.parametrize("file", [None, *(path.name for path in recorded.FILES)])
def test_without_a_file_or_with_no_other(file: str | None):
    handed_in = [record for record in whole() if record.envelope.source]
    assert len({record.envelope.source.name for record in handed_in}) == len(recorded.FILES)
    nothing_is_better(
        record for record in whole() if record.envelope.source is None or record.envelope.source.name != file
    )
    nothing_is_better(
        record for record in whole() if record.envelope.source is None or record.envelope.source.name == file
    )


@pytest.mark.parametrize(("form", "number"), [(form, number) for form in TABLES for number in range(1, lines(form))])
def test_without_a_row_of_a_table(form: str, number: int):
    nothing_is_better(without_lines(record, form, number) for record in whole())


@pytest.mark.parametrize(("form", "name"), [(form, name) for form in TABLES for name in columns(form)])
def test_without_a_column_of_a_table(form: str, name: str):
    nothing_is_better(without_column(record, form, name) for record in whole())


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(attributes()))
def test_without_an_attribute(name: str):
    nothing_is_better(without_attribute(record, name) for record in whole())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(subtrees()))
def test_without_a_subtree(prefix: str):
    nothing_is_better(without_objects(record, prefix) for record in whole())
