from collections.abc import Iterator
from pathlib import Path

import pytest
from lab.directories import AUDITOR, HOSPITAL, POLICY, SUFFIX, Asked, ask, loopback, people
from lab.samba import AUDITOR as AD_AUDITOR
from lab.samba import PASSWORD as AD_PASSWORD
from lab.samba import SambaDomain

from posture.demo.certificates import Pem, make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.scope import Bind, DirectoryScope, SecretReference

AS_AUDITOR = Bind(user=AUDITOR, password=SecretReference(env="AUDIT"))


@pytest.fixture(scope="session")
def ca() -> Pem:
    return make_ca()


@pytest.fixture(scope="session")
def ca_file(ca: Pem, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    path.write_bytes(ca.certificate)
    return path


@pytest.fixture(scope="session")
def hospital(ca: Pem) -> Iterator[Slapd]:
    """A directory set up well, but for its password policy."""
    address = loopback()
    options = SlapdOptions(minimum_ssf=128, password_policy=True)
    certificate = make_certificate(ca, [address, "ldap.hospital.example"])
    with Slapd(SUFFIX, HOSPITAL + POLICY, address=address, certificate=certificate, options=options) as server:
        yield server


@pytest.fixture(scope="session")
def weak() -> Iterator[Slapd]:
    """A directory that lets everybody see everything, without TLS."""
    options = SlapdOptions(anonymous=True, password_policy=True, hashes_readable=True, config_readable=True)
    with Slapd(SUFFIX, HOSPITAL + POLICY, address=loopback(), options=options) as server:
        yield server


@pytest.fixture(scope="session")
def large(ca: Pem) -> Iterator[Slapd]:
    """6,000 people whose passwords every user can read."""
    address = loopback()
    options = SlapdOptions(hashes_readable=True)
    certificate = make_certificate(ca, [address])
    ldif = HOSPITAL + people(6000)
    with Slapd(SUFFIX, ldif, address=address, certificate=certificate, options=options) as server:
        yield server


@pytest.fixture(scope="session")
def directory(hospital: Slapd, ca_file: Path) -> DirectoryScope:
    return DirectoryScope(id="hospital", host=hospital.address, ca_file=str(ca_file), bind=AS_AUDITOR)


@pytest.fixture(scope="session")
def asked(directory: DirectoryScope) -> Asked:
    """The hospital's directory, asked once."""
    return ask(directory)


@pytest.fixture(scope="session")
def domain() -> Iterator[SambaDomain]:
    with SambaDomain() as running:
        yield running


@pytest.fixture(scope="session")
def domain_scope(domain: SambaDomain) -> DirectoryScope:
    return DirectoryScope(
        id="ad",
        host=domain.address,
        ca_file=str(domain.ca_file),
        bind=Bind(user=AD_AUDITOR, password=SecretReference(env="AUDIT")),
    )


@pytest.fixture(scope="session")
def asked_domain(domain: SambaDomain, domain_scope: DirectoryScope) -> Asked:
    """The Active Directory domain, asked once over LDAPS."""
    return domain.namespace.run(lambda: ask(domain_scope, secret=lambda _: AD_PASSWORD))
