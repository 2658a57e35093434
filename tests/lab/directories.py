"""Ask a directory as an audit does, and keep what came of it."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from posture.collectors.base import Context, Progress, Stopped
from posture.collectors.ldap import LdapCollector
from posture.errors import PostureError
from posture.facts import BlindSpot, Directory, Fact
from posture.model import Attempt, Evidence
from posture.scope import DirectoryScope, OrganisationScope, Scope, Zone

F = TypeVar("F", bound=Fact)

SUFFIX = "dc=hospital,dc=example"
AUDITOR = f"cn=audit,{SUFFIX}"
PASSWORD = "s3cret-Of-The-Audit"  # noqa: S105  # of a directory that lives for a test

HOSPITAL = f"""\
dn: {SUFFIX}
objectClass: dcObject
objectClass: organization
o: hospital
dc: hospital

dn: {AUDITOR}
objectClass: person
cn: audit
sn: audit
userPassword: {PASSWORD}

dn: uid=nurse,{SUFFIX}
objectClass: inetOrgPerson
uid: nurse
cn: nurse
sn: nurse
userPassword: of-the-nurse
"""
POLICY = f"""
dn: cn=staff policy,{SUFFIX}
objectClass: device
objectClass: pwdPolicy
cn: staff policy
pwdAttribute: userPassword
pwdMinLength: 6
pwdLockout: FALSE
"""

_numbers = itertools.count(1)


def loopback() -> str:
    """A loopback address that no other test, nor another run of the tests, is using."""
    return f"127.{64 + os.getpid() % 128}.{os.getpid() // 128 % 250}.{next(_numbers) % 250 + 1}"


def people(count: int) -> str:
    """So many people as LDIF, each with a password."""
    return "".join(
        f"\ndn: uid=p{number:05},{SUFFIX}\nobjectClass: inetOrgPerson\ncn: p\nsn: p\nuserPassword: x\n"
        for number in range(count)
    )


@dataclass
class Asked:
    """What came of asking."""

    scope: Scope
    evidence: list[Evidence] = field(default_factory=list)
    stopped: bool = False

    @property
    def said(self) -> list[Fact | BlindSpot]:
        return list(LdapCollector().read(self.evidence, self.scope))

    def facts(self, kind: type[F]) -> list[F]:
        return [fact for fact in self.said if type(fact) is kind]

    @property
    def directory(self) -> Directory:
        (found,) = self.facts(Directory)
        return found

    @property
    def blind_spots(self) -> list[BlindSpot]:
        return [spot for spot in self.said if isinstance(spot, BlindSpot)]

    def attempt(self, method: str) -> Attempt:
        found = self.directory.attempt(method)
        assert isinstance(found, Attempt), found
        return found

    def searches(self, words: str) -> list[Evidence]:
        """The evidence of searches whose filter has these words in it."""
        return [record for record in self.evidence if record.envelope.asked and words in record.envelope.asked.filter]


def scope_of(directory: DirectoryScope, *zones: Zone) -> Scope:
    return Scope(organisation=OrganisationScope(name="Hospital"), directory=(directory,), zone=zones)


def ask(
    directory: DirectoryScope,
    *zones: Zone,
    secret: Callable[[object], str] = lambda _: PASSWORD,
    progress: Callable[[Progress], None] = lambda _: None,
    stop: threading.Event | None = None,
) -> Asked:
    """Plan and carry out the probe of one directory."""
    scope = scope_of(directory, *zones)
    asked = Asked(scope)
    context = Context(
        scope=scope,
        secret=secret,
        hosts=list,
        progress=progress,
        stop=stop or threading.Event(),
        workdir=Path(os.devnull),
        vantage="lab",
        operator="tester",
    )
    (probe,) = LdapCollector().plan(scope)
    try:
        for record in LdapCollector().ask(probe, context):
            asked.evidence.append(record)
    except Stopped:
        asked.stopped = True
    return asked


def no_secret(_: object) -> str:
    raise PostureError("it is not set", where="the environment variable AUDIT")
