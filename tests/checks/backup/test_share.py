"""backup-share-open."""

from __future__ import annotations

import msgspec
import pytest
from checks.samples_crossing import SCOPE, closed, seen

from posture.model import Outcome
from posture.scope import Scope
from posture.testing import host, port, run_check, script, verdict

FAIL, PASS, UNKNOWN, NOT_APPLICABLE = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE
CHECK = "backup-share-open"


def store(*ports, scripts=(), rest="1-65535", **more):
    given = {"place": "store", "address": "10.77.4.10", **more}
    made = seen(scripts=scripts, **given)
    return msgspec.structs.replace(made, ports=ports, collapsed=(closed(rest),) if rest else ())


def nfs(*lines):
    shown = script("nfs-showmount", "\n  " + "\n  ".join(lines) if lines else "No NFS mounts available")
    return port(111, "rpcbind", scripts=[shown])


def shares(anonymous="<none>", current="<none>", user="<blank>", type_="STYPE_DISKTREE", **more):
    values = (
        ("account_used", user),
        ("backup/Type", type_),
        ("backup/Anonymous access", anonymous),
        ("backup/Current user access", current),
        *more.items(),
    )
    return msgspec.structs.replace(script("smb-enum-shares", "\n  backup:"), values=values)


SMB = port(445, "microsoft-ds")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (store(nfs("/backup *")), FAIL),
        (store(nfs("/backup")), FAIL),
        (store(nfs("/backup 0.0.0.0/0")), FAIL),
        (store(nfs("/backup (Everyone)")), FAIL),
        (store(nfs("/backup All Machines")), FAIL),
        (store(nfs("/backup 10.0.0.0/0")), FAIL),
        (store(nfs("/a 10.0.0.7", "/backup 10.0.0.7 (everyone)")), FAIL),
        (store(nfs("/backup *", "garbage")), FAIL),
        (store(nfs("/backup *"), place="servers", address="10.77.1.9"), FAIL),
        (store(SMB, scripts=[shares("READ/WRITE")]), FAIL),
        (store(SMB, scripts=[shares(current="READ", user="guest")]), FAIL),
        (store(SMB, scripts=[shares(current="READ")]), FAIL),
        (store(nfs("/backup 10.0.0.7"), SMB, scripts=[shares("READ")]), FAIL),
        (store(nfs("garbage")), UNKNOWN),
        (store(nfs("ERROR: timed out")), UNKNOWN),
        (store(port(2049, "nfs")), UNKNOWN),
        (store(SMB), UNKNOWN),
        (store(SMB, scripts=[shares("")]), UNKNOWN),
        (store(SMB, scripts=[script("smb-enum-shares", "ERROR: Couldn't enumerate shares")]), UNKNOWN),
        (store(rest=""), UNKNOWN),
        (store(nfs("/backup 10.0.0.7"), rest="2049"), UNKNOWN),
        (host(), UNKNOWN),
        (store(nfs("/backup *"), place="servers", address="10.77.1.8"), UNKNOWN),
        (store(nfs("/backup 10.0.0.7")), PASS),
        (store(nfs()), PASS),
        (store(SMB, scripts=[shares()]), PASS),
        (store(SMB, scripts=[shares(current="READ/WRITE", user="HOSP\\backup")]), PASS),
        (store(SMB, scripts=[shares("READ", type_="STYPE_IPC_HIDDEN"), shares()]), UNKNOWN),
        (store(), NOT_APPLICABLE),
    ],
)
def test_backup_share_open(given, outcome):
    assert verdict(CHECK, given, scope=SCOPE) is outcome


def test_who_says_nowhere_where_backups_lie_is_told_once():
    hosts = [host(nfs("/backup *"), ids=(f"address:unzoned/{name}",), name=name) for name in ("a", "b")]
    (observation,) = run_check(CHECK, *hosts, scope=Scope.of_files())

    assert observation.outcome is UNKNOWN
    assert "does not say where backups lie" in observation.message
