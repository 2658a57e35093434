"""The map of reach as SVG: well-formed, safe, readable without colour, and bounded in size."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from posture.assessment import BlastRadius, Hop, Loss, MapEdge, MapNode, Scenario
from posture.figures.reach import reach_map

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script><image href=x onerror=y>\u202e\x1b[2J&amp;\x00'


def blast(
    zones: int = 2, services: int = 1, *, name: str = "EHR", shown: bool = True, lost: bool = True
) -> BlastRadius:
    nodes = [MapNode(id=f"zone:z{n}", name=f"z{n} {name}", kind="zone", machines=n) for n in range(zones)]
    nodes += [MapNode(id=f"service:s{n}", name=f"{name} {n}", kind="service") for n in range(services)]
    edges = [
        MapEdge(source=f"zone:z{a}", target=f"zone:z{b}", how=f"VNC {name}", shown=shown)
        for a in range(zones)
        for b in range(zones)
    ]
    edges += [
        MapEdge(source=f"zone:z{n % zones}", target=f"service:s{n}", how="depends on 1 machine", shown=True)
        for n in range(services if zones else 0)
    ]
    losses = [
        Loss(service=f"s{n}", name=name, because=name, path=(Hop(source="a", target="b", how="VNC", shown=True),))
        for n in range(services)
    ]
    scenarios = [
        Scenario(start=f"z{n}", name=f"z{n}", machines=1, of=zones, losses=tuple(losses) if lost else ())
        for n in range(zones)
    ]
    return BlastRadius(nodes=tuple(nodes), edges=tuple(edges), scenarios=tuple(scenarios))


def drawn(figure: BlastRadius) -> etree._Element:
    return etree.fromstring(reach_map(figure).encode())


def words(root: etree._Element) -> str:
    return "\n".join(root.itertext())


def arrows(root: etree._Element) -> list[etree._Element]:
    return [path for path in root.iter(f"{SVG}path") if path.get("marker-end") and "legend" not in words(path)]


def test_it_has_a_title_and_a_description_that_it_is_labelled_by():
    root = drawn(blast())
    assert root.get("role") == "img"
    title, described = root.get("aria-labelledby").split()
    (found,) = root.xpath(f"//*[@id='{title}']")
    assert found.text == "What ransomware can reach"
    (found,) = root.xpath(f"//*[@id='{described}']")
    assert "z0: 1 service and 0 stores of backups lost, 1 of 2 machines reached." in found.text


def test_ids_are_unique_in_a_page_with_two_maps():
    both = reach_map(blast()) + reach_map(blast(3))
    ids = re.findall(r' id="([^"]+)"', both)
    assert len(ids) == len(set(ids)) == 8
    assert set(re.findall(r"url\(#([^)]+)\)", both)) <= set(ids)


@pytest.mark.parametrize(("shown", "dashed"), [(True, False), (False, True)])
def test_what_is_assumed_is_dashed(shown, dashed):
    ways = [path for path in arrows(drawn(blast(shown=shown))) if "From z0" in words(path)]
    assert ways
    assert all(bool(path.get("stroke-dasharray")) is dashed for path in ways)


def test_a_service_that_can_be_lost_is_told_by_word_shape_and_hatching():
    for lost in (True, False):
        root = drawn(blast(lost=lost))
        (box,) = [group for group in root.iter(f"{SVG}g") if "EHR 0" in words(group) and "depends" not in words(group)]
        assert ("Stops from 2 of 2 starts" in words(box)) is lost
        assert any("hatch" in rect.get("fill") for rect in box.iter(f"{SVG}rect")) is lost
        assert (box.find(f"{SVG}path") is not None) is lost


def test_one_arrow_stands_for_all_zones_where_nothing_is_declared():
    root = drawn(blast(9, shown=False))
    told = [words(path) for path in arrows(root)]
    assert sum("From every other zone to" in each for each in told) == 9
    assert not any(each.startswith("From z0") for each in told)


def test_with_nothing_to_draw_it_says_so():
    assert "There is nothing to draw" in words(drawn(BlastRadius()))


@pytest.mark.parametrize(("zones", "services"), [(40, 0), (40, 30), (300, 200)])
def test_a_large_map_is_the_worst_case_alone_and_says_so(zones, services):
    root = drawn(blast(zones, services))
    assert f"of {zones} zones" in words(root)
    assert "worst case alone, an attack that starts in z0" in words(root)
    assert len(list(root.iter(f"{SVG}g"))) <= 24
    assert len(reach_map(blast(zones, services))) < 60_000
    assert float(root.get("viewBox").split()[3]) < 1500


def test_long_names_are_cut_and_kept_whole_in_the_title():
    name = "Picture archiving and communication system of the whole hospital"
    root = drawn(blast(name=name))
    assert f"{name} 0" in words(root)
    assert all(len(text.text) <= 40 for text in root.iter(f"{SVG}text"))


def test_hostile_names_break_out_of_nothing():
    for figure in (blast(name=HOSTILE), blast(40, 30, name=HOSTILE)):
        text = reach_map(figure)
        root = etree.fromstring(text.encode())
        allowed = {"svg", "title", "desc", "defs", "pattern", "marker", "rect", "path", "g", "text"}
        assert {etree.QName(element).localname for element in root.iter()} <= allowed
        assert not any(at.startswith("on") or "href" in at for element in root.iter() for at in element.attrib)
        assert "\u202e" not in text
        assert "\x1b" not in text
        assert "⟨U+202E⟩" in text


def test_boxes_do_not_overlap_and_stay_in_the_picture():
    root = drawn(blast(9, 8))
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = [
        tuple(float(group.find(f"{SVG}rect").get(name)) for name in ("x", "y", "width", "height"))
        for group in root.iter(f"{SVG}g")
    ]
    assert len(boxes) == 17
    for one in boxes:
        assert one[0] >= 0
        assert one[0] + one[2] <= width
        assert one[1] + one[3] <= height
        for other in boxes:
            apart = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
            apart |= one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]
            assert apart or one == other


@settings(max_examples=50, deadline=None)
@given(st.text(), st.integers(0, 40), st.integers(0, 12), st.booleans())
def test_any_name_gives_a_well_formed_picture(name, zones, services, shown):
    figure = blast(zones, services, name=name, shown=shown)
    assert reach_map(figure) == reach_map(figure)
    drawn(figure)
