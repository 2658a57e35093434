"""nfs-open-export."""

from __future__ import annotations

import pytest

from posture.model import Outcome
from posture.scope import OrganisationScope, Scope, Zone
from posture.testing import host, port, run_check, script, verdict

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE

SCOPE = Scope(
    organisation=OrganisationScope(name="Test"),
    zone=(
        Zone(id="servers", kind="server", networks=("10.10.0.0/24",)),
        Zone(id="offices", kind="user", networks=("10.20.0.0/16",)),
        Zone(id="labs", kind="server", networks=("10.20.9.0/24",)),
    ),
)
RPC = "\n  program version    port/proto  service\n  100000  2,3,4        111/tcp   rpcbind\n"


def nfs(*lines, **more):
    shown = script("nfs-showmount", "\n  " + "\n  ".join(lines) if lines else "No NFS mounts available")
    return host(port(111, "rpcbind", scripts=[shown]), **{"closed": "2049", **more})


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (nfs("/images *"), FAIL),
        (nfs("/images"), FAIL),
        (nfs("/images 10.10.0.7 (everyone)"), FAIL),
        (nfs("/images 0.0.0.0/0.0.0.0"), FAIL),
        (nfs("/images ::/0"), FAIL),
        (nfs("/backup 10.10.0.7", "/images *"), FAIL),
        (nfs("/images 10.20.0.0/16"), FAIL),
        (nfs("/images 10.20.4.0/255.255.255.0"), FAIL),
        (nfs("/images 10.0.0.0/8"), FAIL),
        (host(port(20048, "mountd", scripts=[script("nfs-showmount", "\n  /images *")]), closed="111,2049"), FAIL),
        (nfs("/images 10.10.0.7"), PASS),
        (nfs("/images 10.10.0.7", "/backup 10.10.0.8 10.20.0.9"), PASS),
        (nfs("/images 10.10.0.0/25"), PASS),
        (nfs("/images 10.20.9.0/24"), PASS),
        (nfs(), PASS),
        (nfs("/images 172.16.0.0/24"), UNKNOWN),
        (nfs("/images server1"), UNKNOWN),
        (nfs("/images *.hospital.example"), UNKNOWN),
        (nfs("/images @imaging"), UNKNOWN),
        (nfs("/images 10.10.0.7", "garbage"), UNKNOWN),
        (nfs("ERROR: timed out"), UNKNOWN),
        (nfs(closed=""), UNKNOWN),
        (host(port(111, "rpcbind", asked=["nfs-showmount"]), closed="2049"), UNKNOWN),
        (host(port(111, "rpcbind", scripts=[script("rpcinfo", f"{RPC}  100005  3  20048/tcp  mountd")])), UNKNOWN),
        (host(port(111, "rpcbind", scripts=[script("rpcinfo", RPC)])), UNKNOWN),
        (host(port(2049, "nfs"), closed="111"), UNKNOWN),
        (host(filtered="111,2049"), UNKNOWN),
        (host(closed="111"), UNKNOWN),
        (host(), UNKNOWN),
        (host(port(111, "rpcbind", scripts=[script("rpcinfo", RPC)]), closed="2049"), NOT_APPLICABLE),
        (host(closed="111,2049"), NOT_APPLICABLE),
    ],
)
def test_nfs_open_export(given, outcome):
    assert verdict("nfs-open-export", given, scope=SCOPE) is outcome


def test_a_network_whose_zone_is_not_declared_is_unknown():
    assert verdict("nfs-open-export", nfs("/images 10.10.0.0/24")) is UNKNOWN


def test_a_list_of_thousands_gives_a_message_that_can_be_read():
    (observation,) = run_check("nfs-open-export", nfs(*(f"/{'x' * 5000}{number} *" for number in range(5000))))

    assert observation.outcome is FAIL
    assert len(observation.message) < 1000
