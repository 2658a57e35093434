"""The network lab itself: its firewall is one, and nothing of it is left, whatever happens inside."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

import pytest
from lab import record_nmap as servers
from lab.truth.network import Hospital, Rule


def reaches(machine, address, port):
    def connect():
        try:
            socket.create_connection((address, port), timeout=1).close()
        except OSError:
            return False
        return True

    return machine.run(connect)


def test_the_firewall_lets_through_what_it_was_told_from_that_zone_alone():
    with Hospital(rules=[Rule("users", "servers", tcp="6379")]) as hospital:
        hospital.serve((hospital.machine("servers", 12), servers.redis_open))
        users, guest, beside = hospital.zone("users"), hospital.zone("guest"), hospital.zone("servers")

        assert reaches(users, "10.10.0.12", 6379)
        assert reaches(beside, "10.10.0.12", 6379)
        assert not reaches(guest, "10.10.0.12", 6379)

        hospital.allow([Rule("guest", "servers", everything=True)])

        assert reaches(guest, "10.10.0.12", 6379)
        assert not reaches(users, "10.10.0.12", 6379)


def test_no_packet_of_the_lab_has_a_way_out():
    with Hospital() as hospital:
        shown = subprocess.run(hospital.zone("users").command("ip", "route", "get", "10.255.254.1"), check=False)
        routes = subprocess.run(
            ["ip", "-n", hospital._router.name, "route"], capture_output=True, text=True, check=True
        ).stdout

    assert shown.returncode == 0, "it goes to the router"
    assert "default" not in routes, "which knows no way out"


def test_nothing_is_left_when_a_test_fails():
    def fail():
        with Hospital() as hospital:
            machine = hospital.machine("servers", 12)
            hospital.serve((machine, servers.redis_open))
            left.extend((machine.namespace.name, hospital._folder, *machine.namespace.pids()))
            raise RuntimeError("as a test does that fails")

    left = []
    with pytest.raises(RuntimeError, match="as a test"):
        fail()

    name, folder, *pids = left
    assert pids
    assert not Path(f"/run/netns/{name}").exists()
    assert not folder.exists()
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_a_command_of_a_machine_that_is_gone_does_not_start():
    with Hospital() as hospital:
        command = hospital.machine("servers", 12).command("true")
        standing = hospital.zone("users").command("true")

    for each in (command, standing):
        assert subprocess.run(each, check=False, capture_output=True).returncode != 0
