from contextlib import suppress
from datetime import date
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture import configuration
from posture.errors import ConfigurationError, PostureError
from posture.model import Policy

MINIMAL = '[organisation]\nname = "H"\n'


def problems(text: str) -> dict[str, tuple[int, str]]:
    with pytest.raises(ConfigurationError) as caught:
        configuration.parse(text, "posture.toml")
    return {problem.key: (problem.line, problem.message) for problem in caught.value.problems}


def test_the_template_of_init_is_valid():
    scope = configuration.load(configuration.TEMPLATE)

    assert scope.zones["devices"].effective_policy is Policy.IMPORT_ONLY


def test_all_mistakes_are_told_at_once_with_key_line_and_what_was_expected():
    found = problems(
        """[organisation]
nam = "X"

[[zone]]
id = "servers"
kind = "servr"
networks = ["10.0.0.0/8"]
max_rate = "fast"

[[zone]]
id = "Bad Id"
kind = "server"
networks = []
window = [{start = "25:00", end = "04:00"}]

[snmp]
credentials = [
  {id = "a", version = "3", secret = "x"},
]
"""
    )

    assert found["organisation"] == (1, "'name' is missing")
    assert found["organisation.nam"] == (2, "unknown key; did you mean 'name'?")
    assert found["zone[1].kind"][0] == 6
    assert "did you mean 'server'?" in found["zone[1].kind"][1]
    assert found["zone[1].max_rate"][0] == 8
    assert "whole number" in found["zone[1].max_rate"][1]
    assert found["zone[2].id"][0] == 11
    assert found["zone[2].networks"][0] == 13
    assert found["zone[2].window[1].start"][0] == 14
    assert found["snmp.credentials[1].secret"][0] == 17


@pytest.mark.parametrize(
    ("addition", "key", "words"),
    [
        ('time_zone = "Mars/Olympus"', "organisation.time_zone", "IANA time zone"),
        ('[[zone]]\nid="a"\nkind="server"\nnetworks=["10.0.0.0/33"]', "zone[1].networks[1]", "not a network"),
        ('[[zone]]\nid="a"\nkind="server"\nnetworks=["10.0.0.0/8"]\nsite="x"', "zone[1].site", "no site 'x'"),
        (
            '[[zone]]\nid="a"\nkind="server"\nnetworks=["10.0.0.0/8"]\n[[zone]]\nid="a"\nkind="user"\nnetworks=["10.0.0.0/8"]',
            "zone[2].id",
            "earlier one",
        ),
        (
            '[[zone]]\nid="a"\nkind="server"\nnetworks=["10.0.0.0/8"]\nports="22-x"',
            "zone[1].ports[1]",
            "list of ports",
        ),
        (
            '[[zone]]\nid="a"\nkind="imaging"\nnetworks=["10.0.0.0/8"]\napproved_devices=["10.0.0.1"]',
            "zone[1].approved_devices",
            "approval",
        ),
        (
            '[[directory]]\nid="d"\nhost="dc"\ntransport="plain"\nbind={user="u", password={env="P"}}',
            "directory[1].transport",
            "never sent in the clear",
        ),
        ('[[directory]]\nid="d"\nhost="ldap://dc"', "directory[1].host", "leave out ldap://"),
        (
            '[[directory]]\nid="d"\nhost="dc"\nbind={user="u", password={env="P", file="f"}}',
            "directory[1].bind.password",
            "exactly one",
        ),
        (
            '[snmp]\ncredentials=[{id="a", user="u", privacy="AES-128", privacy_secret={env="P"}}]',
            "snmp.credentials[1].privacy",
            "RFC 3414",
        ),
        ('[snmp]\ncredentials=[{id="a", version="2c"}]', "snmp.credentials[1]", "needs a community"),
        ('[[service]]\nid="s"\nname="S"\ndepends_on=["nowhere"]', "service[1].depends_on", "no zone, directory"),
        ('[[service]]\nid="s"\nname="S"\ndepends_on=["zone:x"]', "service[1].depends_on", "no zone, directory"),
        ('[[service]]\nid="s"\nname="S"\ndepends_on=["s"]', "service[1].depends_on", "there are: none"),
        ('[[service]]\nid="s"\nname="S"\ndepends_on=["10.0.0.1/24"]', "service[1].depends_on", "host bits set"),
        ('[[service]]\nid="s"\nname="S"\nsites=["west"]', "service[1].sites", "no site 'west'"),
        ('[[asset]]\nmatch="10.0.0.0/33"\nephi="no"', "asset[1].match[1]", "not a network"),
        (
            '[[zone]]\nid="a"\nkind="server"\nnetworks=["10.0.0.0/8"]\nreachable_from=["b"]',
            "zone[1].reachable_from",
            "no zone 'b'",
        ),
        ('[[service]]\nid="s"\nname="S"\nbackups=["tape"]', "service[1].backups", "no zone, address or network"),
        (
            '[[directory]]\nid="d"\nhost="dc"\n[[service]]\nid="s"\nname="S"\nbackups=["directory:d"]',
            "service[1].backups",
            "no zone, address or network",
        ),
        (
            '[[directory]]\nid="staff"\nhost="dc"\n[[service]]\nid="s"\nname="S"\ndepends_on=["directory:staf"]',
            "service[1].depends_on",
            "did you mean 'directory:staff'?",
        ),
    ],
)
def test_what_no_schema_can_say_is_told_too(addition, key, words):
    assert words in problems(MINIMAL + addition)[key][1]


def test_a_service_can_depend_on_whatever_the_scope_has_and_services_on_each_other():
    scope = configuration.parse(
        MINIMAL
        + """
[[site]]
id = "main"
name = "Main"
[[zone]]
id = "servers"
kind = "server"
networks = ["10.0.0.0/8"]
[[directory]]
id = "staff"
host = "dc"
[[service]]
id = "ehr"
name = "EHR"
sites = ["main"]
depends_on = ["10.0.0.1", "fd00::1", "10.1.0.0/16", "zone:servers", "directory:staff", "servers", "staff", "pacs"]
backups = ["10.2.0.1", "10.3.0.0/24", "zone:servers"]
[[service]]
id = "pacs"
name = "PACS"
depends_on = ["ehr"]
""",
        "posture.toml",
    )

    assert [service.id for service in scope.service] == ["ehr", "pacs"]


@pytest.mark.parametrize("written", ["2026-02-28", '"2026-02-28"'])
def test_a_day_is_written_with_or_without_quotes(written):
    scope = configuration.parse(f'{MINIMAL}[[service]]\nid="s"\nname="S"\nlast_drill={written}', "posture.toml")

    assert scope.service[0].last_drill == date(2026, 2, 28)


@pytest.mark.parametrize("written", ['"2026-02-30"', '"last May"', "2026-02-28T10:00:00Z", "20260228"])
def test_what_is_no_day_is_told_with_its_line(written):
    line, words = problems(f'{MINIMAL}[[service]]\nid="s"\nname="S"\nlast_drill={written}')["service[1].last_drill"]

    assert line == MINIMAL.count("\n") + 4
    assert "is not" in words


def test_a_secret_written_into_the_file_is_refused():
    found = problems(MINIMAL + '[[directory]]\nid="d"\nhost="dc"\nbind={user="u", password="hunter2"}')

    assert "a table" in found["directory[1].bind.password"][1]


@pytest.mark.parametrize(
    "table",
    [
        '[[directory]]\nid = "d"\nhost = "h"\nbind = { user = "u", password = "hunter2" }',
        '[[directory]]\nid = "d"\nhost = "h"\nbind = "hunter2"',
        '[[directory]]\nid = "d"\nhost = "ldap://cn=u:hunter2@h"',
        '[[directory]]\nid = "d"\nhost = "u:hunter2@h"',
        '[[directory]]\nid = "d"\nhost = "h"\nbind = { user = "u", password = { env = "hunter2" } }',
        '[[directory]]\nid = "d"\nhost = "h"\nbind = { user = "u", password = { keyring = "hunter2" } }',
        '[[directory]]\nid = "d"\nhost = "h"\nbind = { user = "u", password = { command = "echo hunter2" } }',
        '[snmp]\ncredentials = ["hunter2"]',
        '[[snmp.credentials]]\nid = "a"\nuser = "u"\nauth = "hunter2"',
        '[[snmp.credentials]]\nid = "a"\nuser = "u"\nauth = "SHA"\nprivacy = "hunter2"',
        '[[snmp.credentials]]\nid = "a"\nversion = "2c"\ncommunity = "hunter2"',
        '[timestamp]\nurl = "https://u:hunter2@tsa.example/"\nca_file = "ca.pem"',
        '[timestamp]\nurl = "ftp://u:hunter2@tsa.example/"\nca_file = "ca.pem"',
    ],
)
def test_what_may_be_a_secret_is_not_shown_where_it_is_wrong(table: str):
    with pytest.raises(ConfigurationError) as caught:
        configuration.parse(MINIMAL + table, "posture.toml")

    assert "hunter2" not in str(caught.value)
    assert caught.value.problems[0].line, "but the line is"


def test_bad_toml_names_the_line():
    assert problems("[organisation]\nname = \n")["TOML"][0] == 2


def test_a_missing_file_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(PostureError, match="posture init"):
        configuration.load(tmp_path / "posture.toml")


def test_every_protocol_of_snmp_v3_is_accepted():
    for auth in ("MD5", "SHA", "SHA-224", "SHA-256", "SHA-384", "SHA-512"):
        for privacy in ("DES", "3DES", "AES-128", "AES-192", "AES-256", "AES-192-C", "AES-256-C"):
            scope = configuration.parse(
                f'{MINIMAL}[snmp]\ncredentials=[{{id="a", user="u", auth="{auth}", auth_secret={{env="A"}}, '
                f'privacy="{privacy}", privacy_secret={{env="P"}}}}]',
                "posture.toml",
            )
            assert scope.snmp.credentials[0].privacy == privacy


@given(st.text(max_size=200))
def test_no_text_brings_anything_but_a_scope_or_a_configuration_error(text):
    with suppress(ConfigurationError):
        configuration.parse(text, "posture.toml")


def test_the_scope_survives_a_round_trip_through_json():
    scope = configuration.load(configuration.TEMPLATE)

    assert msgspec.json.decode(msgspec.json.encode(scope), type=type(scope)) == scope


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "9" * 5000,
        '[organisation]\nname="H"\n[[service]]\nid="s"\nname="S"\nrto_hours=nan',
        '[organisation]\nname="H"\n[[zone]]\nid="a\\n"\nkind="server"\nnetworks=["10.0.0.0/8"]',
        '[organisation]\nname="H"\n[[directory]]\nid="a"\nhost="dc\\u0000"',
        """[organisation]\nname="H"\n[[zone]]\nid="a"\nkind="server"\nnetworks=["10.0.0.0/8"]
        window=[{start="10:00\\n", end="11:00"}]""",
    ],
    ids=["nested", "number", "nan", "id", "host", "window"],
)
def test_what_would_trip_later_is_a_configuration_error(text: str):
    with pytest.raises(ConfigurationError):
        configuration.parse(text, "posture.toml")
