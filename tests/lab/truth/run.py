"""Start the labs, audit them as a user would, and collect what the audits said. All labs at the same time."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lab.samba import ADMIN_PASSWORD, REALM, SambaDomain
from lab.samba import AUDITOR as AD_AUDITOR
from lab.samba import PASSWORD as AD_PASSWORD
from lab.truth import machines
from lab.truth.audits import Said, audit
from lab.truth.network import MANAGED, ZONES, Hospital, Rule

DOMAIN_POLICY, CONTROLLERS_POLICY = "{31B2F340-016D-11D2-945F-00C04FB984F9}", "{6AC1786C-016F-11D2-945F-00C04FB984F9}"
PREFERENCES = (
    '<Groups clsid="{3125E937-EB16-4b4c-9934-544FC6D24D26}"><User clsid="{DF5F1855-51E5-4d24-8B1A-D9BDE98BA1D1}">'
    '<Properties cpassword="j1Uyj3Vx8TY9" userName="Administrator"/></User></Groups>'
)
ADMINISTRATOR = f"administrator@{REALM.lower()}"


@dataclass(frozen=True)
class Truth:
    """What the audits said of the weak labs and of the hardened ones."""

    weak: tuple[Said, ...]
    hardened: tuple[Said, ...]


def measure() -> Truth:
    """Run everything."""
    jobs: tuple[Callable[[], list[Said]], ...] = (
        lambda: network(weak=True),
        lambda: network(weak=False),
        lambda: domain(weak=True),
        lambda: domain(weak=False),
    )
    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        weak, hardened, weak_domain, hardened_domain = pool.map(lambda job: job(), jobs)
    return Truth(weak=(*weak, *weak_domain), hardened=(*hardened, *hardened_domain))


def progress(text: str) -> None:
    """For whoever waits for it."""
    sys.stderr.write(f"{text}\n")


def network(*, weak: bool) -> list[Said]:
    """The hospital's network, audited from its management zone."""
    with tempfile.TemporaryDirectory(prefix="posture-truth-") as folder, Hospital() as hospital:
        if weak:
            hospital.allow((*MANAGED, *(Rule("users", zone, everything=True) for zone in ZONES)))
        shares = machines.start(hospital, Path(folder), weak=weak)

        def ask(share: tuple[str, Path]) -> list[Said]:
            name, toml = share
            zone = machines.VANTAGES.get(name, "management")
            inventory = toml.with_name("inventory.csv")
            given = ["--live", "--from", str(inventory)] if inventory.exists() else []
            started = time.monotonic()
            said = audit(toml, hospital.zone(zone).command, "--vantage", zone, *given)
            progress(f"{'weak' if weak else 'hardened'} network, {name}: {time.monotonic() - started:.0f} s")
            return said

        for zone in {"management", *machines.VANTAGES.values()}:
            hospital.zone(zone)
        with ThreadPoolExecutor(max_workers=len(shares)) as pool:
            return [said for share in pool.map(ask, shares.items()) for said in share]


def domain(*, weak: bool) -> list[Said]:
    """The Active Directory domain: the weak one as its administrator, from whom nothing is hidden."""
    scripts = ("populate_ad.py", "weaken_ad.py") if weak else ("harden_ad.py",)
    options = {"ldap server require strong auth": "no"} if weak else {}
    user, password = (ADMINISTRATOR, ADMIN_PASSWORD) if weak else (AD_AUDITOR, AD_PASSWORD)
    with (
        tempfile.TemporaryDirectory(prefix="posture-truth-") as folder,
        SambaDomain(populate=scripts, options=options) as running,
    ):
        own = Path(folder)
        secret = own / "password"
        secret.touch(mode=0o600)
        secret.write_text(password, encoding="utf-8")
        toml = own / "posture.toml"
        toml.write_text(
            f"""[organisation]
name = "Lab Hospital"

[[directory]]
id = "ad"
host = "{running.address}"
kind = "active-directory"
ca_file = "{running.ca_file}"
bind = {{method = "simple", user = "{user}", password = {{file = "{secret}"}}}}
vendor_accounts = ["vendor-*"]
ephi = "yes"
""",
            encoding="utf-8",
        )
        given = ["--from", str(_leavers(own, weak=weak)), "--from", str(_group_policies(own, weak=weak))]
        return audit(toml, running.namespace.command, "--live", "--only", "ldap", *given)


def _leavers(folder: Path, *, weak: bool) -> Path:
    """Human resources' list of those who have left: in the weak domain one of them is enabled still."""
    path = folder / "leavers.csv"
    rows = ("left.june,2026-06-30", "left.expired,2026-06-30") if weak else ("left.may,2026-05-31",)
    path.write_text("\n".join(("login,end date", *rows)) + "\n", encoding="utf-8")
    return path


def _group_policies(folder: Path, *, weak: bool) -> Path:
    """A copy of SYSVOL as the domain was provisioned with, in the weak one with a password in its preferences."""
    policies = folder / "sysvol" / REALM.lower() / "Policies"
    for guid in (DOMAIN_POLICY, CONTROLLERS_POLICY):
        (policies / guid).mkdir(parents=True)
        (policies / guid / "GPT.INI").write_text("[General]\nVersion=1\n")
    if weak:
        groups = policies / DOMAIN_POLICY / "Machine" / "Preferences" / "Groups" / "Groups.xml"
        groups.parent.mkdir(parents=True)
        groups.write_text(PREFERENCES)
    return Path(shutil.make_archive(str(folder / "sysvol"), "zip", folder / "sysvol"))
