"""ssh-weak."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.testing import host, port, run_check, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN

MODERN = ("curve25519-sha256", "diffie-hellman-group14-sha256")
COUNTER = ("aes256-ctr", "aes128-gcm@openssh.com")
ONE = script("sshv1", "Server supports SSHv1")


def algorithms(exchange=MODERN, ciphers=COUNTER, path="encryption_algorithms"):
    values = {f"kex_algorithms__{at}": text for at, text in enumerate(exchange)}
    values |= {f"{path}__{at}": text for at, text in enumerate(ciphers)}
    return script("ssh2-enum-algos", "kex_algorithms", **values)


def ssh(*scripts, number=22, extra="protocol 2.0", **more):
    return port(number, "ssh", scripts=scripts, extra=extra, **more)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (host(ssh(ONE, extra="protocol 1.99")), FAIL),
        (host(ssh(ONE, extra="")), FAIL),
        (host(ssh(extra="protocol 1.99")), FAIL),
        (host(ssh(algorithms((*MODERN, "diffie-hellman-group1-sha1")))), FAIL),
        (host(ssh(algorithms(ciphers=(*COUNTER, "arcfour128")))), FAIL),
        (host(ssh(algorithms(ciphers=(*COUNTER, "none")))), FAIL),
        (host(ssh(algorithms(ciphers=("aes128-cbc", "3des-cbc")))), FAIL),
        (host(ssh(algorithms(ciphers=("arcfour",), path="encryption_algorithms_server_to_client"))), FAIL),
        (host(ssh(algorithms(ciphers=("arcfour",)), number=2222), closed="22"), FAIL),
        (host(ssh(algorithms())), PASS),
        (host(ssh(algorithms(ciphers=(*COUNTER, "aes128-cbc")))), PASS),
        (host(ssh(algorithms(exchange=("diffie-hellman-group14-sha1",)))), PASS),
        (host(ssh(algorithms(), extra="", asked=["sshv1"])), UNKNOWN),
        (host(ssh(algorithms(ciphers=()))), UNKNOWN),
        (host(ssh(algorithms(exchange=()))), UNKNOWN),
        (host(ssh(asked=["sshv1", "ssh2-enum-algos"])), UNKNOWN),
        (host(port(22, "ssh", method="table")), UNKNOWN),
        (host(filtered="22"), UNKNOWN),
        (host(), UNKNOWN),
        (host(closed="22"), Outcome.NOT_APPLICABLE),
    ],
)
def test_ssh_weak(given, outcome):
    assert verdict("ssh-weak", given) is outcome


def test_the_message_names_what_is_weak():
    (observation,) = run_check("ssh-weak", host(ssh(ONE, algorithms(ciphers=("arcfour",)))))
    assert observation.message == "SSH on 22/tcp accepts SSH version 1, arcfour"
