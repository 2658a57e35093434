"""What collectors may assert and checks may read.

A fact knows its evidence, and what was *not* asked or not readable. A field whose answer may be wanting has the type
`Known[T]`: either the value or a `Missing` that says why there is none, so that a check has to say what silence means
before mypy lets it pass.
"""

from __future__ import annotations

from posture.facts.base import BlindSpot, Fact, Facts, Known, Missing, known
from posture.facts.declared import DeclaredAsset
from posture.facts.devices import (
    ArpEntry,
    ArpTable,
    Clock,
    Device,
    Interface,
    LearnedAddress,
    LearnedAddresses,
    Listed,
    Neighbour,
    Neighbours,
    Ups,
    Vlan,
)
from posture.facts.directory import (
    AccessEntry,
    Account,
    Certificate,
    CertificateTemplate,
    Computer,
    Directory,
    DomainPolicy,
    FineGrainedPolicy,
    Flags,
    Group,
    GroupPolicy,
    Leaver,
    PasswordPolicy,
    Person,
    PreferenceFile,
    Trust,
)
from posture.facts.network import Collapsed, Host, Port, PortState, Script, Service, View

__all__ = [
    "AccessEntry",
    "Account",
    "ArpEntry",
    "ArpTable",
    "BlindSpot",
    "Certificate",
    "CertificateTemplate",
    "Clock",
    "Collapsed",
    "Computer",
    "DeclaredAsset",
    "Device",
    "Directory",
    "DomainPolicy",
    "Fact",
    "Facts",
    "FineGrainedPolicy",
    "Flags",
    "Group",
    "GroupPolicy",
    "Host",
    "Interface",
    "Known",
    "LearnedAddress",
    "LearnedAddresses",
    "Leaver",
    "Listed",
    "Missing",
    "Neighbour",
    "Neighbours",
    "PasswordPolicy",
    "Person",
    "Port",
    "PortState",
    "PreferenceFile",
    "Script",
    "Service",
    "Trust",
    "Ups",
    "View",
    "Vlan",
    "known",
]
