"""SSH: the old protocol, and algorithms that no longer protect."""

from __future__ import annotations

import re

from posture import Missing, Severity, Verdict, check, failed, passed, unknown
from posture.facts import Host, Port, Script
from posture.services import Kind, each, result

SSH = Kind(
    label="SSH",
    names=("ssh", "netconf-ssh"),
    ports=(22,),
    signs=(("ssh2-enum-algos", "kex_algorithms"), ("sshv1", "SSHv1")),
)

_WEAK_KEY_EXCHANGE = "diffie-hellman-group1-sha1"
_WEAK_CIPHER = re.compile(r"none|des-cbc|arcfour[0-9]{0,3}")
_CBC = re.compile(r".+-cbc(@.+)?")
_CIPHERS = (
    "encryption_algorithms",
    "encryption_algorithms_client_to_server",
    "encryption_algorithms_server_to_client",
)


@check("ssh-weak", title="SSH accepts broken cryptography", severity=Severity.MEDIUM)
def ssh_weak(host: Host) -> Verdict:
    """No SSH server speaks SSH version 1, or accepts a broken key exchange or cipher.

    Broken are diffie-hellman-group1-sha1, arcfour, single DES, no encryption at all, and CBC where nothing better is
    offered. That version 1 is not spoken shows in the greeting, which says "2.0" then, and "1.99" where both are.

    Why it matters:
        A session protected by these can be read or changed by somebody who records it, and with it the password of the
        administrator who works over it.

    How to fix:
        Update the SSH server, and name modern algorithms in its configuration (KexAlgorithms, Ciphers). Ask the maker
        of an appliance for firmware that does.

    Sources:
        45 CFR 164.312(e)(2)(ii); RFC 9142 (key exchange); RFC 8758 (RC4); RFC 4253 5.1 (version 1.99).
    """
    return each(host, SSH, _port)


def _port(port: Port) -> Verdict:
    algorithms = result(port, "ssh2-enum-algos")
    found = [*_version_one(port), *([] if isinstance(algorithms, Missing) else _weak(algorithms))]
    if found:
        return failed(f"SSH on {port} accepts {', '.join(found)}", port)
    if isinstance(algorithms, Missing):
        return unknown(algorithms, port, answer=f"Scan {port} with the script ssh2-enum-algos.")
    if not (algorithms.under("kex_algorithms") and any(map(algorithms.under, _CIPHERS))):
        return unknown(f"SSH on {port} did not list its algorithms", port, answer="Look at the server's configuration.")
    if "protocol 2.0" not in port.service.extra:
        return unknown(
            f"Whether SSH on {port} also speaks version 1 did not show",
            port,
            answer=f"Scan {port} with version detection (nmap -sV).",
        )
    return passed(f"SSH on {port} accepts nothing that is broken", port)


def _version_one(port: Port) -> list[str]:
    script = result(port, "sshv1")
    shown = not isinstance(script, Missing) and "supports SSHv1" in script.output
    return ["SSH version 1"] if shown or re.search(r"protocol 1\.", port.service.extra) else []


def _weak(algorithms: Script) -> list[str]:
    found = [_WEAK_KEY_EXCHANGE] if _WEAK_KEY_EXCHANGE in algorithms.under("kex_algorithms") else []
    for path in _CIPHERS:
        ciphers = algorithms.under(path)
        found += [cipher for cipher in ciphers if _WEAK_CIPHER.fullmatch(cipher)]
        if ciphers and all(_CBC.fullmatch(cipher) for cipher in ciphers):
            found.append("no cipher but CBC")
    return list(dict.fromkeys(found))
