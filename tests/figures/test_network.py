"""The map of the network as SVG: well-formed, safe, readable without colour, legible at a hospital's size."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from lxml import etree

from posture.assessment.network import ClassCount, NetworkLink, NetworkMap, NetworkNode, Subnet
from posture.figures.network import classes, network_sheets

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script><image href=x onerror=y>\u202e\x1b[2J&amp;\x00'


def network(zones: int = 3, each: int = 2, *, name: str = "switch", subnets: int = 2) -> NetworkMap:
    counted = (ClassCount(device_class="workstation", count=60), ClassCount(device_class="medical-device", count=40))
    nodes = [
        NetworkNode(key=f"k{z}-{n}", name=f"{name}-{z}-{n}", device_class="network", zone=f"z{z}", attached=counted)
        for z in range(zones)
        for n in range(each)
    ]
    links = [
        NetworkLink(
            source=a.key,
            source_name=a.name,
            source_port="Gi0/1",
            target=b.key,
            target_name=b.name,
            target_port="Te1/1",
            kind="lldp",
        )
        for a, b in pairwise(nodes)
    ]
    return NetworkMap(
        nodes=tuple(nodes),
        links=tuple(links),
        subnets=tuple(
            Subnet(network=f"10.{z}.{n}.0/24", zone=f"z{z}", hosts=100 if n else 0, classes=counted if n else ())
            for z in range(zones)
            for n in range(subnets)
        ),
    )


def sheets(figure: NetworkMap, zones: int = 3, words: str = "zone") -> list[etree._Element]:
    named = {f"z{z}": f"{words} {z}" for z in range(zones)}
    return [etree.fromstring(sheet.encode()) for sheet in network_sheets(figure, named)]


def words(*roots: etree._Element) -> str:
    return "\n".join(text for root in roots for text in root.itertext())


def arcs(root: etree._Element) -> list[etree._Element]:
    return [path for path in root.iter(f"{SVG}path") if "hears" in words(path)]


def test_it_has_a_title_and_a_description_that_it_is_labelled_by():
    (root,) = sheets(network())
    title, described = root.get("aria-labelledby").split()
    assert root.get("role") == "img"
    assert root.xpath(f"//*[@id='{title}']")[0].text == "The network, as far as it was seen"
    assert (
        "zone 0: 2 subnets, 100 machines. Devices of the network: switch-0-0"
        in root.xpath(f"//*[@id='{described}']")[0].text
    )


def test_devices_links_and_subnets_with_their_counts_are_written_on_it():
    (root,) = sheets(network())
    told = words(root)
    assert len(arcs(root)) == 5
    assert "switch-0-0 Gi0/1 hears switch-0-1 Te1/1 (LLDP)" in told
    assert "10.0.1.0/24: 100 machines" in told
    assert "60 workstations, 40 medical devices" in told
    assert "10.0.0.0/24: nothing was seen here" in told


def test_a_link_that_both_ends_tell_of_is_one_drawn_through():
    once = network(zones=1)
    (link,) = once.links
    back = NetworkLink(
        source=link.target,
        source_name=link.target_name,
        source_port="Te1/1",
        target=link.source,
        target_name=link.source_name,
        target_port="Gi0/1",
        kind="cdp",
    )
    both = NetworkMap(nodes=once.nodes, links=(link, back), subnets=once.subnets)
    (dashed,) = arcs(sheets(once)[0])
    (through,) = arcs(sheets(both)[0])
    assert dashed.get("stroke-dasharray")
    assert not through.get("stroke-dasharray")


def test_a_hospital_of_20_zones_and_2000_machines_is_drawn_on_sheets_that_fit_a_page():
    figure = network(zones=20, each=3, subnets=2)
    roots = sheets(figure, zones=20)
    sizes = [tuple(map(int, root.get("viewBox").split()))[2:] for root in roots]
    assert sum(subnet.hosts for subnet in figure.subnets) == 2_000
    assert all(width == 960 and height <= 1_240 for width, height in sizes)
    assert all(node.name in words(*roots) for node in figure.nodes)
    assert f"sheet 1 of {len(roots)}" in words(roots[0])
    assert "also linked to" in words(*roots)
    assert len({root.get("aria-labelledby") for root in roots}) == len(roots)


def test_no_two_texts_or_boxes_of_a_sheet_stand_on_each_other():
    for root in sheets(network(zones=20, each=3), zones=20):
        boxes = [box for box in root.iter(f"{SVG}rect") if box.get("height") == "46"]
        places = sorted((int(box.get("x")), int(box.get("y"))) for box in boxes)
        assert all(b[1] - a[1] >= 46 for a, b in pairwise(places) if a[0] == b[0])


def test_what_is_too_much_to_draw_is_said():
    (*_, last) = sheets(network(zones=3, each=100, subnets=100))
    assert "left out are the 140 smallest subnets" in words(last)
    assert "140 devices of the network" in words(last)


def test_a_map_of_nothing_has_no_sheet():
    assert network_sheets(NetworkMap(), {}) == []


def test_hostile_names_stay_text():
    figure = network(name=HOSTILE)
    for sheet in network_sheets(figure, {"z0": HOSTILE}):
        root = etree.fromstring(sheet.encode())
        assert {element.tag for element in root.iter()} <= {
            f"{SVG}{tag}" for tag in ("svg", "title", "desc", "rect", "path", "text", "g")
        }
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", sheet)
        assert all(
            "script" not in value and not name.startswith("on")
            for element in root.iter()
            for name, value in element.items()
        )


@pytest.mark.parametrize(
    ("most", "expected"),
    [(0, "3 servers, 2 UPSes, 1 camera"), (1, "3 servers, 3 others"), (2, "3 servers, 2 UPSes, 1 camera")],
)
def test_classes_are_counted_in_words(most, expected):
    counted = [ClassCount(device_class=name, count=count) for name, count in (("server", 3), ("ups", 2), ("camera", 1))]
    assert classes(counted, most) == expected
