import csv

import msgspec
import pytest
from reports.sample import HOSTILE, sample_assessment

from posture.assessment import NetworkLink, NetworkMap, Subnet
from posture.registry import renderers

SAMPLE = sample_assessment()


def link(name: str, **fields) -> NetworkLink:
    defaults = {"source_port": "Gi0/1", "target": "", "target_name": name, "target_port": "", "kind": "lldp"}
    return NetworkLink(source=SAMPLE.assets[0].key, source_name=name, **{**defaults, **fields})


def written(tmp_path, *links: NetworkLink) -> list[list[str]]:
    network = NetworkMap(links=links, subnets=(Subnet(network="10.10.0.0/24", zone="servers", hosts=1),))
    out = tmp_path / "map.csv"
    renderers()["map-csv"].render(msgspec.structs.replace(SAMPLE, network=network), out)
    with out.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def test_a_row_says_from_where_to_where_by_what_evidence(tmp_path):
    asset = SAMPLE.assets[1]
    rows = written(
        tmp_path, link("core", target=asset.key, target_name=asset.name, target_port="Te1/1", evidence=("ab",))
    )
    (row,) = [dict(zip(rows[0], each, strict=True)) for each in rows[1:]]
    assert (row["from"], row["from port"], row["to port"], row["kind"]) == ("core", "Gi0/1", "Te1/1", "lldp")
    assert (row["to zone"], row["to class"], row["evidence"]) == (asset.place, asset.device_class, "ab")


def test_a_subnet_has_its_zone_and_what_was_only_heard_of_says_so(tmp_path):
    rows = written(tmp_path, link("10.10.0.0/24", kind="arp"), link("ghost"))
    found = [dict(zip(rows[0], each, strict=True)) for each in rows[1:]]
    assert [(each["to zone"], each["to class"]) for each in found] == [("servers", "subnet"), ("", "not seen itself")]


@pytest.mark.parametrize("text", [*HOSTILE, "-1+1", "\t=1+1", "@SUM(A1)", "+1"])
def test_no_cell_is_a_formula_or_breaks_its_row(tmp_path, text):
    rows = written(tmp_path, link(text, source_port=text, target_port=text))
    assert [len(row) for row in rows] == [len(rows[0])] * 2
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in rows[1])
    assert not any(character in cell for cell in rows[1] for character in "\x1b\u202e\r\n")


def test_without_links_there_is_the_head_alone(tmp_path):
    assert len(written(tmp_path)) == 1
