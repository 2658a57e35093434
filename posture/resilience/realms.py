"""Directories: the machines that serve them, those joined to them, and what gives them away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from posture.assessment import Observation
from posture.facts import Account, Computer, Directory, Fact, Missing
from posture.inventory import Inventory
from posture.model import Outcome, Record
from posture.resilience.machines import domain_of, enabled, shortened
from posture.resilience.ways import DELEGATION, DOMAIN_WEAKNESSES
from posture.scope import Scope

__all__ = ["Identities", "Realm", "RealmWay", "identities", "realms"]

_DOMAIN_CONTROLLER = 0x2000
_DELEGATION_GRANTS = (
    "A domain controller can be made to log on to a server that is trusted for delegation without limits."
)


class RealmWay(NamedTuple):
    """A failed check that gives a domain away: what has to be assumed, on whom, and the evidence.

    `machine` is empty where reaching a server of the domain is enough, else it is the machine to stand on.
    """

    check: str
    grants: str
    who: str
    machine: str
    evidence: tuple[str, ...]

    @property
    def how(self) -> str:
        """The way in words."""
        match self.check:
            case "ad-asrep-roastable":
                return f"the administrator's account {self.who}, whose password can be guessed from a ticket"
            case "ad-password-not-required":
                return f"the administrator's account {self.who}, which needs no password"
            case _:
                return f"{self.who}, which may act as any user who logs on to it"


class Realm(Record, frozen=True, kw_only=True):
    """A directory: the machines that serve it, those joined to it, and what gives it away.

    `domain`: it is an Active Directory domain. `undecided` is what could not be judged of its accounts.
    """

    id: str
    label: str
    domain: bool
    servers: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    ways: tuple[RealmWay, ...] = ()
    undecided: tuple[str, ...] = ()


class Identities(Record, frozen=True, kw_only=True):
    """The realm of each directory (by its id, or key) and of each Active Directory domain, and what realms are called.

    Directories of one Active Directory domain are one realm, under the first of their ids.
    """

    of_directory: dict[str, str]
    of_domain: dict[str, str]
    labels: dict[str, str]


def identities(facts: Sequence[Fact], scope: Scope) -> Identities:
    """Which directories there are, in the scope and in the evidence."""
    read = [fact for fact in facts if isinstance(fact, Directory)]
    bases = [(each.base, each.id) for each in scope.directory if each.kind == "active-directory" and each.base]
    bases += [(fact.base, _id(fact)) for fact in read if fact.kind == "active-directory"]
    members: dict[str, set[str]] = {domain_of(fact.dn): set() for fact in facts if isinstance(fact, Account)}
    for base, directory in bases:
        members.setdefault(domain_of(base), set()).add(directory)
    of_directory = {each: each for each in (*(each.id for each in scope.directory), *map(_id, read))}
    of_domain = {}
    for domain, own in sorted(members.items()):
        of_domain[domain] = min(own, default=domain or "domain")
        of_directory.update(dict.fromkeys(own, of_domain[domain]))
    names = {_id(fact): fact.name for fact in read if not fact.place}
    every = {*of_directory.values(), *of_domain.values()}
    return Identities(
        of_directory=of_directory,
        of_domain=of_domain,
        labels={each: shortened(names.get(each, each)) for each in sorted(every)},
    )


def _id(fact: Directory) -> str:
    return fact.place or fact.ids[0]


def realms(
    facts: Sequence[Fact],
    inventory: Inventory,
    observations: Sequence[Observation],
    known: Identities,
    machine_of: Mapping[str, tuple[str, ...]],
) -> Iterator[Realm]:
    """Every directory with its machines. `machine_of` gives the machines that a thing of the inventory is."""
    servers: dict[str, set[str]] = {}
    joined: dict[str, set[str]] = {}
    for fact in facts:
        if isinstance(fact, Directory):
            own = machine_of.get(inventory.key(fact), ())
            servers.setdefault(known.of_directory[_id(fact)], set()).update(own)
        elif isinstance(fact, Computer) and enabled(fact):
            own, realm = machine_of.get(inventory.key(fact), ()), known.of_domain[domain_of(fact.dn)]
            joined.setdefault(realm, set()).update(own)
            if fact.flag(_DOMAIN_CONTROLLER) is True:
                servers.setdefault(realm, set()).update(own)
    ways, undecided = _given_away(facts, inventory, observations, known, machine_of)
    domains = set(known.of_domain.values())
    for realm, label in known.labels.items():
        yield Realm(
            id=realm,
            label=label,
            domain=realm in domains,
            servers=tuple(sorted(servers.get(realm, ()))),
            joined=tuple(sorted(joined.get(realm, ()))),
            ways=tuple(sorted(ways.get(realm, ()))),
            undecided=tuple(sorted(undecided.get(realm, ()))),
        )


def _given_away(
    facts: Sequence[Fact],
    inventory: Inventory,
    observations: Sequence[Observation],
    known: Identities,
    machine_of: Mapping[str, tuple[str, ...]],
) -> tuple[dict[str, set[RealmWay]], dict[str, set[str]]]:
    """The ways into each realm by its accounts, and what was not known of an account that has one."""
    failing: dict[str, list[Observation]] = {}
    for each in observations:
        if each.outcome is Outcome.FAIL and (each.check in DOMAIN_WEAKNESSES or each.check == DELEGATION):
            failing.setdefault(each.subject, []).append(each)
    ways: dict[str, set[RealmWay]] = {}
    undecided: dict[str, set[str]] = {}
    for fact in facts:
        if not isinstance(fact, Account):
            continue
        key = inventory.key(fact)
        for failed in failing.get(key, ()):
            realm = known.of_domain[domain_of(fact.dn)]
            own = machine_of.get(key, ()) if isinstance(fact, Computer) else ()
            ways.setdefault(realm, set()).update(_ways(fact, failed, own))
            if (
                failed.check != DELEGATION
                and isinstance(fact.admin_count, Missing)
                and fact.admin_count.why != "absent"
            ):
                undecided.setdefault(realm, set()).add(
                    f"{failed.check} failed on {shortened(fact.name)}, and whether that is an administrator's account "
                    f"(adminCount) is not known: {fact.admin_count}."
                )
    return ways, undecided


def _ways(fact: Account, failed: Observation, machines: Sequence[str]) -> Iterable[RealmWay]:
    who = shortened(fact.name)
    if failed.check == DELEGATION:
        for machine in machines:
            yield RealmWay(failed.check, _DELEGATION_GRANTS, who, machine, failed.evidence)
    elif fact.admin_count is True:
        yield RealmWay(failed.check, DOMAIN_WEAKNESSES[failed.check], who, "", failed.evidence)
