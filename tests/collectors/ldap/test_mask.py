from __future__ import annotations

import pytest

from posture.collectors.ldap.attributes import SEARCHES, SECRETS, is_secret
from posture.collectors.ldap.ldif import Entry
from posture.collectors.ldap.mask import mask


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


def test_no_search_asks_a_secret_by_value() -> None:
    for search in SEARCHES.values():
        assert search.types_only or not any(is_secret(name) for name in search.attributes)


def test_all_secrets_that_are_looked_for_are_masked_in_files() -> None:
    assert all(is_secret(name) for name in SECRETS)
