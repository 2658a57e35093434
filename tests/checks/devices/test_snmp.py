"""How SNMP agents let people in: an acceptance fails, and only a complete set of refusals passes."""

from __future__ import annotations

import pytest

from posture.facts import Missing
from posture.model import Outcome, Severity
from posture.scope import OrganisationScope, Scope, SnmpCredential, SnmpScope
from posture.testing import attempt, device, run_check, verdict

VERSIONS = ("v1", "v2c")
DEFAULTS = tuple(
    attempt(version, "silent", f"default:{word}") for version in VERSIONS for word in ("public", "private")
)
WARD = tuple(attempt(version, "silent", "ward") for version in VERSIONS)
MONITOR = attempt("v3-authPriv", "accepted", "monitor")
REFUSED = (attempt("v3-noAuthNoPriv", "refused", "monitor"), attempt("v3-authNoPriv", "refused", "monitor"))


def user(name="monitor", **more):
    return SnmpCredential(**{"id": name, "version": "3", "user": name, "auth": "SHA-256", "privacy": "AES-128", **more})


def scope(*credentials):
    return Scope(organisation=OrganisationScope(name="Test"), snmp=SnmpScope(credentials=credentials))


def community(name="ward", **more):
    return SnmpCredential(**{"id": name, "version": "2c", **more})


def only(name, judged, given=None):
    (observation,) = run_check(name, judged, scope=given)
    return observation


# ── default communities, of devices and of printers ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        ((*DEFAULTS, MONITOR), Outcome.PASS),
        ((*DEFAULTS, attempt("v2c", "accepted", "ward")), Outcome.PASS),
        ((attempt("v2c", "accepted", "default:public"),), Outcome.FAIL),
        ((attempt("v1", "accepted", "default:private"), *DEFAULTS, MONITOR), Outcome.FAIL),
        (DEFAULTS, Outcome.UNKNOWN),
        ((*DEFAULTS[:3], MONITOR), Outcome.UNKNOWN),
        ((*DEFAULTS[:3], attempt("v2c", "unreachable", "default:private"), MONITOR), Outcome.UNKNOWN),
        ((*DEFAULTS[:3], attempt("v2c", "silent", "default:private", "no valid answer"), MONITOR), Outcome.UNKNOWN),
        ((MONITOR,), Outcome.UNKNOWN),
        ((), Outcome.UNKNOWN),
    ],
)
def test_a_default_community(attempts, outcome):
    assert verdict("snmp-default-community", device(*attempts)) is outcome
    assert verdict("printer-open-service", device(*attempts, printer="LaserJet")) is outcome


def test_the_message_names_what_was_accepted():
    found = only("snmp-default-community", device(attempt("v1", "accepted", "default:public"), MONITOR))

    assert found.message == "It answers to the community public (SNMP v1)"


@pytest.mark.parametrize(
    ("printer", "outcome"),
    [
        (Missing("absent"), Outcome.NOT_APPLICABLE),
        (Missing("not-asked"), Outcome.UNKNOWN),
        (Missing("not-readable"), Outcome.UNKNOWN),
        (Missing("not-answered"), Outcome.UNKNOWN),
    ],
)
def test_only_a_device_known_to_be_no_printer_is_left_out(printer, outcome):
    judged = device(attempt("v2c", "accepted", "default:public"), printer=printer)

    assert verdict("printer-open-service", judged) is outcome


# ── v1 and v2c ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        ((*DEFAULTS, *WARD, MONITOR), Outcome.PASS),
        ((attempt("v2c", "accepted", "ward"), *DEFAULTS, MONITOR), Outcome.FAIL),
        ((attempt("v1", "accepted", "default:public"),), Outcome.FAIL),
        ((*DEFAULTS, *WARD), Outcome.UNKNOWN),
        ((*DEFAULTS, MONITOR), Outcome.UNKNOWN),
        ((*WARD, MONITOR), Outcome.UNKNOWN),
        ((*DEFAULTS, WARD[0], attempt("v2c", "unreachable", "ward"), MONITOR), Outcome.UNKNOWN),
        ((*DEFAULTS, *WARD, attempt("v3-authPriv", "refused", "monitor")), Outcome.UNKNOWN),
        ((*DEFAULTS, *WARD, attempt("v3-authPriv", "accepted", "somebody")), Outcome.UNKNOWN),
        ((), Outcome.UNKNOWN),
    ],
)
def test_versions_without_encryption(attempts, outcome):
    assert only("snmp-v1-v2c", device(*attempts), scope(user(), community())).outcome is outcome


def test_only_communities_of_the_devices_zone_have_to_be_tried():
    given = scope(user(), community(zones=("wards",)))

    assert only("snmp-v1-v2c", device(*DEFAULTS, MONITOR, place="offices"), given).outcome is Outcome.PASS
    assert only("snmp-v1-v2c", device(*DEFAULTS, MONITOR, place="wards"), given).outcome is Outcome.UNKNOWN


# ── v3 ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        ((*REFUSED, MONITOR), Outcome.PASS),
        ((attempt("v3-authNoPriv", "accepted", "monitor"), REFUSED[0], MONITOR), Outcome.FAIL),
        ((attempt("v3-noAuthNoPriv", "accepted", "anybody"), *REFUSED, MONITOR), Outcome.FAIL),
        ((REFUSED[0], MONITOR), Outcome.UNKNOWN),
        ((REFUSED[0], attempt("v3-authNoPriv", "silent", "monitor"), MONITOR), Outcome.UNKNOWN),
        (REFUSED, Outcome.UNKNOWN),
        ((*REFUSED, attempt("v3-authPriv", "silent", "monitor")), Outcome.UNKNOWN),
        ((*REFUSED, attempt("v3-authPriv", "accepted", "somebody")), Outcome.UNKNOWN),
        ((), Outcome.UNKNOWN),
    ],
)
def test_levels_without_encryption(attempts, outcome):
    assert only("snmp-v3-without-privacy", device(*attempts), scope(user())).outcome is outcome


def test_every_user_of_the_scope_has_to_be_tried():
    given = scope(user(), user("second"), user("third", privacy=None), user("fourth", auth=None, privacy=None))
    others = (
        attempt("v3-noAuthNoPriv", "refused", "second"),
        attempt("v3-authNoPriv", "refused", "second"),
        attempt("v3-authPriv", "refused", "second"),
        attempt("v3-noAuthNoPriv", "refused", "third"),
        attempt("v3-authNoPriv", "refused", "third"),
        attempt("v3-noAuthNoPriv", "refused", "fourth"),
    )

    assert only("snmp-v3-without-privacy", device(*REFUSED, MONITOR, *others), given).outcome is Outcome.PASS
    for left_out in others:
        some = (each for each in others if each is not left_out)
        assert only("snmp-v3-without-privacy", device(*REFUSED, MONITOR, *some), given).outcome is Outcome.UNKNOWN


@pytest.mark.parametrize("broken", [{"auth": "MD5"}, {"privacy": "DES"}])
def test_broken_protocols_are_less_bad_than_none(broken):
    found = only("snmp-v3-without-privacy", device(*REFUSED, MONITOR), scope(user(**broken)))

    assert (found.outcome, found.severity) == (Outcome.FAIL, Severity.LOW)
    assert next(iter(broken.values())) in found.message


# ── write access ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("views", "outcome"),
    [
        (("all",), Outcome.FAIL),
        ((), Outcome.PASS),
        (Missing("absent"), Outcome.UNKNOWN),
        (Missing("not-readable"), Outcome.UNKNOWN),
        (Missing("not-asked"), Outcome.UNKNOWN),
    ],
)
def test_write_access(views, outcome):
    assert verdict("snmp-write-access", device(MONITOR, writable_views=views)) is outcome


# ── names of users ───────────────────────────────────────────────────────────────────────────────────────────────────


WARD_IN = (attempt("v1", "accepted", "ward"), attempt("v2c", "accepted", "ward"))


@pytest.mark.parametrize(
    ("lists_users", "attempts", "outcome"),
    [
        (True, (MONITOR,), Outcome.FAIL),
        (True, (), Outcome.FAIL),
        (False, (*REFUSED, MONITOR, *DEFAULTS, *WARD), Outcome.PASS),
        (False, (*REFUSED, MONITOR, *DEFAULTS, *WARD_IN), Outcome.UNKNOWN),
        (False, (*REFUSED, MONITOR, *DEFAULTS), Outcome.UNKNOWN),
        (False, (*REFUSED, MONITOR, *WARD), Outcome.UNKNOWN),
        (False, (MONITOR, *DEFAULTS, *WARD), Outcome.UNKNOWN),
        (False, (), Outcome.UNKNOWN),
        (Missing("not-asked"), (*REFUSED, MONITOR, *DEFAULTS, *WARD), Outcome.UNKNOWN),
        (Missing("not-readable"), (*REFUSED, MONITOR, *DEFAULTS, *WARD), Outcome.UNKNOWN),
    ],
)
def test_names_of_users(lists_users, attempts, outcome):
    judged = device(*attempts, lists_users=lists_users)

    assert only("snmp-user-list-exposed", judged, scope(user(), community())).outcome is outcome
