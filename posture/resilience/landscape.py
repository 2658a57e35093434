"""What stands where: all machines and directories of the evidence. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from posture.assessment import Observation
from posture.facts import Fact
from posture.inventory import Inventory, Thing
from posture.model import Outcome, Record
from posture.resilience.machines import Machine, machine, machines_of
from posture.resilience.realms import Realm, identities, realms
from posture.resilience.ways import WEAKNESS
from posture.scope import Scope

__all__ = ["Landscape", "landscape"]


class Landscape(Record, frozen=True, kw_only=True):
    """All machines and directories.

    `machine_of`: from the key of a thing to those of its machines. `realm_of`: from a directory's id to its realm's.
    """

    machines: dict[str, Machine]
    realms: dict[str, Realm]
    machine_of: dict[str, tuple[str, ...]]
    realm_of: dict[str, str]


def landscape(
    facts: Sequence[Fact], inventory: Inventory, observations: Sequence[Observation], scope: Scope
) -> Landscape:
    """Who stands where, and what is open and weak there."""
    machine_of = machines_of(inventory)
    fails: dict[str, dict[str, tuple[str, ...]]] = {}
    for each in observations:
        if each.outcome is Outcome.FAIL and each.check in WEAKNESS:
            for key in machine_of.get(each.subject, ()):
                before = fails.setdefault(key, {}).get(each.check, ())
                fails[key][each.check] = tuple(sorted({*before, *each.evidence}))
    things: dict[str, list[Thing]] = {}
    for thing in inventory.things:
        for key in machine_of.get(thing.key, ()):
            things.setdefault(key, []).append(thing)
    machines = {key: machine(key, things[key], fails.get(key, {}), scope) for key in sorted(things)}
    known = identities(facts, scope)
    found = {realm.id: realm for realm in realms(facts, inventory, observations, known, machine_of)}
    for declared in scope.directory:
        realm = found[known.of_directory[declared.id]]
        at = [key for key, each in machines.items() if declared.host in each.addresses]
        if not realm.servers and len(at) == 1:  # it was not read, but its server was seen
            found[realm.id] = Realm(id=realm.id, label=realm.label, domain=realm.domain, servers=(at[0],))
    return Landscape(machines=machines, realms=found, machine_of=machine_of, realm_of=known.of_directory)
