"""What collectors may assert and checks may read.

A fact knows its evidence, and what was *not* asked or not readable. A field whose answer may be wanting has the type
`Known[T]`: either the value or a `Missing` that says why there is none, so that a check has to say what silence means
before mypy lets it pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Generic, Literal, TypeAlias, TypeVar, overload

import msgspec

from posture.model import Attempt
from posture.ports import PortSet

__all__ = [
    "Account",
    "BlindSpot",
    "Certificate",
    "Clock",
    "Collapsed",
    "Computer",
    "Device",
    "Directory",
    "DomainPolicy",
    "Fact",
    "Facts",
    "FineGrainedPolicy",
    "Group",
    "Host",
    "Interface",
    "Known",
    "Listed",
    "Missing",
    "PasswordPolicy",
    "Port",
    "Script",
    "Service",
    "Trust",
    "Ups",
    "known",
]

T = TypeVar("T")


class Missing(msgspec.Struct, frozen=True, tag="missing"):
    """Why a value is not there.

    `absent`: the source was asked, could answer, and has no such value. `not-asked`, `not-readable` and
    `not-answered` are silence: nothing may be concluded from them.
    """

    why: Literal["not-asked", "not-readable", "not-answered", "absent"]
    detail: str = ""

    def __str__(self) -> str:
        return self.detail or self.why.replace("-", " ")


Known: TypeAlias = T | Missing


def known(value: Known[T], default: T) -> T:
    """The value, or `default` where it is missing. For display only: a verdict has to look at the Missing itself."""
    return default if isinstance(value, Missing) else value


class Fact(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Something that evidence says about a subject.

    `ids` are the subject's identifiers, strongest first (see `posture.subjects`); the first is the key that lasts
    from run to run. `place` is the id of the zone or directory of the scope that it stands in, if any. `evidence`
    are the ids of the evidence it was read from.
    """

    ids: tuple[str, ...]
    name: str
    place: str | None = None
    evidence: tuple[str, ...] = ()


class BlindSpot(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of a kind that were wanted and are not there: `why`, and what would give them (`answer`)."""

    kinds: tuple[str, ...]
    subject: str
    name: str
    why: str
    answer: str
    place: str | None = None
    evidence: tuple[str, ...] = ()


F = TypeVar("F", bound=Fact)


class Facts(Sequence[F], Generic[F]):
    """All facts of one kind, in the order of their keys, with the blind spots among them."""

    def __init__(self, facts: Iterable[F] = (), blind_spots: Iterable[BlindSpot] = ()) -> None:
        self._facts = sorted(facts, key=lambda fact: (fact.ids, fact.name))
        self.blind_spots = tuple(sorted(blind_spots, key=lambda spot: (spot.subject, spot.why)))

    @property
    def complete(self) -> bool:
        """Whether all that was wanted is here; a check over the whole set may pass only then."""
        return not self.blind_spots

    @overload
    def __getitem__(self, index: int) -> F: ...

    @overload
    def __getitem__(self, index: slice) -> list[F]: ...

    def __getitem__(self, index: int | slice) -> F | list[F]:
        return self._facts[index]

    def __len__(self) -> int:
        return len(self._facts)

    def __iter__(self) -> Iterator[F]:
        return iter(self._facts)

    def by(self, key: Callable[[F], T]) -> dict[T, list[F]]:
        """The facts grouped by a key."""
        grouped: dict[T, list[F]] = {}
        for fact in self._facts:
            grouped.setdefault(key(fact), []).append(fact)
        return grouped


# ── network ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """What answers on a port.

    `method` is nmap's: `probed` was identified by what it said; `table` is only the port number's usual name.
    A version is a claim by nmap, not a fact.
    """

    name: str = ""
    method: Literal["probed", "table", ""] = ""
    product: str = ""
    version: str = ""
    extra: str = ""
    tunnel: str = ""
    cpes: tuple[str, ...] = ()

    @property
    def identified(self) -> bool:
        """Whether it said what it is; nmap has names for a connection of which it knows nothing more, too."""
        return self.method == "probed" and self.name not in {"", "unknown", "ssl", "tcpwrapped"}

    def identified_as(self, *names: str) -> bool:
        """Whether the service said so itself; a name from the port table is no identification."""
        return self.method == "probed" and self.name in names


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One NSE script's result: its text, and its structured output flattened to (path, value) pairs.

    The path joins table keys with `/`; unnamed tables and elements are numbered from 0.
    """

    id: str
    output: str
    values: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()

    def value(self, path: str) -> str | None:
        """The first value at this exact path."""
        return next((text for at, text in self.values if at == path), None)

    def under(self, path: str) -> tuple[str, ...]:
        """All values at or below this path."""
        return tuple(text for at, text in self.values if at == path or at.startswith(f"{path}/"))


PortState: TypeAlias = Literal[
    "open", "open|filtered", "unfiltered", "filtered", "closed|filtered", "closed", "not-asked"
]


class Port(msgspec.Struct, frozen=True, kw_only=True):
    """One port of one host. `state` is nmap's, or `not-asked`.

    Where scans differ, `others` are what else it was identified as, and `scripts` has several results of one script:
    `posture.services` looks at each.
    """

    number: int
    protocol: Literal["tcp", "udp", "sctp"] = "tcp"
    state: PortState = "not-asked"
    reason: str = ""
    service: Service = Service()
    others: tuple[Service, ...] = ()
    scripts: tuple[Script, ...] = ()
    scripts_asked: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number}/{self.protocol}"

    def script(self, name: str) -> Known[Script]:
        """The script's result on this port, or why there is none."""
        for script in self.scripts:
            if script.id == name:
                return script
        if name in self.scripts_asked:
            return Missing("not-answered", f"{name} gave no result on {self}")
        return Missing("not-asked", f"{name} was not run on {self}")


class Collapsed(msgspec.Struct, frozen=True, kw_only=True):
    """Ports that a scan reported together, by their state alone."""

    protocol: Literal["tcp", "udp", "sctp"]
    state: PortState
    ports: str


class Host(Fact, frozen=True, kw_only=True):
    """A host that answered a scan."""

    address: str
    mac: Known[str] = Missing("not-asked")
    mac_vendor: str = ""
    names: tuple[str, ...] = ()
    ports: tuple[Port, ...] = ()
    collapsed: tuple[Collapsed, ...] = ()
    scripts: tuple[Script, ...] = ()
    zone_kind: str = ""

    @cached_property
    def _by_number(self) -> dict[tuple[str, int], Port]:
        return {(port.protocol, port.number): port for port in self.ports}

    @cached_property
    def _sets(self) -> tuple[tuple[str, PortState, PortSet], ...]:
        return tuple((group.protocol, group.state, PortSet.parse(group.ports)) for group in self.collapsed)

    def port(self, protocol: Literal["tcp", "udp", "sctp"], number: int) -> Port:
        """The port, whatever is known of it: a port that no scan asked has the state `not-asked`."""
        found = self._by_number.get((protocol, number))
        if found is not None:
            return found
        for group, state, numbers in self._sets:
            if group == protocol and number in numbers:
                return Port(number=number, protocol=protocol, state=state, evidence=self.evidence)
        return Port(number=number, protocol=protocol)

    def tcp(self, number: int) -> Port:
        """The TCP port of this number."""
        return self.port("tcp", number)

    def udp(self, number: int) -> Port:
        """The UDP port of this number."""
        return self.port("udp", number)

    def open(self, *services: str) -> tuple[Port, ...]:
        """Open ports; with names, those whose service identified itself as one of them."""
        return tuple(
            port
            for port in self.ports
            if port.state == "open" and (not services or port.service.identified_as(*services))
        )


# ── directory ────────────────────────────────────────────────────────────────────────────────────────────────────


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """A server certificate as it was presented, and what the client's verification said (`""` if it held)."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    key_type: str
    key_bits: int
    signature: str
    problem: str = ""


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """A trust of an Active Directory domain with another (MS-ADTS 6.1.6.7): its bits and numbers as they stand."""

    name: str
    direction: Known[int] = Missing("not-asked")
    type: Known[int] = Missing("not-asked")
    attributes: Known[int] = Missing("not-asked")
    encryption_types: Known[int] = Missing("not-asked")


class FineGrainedPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A password settings object (MS-ADTS 3.1.1.4.5.36); `applies` is whether it names anybody at all."""

    name: str
    min_length: Known[int] = Missing("not-asked")
    lockout_threshold: Known[int] = Missing("not-asked")
    applies: Known[bool] = Missing("not-asked")


class Directory(Fact, frozen=True, kw_only=True):
    """A directory server and how it lets clients in.

    `attempts` are the ways in that were tried. Methods: `ldaps`, `starttls` (TLS handshakes), `anonymous-read` (a
    search below the base without a bind), `cleartext-bind` (a simple bind without TLS as a user that does not
    exist), `account-read` (as `anonymous-read`, but as the audit account), `config-read` (cn=config, as the audit
    account), `bind` (the audit account's own). Outcomes: `accepted`, `refused`, `closed` (no listener), `unreachable`,
    `timeout`, `failed`; for `cleartext-bind` see `posture.collectors.ldap`.

    `heuristics` (dSHeuristics), `tombstone_days` and `recycle_bin` hold for the whole forest. An empty
    `fine_grained_policies` says little: Active Directory hides them from ordinary accounts.
    """

    address: str
    kind: Literal["active-directory", "openldap", "other", "unknown"]
    base: str = ""
    vendor: str = ""
    functional_level: Known[int] = Missing("not-asked")
    controls: Known[tuple[str, ...]] = Missing("not-asked")
    extensions: Known[tuple[str, ...]] = Missing("not-asked")
    certificate: Known[Certificate] = Missing("not-asked")
    attempts: tuple[Attempt, ...] = ()
    secrets_readable: Known[tuple[str, ...]] = Missing("not-asked")
    password_policies: Known[int] = Missing("not-asked")
    heuristics: Known[str] = Missing("not-asked")
    tombstone_days: Known[int] = Missing("not-asked")
    recycle_bin: Known[bool] = Missing("not-asked")
    trusts: Known[tuple[Trust, ...]] = Missing("not-asked")
    fine_grained_policies: Known[tuple[FineGrainedPolicy, ...]] = Missing("not-asked")

    @property
    def answered(self) -> bool:
        """Whether a directory service answered at all. Closed ports and silence are no answer; a file is one."""
        spoke = any(attempt.outcome in {"accepted", "refused", "password-taken"} for attempt in self.attempts)
        return spoke or not self.attempts

    def attempt(self, method: str) -> Known[Attempt]:
        """The attempt by this method, or why there is none."""
        for attempt in self.attempts:
            if attempt.method == method:
                return attempt
        return Missing("not-asked", f"{method.replace('-', ' ')} was not tried")


class DomainPolicy(Fact, frozen=True, kw_only=True):
    """The default password and lockout policy of an Active Directory domain (MS-ADTS 3.1.1.3.2.3, domain head).

    `backed_up` is when a backup last marked the domain (the originating time of dSASignature).
    """

    min_length: Known[int] = Missing("not-asked")
    history: Known[int] = Missing("not-asked")
    complexity: Known[bool] = Missing("not-asked")
    reversible_encryption: Known[bool] = Missing("not-asked")
    lockout_threshold: Known[int] = Missing("not-asked")
    lockout_duration: Known[timedelta] = Missing("not-asked")
    max_password_age: Known[timedelta] = Missing("not-asked")
    machine_account_quota: Known[int] = Missing("not-asked")
    backed_up: Known[datetime] = Missing("not-asked")


class PasswordPolicy(Fact, frozen=True, kw_only=True):
    """A password policy entry of OpenLDAP's ppolicy overlay (draft-behera-ldap-password-policy)."""

    min_length: Known[int] = Missing("not-asked")
    lockout: Known[bool] = Missing("not-asked")
    max_failures: Known[int] = Missing("not-asked")


class Account(Fact, frozen=True, kw_only=True):
    """A user account of Active Directory. Timestamps of 0 and `never` are `Missing("absent")`.

    `primary_group` is the relative identifier of the group that the account is in without being listed by it.
    What follows a word such as "password:" in `description`, `info` and `comment` was replaced by
    `{masked;type=password}` when it was read. `resource_delegation` is whether others may act here as its users
    (msDS-AllowedToActOnBehalfOfOtherIdentity).
    """

    login: str
    dn: str
    sid: Known[str] = Missing("not-asked")
    user_account_control: Known[int] = Missing("not-asked")
    password_last_set: Known[datetime] = Missing("not-asked")
    last_logon: Known[datetime] = Missing("not-asked")
    created: Known[datetime] = Missing("not-asked")
    admin_count: Known[bool] = Missing("not-asked")
    service_principals: Known[tuple[str, ...]] = Missing("not-asked")
    info: Known[str] = Missing("not-asked")
    comment: Known[str] = Missing("not-asked")
    encryption_types: Known[int] = Missing("not-asked")
    delegates_to: Known[tuple[str, ...]] = Missing("not-asked")
    resource_delegation: Known[bool] = Missing("not-asked")
    sid_history: Known[tuple[str, ...]] = Missing("not-asked")
    description: Known[str] = Missing("not-asked")
    primary_group: Known[int] = Missing("not-asked")
    expires: Known[datetime] = Missing("not-asked")

    @property
    def rid(self) -> Known[int]:
        """The relative identifier: the last part of the SID."""
        return self.sid if isinstance(self.sid, Missing) else int(self.sid.rpartition("-")[2])

    def flag(self, bit: int) -> Known[bool]:
        """Whether a bit of userAccountControl is set."""
        control = self.user_account_control
        return control if isinstance(control, Missing) else bool(control & bit)


class Computer(Account, frozen=True, kw_only=True):
    """A computer account of Active Directory.

    `laps_expiry` is when its managed local password is due (Microsoft LAPS), `windows_laps_expiry` that of Windows
    LAPS.
    """

    operating_system: Known[str] = Missing("not-asked")
    operating_system_version: Known[str] = Missing("not-asked")
    dns_name: Known[str] = Missing("not-asked")
    laps_expiry: Known[datetime] = Missing("not-asked")
    windows_laps_expiry: Known[datetime] = Missing("not-asked")


class Group(Fact, frozen=True, kw_only=True):
    """A group of Active Directory with its direct members' distinguished names; `members` is Missing if cut short.

    Those whose primary group it is are among the members. Asked are the privileged groups, and the groups within them.
    """

    dn: str
    sid: Known[str] = Missing("not-asked")
    members: Known[tuple[str, ...]] = Missing("not-asked")
    sid_history: Known[tuple[str, ...]] = Missing("not-asked")


# ── devices ──────────────────────────────────────────────────────────────────────────────────────────────────────


class Interface(msgspec.Struct, frozen=True, kw_only=True):
    """A row of IF-MIB's ifTable (RFC 2863)."""

    index: int
    description: str = ""
    mac: str = ""
    up: Known[bool] = Missing("not-answered")


class Ups(msgspec.Struct, frozen=True, kw_only=True):
    """What UPS-MIB (RFC 1628) says: battery status 1 unknown, 2 normal, 3 low, 4 depleted."""

    battery_status: Known[int] = Missing("not-answered")
    minutes_remaining: Known[int] = Missing("not-answered")
    alarms: Known[int] = Missing("not-answered")


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """How far a device's clock (hrSystemDate, RFC 2790) is ahead of that of the machine that asked, in its bounds.

    Bounds, as an audit knows when it began and ended to ask the device, not when this answer came. `zone_sent` is
    false where the device gave no offset from UTC, and the organisation's time zone was taken.
    """

    least: timedelta
    most: timedelta
    zone_sent: bool


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """Names out of a table, and whether they are all of it: a walk may have ended early, and a file doesn't say."""

    names: tuple[str, ...]
    whole: bool


class Device(Fact, frozen=True, kw_only=True):
    """An SNMP agent: what it accepts, and what it says it is.

    `attempts` methods are `v1`, `v2c`, `v3-noAuthNoPriv`, `v3-authNoPriv`, `v3-authPriv`; outcomes `accepted`,
    `silent` (no answer, which for v1 and v2c is all that a wrong community gives), `refused` (a report, with the
    reason in detail), `unreachable`. `contact` and `location` are empty where the device says so itself. `running`
    and `installed` are hrSWRunName and hrSWInstalledName (RFC 2790). `lists_users`: whether it gives the names of its
    users (svUserTable of Microsoft's agent).
    """

    address: str
    attempts: tuple[Attempt, ...] = ()
    engine_id: Known[str] = Missing("not-asked")
    engine_time: Known[timedelta] = Missing("not-asked")
    description: Known[str] = Missing("not-asked")
    object_id: Known[str] = Missing("not-asked")
    system_name: Known[str] = Missing("not-asked")
    contact: Known[str] = Missing("not-asked")
    location: Known[str] = Missing("not-asked")
    uptime: Known[timedelta] = Missing("not-asked")
    clock: Known[Clock] = Missing("not-asked")
    vendor: Known[str] = Missing("not-asked")
    model: Known[str] = Missing("not-asked")
    firmware: Known[str] = Missing("not-asked")
    serial: Known[str] = Missing("not-asked")
    interfaces: Known[tuple[Interface, ...]] = Missing("not-asked")
    neighbours: Known[tuple[str, ...]] = Missing("not-asked")
    ups: Known[Ups] = Missing("not-asked")
    printer: Known[str] = Missing("not-asked")
    writable_views: Known[tuple[str, ...]] = Missing("not-asked")
    notification_targets: Known[tuple[str, ...]] = Missing("not-asked")
    lists_users: Known[bool] = Missing("not-asked")
    running: Known[Listed] = Missing("not-asked")
    installed: Known[Listed] = Missing("not-asked")
