"""Credentials of the scope as pysnmp takes them. What holds a secret here never shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pysnmp.hlapi.v3arch.asyncio import CommunityData, UsmUserData
from pysnmp.hlapi.v3arch.asyncio import auth as usm

from posture.collectors.snmp.plan import DEFAULT_COMMUNITIES, applicable
from posture.errors import PostureError
from posture.scope import Scope, SecretReference, SnmpCredential

__all__ = ["Access", "accesses"]

_AUTH = {
    "MD5": usm.USM_AUTH_HMAC96_MD5,
    "SHA": usm.USM_AUTH_HMAC96_SHA,
    "SHA-224": usm.USM_AUTH_HMAC128_SHA224,
    "SHA-256": usm.USM_AUTH_HMAC192_SHA256,
    "SHA-384": usm.USM_AUTH_HMAC256_SHA384,
    "SHA-512": usm.USM_AUTH_HMAC384_SHA512,
}
_PRIVACY = {
    "DES": usm.USM_PRIV_CBC56_DES,
    "3DES": usm.USM_PRIV_CBC168_3DES,
    "AES-128": usm.USM_PRIV_CFB128_AES,
    "AES-192": usm.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES-256": usm.USM_PRIV_CFB256_AES_BLUMENTHAL,
    "AES-192-C": usm.USM_PRIV_CFB192_AES,
    "AES-256-C": usm.USM_PRIV_CFB256_AES,
}
_STRENGTH = ("v3-authPriv", "v3-authNoPriv", "v3-noAuthNoPriv", "v2c", "v1")
_SHORTEST = 8


class Access:
    """One way in: a version and level with a credential.

    `secrets` are what must not stand in evidence. Users of one name with other keys can't share an SNMP engine, so
    `engine` numbers the one to use.
    """

    def __init__(  # noqa: PLR0913  # each is a part of one way in
        self,
        method: str,
        credential: str,
        auth: CommunityData | UsmUserData,
        secrets: tuple[bytes, ...],
        *,
        context: str = "",
        engine: int = 0,
    ) -> None:
        self.method, self.credential, self.auth, self.secrets = method, credential, auth, secrets
        self.context, self.engine = context, engine

    def __repr__(self) -> str:
        return f"Access({self.method!r}, {self.credential!r})"

    @property
    def weakness(self) -> int:
        """0 for the strongest way in."""
        return _STRENGTH.index(self.method)

    @property
    def message(self) -> tuple[str, str, str]:
        """Ways in that are equal in this send the very same request: two names of one community are asked once."""
        word = self.credential if self.method.startswith("v3") else self.auth.communityName
        return self.method, str(word), self.context


class _Level(UsmUserData):  # type: ignore[misc]  # pysnmp has no types
    """A user asked at a level of our choice, with keys it may not need: so one engine serves all levels."""

    def __init__(self, level: str, *arguments: object) -> None:
        super().__init__(*arguments)
        self.security_level = level


def accesses(zone: str, scope: Scope, secret: Callable[[object], str]) -> list[Access]:
    """Every way in that is tried at a device of this zone, in the order in which they are.

    Users first, strongest level first; then communities, each over v2c and v1; then, where the scope says so, the
    default communities. Raises what `secret` raises.
    """
    found: list[Access] = []
    credentials = sorted(applicable(zone, scope), key=lambda each: each.version != "3")
    users: dict[str, int] = {}
    for credential in credentials:
        if credential.version == "3":
            engine = users.setdefault(credential.user, -1) + 1
            users[credential.user] = engine
            found += _user(credential, secret, engine)
        elif credential.community is not None:
            found += _community(credential.id, secret(credential.community), credential.context)
    if scope.snmp.try_default_communities:
        for name in DEFAULT_COMMUNITIES:
            found += _community(f"default:{name}", name, "")
    return found


def _community(credential: str, community: str, context: str) -> Iterator[Access]:
    hidden = () if credential.startswith("default:") else (community.encode(),)
    for method, model in (("v2c", 1), ("v1", 0)):
        auth = CommunityData(community, mpModel=model, contextName=context.encode())
        yield Access(method, credential, auth, hidden)


def _user(credential: SnmpCredential, secret: Callable[[object], str], engine: int) -> Iterator[Access]:
    auth_key = _passphrase(credential, credential.auth and credential.auth_secret, secret)
    privacy_key = _passphrase(credential, auth_key and credential.privacy and credential.privacy_secret, secret)
    levels = ["authPriv"] * bool(privacy_key) + ["authNoPriv"] * bool(auth_key) + ["noAuthNoPriv"]
    hidden = tuple(key.encode() for key in (auth_key, privacy_key) if key)
    for level in levels:
        auth = _Level(
            level,
            credential.user,
            auth_key,
            privacy_key,
            _AUTH[credential.auth] if credential.auth and auth_key else None,
            _PRIVACY[credential.privacy] if credential.privacy and privacy_key else None,
        )
        yield Access(f"v3-{level}", credential.id, auth, hidden, context=credential.context, engine=engine)


def _passphrase(
    credential: SnmpCredential, reference: SecretReference | str | None, secret: Callable[[object], str]
) -> str | None:
    if not reference:
        return None
    phrase = secret(reference)
    if len(phrase) < _SHORTEST:
        raise PostureError(
            f"the passphrase has fewer than {_SHORTEST} characters, which SNMPv3 does not allow (RFC 3414, 11.2)",
            where=f"SNMP credential {credential.id}",
        )
    return phrase
