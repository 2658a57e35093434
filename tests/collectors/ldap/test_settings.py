"""What the entries of a domain's own settings say, and what their silence means."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from posture.collectors.ldap import settings
from posture.collectors.ldap.attributes import SEARCHES
from posture.collectors.ldap.build import Fields, fact_of
from posture.collectors.ldap.ldif import Entry
from posture.collectors.ldap.rootdse import RootDse
from posture.facts import DomainPolicy, Missing

ASKED = {"objectclass", "whencreated", "cn", "dsheuristics", "tombstonelifetime", "msds-enabledfeaturebl"}
SHOWN = ("whenCreated", b"20200101000000Z")
RECYCLE_BIN = ("cn", b"Recycle Bin Feature")
SETTINGS = [search for search in SEARCHES.values() if search.context]


def entry(*attributes: tuple[str, bytes], dn: str = "CN=x,DC=hosp", asked: set[str] = ASKED) -> Fields:
    return Fields(Entry(dn=dn.encode(), attributes=attributes), asked)


def why(value: object) -> object:
    return value.why if isinstance(value, Missing) else value


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry(("tombstoneLifetime", b"180"), SHOWN)], 180),
        ([entry(SHOWN)], "absent"),
        ([entry()], "not-readable"),
        ([], "not-readable"),
        ([entry(("tombstoneLifetime", b"many"), SHOWN)], "not-readable"),
        ([entry(("tombstoneLifetime", b"180")), entry(("tombstoneLifetime", b"60"))], "not-readable"),
        ([entry(SHOWN, asked={"whencreated"})], "not-asked"),
    ],
)
def test_a_setting_that_is_not_there_is_absent_only_where_the_entry_is_shown(entries: list[Fields], said: object):
    assert why(settings.tombstone_days(entries)) == said


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ([entry(RECYCLE_BIN, SHOWN, ("msDS-EnabledFeatureBL", b"CN=Partitions,CN=Configuration,DC=hosp"))], True),
        ([entry(RECYCLE_BIN, SHOWN)], False),
        ([entry(RECYCLE_BIN)], "not-readable"),
        ([entry(("cn", b"Another Feature"), SHOWN, ("msDS-EnabledFeatureBL", b"CN=Partitions"))], "not-readable"),
        ([], "not-readable"),
    ],
)
def test_the_recycle_bin_is_known_by_its_own_entry(entries: list[Fields], said: object):
    assert why(settings.recycle_bin(entries)) == said


def test_heuristics_are_a_text():
    assert settings.heuristics([entry(("dSHeuristics", b"0000002001000001"), SHOWN)]) == "0000002001000001"


@pytest.mark.parametrize("search", SETTINGS, ids=lambda search: search.name)
def test_each_is_asked_below_its_context_with_a_witness_or_nowhere(search):
    root = RootDse(values={"defaultnamingcontext": ("DC=hosp",), "configurationnamingcontext": ("CN=C,DC=hosp",)})

    (base,) = root.search_bases(search, ("OU=declared,DC=hosp",))

    assert base.endswith("DC=hosp")
    assert "declared" not in base
    assert RootDse().search_bases(search, ("OU=declared,DC=hosp",)) == ()
    assert "whenCreated" in search.attributes


METADATA = """<DS_REPL_ATTR_META_DATA>
\t<pszAttributeName>{name}</pszAttributeName>
\t<dwVersion>27</dwVersion>
\t<ftimeLastOriginatingChange>{moment}</ftimeLastOriginatingChange>
\t<usnLocalChange>81234</usnLocalChange>
</DS_REPL_ATTR_META_DATA>
\0"""


def backed_up(*values: tuple[str, str], asked: str = "msds-replattributemetadata") -> object:
    attributes = [
        ("msDS-ReplAttributeMetaData", METADATA.format(name=name, moment=moment).encode()) for name, moment in values
    ]
    fields = entry(("objectClass", b"domainDNS"), SHOWN, *attributes, asked={"minpwdlength", asked})
    fact = fact_of(fields, "hosp", "e" * 64)
    assert isinstance(fact, DomainPolicy)
    return why(fact.backed_up)


def test_the_mark_of_the_last_backup_is_read_from_the_metadata():
    marked = ("dSASignature", "2026-05-30T22:45:12Z")

    assert backed_up(("whenChanged", "2026-06-01T00:00:00Z"), marked) == datetime(2026, 5, 30, 22, 45, 12, tzinfo=UTC)


def test_a_backup_that_left_no_mark_is_never_taken_for_none():
    assert backed_up(("whenChanged", "2026-06-01T00:00:00Z")) == "not-readable"
    assert backed_up() == "not-readable"
    assert backed_up(asked="other") == "not-asked"
    assert backed_up(("dSASignature", "yesterday")) == "not-readable"
    assert backed_up(("dSASignature", "2026-99-99T00:00:00Z")) == "not-readable"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"supportedcapabilities": ("1.2.840.113556.1.4.800",)}, "active-directory"),
        ({"objectclass": ("top", "OpenLDAProotDSE")}, "openldap"),
        ({"objectclass": ("top",), "vendorname": ("389 Project",)}, "other"),
        ({"objectclass": ("top",), "configurationnamingcontext": ("CN=C,DC=hosp",)}, "unknown"),
        ({"defaultnamingcontext": ("DC=hosp",), "domainfunctionality": ("7",)}, "unknown"),
        ({"namingcontexts": ("DC=hosp",), "vendorname": ("Samba Team",)}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_a_server_that_hides_its_capabilities_is_no_other_directory(values: dict[str, tuple[str, ...]], kind: str):
    assert RootDse(values=values).kind(None) == kind
