from __future__ import annotations

import os

import pytest
from lab.snmp import free_port

from posture.demo.snmpd import Snmpd
from posture.errors import PostureError


def test_the_agent_is_gone_after_the_block():
    with Snmpd("rocommunity ward", address="127.66.3.1", port=free_port("127.66.3.1")) as agent:
        pid = agent.pid
        assert pid > 0
    assert agent.pid == 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_port_that_is_taken_is_an_error_and_not_somebody_elses_answers():
    with Snmpd("rocommunity ward", address="127.66.3.1", port=free_port("127.66.3.1")) as agent:
        with pytest.raises(PostureError, match="can't be used"), Snmpd("", address="127.66.3.1", port=agent.port):
            pass
        assert agent.pid


def test_an_agent_that_does_not_come_up_says_why():
    nonsense = "agentaddress carrier-pigeon:nowhere"
    with (
        pytest.raises(PostureError, match=r"snmpd did not come up: .*pigeon"),
        Snmpd(nonsense, address="127.66.3.1", port=free_port("127.66.3.1")),
    ):
        pass


def test_only_loopback():
    with pytest.raises(ValueError, match="not a loopback address"):
        Snmpd("", address="10.0.0.1")
