"""The collector against real OpenLDAP servers."""

from __future__ import annotations

import dataclasses
import random
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import msgspec
import pytest
from lab.directories import AUDITOR, HOSPITAL, PASSWORD, POLICY, SUFFIX, Asked, ask, loopback, no_secret

from posture.collectors.ldap import LdapCollector, connect
from posture.collectors.ldap.ldif import Reader
from posture.demo.certificates import Pem, make_ca, make_certificate
from posture.demo.slapd import Slapd, SlapdOptions
from posture.facts import Certificate, Missing, PasswordPolicy
from posture.model import Policy
from posture.scope import Bind, DirectoryScope, SecretReference, Window, Zone

AS_AUDITOR = Bind(user=AUDITOR, password=SecretReference(env="AUDIT"))


def changed(directory: DirectoryScope, **values: object) -> DirectoryScope:
    return msgspec.structs.replace(directory, **values)


# ── a directory that is set up well ──────────────────────────────────────────────────────────────────────────────


def test_the_directory_is_recognised_with_what_it_offers(asked: Asked, hospital: Slapd) -> None:
    found = asked.directory

    assert (found.kind, found.base, found.address) == ("openldap", SUFFIX, hospital.address)
    assert found.vendor.startswith("OpenLDAP: slapd 2.")
    assert "1.2.840.113556.1.4.319" in found.controls
    assert "1.3.6.1.4.1.1466.20037" in found.extensions
    assert isinstance(found.functional_level, Missing)
    assert not asked.blind_spots


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("ldaps", "accepted"),
        ("starttls", "accepted"),
        ("anonymous-read", "refused"),
        ("cleartext-bind", "refused"),
        ("bind", "accepted"),
        ("account-read", "accepted"),
        ("config-read", "refused"),
    ],
)
def test_each_way_in_was_tried(asked: Asked, method: str, outcome: str) -> None:
    assert asked.attempt(method).outcome == outcome


def test_the_certificate_is_the_one_presented(asked: Asked, hospital: Slapd) -> None:
    certificate = asked.directory.certificate

    assert isinstance(certificate, Certificate)
    assert certificate.subject == f"CN={hospital.address}"
    assert (certificate.key_type, certificate.key_bits, certificate.signature) == ("RSA", 2048, "sha256")
    assert certificate.problem == ""


def test_the_password_policy_is_read_and_what_it_leaves_out_is_absent(asked: Asked) -> None:
    (policy,) = asked.facts(PasswordPolicy)

    assert (policy.min_length, policy.lockout) == (6, False)
    assert isinstance(policy.max_failures, Missing)
    assert policy.max_failures.why == "absent"
    assert policy.ids[0].startswith("guid:")
    assert policy.place == "hospital"
    assert asked.directory.password_policies == 1


def test_the_own_password_of_the_audit_account_is_no_readable_secret(asked: Asked) -> None:
    (record,) = asked.searches("userPassword=*")

    assert AUDITOR.encode() in record.payload, "the server does show the account its own"
    assert asked.directory.secrets_readable == ()


@pytest.mark.parametrize("transport", ["ldaps", "starttls"])
def test_both_tls_transports_give_the_same_answers(directory: DirectoryScope, asked: Asked, transport: str) -> None:
    over = ask(changed(directory, transport=transport))

    assert over.attempt("bind").outcome == "accepted"
    assert over.directory.attempts == asked.directory.attempts
    assert [fact.name for fact in over.facts(PasswordPolicy)] == [fact.name for fact in asked.facts(PasswordPolicy)]


def test_the_password_is_in_no_evidence(asked: Asked) -> None:
    for record in asked.evidence:
        assert record.intact()
        assert PASSWORD.encode() not in record.payload + record.envelope_bytes


def test_every_envelope_says_who_asked_whom_from_where(asked: Asked, hospital: Slapd) -> None:
    for record in asked.evidence:
        envelope = record.envelope
        assert envelope.probe == "ldap/hospital"
        assert (envelope.vantage, envelope.operator) == ("lab", "tester")
        assert envelope.targets == (hospital.address,)
        assert envelope.started <= envelope.ended
        assert envelope.tool.name == "ldap3"


def test_evidence_in_any_order_and_twice_gives_the_same_facts(asked: Asked) -> None:
    for seed in range(10):
        records = random.Random(seed).sample(asked.evidence, len(asked.evidence))  # noqa: S311  # an order, no secret
        assert list(LdapCollector().read([*records, records[0]], asked.scope)) == asked.said


@pytest.mark.parametrize("lost", range(11))
def test_taking_evidence_away_never_turns_silence_into_an_answer(asked: Asked, lost: int) -> None:
    assert len(asked.evidence) == 11
    without = dataclasses.replace(asked, evidence=asked.evidence[:lost] + asked.evidence[lost + 1 :])

    whole, rest = asked.directory, without.directory
    for field in ("secrets_readable", "password_policies", "controls", "people"):
        assert getattr(rest, field) == getattr(whole, field) or isinstance(getattr(rest, field), Missing)
    assert set(rest.attempts) <= set(whole.attempts)
    assert without.blind_spots or without.facts(PasswordPolicy) == asked.facts(PasswordPolicy)


# ── a directory that is open to all ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def open_to_all(weak: Slapd) -> Asked:
    return ask(DirectoryScope(id="weak", host=weak.address, transport="plain"))


@pytest.mark.parametrize(
    ("method", "outcome"),
    [
        ("ldaps", "closed"),
        ("starttls", "refused"),
        ("anonymous-read", "accepted"),
        ("cleartext-bind", "password-taken"),
    ],
)
def test_an_open_directory_shows_it(open_to_all: Asked, method: str, outcome: str) -> None:
    assert open_to_all.attempt(method).outcome == outcome


def test_what_was_read_without_logging_in_is_known_to_be_less_than_all(open_to_all: Asked) -> None:
    assert [spot.kinds for spot in open_to_all.blind_spots] == [("PasswordPolicy",)]
    assert "without logging in" in open_to_all.blind_spots[0].why
    assert open_to_all.facts(PasswordPolicy), "what was seen is kept"
    assert isinstance(open_to_all.directory.password_policies, Missing)
    assert isinstance(open_to_all.directory.attempt("config-read"), Missing), "refused to nobody says nothing"


def test_a_password_is_never_sent_in_the_clear(weak: Slapd) -> None:
    resolved = []

    def secret(reference: object) -> str:
        resolved.append(reference)
        return PASSWORD

    found = ask(DirectoryScope(id="weak", host=weak.address, transport="plain", bind=AS_AUDITOR), secret=secret)

    assert not resolved
    assert found.attempt("bind").outcome == "failed"
    assert "never sent in the clear" in found.attempt("bind").detail
    assert found.blind_spots[0].kinds == ("PasswordPolicy",)


def test_sasl_plain_is_as_clear_as_a_simple_bind(weak: Slapd) -> None:
    bind = Bind(method="sasl-plain", user="audit", password=SecretReference(env="AUDIT"))

    found = ask(DirectoryScope(id="weak", host=weak.address, transport="plain", bind=bind))

    assert "never sent in the clear" in found.attempt("bind").detail


def test_the_cleartext_test_is_left_out_where_the_scope_says_so(weak: Slapd) -> None:
    found = ask(DirectoryScope(id="weak", host=weak.address, transport="plain", test_cleartext_bind=False))

    assert isinstance(found.directory.attempt("cleartext-bind"), Missing)


def test_readable_hashes_and_configuration_are_seen(ca: Pem, ca_file: Path) -> None:
    address = loopback()
    options = SlapdOptions(hashes_readable=True, config_readable=True)
    with Slapd(SUFFIX, HOSPITAL, address=address, certificate=make_certificate(ca, [address]), options=options):
        found = ask(DirectoryScope(id="d", host=address, ca_file=str(ca_file), bind=AS_AUDITOR))

    assert found.directory.secrets_readable == ("userPassword",)
    assert found.attempt("config-read").outcome == "accepted"
    assert found.directory.password_policies == 0, "none was there to be found"
    assert all(b"of-the-nurse" not in record.payload for record in found.evidence)


# ── the audit account can't log in ───────────────────────────────────────────────────────────────────────────────


def test_a_wrong_password_is_a_refused_bind_and_a_blind_spot(directory: DirectoryScope) -> None:
    found = ask(directory, secret=lambda _: "not-the-password")

    assert found.attempt("bind").outcome == "refused"
    assert "49" in found.attempt("bind").detail
    assert isinstance(found.directory.secrets_readable, Missing)
    (spot,) = found.blind_spots
    assert spot.kinds == ("PasswordPolicy",)
    assert "posture.toml" in spot.answer
    assert all(b"not-the-password" not in record.payload + record.envelope_bytes for record in found.evidence)


@pytest.mark.parametrize("secret", [no_secret, lambda _: ""])
def test_no_password_to_be_had_is_evidence_and_no_exception(directory: DirectoryScope, secret: object) -> None:
    found = ask(directory, secret=secret)

    assert found.attempt("bind").outcome == "failed"
    assert found.attempt("bind").detail.startswith("not tried: ")
    assert found.attempt("anonymous-read").outcome == "refused", "the rest was asked"


@pytest.mark.parametrize("method", ["sasl-external", "sasl-digest-md5", "sasl-plain", "sasl-gssapi"])
def test_sasl_that_the_server_does_not_take_is_no_login(directory: DirectoryScope, method: str) -> None:
    bind = Bind(method=method, user="audit", password=SecretReference(env="AUDIT"))

    found = ask(changed(directory, bind=bind))

    assert found.attempt("bind").outcome in {"refused", "failed"}
    assert found.blind_spots


# ── certificates ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def expired(ca: Pem) -> Iterator[Slapd]:
    address, now = loopback(), datetime.now(UTC)
    certificate = make_certificate(ca, [address], now - timedelta(days=90), now - timedelta(days=1))
    with Slapd(SUFFIX, HOSPITAL, address=address, certificate=certificate) as server:
        yield server


@pytest.fixture
def other_ca(tmp_path: Path) -> str:
    (tmp_path / "other.pem").write_bytes(make_ca("Another authority").certificate)
    return str(tmp_path / "other.pem")


def refused_for(found: Asked, problem: str) -> None:
    for transport in ("ldaps", "starttls"):
        assert found.attempt(transport).outcome == "failed"
        assert problem in found.attempt(transport).detail
    assert isinstance(found.directory.certificate, Certificate)
    assert problem in found.directory.certificate.problem
    assert found.attempt("bind").outcome == "failed"
    assert found.directory.controls, "what anyone may read was read"
    (spot,) = found.blind_spots
    assert problem in spot.why


def test_no_password_goes_to_a_server_whose_certificate_expired(expired: Slapd, ca_file: Path) -> None:
    found = ask(DirectoryScope(id="d", host=expired.address, ca_file=str(ca_file), bind=AS_AUDITOR), secret=no_secret)

    refused_for(found, "expired")


def test_nor_to_one_whose_key_is_too_short(ca: Pem, ca_file: Path) -> None:
    address = loopback()
    with Slapd(SUFFIX, HOSPITAL, address=address, certificate=make_certificate(ca, [address], key_bits=1024)):
        found = ask(DirectoryScope(id="d", host=address, ca_file=str(ca_file), bind=AS_AUDITOR), secret=no_secret)

    refused_for(found, "too short")
    assert found.directory.certificate.key_bits == 1024


def test_nor_to_one_whose_issuer_is_not_trusted(directory: DirectoryScope, other_ca: str) -> None:
    refused_for(ask(changed(directory, ca_file=other_ca), secret=no_secret), "not trusted")


def test_nor_to_one_whose_issuer_the_system_does_not_trust(directory: DirectoryScope) -> None:
    refused_for(ask(changed(directory, ca_file=""), secret=no_secret), "not trusted")


def test_nor_to_one_that_goes_by_another_name(directory: DirectoryScope) -> None:
    refused_for(ask(changed(directory, server_name="ldap.clinic.example"), secret=no_secret), "another name")


def test_the_server_name_of_the_scope_is_what_the_certificate_is_for(directory: DirectoryScope) -> None:
    found = ask(changed(directory, server_name="ldap.hospital.example"))

    assert found.attempt("ldaps").outcome == "accepted"
    assert found.attempt("bind").outcome == "accepted"


def test_without_verification_the_login_goes_on_and_the_problem_is_still_told(expired: Slapd, ca_file: Path) -> None:
    found = ask(
        DirectoryScope(id="d", host=expired.address, ca_file=str(ca_file), bind=AS_AUDITOR, verify_certificate=False)
    )

    assert found.attempt("bind").outcome == "accepted"
    assert found.attempt("ldaps").detail == "certificate expired"
    assert found.directory.certificate.problem == "certificate expired"
    assert not found.blind_spots


def test_a_ca_file_that_is_none_is_told_in_evidence(directory: DirectoryScope, tmp_path: Path) -> None:
    found = ask(changed(directory, ca_file=str(tmp_path / "missing.pem")))

    (record,) = found.evidence
    assert record.envelope.outcome == "failed"
    assert "ca_file" in record.envelope.problem
    assert "ca_file" in found.blind_spots[0].why


# ── where nothing may be sent, and where nothing answers ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        (Zone(id="z", kind="server", networks=("127.0.0.0/8",), exclude=("127.0.0.0/8",)), "excluded"),
        (Zone(id="z", kind="server", networks=("127.0.0.0/8",), policy=Policy.OFF), "off"),
        (Zone(id="z", kind="medical-device", networks=("127.0.0.0/8",)), "import-only"),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_nothing_is_sent_where_the_scope_forbids_it(zone: Zone, why: str, named: bool) -> None:
    contacted = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, contacted))
        thread.start()
        found = ask(
            DirectoryScope(
                id="d",
                host="localhost" if named else "127.0.0.1",
                port=listener.getsockname()[1],
                kind="active-directory",
            ),
            Zone(id="six", kind="server", networks=("::1/128",), policy=Policy.OFF),
            zone,
        )
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()

    assert not contacted.is_set()
    assert [record.envelope.outcome for record in found.evidence] == (["failed"] if named else [])
    (spot,) = found.blind_spots
    assert spot.kinds == ("Directory", "DomainPolicy", "Account", "Computer", "Group")
    assert why in spot.why or (named and "policy is off" in spot.why), "localhost may be ::1 first"


def _accept(listener: socket.socket, contacted: threading.Event) -> None:
    try:
        listener.accept()[0].close()
    except OSError:
        return
    contacted.set()


def test_a_name_without_an_address_is_a_blind_spot() -> None:
    found = ask(DirectoryScope(id="d", host=f"{'n' * 64}.invalid"))  # no resolver is asked for so long a label

    assert "can't be resolved" in found.blind_spots[0].why


def test_where_nothing_listens_every_kind_is_a_blind_spot() -> None:
    found = ask(DirectoryScope(id="d", host=loopback(), bind=AS_AUDITOR), secret=no_secret)

    assert found.attempt("ldaps").outcome == "closed"
    assert found.attempt("starttls").outcome == "closed"
    assert found.directory.kind == "unknown"
    assert isinstance(found.directory.controls, Missing)
    (spot,) = found.blind_spots
    assert set(spot.kinds) == set(LdapCollector().kinds)
    assert "closed" in spot.why


def test_a_server_that_says_nothing_is_timed_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "CONNECT_SECONDS", 1)
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 1.0)
    address = loopback()
    with socket.create_server((address, 389)), socket.create_server((address, 636)):
        found = ask(DirectoryScope(id="d", host=address, transport="plain"))

    assert found.attempt("ldaps").outcome == "timeout"
    assert found.attempt("anonymous-read").outcome == "failed"
    assert found.blind_spots


@pytest.mark.parametrize(
    "garbage", [b"HTTP/1.0 400 Bad Request\r\n\r\n", b"\x30\x84\xff\xff\xff\xff\x02\x01\x01", b"\x30\x03\x02\x01\x01"]
)
def test_a_server_that_talks_nonsense_raises_nothing(garbage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 1.0)
    monkeypatch.setattr(connect, "CONNECT_SECONDS", 1)
    address = loopback()
    with socket.create_server((address, 389)) as listener:
        thread = threading.Thread(target=_talk, args=(listener, garbage))
        thread.start()
        found = ask(DirectoryScope(id="d", host=address, transport="plain"))
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()

    assert found.attempt("starttls").outcome in {"failed", "timeout"}
    assert found.blind_spots
    assert isinstance(found.directory.controls, Missing)


def _talk(listener: socket.socket, said: bytes) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.recv(4096)
            client.sendall(said)


# ── long answers, and answers that end early ─────────────────────────────────────────────────────────────────────


@pytest.fixture
def large_directory(large: Slapd, ca_file: Path) -> DirectoryScope:
    return DirectoryScope(id="large", host=large.address, ca_file=str(ca_file), bind=AS_AUDITOR)


def test_a_long_answer_is_paged_and_comes_in_parts(large_directory: DirectoryScope) -> None:
    progress = []
    found = ask(large_directory, progress=lambda step: progress.append(step.done))

    parts = found.searches("userPassword=*")
    assert [record.envelope.asked.part for record in parts] == [1, 2]
    assert [sum(1 for _ in Reader(record.payload)) for record in parts] == [5000, 1002]
    assert progress == sorted(progress)
    assert len(progress) > 6
    assert found.directory.secrets_readable == ("userPassword",)

    lost = dataclasses.replace(found, evidence=[record for record in found.evidence if record != parts[1]])
    assert lost.directory.secrets_readable != ()


def test_a_server_killed_in_mid_search_leaves_what_it_had_said(ca: Pem, ca_file: Path) -> None:
    address = loopback()
    certificate = make_certificate(ca, [address])
    ldif = HOSPITAL + "".join(
        f"\ndn: cn=policy{number},{SUFFIX}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy{number}\n"
        "pwdAttribute: userPassword\n"
        for number in range(2500)
    )
    with Slapd(
        SUFFIX, ldif, address=address, certificate=certificate, options=SlapdOptions(password_policy=True)
    ) as server:
        found = ask(
            DirectoryScope(id="d", host=address, ca_file=str(ca_file), bind=AS_AUDITOR),
            progress=lambda step: server.stop() if step.note == "password policies" else None,
        )

    (record,) = found.searches("pwdPolicy")
    assert record.envelope.outcome == "partial"
    assert "broke off" in record.envelope.problem
    assert len(found.facts(PasswordPolicy)) == 1000, "the first page is kept"
    assert isinstance(found.directory.password_policies, Missing)
    assert ("PasswordPolicy",) in [spot.kinds for spot in found.blind_spots]
    (after,) = found.searches("userPassword=*")
    assert after.envelope.outcome == "failed"


def test_the_servers_size_limit_makes_the_answer_partial(ca: Pem, ca_file: Path) -> None:
    address = loopback()
    ldif = HOSPITAL + POLICY + POLICY.replace("staff policy", "second policy")
    options = SlapdOptions(password_policy=True, size_limit=1)
    with Slapd(SUFFIX, ldif, address=address, certificate=make_certificate(ca, [address]), options=options):
        found = ask(DirectoryScope(id="d", host=address, ca_file=str(ca_file), bind=AS_AUDITOR))

    (record,) = found.searches("pwdPolicy")
    assert record.envelope.outcome == "partial"
    assert "size limit" in record.envelope.problem
    assert "size limit" in found.blind_spots[0].why


def test_an_answer_beyond_bounds_is_given_up(large_directory: DirectoryScope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "ANSWER_BYTES", 20_000)

    found = ask(large_directory)

    (record,) = found.searches("userPassword=*")
    assert record.envelope.outcome == "failed"
    assert "an answer of more than" in record.envelope.problem
    assert isinstance(found.directory.secrets_readable, Missing)


def test_a_stopped_run_keeps_what_was_read(large_directory: DirectoryScope) -> None:
    stop = threading.Event()

    found = ask(large_directory, stop=stop, progress=lambda step: stop.set() if step.note == "secrets" else None)

    assert found.stopped
    last = found.evidence[-1].envelope
    assert (last.outcome, last.problem) == ("partial", "the run was stopped")
    assert sum(1 for _ in Reader(found.evidence[-1].payload)) == 1000


def test_a_run_that_was_stopped_before_sends_nothing(directory: DirectoryScope) -> None:
    stop = threading.Event()
    stop.set()

    found = ask(directory, stop=stop)

    assert found.stopped
    assert not found.evidence
    assert "not asked" in found.blind_spots[0].why


def test_a_referral_is_not_followed_and_leaves_a_blind_spot(ca: Pem, ca_file: Path) -> None:
    address, elsewhere = loopback(), loopback()
    ldif = f"{HOSPITAL}{POLICY}\ndn: ou=away,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\nou: away\n"
    contacted = threading.Event()
    with socket.create_server((elsewhere, 389)) as listener:
        thread = threading.Thread(target=_accept, args=(listener, contacted))
        thread.start()
        with Slapd(
            SUFFIX,
            f"{ldif}ref: ldap://{elsewhere}/ou=away,{SUFFIX}\n",
            address=address,
            certificate=make_certificate(ca, [address]),
            options=SlapdOptions(password_policy=True),
        ):
            found = ask(DirectoryScope(id="d", host=address, ca_file=str(ca_file), bind=AS_AUDITOR))
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()

    assert not contacted.is_set()
    (record,) = found.searches("pwdPolicy")
    assert record.envelope.outcome == "partial"
    assert "another server" in record.envelope.problem
    assert found.blind_spots
    assert isinstance(found.directory.secrets_readable, Missing)


def test_a_base_that_is_not_there_is_not_an_empty_directory(directory: DirectoryScope) -> None:
    found = ask(changed(directory, base="dc=clinic,dc=example"))

    assert isinstance(found.directory.password_policies, Missing)
    assert isinstance(found.directory.secrets_readable, Missing)
    assert found.blind_spots


def test_where_the_port_is_an_unusual_one_a_closed_usual_one_says_nothing(ca: Pem, ca_file: Path) -> None:
    address = loopback()
    with Slapd(
        SUFFIX, HOSPITAL, address=address, port=1389, tls_port=1636, certificate=make_certificate(ca, [address])
    ):
        found = ask(DirectoryScope(id="d", host=address, port=1636, ca_file=str(ca_file), bind=AS_AUDITOR))

    assert found.attempt("ldaps").outcome == "accepted"
    assert found.attempt("bind").outcome == "accepted"
    for method in ("starttls", "cleartext-bind"):
        assert found.attempt(method).outcome == "failed"
        assert "not the usual one" in found.attempt(method).detail


def test_a_window_that_closes_ends_the_probe_and_keeps_what_was_read(
    directory: DirectoryScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    instants = iter(range(10_000))
    monkeypatch.setattr(import_module("posture.window"), "is_open", lambda *_: next(instants) < 6)

    found = ask(directory, Zone(id="z", kind="server", networks=("127.0.0.0/8",)))

    assert "outside the window of the zone z" in found.evidence[-1].envelope.problem
    assert len(found.evidence) > 2
    assert any("outside the window" in spot.why for spot in found.blind_spots)


def test_outside_the_window_nothing_is_sent(directory: DirectoryScope) -> None:
    day = f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()
    window = (Window(days=(day,), start="02:00", end="03:00"),)

    (record,) = ask(directory, Zone(id="z", kind="server", networks=("127.0.0.0/8",), window=window)).evidence

    assert record.envelope.outcome == "failed"
    assert record.envelope.attempts == ()
    assert "outside the window of the zone z; it opens at" in record.envelope.problem
