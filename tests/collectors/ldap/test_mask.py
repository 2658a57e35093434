from __future__ import annotations

import base64
import hashlib
import re

import pytest

from posture.collectors.ldap.attributes import SEARCHES, SECRETS, is_secret
from posture.collectors.ldap.ldif import Entry
from posture.collectors.ldap.mask import mask
from posture.pseudonyms import Pseudonyms


@pytest.mark.parametrize(
    ("name", "value", "token"),
    [
        ("userPassword", b"{SSHA}qJ8k1cJ", b"{masked;scheme=SSHA}"),
        ("userpassword", b"{ssha}qJ8k1cJ", b"{masked;scheme=SSHA}"),
        ("userPassword", b"{CRYPT}$6$rounds=5000$x", b"{masked;scheme=CRYPT}"),
        ("userPassword", b"{ARGON2}$argon2id$v=19", b"{masked;scheme=ARGON2}"),
        ("userPassword", b"winter", b"{masked;scheme=clear}"),
        ("userPassword", b"{not a scheme} winter", b"{masked;scheme=clear}"),
        ("userPassword", b"{masked;scheme=SSHA} winter", b"{masked;scheme=clear}"),
        ("userPassword", b"{masked;scheme=SSHA}", b"{masked;scheme=SSHA}"),
        ("olcRootPW", b"{SSHA}x1", b"{masked;scheme=SSHA}"),
        ("unicodePwd", b"\xff\xfe", b"{masked}"),
        ("ms-Mcs-AdmPwd", b"x", b"{masked}"),
        ("msLAPS-Password", b"{}", b"{masked}"),
        ("vendorXyzPassword", b"x", b"{masked}"),
        ("userPassword;lang-de", b"winter", b"{masked;scheme=clear}"),
        ("olcSyncrepl", b"rid=1 credentials=x", b"{masked}"),
        ("userPassword", b"", b""),
        ("description", b"kiosk, Password: Winter-2024, ask Joe", b"kiosk, Password: {masked;type=password}, ask Joe"),
        ("description", b"PW=abc PIN:1234", b"PW={masked;type=password} PIN:{masked;type=password}"),
        ("description", b"Password: Win,ter;24, ask Joe", b"Password: {masked;type=password}, ask Joe"),
        ("extensionAttribute7", b"pw=abc", b"pw={masked;type=password}"),
        ("title", b"Nurse (pin: 1234)", b"Nurse (pin: {masked;type=password}"),
        ("description", b"pw: {masked;type=password}winter", b"pw: {masked;type=password}"),
        ("description", b"pw: {masked;type=password;winter}", b"pw: {masked;type=password}"),
        ("info", "Contraseña: ábc".encode(), "Contraseña: {masked;type=password}".encode()),
        ("description", b"pw: {masked;type=password}", b"pw: {masked;type=password}"),
        ("description", b"bypass: the ward's gate", b"bypass: the ward's gate"),
        ("description", b"password resets go to IT", b"password resets go to IT"),
        ("pwdLastSet", b"132", b"132"),
        ("msLAPS-PasswordExpirationTime", b"133", b"133"),
        ("pwdAttribute", b"userPassword", b"userPassword"),
    ],
)
def test_masking(name: str, value: bytes, token: bytes) -> None:
    entry, masked = mask(Entry(dn=b"cn=x", attributes=(("cn", b"x"), (name, value))))

    assert entry.attributes == (("cn", b"x"), (name, token))
    assert masked == (frozenset() if token == value else {name})
    assert mask(entry) == (entry, frozenset()), "masking twice changes nothing"


def test_what_the_audit_logs_in_with_is_masked_wherever_it_stands() -> None:
    entry = Entry(dn=b"cn=x", attributes=(("cn", b"as winter-2024 at night"), ("mail", b"pin@h"), ("sn", b"winter")))

    kept, masked = mask(entry, [b"winter-2024", b"pin"])

    assert kept.attributes == (("cn", b"as {masked} at night"), ("mail", b"pin@h"), ("sn", b"winter"))
    assert masked == {"cn"}


ONE, OTHER = Pseudonyms(b"1" * 32), Pseudonyms(b"2" * 32)


def masked_with(pseudonyms: Pseudonyms | None, *attributes: tuple[str, bytes]) -> list[bytes]:
    entry, _ = mask(Entry(dn=b"cn=x", attributes=attributes), pseudonyms=pseudonyms)
    again, masked = mask(entry, pseudonyms=OTHER)
    assert (again, masked) == (entry, frozenset()), "masking twice changes nothing"
    return [value for _, value in entry.attributes]


def digests(*values: bytes) -> list[bytes]:
    return [found for value in values for found in re.findall(rb";digest=([a-z2-7]{16})\}", value)]


def test_with_a_key_a_token_tells_where_the_same_secret_stands_and_not_which() -> None:
    attributes = (("description", b"pw: winter, PIN: 1234"), ("info", b"password=winter"), ("userPassword", b"winter"))

    first = masked_with(ONE, *attributes)

    assert first == masked_with(ONE, *attributes), "the same key gives the same tokens"
    assert re.fullmatch(
        rb"pw: \{masked;type=password;digest=\w{16}\}, PIN: \{masked;type=password;digest=\w{16}\}", first[0]
    )
    assert first[2].startswith(b"{masked;scheme=clear;digest=")
    winter, pin, info, password = digests(*first)
    assert winter == info == password != pin
    assert not {winter, pin} & set(digests(*masked_with(OTHER, *attributes))), "another key gives others"
    assert digests(*masked_with(None, *attributes)) == [], "and without one there are none"
    plain = {base64.b32encode(hashlib.sha256(each).digest()[:10]).lower() for each in (b"1234", b"secret\x001234")}
    assert pin not in plain, "nobody without the key can try all PINs"


def test_no_search_asks_a_secret_by_value() -> None:
    for search in SEARCHES.values():
        assert search.types_only or not any(is_secret(name) for name in search.attributes)


def test_all_secrets_that_are_looked_for_are_masked_in_files() -> None:
    assert all(is_secret(name) for name in SECRETS)
