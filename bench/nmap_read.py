"""How fast nmap's XML is read: our facts against an expat handler that only counts, over the same bytes.

    python bench/nmap_read.py [HOSTS]        (default 8192, 8 ports each)

Prints one row of a Markdown table: hosts a second of each, the ratio, and the memory of all the
facts together, beyond the payload.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.parsers import expat

from posture.collectors.nmap import NmapCollector
from posture.facts import Host
from posture.model import Evidence
from posture.scope import Scope

PORTS = (
    (22, "open", "ssh", "OpenSSH", "9.2p1"),
    (80, "open", "http", "nginx", "1.22.1"),
    (135, "filtered", "msrpc", "", ""),
    (443, "open", "https", "nginx", "1.22.1"),
    (445, "closed", "microsoft-ds", "", ""),
    (3389, "open", "ms-wbt-server", "Microsoft Terminal Services", ""),
    (5900, "closed", "vnc", "", ""),
    (8080, "filtered", "http-proxy", "", ""),
)
RUNS = 3

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<nmaprun scanner="nmap" args="nmap -sS -sV -&#45;script http-title" start="1700000000" version="7.93">
<scaninfo type="syn" protocol="tcp" numservices="1003" services="1-1000,3389,5900,8080"/>
<verbose level="0"/>
"""
HOST = """<host starttime="1700000000" endtime="1700000100"><status state="up" reason="echo-reply" reason_ttl="63"/>
<address addr="10.{a}.{b}.{c}" addrtype="ipv4"/>
<address addr="02:00:00:{a:02X}:{b:02X}:{c:02X}" addrtype="mac" vendor="Example"/>
<hostnames>
<hostname name="host-{a}-{b}-{c}.example.org" type="PTR"/>
</hostnames>
<ports><extraports state="closed" count="995">
<extrareasons reason="reset" count="995" proto="tcp" ports="1-21,23-79,81-134,136-442,444,446-1000"/>
</extraports>
{ports}</ports>
<times srtt="400" rttvar="100" to="100000"/>
</host>
"""
PORT = """<port protocol="tcp" portid="{port}"><state state="{state}" reason="syn-ack" reason_ttl="63"/>{service}</port>
"""
PROBED = '<service name="{name}" product="{product}" version="{version}" method="probed" conf="10"/>'
TABLE = '<service name="{name}" method="table" conf="3"/>'
TITLE = """<script id="http-title" output="Host {a}.{b}.{c}"><elem key="title">Host {a}.{b}.{c}</elem>
</script>"""
TAIL = """<runstats><finished time="1700000200" elapsed="200" exit="success"/></runstats>
</nmaprun>
"""


def document(hosts: int) -> bytes:
    """An nmap XML file, as nmap 7.93 writes it for a version scan with one script."""
    parts = [HEAD]
    for number in range(hosts):
        at = {"a": number >> 16 & 255, "b": number >> 8 & 255, "c": number & 255}
        ports = ""
        for port, state, name, product, version in PORTS:
            service = (PROBED if product else TABLE).format(name=name, product=product, version=version)
            service += TITLE.format(**at) if name == "http" else ""
            ports += PORT.format(port=port, state=state, service=service)
        parts.append(HOST.format(**at, ports=ports))
    return "".join([*parts, TAIL]).encode()


def count(payload: bytes) -> int:
    """The peer: an expat handler for every start and end, that counts the open ports."""
    found = 0
    element = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal found, element
        element = name
        if name == "state" and attributes["state"] == "open":
            found += 1

    def end(name: str) -> None:
        nonlocal element
        element = name

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    for at in range(0, len(payload), 1 << 16):
        parser.Parse(payload[at : at + (1 << 16)], False)
    parser.Parse(b"", True)
    return found


def facts(evidence: Evidence) -> int:
    """Ours: hosts with everything in them."""
    read = NmapCollector().read([evidence], Scope.of_files())
    return sum(len(host.open()) for host in read if isinstance(host, Host))


def best(run: Callable[[], int], wanted: int) -> float:
    """CPU seconds of the best of a few runs, each of which has to find all that there is."""
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        found = run()
        times.append(time.process_time() - began)
        if found != wanted:
            raise SystemExit(f"{found} open ports found, {wanted} are in the file")
    return min(times)


def resident() -> int:
    """Kilobytes of memory that the process holds now (Linux)."""
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1])


def main() -> None:
    """Measure, or, as a child, only read, and print the memory that took."""
    hosts = int(sys.argv[1]) if len(sys.argv) > 1 else 8192
    payload = document(hosts)
    [evidence] = NmapCollector().load(payload, "bench.xml", "")
    if "--memory" in sys.argv:
        before = resident()
        hosts_held = [fact for fact in NmapCollector().read([evidence], Scope.of_files()) if isinstance(fact, Host)]
        print(resident() - before, len(hosts_held))
        return
    wanted = hosts * sum(state == "open" for _, state, *_ in PORTS)
    peer = best(lambda: count(payload), wanted)
    ours = best(lambda: facts(evidence), wanted)
    child = [sys.executable, __file__, str(hosts), "--memory"]
    memory = int(subprocess.run(child, check=True, capture_output=True, text=True).stdout.split()[0]) / 1024
    print("| hosts × 8 ports | MB | facts, hosts/s | bare expat, hosts/s | ratio | all facts held, MB |")
    print("|---|---|---|---|---|---|")
    row = (f"{hosts:,}", f"{len(payload) / 1e6:.0f}", f"{hosts / ours:,.0f}", f"{hosts / peer:,.0f}")
    print(f"| {' | '.join(row)} | {peer / ours:.2f} | {memory:.0f} |")


if __name__ == "__main__":
    main()
