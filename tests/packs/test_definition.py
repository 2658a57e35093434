import pytest

from posture import catalog, registry
from posture.errors import PostureError
from posture.governance.exceptions import control_name
from posture.packs import definition
from posture.packs.tables import PLACES

HEAD = """
[pack]
id = "state"
title = "State"
regulator = "The state"
rule = "Its rule"
as_of = "2026-01-01"
source = "Ours"
"""
REQUEST = """
[[request]]
id = "one"
group = "first"
title = "One"
asks = "All of it"
basis = "inferred"
why = "Nobody said"
"""


def written(tmp_path, text):
    path = tmp_path / "state.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", definition.built_in())
def test_a_pack_names_only_controls_and_checks_that_are_there(name):
    definition.sound(definition.find(name), catalog.built_in(), registry.load_checks().by_id)


def test_the_hipaa_pack_has_the_first_requests_and_the_provisions_and_says_that_they_are_inferred():
    pack = definition.find("hipaa")
    groups = [each.group for each in pack.request]
    assert (groups.count("first"), groups.count("provision")) == (11, 30)
    assert "has published no list" in pack.pack.source
    assert {each.basis for each in pack.request} == {"inferred", "seen"}
    known = {control_name(name, each.id) for name, one in catalog.built_in().items() for each in one.control}
    assert {control for each in pack.request for control in each.controls} <= known


def test_every_table_has_a_place_in_the_report():
    assert definition.TABLES.keys() == PLACES.keys()


def test_a_pack_of_ones_own_is_a_file(tmp_path):
    path = written(tmp_path, f'{HEAD}{REQUEST}controls = ["164.312(d)"]\n')
    assert definition.find(str(path)).request[0].controls == ("164.312(d)",)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('controls = ["164.999"]', r"request one, controls: there is no '164\.999'"),
        (
            'answers = ["164.312(dd)"]',
            r"request one, answers: there is no '164\.312\(dd\)'; did you mean '164\.312\(d\)'",
        ),
        (
            'checks = ["telnet-offred"]',
            "request one, checks: there is no 'telnet-offred'; did you mean 'telnet-offered'",
        ),
    ],
)
def test_what_is_not_there_is_named_with_its_request_and_key(tmp_path, more, said):
    pack = definition.load(written(tmp_path, f"{HEAD}{REQUEST}{more}\n"))
    with pytest.raises(PostureError, match=said):
        definition.sound(pack, catalog.built_in(), registry.load_checks().by_id)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f'{HEAD}{REQUEST}tables = ["invntory"]', r"not a pack: .*\$\.request\[0\]\.tables\[0\]"),
        (f"{HEAD}{REQUEST}colour = 1", r"not a pack: .*colour"),
        (f"{HEAD}{REQUEST}", "request one names nothing"),
        (f'{HEAD}{REQUEST}checks = ["a"]{REQUEST}checks = ["a"]', "request one is there twice"),
        (HEAD, r"not a pack: .*request"),
        ("[pack", "not a pack"),
    ],
)
def test_a_mistake_in_the_file_is_one_clear_error(tmp_path, text, said):
    with pytest.raises(PostureError, match=said):
        definition.load(written(tmp_path, text))


def test_a_pack_that_is_not_there():
    with pytest.raises(PostureError, match="there is no pack 'hippa'") as error:
        definition.find("hippa")
    assert error.value.exit_code == 2
    with pytest.raises(PostureError, match="there is no such pack"):
        definition.find("nowhere.toml")


def test_without_a_request_the_error_lists_them_all():
    pack = definition.find("hipaa")
    with pytest.raises(PostureError) as error:
        definition.chosen(pack, (), "--request")
    assert all(each.id in str(error.value) for each in pack.request)


def test_a_request_is_found_by_its_id_alone():
    pack = definition.find("hipaa")
    assert [each.id for each in definition.chosen(pack, ("training", "access", "training"), "x")] == [
        "access",
        "training",
    ]
    with pytest.raises(PostureError, match="there is no request 'acess'; did you mean 'access'"):
        definition.chosen(pack, ("acess",), "x")
