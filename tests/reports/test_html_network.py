"""The network map in the page: it stands in the inventory, whole, escaped, and readable without script."""

import re

import msgspec
import pytest
from lxml import html
from reports.sample import QUOTES, SCRIPT, sample_assessment

from posture.assessment import ClassCount, NetworkLink, NetworkMap, NetworkNode, Subnet
from posture.htmlparts.network import LINKS
from posture.registry import renderers

SAMPLE = sample_assessment()


def link(number: int, kind: str = "lldp", **fields) -> NetworkLink:
    defaults = {"source": "k1", "source_name": "core", "source_port": f"Te1/{number}", "target": "heard:x"}
    return NetworkLink(**{**defaults, "target_name": "closet", "target_port": "Gi0/1", "kind": kind, **fields})


def network(name: str = "core", links: int = 2) -> NetworkMap:
    counted = (ClassCount(device_class="workstation", count=3),)
    return NetworkMap(
        nodes=(
            NetworkNode(key="k1", name=name, device_class="network", zone="servers", attached=counted, tables=name),
            NetworkNode(key="heard:x", name="closet", device_class="unknown", seen=False, tables="not seen itself"),
        ),
        links=tuple(link(number, source_name=name) for number in range(links)),
        subnets=(Subnet(network="10.10.0.0/24", zone="servers", hosts=3, classes=counted),),
        note="1 device of the network gave neither.",
    )


def page(tmp_path, found: NetworkMap) -> tuple[html.HtmlElement, str]:
    out = tmp_path / "report.html"
    renderers()["html"].render(msgspec.structs.replace(SAMPLE, network=found), out)
    text = out.read_text("utf-8")
    return html.fromstring(text), text


def test_the_map_stands_in_the_inventory_with_its_devices_and_links(tmp_path):
    root, _ = page(tmp_path, network())
    (section,) = root.xpath("//section[@id='inventory']")
    assert section.xpath(".//h3[@id='network-map']")
    assert len(section.xpath(".//figure/*[local-name()='svg']")) == 1
    names = section.xpath(".//table[@id='network-devices']/tbody/tr/th")
    assert [name.text_content().strip() for name in names] == ["core", "closet"]
    assert len(section.xpath(".//table[@id='network-links']/tbody/tr")) == 2
    assert "gave neither" in section.text_content()


def test_an_asset_in_it_leads_to_its_row(tmp_path):
    asset = SAMPLE.assets[0]
    root, _ = page(tmp_path, NetworkMap(nodes=network().nodes, links=(link(1, target=asset.key),)))
    (target,) = root.xpath("//table[@id='network-links']//a/@href")
    assert root.xpath(f"//*[@id='{target[1:]}']")


@pytest.mark.parametrize("name", [SCRIPT, QUOTES])
def test_hostile_names_stay_text(tmp_path, name):
    quiet, _ = page(tmp_path, network())
    root, text = page(tmp_path, network(name))
    for tag in ("script", "img", "svg"):
        assert len(root.xpath(f"//*[local-name()='{tag}']")) == len(quiet.xpath(f"//*[local-name()='{tag}']"))
    assert not re.search(r"<[^>]*\son(error|load)=", text)


def test_what_is_not_written_out_is_counted(tmp_path):
    root, _ = page(tmp_path, network(links=LINKS + 5))
    assert len(root.xpath("//table[@id='network-links']/tbody/tr")) == LINKS
    assert "5 more links are in the export" in root.text_content()


def test_where_nothing_is_known_it_says_so(tmp_path):
    root, _ = page(tmp_path, NetworkMap())
    assert "There is nothing to draw" in root.text_content()
