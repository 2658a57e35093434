"""The canary as it runs: what it says, what it refuses, and that nobody can make it hold on to anything."""

from __future__ import annotations

import os
import re
import select
import signal
import socket
import subprocess
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from lab.command import POSTURE, posture
from lab.scans import private_loopback

from posture.ports import PortSet
from posture.segmentation.canary import block, listeners
from posture.segmentation.vantage import greeting

HERE = "127.72.0.9"
EVERYWHERE = "0.0.0.0"  # noqa: S104  # in a network of the tests' own
NONCE = "00112233445566778899aabbccddeeff"
TOML = f"""[organisation]
name = "H"
[[zone]]
id = "servers"
kind = "server"
networks = ["127.72.0.0/24"]
[[zone]]
id = "users"
kind = "user"
networks = ["127.73.0.0/24"]
[[canary]]
zone = "servers"
address = "{HERE}"
nonce = "{NONCE}"
tcp = "4401-4403"
"""


@pytest.fixture(autouse=True, scope="module")
def _alone():
    with private_loopback():
        yield


class Running:
    """A canary that listens; its messages can be read while it runs."""

    def __init__(self, process: subprocess.Popen[str], printed: str) -> None:
        self.process, self.printed = process, printed

    @property
    def block(self) -> dict:
        return tomllib.loads(self.printed)["canary"][0]

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=10)
        return self.process.returncode, told


@contextmanager
def running(*arguments: str, cwd: Path) -> Iterator[Running]:
    process = subprocess.Popen(
        [*POSTURE, "canary", *arguments],
        cwd=cwd,
        env={**os.environ, "HOME": str(cwd)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        printed = ""
        while "tcp = " not in printed and (line := process.stdout.readline()):
            printed += line
        assert printed, process.communicate()[1]
        yield Running(process, printed)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def said(port: int, address: str = HERE) -> bytes:
    with socket.create_connection((address, port), timeout=5) as connection:
        heard = b""
        while data := connection.recv(4096):
            heard += data
        return heard


# ── what it does ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_says_its_nonce_and_hangs_up_and_prints_what_posture_toml_needs(tmp_path):
    with running("--listen", HERE, "--tcp", "4401,4402", "--zone", "servers", cwd=tmp_path) as canary:
        assert canary.block | {"nonce": ""} == {"zone": "servers", "address": HERE, "nonce": "", "tcp": "4401-4402"}
        assert re.fullmatch("[0-9a-f]{32}", canary.block["nonce"])
        assert {said(4401), said(4402)} == {f"{greeting(canary.block['nonce'])}\r\n".encode()}
        code, told = canary.stop()

    assert code == 0
    assert "127.0.0.1 connected to port 4401" in told


def test_two_canaries_never_have_the_same_nonce(tmp_path):
    with (
        running("--listen", HERE, "--tcp", "4401", cwd=tmp_path) as one,
        running("--listen", HERE, "--tcp", "4402", cwd=tmp_path) as other,
    ):
        assert one.block["nonce"] != other.block["nonce"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order_when_it_is_told_to(number, tmp_path):
    with running("--listen", HERE, "--tcp", "4401", cwd=tmp_path) as canary:
        code, told = canary.stop(number)

    assert (code, "Traceback" in told) == (0, False)


def test_it_ends_by_itself_after_its_time(tmp_path):
    done = posture("canary", "--listen", HERE, "--tcp", "4401", "--for", "1s", cwd=tmp_path)

    assert (done.returncode, "[[canary]]" in done.stdout) == (0, True)


def test_what_posture_toml_declares_is_what_it_listens_on_and_says(tmp_path):
    (tmp_path / "posture.toml").write_text(TOML)

    with running("--zone", "servers", cwd=tmp_path) as canary:
        assert canary.block == {"zone": "servers", "address": HERE, "nonce": NONCE, "tcp": "4401-4403"}
        assert said(4403) == f"{greeting(NONCE)}\r\n".encode()
        _, told = canary.stop()

    assert "not what posture.toml says" not in told


def test_where_it_can_not_be_what_posture_toml_declares_it_says_so(tmp_path):
    (tmp_path / "posture.toml").write_text(TOML)

    with socket.create_server((HERE, 4402)), running("--listen", HERE, cwd=tmp_path) as canary:
        assert canary.block == {"zone": "servers", "address": HERE, "nonce": NONCE, "tcp": "4401,4403"}
        _, told = canary.stop()

    assert "not on port 4402: another program listens on it" in told
    assert "this is not what posture.toml says of it" in told


def test_in_a_zone_without_a_declared_canary_a_new_one_is_printed(tmp_path):
    (tmp_path / "posture.toml").write_text(TOML)

    with running("--zone", "users", "--listen", "127.73.0.9", "--tcp", "4401", cwd=tmp_path) as canary:
        assert (canary.block["zone"], canary.block["address"]) == ("users", "127.73.0.9")
        assert canary.block["nonce"] != NONCE


def test_what_it_is_sent_is_not_read_and_floods_are_not_written_down(tmp_path):
    with running("--listen", HERE, "--tcp", "4401", cwd=tmp_path) as canary:
        for _ in range(100):
            with socket.create_connection((HERE, 4401), timeout=5) as connection:
                connection.sendall(b"\x1b[2J" + b"A" * 1000)
        code, told = canary.stop()

    assert code == 0
    assert "\x1b" not in told
    assert len(told.splitlines()) < 40
    assert "connections more" in told


def test_who_holds_on_to_connections_holds_nothing(tmp_path):
    with running("--listen", HERE, "--tcp", "4401", cwd=tmp_path) as canary, ExitStack() as stack:
        held = [stack.enter_context(socket.create_connection((HERE, 4401), timeout=5)) for _ in range(300)]
        for connection in held:
            assert select.select([connection], [], [], 5)[0]
        assert said(4401).startswith(b"posture-canary/1 ")
        assert len(list(Path(f"/proc/{canary.process.pid}/fd").iterdir())) < 64


def test_quiet_says_nothing_but_the_block(tmp_path):
    done = posture("-q", "canary", "--listen", HERE, "--tcp", "4401", "--for", "1s", cwd=tmp_path)

    assert (done.returncode, done.stderr) == (0, "")


# ── what it refuses ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "--listen ADDRESS, or --zone"),
        (["--listen", EVERYWHERE], 2, "answers in every zone"),
        (["--listen", "::"], 2, "answers in every zone"),
        (["--listen", "here.example"], 2, "takes an address"),
        (["--listen", "127.72.0.9\x1b[2J"], 2, "takes an address"),
        (["--listen", "224.0.0.1"], 2, "an address of this machine"),
        (["--listen", "255.255.255.255"], 2, "an address of this machine"),
        (["--listen", "::ffff:10.0.0.1"], 2, "an address of this machine"),
        (["--listen", "192.0.2.1", "--tcp", "4401"], 1, "can't listen on any of 1 port"),
        (["--listen", HERE, "--tcp", "1-65"], 2, "1 to 64 ports"),
        (["--listen", HERE, "--tcp", "0"], 2, "1 to 64 ports"),
        (["--listen", HERE, "--tcp", "ssh"], 2, "1 to 64 ports"),
        (["--listen", HERE, "--nonce", "ABCDEF0123456789"], 2, "16 to 64 of the digits"),
        (["--listen", HERE, "--nonce", "ab"], 2, "16 to 64 of the digits"),
        (["--listen", HERE, "--for", "0s"], 2, "90s, 30m, 8h or 2d"),
        (["--listen", HERE, "--for", "forever"], 2, "90s, 30m, 8h or 2d"),
        (["--listen", HERE, "--zone", 'x"\ny'], 2, "takes the id of a zone"),
    ],
)
def test_wrong_usage_is_told_in_words(arguments, code, words, tmp_path):
    done = posture("canary", *arguments, cwd=tmp_path)

    assert done.returncode == code, done.stderr
    assert words in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stdout == ""


def test_a_zone_that_is_not_there_or_has_several_canaries_is_told(tmp_path):
    more = f'[[canary]]\nzone = "servers"\naddress = "127.72.0.10"\nnonce = "{NONCE}"\n'
    (tmp_path / "posture.toml").write_text(TOML + more)

    assert "there are: servers, users" in posture("canary", "--zone", "server", cwd=tmp_path).stderr
    assert "names no canary in the zone 'users'" in posture("canary", "--zone", "users", cwd=tmp_path).stderr
    assert (
        f"say which with --listen ({HERE}, 127.72.0.10)" in posture("canary", "--zone", "servers", cwd=tmp_path).stderr
    )


def test_an_address_outside_the_zone_is_refused_before_it_listens(tmp_path):
    (tmp_path / "posture.toml").write_text(TOML)

    done = posture("canary", "--zone", "users", "--listen", HERE, "--tcp", "4401", "--for", "1s", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert f"posture.toml has {HERE} in the zone 'servers'" in " ".join(done.stderr.split())


def test_every_address_is_for_who_says_so_and_the_address_is_left_to_fill_in(tmp_path):
    done = posture("canary", "--listen", EVERYWHERE, "--every-address", "--tcp", "4401", "--for", "1s", cwd=tmp_path)

    assert done.returncode == 0
    assert tomllib.loads(done.stdout)["canary"][0]["address"] == ""


def test_ports_below_1024_need_privileges_and_are_left_out_with_the_reason():
    run = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")  # not another user, who may not read our folder
    done = subprocess.run(
        [*run, *POSTURE, "canary", "--listen", HERE, "--tcp", "22,4401", "--for", "1s"],
        cwd="/",
        env={**os.environ, "HOME": "/"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "not on port 22: ports below 1024 need root" in done.stderr
    assert tomllib.loads(done.stdout)["canary"][0]["tcp"] == "4401"


def test_help_warns_of_medical_devices_and_of_the_machines_own_firewall(tmp_path):
    text = " ".join(posture("canary", "--help", cwd=tmp_path).stdout.split())

    assert "Never run it on a medical device" in text
    assert "own firewall has to let connections in" in text


# ── the parts ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_port_that_is_taken_everywhere_is_not_shared():
    with socket.create_server((EVERYWHERE, 4405)):
        opened = listeners(HERE, [4405])

    assert (opened.sockets, opened.refused) == ((), {4405: "another program listens on it"})


def test_an_ipv6_address_is_listened_on_alone():
    opened = listeners("::1", [4406])

    try:
        assert opened.ports == PortSet.of([4406])
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", 4406), timeout=1)
    finally:
        for each in opened.sockets:
            each.close()


def test_the_block_can_be_pasted():
    text = block("servers", "10.10.0.9", NONCE, PortSet.parse("22,445"))

    assert tomllib.loads(text) == {
        "canary": [{"zone": "servers", "address": "10.10.0.9", "nonce": NONCE, "tcp": "22,445"}]
    }
