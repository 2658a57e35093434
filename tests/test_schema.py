import json
import tomllib

import pytest
from jsonschema import Draft202012Validator

from posture.schema import configuration_schema, files

EXAMPLE = """
[organisation]
name = "St. Mary’s"

[[zone]]
id = "servers"
kind = "server"
networks = ["10.10.0.0/24"]
policy = "gentle"

[[directory]]
id = "ad"
host = "10.10.0.10"
bind = {method = "simple", user = "audit@hosp.example", password = {env = "AD_PASSWORD"}}
"""


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_the_schema_that_ships_is_what_the_types_give(path):
    assert path.read_bytes() == files()[path], "run python -m posture.schema"


@pytest.mark.parametrize("path", files(), ids=lambda path: path.name)
def test_it_is_a_schema(path):
    Draft202012Validator.check_schema(json.loads(path.read_bytes()))


def test_a_posture_toml_is_valid():
    Draft202012Validator(configuration_schema()).validate(tomllib.loads(EXAMPLE))


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("networks", "network"), ('"server"', '"sever"'), ('"servers"', '"Servers!"'), ('"gentle"', '"brutal"')],
)
def test_a_mistake_in_a_posture_toml_is_not(wrong, right):
    document = tomllib.loads(EXAMPLE.replace(wrong, right, 1))
    assert not Draft202012Validator(configuration_schema()).is_valid(document)


def test_no_secret_can_stand_in_a_posture_toml():
    document = tomllib.loads(EXAMPLE.replace('{env = "AD_PASSWORD"}', '"hunter2"'))
    assert not Draft202012Validator(configuration_schema()).is_valid(document)
