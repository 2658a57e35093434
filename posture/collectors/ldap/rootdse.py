"""What a server says of itself in its root DSE (RFC 4512, 5.1): its kind, and where its entries are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from posture.collectors.ldap.attributes import Search
from posture.collectors.ldap.decode import text
from posture.collectors.ldap.ldif import Entry

__all__ = ["Kind", "RootDse"]

Kind = Literal["active-directory", "openldap", "other", "unknown"]

_ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
_MICROSOFT = (
    "configurationNamingContext",
    "domainFunctionality",
    "forestFunctionality",
    "domainControllerFunctionality",
)
"""What Active Directory's root DSE alone has (MS-ADTS 3.1.1.3.2), whatever it shows of its capabilities."""


class RootDse(msgspec.Struct, frozen=True, kw_only=True):
    """A root DSE: its values by attribute, in lower case. Empty where it could not be read."""

    values: Mapping[str, tuple[str, ...]] = {}

    @classmethod
    def of(cls, entry: Entry) -> RootDse:
        """From the entry whose name is empty."""
        values: dict[str, tuple[str, ...]] = {}
        for description, value in entry.attributes:
            name = description.lower()
            values[name] = (*values.get(name, ()), text(value))
        return cls(values=values)

    def all(self, attribute: str) -> tuple[str, ...]:
        """The values of an attribute."""
        return self.values.get(attribute.lower(), ())

    def first(self, attribute: str) -> str:
        """The first value of an attribute, or an empty text."""
        return next(iter(self.all(attribute)), "")

    def kind(self, declared: Kind | None) -> Kind:
        """The kind of directory: what it shows itself to be, else what the scope declares it to be.

        It is another only where it shows its object class, which Active Directory's root DSE has not: silence on its
        capabilities makes no Active Directory another directory.
        """
        if _ACTIVE_DIRECTORY in self.all("supportedCapabilities"):
            return "active-directory"
        if "openldaprootdse" in {name.lower() for name in self.all("objectClass")} or self.first("configContext"):
            return "openldap"
        other = self.first("objectClass") and not any(map(self.first, _MICROSOFT))
        return declared or ("other" if other else "unknown")

    def bases(self, declared: str, kind: Kind) -> tuple[str, ...]:
        """Where to search: the scope's base; else the domain of an Active Directory, or every naming context."""
        if declared:
            return (declared,)
        default = self.first("defaultNamingContext")
        if kind == "active-directory" and default:
            return (default,)
        return self.all("namingContexts") or ((default,) if default else ())

    def search_bases(self, search: Search, bases: tuple[str, ...]) -> tuple[str, ...]:
        """Where a search is made; nowhere, if the server does not name the context that it belongs to."""
        if not search.context:
            return bases
        context = self.first(search.context)
        return (f"{search.below},{context}" if search.below else context,) if context else ()

    @property
    def server(self) -> str:
        """What tells one server from another, as far as it says."""
        return (self.first("dnsHostName") or " ".join(sorted(self.bases("", "unknown")))).casefold()

    @property
    def vendor(self) -> str:
        """The vendor's name and version, as far as the server gives them."""
        return " ".join(filter(None, (self.first("vendorName"), self.first("vendorVersion"))))
