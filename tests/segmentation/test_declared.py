"""Flows and canaries in posture.toml: each mistake with its key and its mend."""

import pytest

from posture import configuration
from posture.errors import ConfigurationError
from posture.scope import LATERAL_PORTS

ZONES = """[organisation]
name = "H"
[[zone]]
id = "users"
kind = "user"
networks = ["10.5.0.0/24"]
[[zone]]
id = "servers"
kind = "server"
networks = ["10.10.0.0/24"]
reachable_from = []
"""
FLOW = '[[flow]]\nsource = "users"\ntarget = "servers"\ntcp = "443"\n'
CANARY = '[[canary]]\nzone = "servers"\naddress = "10.10.0.9"\nnonce = "00112233445566778899aabbccddeeff"\n'


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ConfigurationError) as caught:
        configuration.parse(ZONES + text, "posture.toml")
    return {problem.key: problem.message for problem in caught.value.problems}


def test_a_flow_and_a_canary_need_few_words():
    scope = configuration.parse(ZONES + FLOW + CANARY, "posture.toml")

    assert 443 in scope.flow[0].ports("tcp")
    assert not scope.flow[0].ports("udp")
    assert scope.canaries["10.10.0.9"].tcp == LATERAL_PORTS


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        (FLOW.replace('"users"', '"user"'), "flow[1].source", "did you mean 'users'?"),
        (FLOW.replace('"servers"', '"nowhere"'), "flow[1].target", "there are: servers, users"),
        (FLOW.replace('"443"', '"https"'), "flow[1].tcp[1]", "a list of ports such as 22,8000-8010"),
        (FLOW.replace('tcp = "443"', 'udp = "70000"'), "flow[1].udp[1]", "a list of ports such as 22,8000-8010"),
        (FLOW.replace('tcp = "443"', ""), "flow[1]", "give tcp or udp"),
        (FLOW.replace('target = "servers"', 'target = "users"'), "flow[1].target", "within a zone nothing is judged"),
        (
            FLOW.replace('source = "users"\ntarget = "servers"', 'source = "servers"\ntarget = "users"'),
            "flow[1].target",
            "give it, if only as []",
        ),
        (FLOW + 'ports = "1"\n', "flow[1].ports", "unknown key"),
        (CANARY.replace('"servers"', '"server"'), "canary[1].zone", "did you mean 'servers'?"),
        (CANARY.replace("10.10.0.9", "10.5.0.9"), "canary[1].address", "10.5.0.9 is in zone 'users', not in 'servers'"),
        (CANARY.replace("10.10.0.9", "10.9.0.9"), "canary[1].address", "in no zone, not in 'servers'"),
        (CANARY.replace("10.10.0.9", "host.example"), "canary[1].address[1]", "not an address"),
        (CANARY.replace("00112233445566778899aabbccddeeff", "0011"), "canary[1].nonce", "form expected"),
        (CANARY.replace("00112233445566778899aabbccddeeff", "Z" * 16), "canary[1].nonce", "form expected"),
        (CANARY + 'tcp = ""\n', "canary[1].tcp", "1 to 64 ports"),
        (CANARY + 'tcp = "1-65"\n', "canary[1].tcp", "1 to 64 ports"),
        (CANARY + 'tcp = "ssh"\n', "canary[1].tcp[1]", "a list of ports"),
        (CANARY + CANARY, "canary[2].address", "is there twice"),
        (CANARY.replace('nonce = "00112233445566778899aabbccddeeff"\n', ""), "canary[1]", "'nonce' is missing"),
    ],
)
def test_a_mistake_is_told_with_its_key_and_its_mend(text, key, words):
    assert words in problems(text)[key]


def test_networks_that_can_not_be_read_are_told_once_and_not_as_a_canarys_mistake():
    broken = ZONES.replace("10.10.0.0/24", "10.10.0.0/33")

    with pytest.raises(ConfigurationError) as caught:
        configuration.parse(broken + CANARY, "posture.toml")

    assert [problem.key for problem in caught.value.problems] == ["zone[2].networks[1]"]


@pytest.mark.parametrize("address", ["::ffff:10.10.0.9", "010.10.0.9", "10.10.0.9/32", "10.10.0.9 ", "10.10.0.9%eth0"])
def test_an_address_that_is_written_so_that_it_would_never_be_found_is_refused(address):
    assert any(key.startswith("canary[1].address") for key in problems(CANARY.replace("10.10.0.9", address)))


def test_an_ipv6_address_is_written_as_scans_write_it():
    zones = ZONES.replace("10.10.0.0/24", "fd00:10::/64")
    configuration.parse(zones + CANARY.replace("10.10.0.9", "fd00:10::9"), "posture.toml")

    with pytest.raises(ConfigurationError, match="write it as fd00:10::9"):
        configuration.parse(zones + CANARY.replace("10.10.0.9", "FD00:10:0::9"), "posture.toml")
