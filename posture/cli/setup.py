"""`posture init`, `doctor` and `plan`: before anything is sent."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from posture import configuration, registry
from posture.cli.common import base_folder, config_path, format_option, load_scope, open_store, print_listing
from posture.cli.main import Settings
from posture.errors import PostureError
from posture.plan import plan as make_plan
from posture.plan import rows, within_site
from posture.presentation import plural, visible
from posture.scope import Scope
from posture.secrets import describe, resolve
from posture.targets import held

__all__ = ["doctor", "init", "plan"]


@click.command(short_help="Write a commented posture.toml.")
@click.argument("folder", default=Path(), type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Write a commented posture.toml into FOLDER (this one, if none is named), and its JSON Schema for editors."""
    path = folder / "posture.toml"
    schema = Path(configuration.__file__).parent / "schemas" / "posture.schema.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write("#:schema ./posture.schema.json\n" + configuration.TEMPLATE.read_text(encoding="utf-8"))
        shutil.copyfile(schema, folder / "posture.schema.json")
    except FileExistsError:
        raise PostureError("it is there already, and was left as it is", where=str(path)) from None
    except OSError as error:
        raise PostureError(f"it can't be written: {error.strerror}", where=str(path)) from error
    click.echo(path)
    click.echo("Next: write your networks into it, then: posture plan", err=True)


@click.command(short_help="Show what would be sent; send nothing.")
@click.option("--only", default="", metavar="NAMES", help="Only these collectors: nmap,ldap,snmp.")
@click.option("--site", metavar="S", help="Only this site.")
@format_option
@click.pass_obj
def plan(settings: Settings, only: str, site: str | None, form: str) -> None:
    """Show each probe, by zone and policy, with upper bounds of packets and time. Sends nothing."""
    scope = load_scope(settings)
    names = [name.strip() for name in only.split(",") if name.strip()]
    probes = make_plan(within_site(scope, site) if site else scope, registry.collectors(scope.checks.packs), names)
    if form == "json":
        print_listing("probes", probes, form, [])
        return
    print_listing(
        "probes",
        rows(probes),
        form,
        [
            ("zone or directory", lambda row: row.place),
            ("policy", lambda row: row.policy),
            ("probe", lambda row: f"{row.collector} {row.step}"),
            ("addresses", lambda row: f"{row.addresses:,}"),
            ("ports", lambda row: f"{row.ports:,}" if row.ports else ""),
            ("packets, at most", lambda row: f"{row.packets:,}" if not row.refused else "0"),
            ("time, at most", lambda row: _duration(row.seconds) if not row.refused else ""),
            ("not sent because", lambda row: row.refused),
        ],
    )
    asked = dict.fromkeys(probe.zone or "" for probe in probes if probe.step == "canary" and not probe.refused)
    if asked:
        zones = ", ".join(asked)
        click.echo(
            f"Canaries of your own are asked for their nonce in: {zones}. Start them first (posture canary --zone "
            "ZONE), and say where this scanner stands (posture audit --vantage ZONE)."
        )
    excluded = sorted({net for zone in scope.zone for net in zone.exclude})
    click.echo(f"Excluded, whatever else is said: {', '.join(excluded) or 'nothing'}")
    sent = [row for row in rows(probes) if not row.refused]
    packets, seconds = sum(row.packets for row in sent), sum(row.seconds for row in sent)
    click.echo(f"Altogether at most {packets:,} packets in {_duration(seconds)}. Nothing was sent.")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class _Finding(msgspec.Struct, frozen=True, kw_only=True):
    what: str
    state: str
    mend: str = ""


@click.command(short_help="Say what is missing: nmap, privileges, credentials, store.")
@format_option
@click.pass_obj
def doctor(settings: Settings, form: str) -> int:
    """Check what an audit needs on this machine. Nothing is sent. Exit 1 where something is missing."""
    findings = list(_findings(settings))
    columns = [("what", lambda row: row.what), ("state", lambda row: row.state), ("mend", lambda row: row.mend)]
    print_listing("findings", findings, form, columns)
    return 1 if any(each.mend for each in findings) else 0


def _findings(settings: Settings) -> Iterator[_Finding]:
    yield _nmap()
    root = os.geteuid() == 0
    yield _Finding(what="privileges", state="root: SYN scans and ARP" if root else "not root: connect scans, no ARP")
    path = config_path(settings)
    if path is None:
        yield _Finding(what="posture.toml", state="not here", mend="posture init")
    else:
        try:
            scope = configuration.load(path)
        except PostureError as error:
            yield _Finding(what="posture.toml", state="has mistakes", mend=str(error))
        else:
            count = sum(held(zone, scope) for zone in scope.zone)
            yield _Finding(what="posture.toml", state=f"{len(scope.zone)} zones, {count:,} addresses")
            yield from _segmentation(scope)
            for reference in scope.secrets():
                try:
                    resolve(reference, base_folder(settings))
                    yield _Finding(what=describe(reference), state="is there")
                except PostureError as error:
                    yield _Finding(what=describe(reference), state=error.what, mend=error.mend or "see posture.toml")
    try:
        with open_store(settings) as store:
            yield _Finding(what="store", state=f"{store.name}: {plural(len(store.runs()), 'run')}")
    except PostureError as error:
        yield _Finding(what="store", state=error.what, mend=error.mend)


def _segmentation(scope: Scope) -> Iterator[_Finding]:
    """What of segmentation could be judged. None of it has to be there, so nothing is missing where it is not."""
    if len(scope.zone) < 2:  # noqa: PLR2004  # nothing lies between fewer
        return
    open_ = [zone.id for zone in scope.zone if zone.reachable_from is None]
    stated = plural(len(scope.zone) - len(open_), "zone")
    said = f"{stated} of {len(scope.zone)} with reachable_from, {plural(len(scope.flow), 'flow')}"
    yield _Finding(what="who may reach whom", state=f"{said}; not judged: {', '.join(open_)}" if open_ else said)
    kept = {canary.zone for canary in scope.canary}
    without = [zone.id for zone in scope.zone if zone.reachable_from is not None and zone.id not in kept]
    said = plural(len(scope.canary), "canary", "canaries")
    lacking = f"{said}; nothing proves {', '.join(without)} denied (posture canary)"
    yield _Finding(what="canaries", state=lacking if without else said)
    zone = os.environ.get("POSTURE_VANTAGE", "")
    if not zone:
        yield _Finding(what="vantage", state="not stated: scans prove no segmentation (audit --vantage ZONE)")
    elif zone in scope.zones:
        yield _Finding(what="vantage", state=f"{zone}, by POSTURE_VANTAGE")
    else:
        there = ", ".join(sorted(scope.zones))
        yield _Finding(what="vantage", state=f"POSTURE_VANTAGE is no zone: {visible(zone)}", mend=f"there are: {there}")


def _nmap() -> _Finding:
    program = shutil.which("nmap")
    if program is None:
        return _Finding(what="nmap", state="not installed", mend="apt-get install nmap")
    done = subprocess.run(  # noqa: S603  # found on PATH, no input
        [program, "--version"],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},  # ours may hold secrets
    )
    return _Finding(what="nmap", state=done.stdout.strip().splitlines()[0] if done.stdout else program)
