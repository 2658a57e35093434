"""Docker's API."""

from __future__ import annotations

from posture import Missing, Severity, Verdict, check, failed, unknown
from posture.facts import Host, Port
from posture.services import Kind, each, result

DOCKER = Kind(
    label="Docker's API",
    names=("docker",),
    ports=(2375, 2376),
    hidden_as=("http",),
    signs=(("docker-version", r"\bApiVersion: "),),
)


@check("docker-api-open", title="Docker takes orders from anybody (API without a log-in)", severity=Severity.CRITICAL)
def docker_api_open(host: Host) -> Verdict:
    """No Docker engine answers on the network whoever asks.

    One that tells its version to nmap's docker-version, which shows no client certificate, asks nobody who they are.
    nmap runs that script with version detection of intensity 7 and above; without it an engine that was recognised is
    unknown, since a plug-in may refuse what is asked of it.

    Why it matters:
        Whoever may start a container can mount the whole disk of the machine in it. That is root, without a password,
        and with it everything that the machine holds.

    How to fix:
        Let the engine listen on its local socket alone, or reach it over SSH. Where it has to be on the network, demand
        client certificates (dockerd --tlsverify) and admit its managers' addresses only.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); Docker manual, "Protect the Docker daemon socket".
    """
    return each(host, DOCKER, _port)


def _told(port: Port) -> bool:
    """Whether /version was answered. Run by -sV, docker-version prints nothing, and names the engine's version."""
    script = result(port, "docker-version")
    named = port.service.identified_as("docker") and port.service.product == "Docker" and bool(port.service.version)
    return named or (not isinstance(script, Missing) and bool(script.value("ApiVersion")))


def _port(port: Port) -> Verdict:
    if _told(port):
        return failed(f"Docker's API on {port} answers without a log-in", port)
    what = "Docker's API answers there" if DOCKER.identified(port) else "whether Docker's API answers did not show"
    return unknown(
        f"{port} is open; {what}, and whether it asks who is there was not asked",
        port,
        answer=f"Scan {port} with docker-version (nmap -sV --version-intensity 7), or look at dockerd's settings.",
    )
