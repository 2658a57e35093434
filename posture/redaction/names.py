"""Values to pseudonyms: whole values by their kind, texts word by word. Pure.

A text keeps Posture's own words, short numbers and dates, and nothing else: names that are known are found first, then
whatever looks like an address, an account or a host, and any other word becomes a token as well. So a name that
nothing told of does not stay either.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from ipaddress import IPv6Address

from posture.pseudonyms import Pseudonyms
from posture.redaction.addresses import KEPT, Addresses
from posture.redaction.own import Own, atoms, listed
from posture.redaction.patterns import PATTERN

__all__ = ["FOREST_OID", "KINDS", "WELL_KNOWN", "Names"]

KINDS = (
    "account",
    "person",
    "host",
    "domain",
    "organisation",
    "site",
    "zone",
    "service",
    "directory",
    "credential",
    "group",
    "unit",
    "phone",
    "serial",
    "place",
    "file",
    "id",
    "address",
    "network",
    "mac",
    "sid",
    "digest",
    "name",
    "value",
    "text",
)
"""Kinds of pseudonyms; of several that a name could have, the first."""

WELL_KNOWN = listed(
    "administrator|guest|krbtgt|defaultaccount|wdagutilityaccount|administrators|users|guests|account operators|"
    "server operators|print operators|backup operators|replicator|remote desktop users|cert publishers|"
    "network configuration operators|performance monitor users|performance log users|distributed com users|"
    "iis_iusrs|cryptographic operators|event log readers|certificate service dcom access|rds remote access servers|"
    "rds endpoint servers|rds management servers|hyper-v administrators|access control assistance operators|"
    "remote management users|storage replica administrators|pre-windows 2000 compatible access|"
    "incoming forest trust builders|windows authorization access group|terminal server license servers|"
    "domain admins|domain users|domain guests|domain computers|domain controllers|schema admins|enterprise admins|"
    "group policy creator owners|read-only domain controllers|enterprise read-only domain controllers|"
    "cloneable domain controllers|protected users|key admins|enterprise key admins|ras and ias servers|"
    "allowed rodc password replication group|denied rodc password replication group|dnsadmins|dnsupdateproxy|"
    "builtin|computers|system|configuration|schema|services|policies|managed service accounts|program data|"
    "foreignsecurityprincipals|infrastructure|lostandfound|ntds quotas|windows nt|directory service|sites|"
    "optional features|public key services|certificate templates|enrollment services|password settings container|"
    "recycle bin feature|privileged access management feature|root|nobody|everyone|authenticated users|"
    "anonymous logon|public|private|default",
    "|",
)
"""Names that every such directory or system has: they tell nothing of this one."""

_WELL_KNOWN_AS = frozenset(("account", "person", "group", "unit", "name", "credential", "value"))
_LONGEST = 32
_NUMBER = 5
_TELLING = 4
_FULL = 3
_CACHED, _CACHED_LENGTH = 200_000, 400
_SID = re.compile(r"S-1-5-21-(\d+-\d+-\d+)(?:-(\d+))?", re.IGNORECASE)
_NO_DOMAIN = "0-0-0"  # as in S-1-5-21-0-0-0-496, a claim, which every domain has
_RDN = re.compile(r"([A-Za-z0-9.-]+)=((?:\\.|[^,+\\])*)([,+]?)", re.DOTALL)
_ESCAPED = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_SHORT_SID = 4  # as in S-1-5-32-544: two numbers after the authority
_OIDS = ("1.3.6.1.", "1.2.840.", "2.5.", "2.16.840.", "1.3.101.", "1.3.14.", "1.0.8802.")
FOREST_OID = "1.3.6.1.4.1.311.21.8."
"""Of certificate templates and policies: what follows is of one forest (MS-CRTE 2.31)."""
_INSIDE = frozenset(("local", "localdomain", "lan", "internal", "intranet", "corp", "home", "arpa"))
_PRIVATE = ("192.168.", "169.254.", *(f"172.{number}." for number in range(16, 32)))
"""What is an address, and no version: a version can begin with 10."""
_FIRST_OWN_RID = 1000
_DN_KINDS = {"ou": "unit", "o": "organisation", "l": "place", "st": "place", "uid": "account", "dc": "domain"}
_KEPT_COUNTRY = 2


class Names:
    """Pseudonyms by one key; what it was given it knows afterwards, so that it finds it in texts.

    Go over everything twice: the first time it learns. `values` are the originals of what it gave, by pseudonym;
    `digests` says what stands for a SHA-256 (an evidence's id), `octets` is what was replaced that is no text.
    """

    def __init__(self, pseudonyms: Pseudonyms, own: Own) -> None:
        self.pseudonyms, self.own = pseudonyms, own
        self.addresses = Addresses(pseudonyms)
        self.known: dict[str, str] = {}
        self.octets: set[bytes] = set()
        self.values: dict[str, str] = {}
        self.digests: dict[str, str] = {}
        self._rank = {kind: rank for rank, kind in enumerate(KINDS)}
        self._guessing = False
        self._sizes: dict[str, tuple[int, ...]] = {}
        self._phrases: dict[str, str] = {}
        self._texts: dict[tuple[str, bool], str] = {}
        self._kinds: dict[str, Callable[[str], str]] = {
            "digest": lambda value: self.digests.get(value) or self.pseudonyms.token("digest", value),
            "mail": self.mail,
            "sid": self.sid,
            "octets": self.hexadecimal,
            "guid": self.guid,
            "mac": self.mac,
            "ipv4": self.address,
            "ipv6": self.address,
            "dn": self.dn,
            "dashed": lambda value: self.pseudonyms.token("address", value),
            "numbers": lambda value: self.pseudonyms.token("id", value),
            "phone": lambda value: self.name("phone", value),
            "host": self.host,
        }

    # ── whole values ─────────────────────────────────────────────────────────────────────────────────────────

    def name(self, kind: str, value: str) -> str:
        """The token of a value of this kind. An empty one stays empty, a well-known name stays what it is."""
        stripped = unicodedata.normalize("NFC", value.strip())
        if not stripped or (kind in _WELL_KNOWN_AS and stripped.casefold() in WELL_KNOWN):
            return value
        kind = self._known_as(kind, stripped)
        # The digits don't depend on the kind: a name that is an account here and a host there can be told to be one.
        token = kind + self.pseudonyms.token("name", stripped, fold=True).removeprefix("name")
        self.values.setdefault(token, stripped)
        return token

    def words(self, kind: str, value: str) -> str:
        """As `name`, where each word that is no ordinary one tells whose it is by itself: in a program's name, too."""
        for part in atoms(value):
            if len(part) >= _TELLING and part.isalpha() and part.casefold() not in self.own:
                self._known_as(kind, part)
        return self.name(kind, value)

    def _known_as(self, kind: str, value: str) -> str:
        folded = value.casefold()
        before = self.known.get(folded)
        if self._guessing:
            return before or kind
        if before is None or self._rank[kind] < self._rank[before]:
            self.known[folded] = kind
            self._learn(folded)
            return kind
        return before

    def _learn(self, folded: str) -> None:
        parts = atoms(folded)
        first = next((at for at, part in enumerate(parts) if part.isalnum()), None)
        if first is None or self.is_own(folded):
            return
        cut = parts[first : first + _LONGEST]
        while not cut[-1].isalnum():
            cut.pop()
        joined = "".join(cut)
        if joined not in self._phrases:
            self._phrases[joined] = folded
            sizes = self._sizes.get(cut[0], ())
            if len(cut) not in sizes:
                self._sizes[cut[0]] = tuple(sorted((*sizes, len(cut)), reverse=True))

    def is_own(self, folded: str) -> bool:
        """Whether this is one of Posture's own words or phrases, or a short number: it tells nothing."""
        words = [part for part in atoms(folded) if part.isalnum()]
        if len(words) == 1 and ((words[0].isdecimal() and len(words[0]) <= _NUMBER) or len(words[0]) == 1):
            return True
        return self.own.phrase(folded)

    def account(self, value: str) -> str:
        """A name to log in with, with its domain before or after it where it has one; a machine's ends with `$`."""
        if "@" in value:
            return self.mail(value)
        if "\\" in value:
            domain, _, user = value.partition("\\")
            return f"{self.name('domain', domain)}\\{self.account(user)}"
        if value.endswith("$"):
            return self.host(value[:-1]) + "$"
        return self.name("account", value)

    def mail(self, value: str) -> str:
        """A mail address or a user principal name: account and domain by themselves."""
        user, _, domain = value.rpartition("@")
        return f"{self.account(user) if '@' not in user else self.name('account', user)}@{self.domain(domain)}"

    def domain(self, value: str) -> str:
        """A domain of DNS, whole."""
        bare = value.strip().strip(".")
        if bare.count("."):
            self._known_as("domain", bare.split(".")[0])
        return self.name("domain", bare)

    def host(self, value: str) -> str:
        """A name of a machine, its domain by itself; an address stays an address."""
        if re.fullmatch(r"[\d.]+(/\d+)?|[0-9a-fA-F]*:[0-9a-fA-F:.]+(%\w+)?", value):
            return self.address(value)
        first, dot, rest = value.strip().partition(".")
        return f"{self.name('host', first)}{dot}{self.domain(rest) if rest.strip('.') else rest}"

    def address(self, value: str) -> str:
        """An IP address or a network."""
        if value in KEPT:
            return value
        token = self.addresses.ipv6(value) if ":" in value else self.addresses.ipv4(value)
        if token != value:
            self.known.setdefault(value.casefold(), "address")
            self.values.setdefault(token, value)
        return token

    def mac(self, value: str) -> str:
        """A MAC address, with its vendor's octets; its form is as it was, but for leading zeros."""
        sign = next((each for each in ":-." if each in value), "")
        wide = 4 if sign == "." else 2
        octets = bytes.fromhex("".join(part.zfill(wide) for part in value.split(sign)) if sign else value)
        self.known.setdefault(value.casefold(), "mac")
        for form in (octets.hex(":"), octets.hex("-"), octets.hex()):
            self.known.setdefault(form, "mac")
        made = self.addresses.mac(octets)
        text = made.hex(sign, wide // 2) if sign else made.hex()
        token = text.upper() if value.upper() == value else text
        self.values.setdefault(token, value)
        return token

    def hexadecimal(self, value: str) -> str:
        """Octets in hexadecimal with signs between them, as the fingerprint of a key: whatever the signs."""
        token = self.pseudonyms.token("digest", "".join(re.findall(r"\w+", value)), fold=True)
        self.values.setdefault(token, value)
        return token

    def sid(self, value: str) -> str:
        """A security identifier: the domain's numbers are replaced, and those of its own accounts (1000 and above).

        Other long ones stand for an account as well (of Entra ID), or are made from the name of a service.
        """
        found = _SID.fullmatch(value)
        if found is None and value.count("-") > _SHORT_SID:
            token = self.pseudonyms.token("sid", value, fold=True)
            self.known.setdefault(value.casefold(), "sid")
            self.values.setdefault(token, value)
            return token
        if found is None or found[1] == _NO_DOMAIN:
            return value
        self.known.setdefault(found[1], "sid")
        digest = self.pseudonyms.digest("sid", found[1].encode())
        numbers = "-".join(str(int.from_bytes(digest[at : at + 4], "big")) for at in (0, 4, 8))
        rid = found[2]
        if rid is not None and int(rid) >= _FIRST_OWN_RID:
            # Where the domain is known, a RID above 1000 is one account: it is kept no more than the name is.
            own = self.pseudonyms.digest("rid", value.upper().encode())
            rid = str(_FIRST_OWN_RID + int.from_bytes(own[:4], "big") // 4)
        token = f"S-1-5-21-{numbers}" + (f"-{rid}" if rid is not None else "")
        self.values.setdefault(token, value)
        return token

    def guid(self, value: str) -> str:
        """A GUID as text, whatever its case."""
        self.known.setdefault(value.casefold(), "id")
        made = self.pseudonyms.digest("guid", value.lower().encode())[:16].hex()
        token = "-".join((made[:8], made[8:12], made[12:16], made[16:20], made[20:]))
        self.values.setdefault(token, value)
        return token

    def dn(self, value: str) -> str:
        """A distinguished name: each part by itself, the domain's parts as one."""
        out, domain = [], []
        rest = value
        while found := _RDN.match(rest):
            kind, said, sign = found[1], _ESCAPED.sub(_unescaped, found[2]).strip(), found[3]
            rest = rest[found.end() :]
            if kind.lower() == "dc":
                domain.append(said)
                if not rest or not rest.lower().startswith("dc="):
                    out.append(f"{kind}={self.domain('.'.join(domain))}{sign}")
                    domain = []
            else:
                out.append(f"{self.text(kind)}={self._rdn(kind.lower(), said)}{sign}")
        return "".join(out) + (self.name("value", rest) if rest else "")

    def _rdn(self, kind: str, said: str) -> str:
        if kind == "c" and len(said) == _KEPT_COUNTRY:
            return said
        if said.casefold() in WELL_KNOWN:
            return said
        if _SID.fullmatch(said):
            return self.sid(said)
        return re.sub(r'([,+"\\<>;=#])', r"\\\1", self.name(_DN_KINDS.get(kind, "name"), said))

    def key(self, value: str) -> str:
        """What names something by its parts, as `address:servers/10.1.2.3`: a part that is a name is one here.

        In a text a name that is an ordinary word as well stays; here it does not.
        """
        first, colon, rest = value.partition(":")
        if not colon or not first.replace("-", " ").replace(" ", "").isalpha():
            first, colon, rest = "", "", value
        parts = [self._part(part) for part in rest.split("/")]
        return f"{self.text(first)}{colon}{'/'.join(parts)}"

    def _part(self, value: str) -> str:
        kind = self.known.get(value.casefold())
        return self.text(value) if kind in {None, "address", "mac", "sid"} else self.name(str(kind), value)

    # ── texts ────────────────────────────────────────────────────────────────────────────────────────────────

    def text(self, value: str, *, product: bool = False) -> str:
        """A text, word by word. `product`: words that are not known stay, as in products and versions."""
        if len(value) <= _CACHED_LENGTH and (done := self._texts.get((value, product))) is not None:
            return done
        made = self._text(value, product)
        if len(value) <= _CACHED_LENGTH and len(self._texts) < _CACHED:
            self._texts[value, product] = made
        return made

    def learned(self) -> None:
        """What is known now holds for texts that were seen before, too."""
        self._texts.clear()

    def _text(self, value: str, product: bool) -> str:
        out = []
        value = unicodedata.normalize("NFC", value)
        parts = atoms(value)
        folded = [part.casefold() for part in parts]
        at, place, skip = 0, 0, 0
        while at < len(parts):
            part = parts[at]
            if place < skip:  # a pattern had it
                at, place = at + 1, place + len(part)
                continue
            size = self._phrase(folded, at)
            found = PATTERN.match(value, place) if at == 0 or not parts[at - 1].isalnum() else None
            if found and not self._stays(found) and found.end() - place > sum(map(len, parts[at : at + size])):
                out.append(self._matched(found, product))
                skip = found.end()
            elif size:
                joined = "".join(folded[at : at + size])
                out.append(self.name(self.known[self._phrases[joined]], self._phrases[joined]))
                skip = place + sum(map(len, parts[at : at + size]))
            else:
                out.append(part if product or self._kept(part, folded[at]) else self._unknown(part))
                at, place = at + 1, place + len(part)
        return "".join(out)

    def _phrase(self, folded: list[str], at: int) -> int:
        """How many atoms the longest known name takes that begins here; 0 for none."""
        for size in self._sizes.get(folded[at], ()):
            if at + size <= len(folded) and "".join(folded[at : at + size]) in self._phrases:
                return size
        return 0

    def _stays(self, found: re.Match[str]) -> bool:
        """Whether what looks like something is not: own words with a dot between, a time, a version."""
        kind, text = found.lastgroup, found[0]
        if kind == "host":
            return self.own.phrase(text.casefold())
        if kind == "ipv6":
            try:
                IPv6Address(text.partition("/")[0].partition("%")[0])
            except ValueError:
                return True
        if kind == "numbers":
            parts = text.split(".")
            return (
                text.startswith(_OIDS)
                and not text.startswith(FOREST_OID)
                and not any(".".join(parts[at : at + 4]) in self.known for at in range(len(parts) - 3))
            )
        if kind in {"ipv4", "dashed"}:
            return any(int(each) > 255 for each in re.findall(r"\d+", text.partition("/")[0]))  # noqa: PLR2004  # an octet
        return False

    def _matched(self, found: re.Match[str], product: bool) -> str:
        kind, text = str(found.lastgroup), found[0]
        if kind in {"day", "masked"} or (product and kind in {"host", "ipv4"} and not self._somebody(text.casefold())):
            return text
        # What only looks like the name of a machine is replaced here, and does not become a name everywhere.
        self._guessing = kind in {"host", "mail", "phone"}
        made = self._kinds[kind](text)
        self._guessing = False
        return made

    def _somebody(self, folded: str) -> bool:
        """Whether this, in the name of a product, is a host or an address all the same: `asp.net` is none."""
        labels = folded.split(".")
        known = folded in self.known or any(".".join(labels[at:]) in self.known for at in range(len(labels) - 1))
        if labels[-1] in _INSIDE or folded.startswith(_PRIVATE):
            return True
        return known or labels[0] in self.known or (len(labels) >= _FULL and labels[0][0].isalpha())

    def _kept(self, part: str, folded: str) -> bool:
        if not part.isalnum():
            return not part.isalpha()
        if part.isdecimal():
            return len(part) <= _NUMBER and part.isascii()
        return len(part) == 1 or folded in self.own

    def _unknown(self, part: str) -> str:
        token = "word" + self.pseudonyms.token("name", part, fold=True).removeprefix("name")
        self.values.setdefault(token, part)
        return token


def _unescaped(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1].replace("\\", "")).decode("utf-8", "replace") if found[1] else found[2]
