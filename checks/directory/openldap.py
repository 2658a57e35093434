"""What OpenLDAP lets people read, and how it treats passwords."""

from __future__ import annotations

from typing import TypeVar

from posture import Missing, Severity, Thresholds, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Directory, Known, PasswordPolicy

T = TypeVar("T")

PASSWORD_POLICY_CONTROL = "1.3.6.1.4.1.42.2.27.8.5.1"  # noqa: S105  # an object identifier

ASK_FROM_NEAR = "Audit from a place that reaches the directory server."


def _not_openldap(directory: Directory) -> Verdict | None:
    """The verdict where the question does not arise, or may not. An OpenLDAP that hides what it is shows as other."""
    match directory.kind:
        case "openldap" | "other":
            return None
        case "unknown":
            return unknown(
                "The kind of directory is not known",
                answer="Let the audit account, or anyone, read the root DSE, so that the kind of directory is known.",
            )
        case "active-directory":
            return not_applicable("It is Active Directory")


@check("openldap-anonymous-read", title="Anybody can read the directory", severity=Severity.CRITICAL)
def anonymous_read(directory: Directory) -> Verdict:
    """Nobody reads entries of the directory without logging in.

    Why it matters:
        Anyone on the network gets the names, departments and log-ins of staff: the list that guessing passwords and
        fraud by mail start from.

    How to fix:
        Let access rules (olcAccess) grant reading to users, not to everyone (`by users read by * none`), or turn
        anonymous log-in off (`olcDisallows: bind_anon` with `olcRequires: authc`).

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); OpenLDAP Administrator's Guide 8.
    """
    if verdict := _not_openldap(directory):
        return verdict
    attempt = directory.attempt("anonymous-read")
    if isinstance(attempt, Missing):
        return unknown("Reading without logging in was not tried", answer=ASK_FROM_NEAR)
    match attempt.outcome:
        case "accepted":
            return failed("Entries below the base can be read without logging in")
        case "refused":
            return passed("No entry below the base can be read without logging in")
        case outcome:
            return unknown(
                f"Reading without logging in has no answer: {attempt.detail or outcome}", answer=ASK_FROM_NEAR
            )


@check("openldap-config-readable", title="The directory's configuration can be read", severity=Severity.HIGH)
def config_readable(directory: Directory) -> Verdict:
    """The audit account, an ordinary one, can't read the server's configuration.

    Why it matters:
        The configuration (cn=config) shows every access rule, and can hold the administrator's password hash and the
        passwords for replication.

    How to fix:
        Restrict the access rules of the database `olcDatabase={0}config` to the administrators of the server.

    Sources:
        45 CFR 164.312(a)(1); OpenLDAP Administrator's Guide 5.
    """
    if verdict := _not_openldap(directory):
        return verdict
    attempt = directory.attempt("config-read")
    if isinstance(attempt, Missing):
        return unknown(
            "Reading the configuration was not tried",
            answer="Give an audit account for this directory in posture.toml.",
        )
    match attempt.outcome:
        case "accepted":
            return failed("The audit account can read the server's configuration (cn=config)")
        case "refused":
            return passed("The audit account can't read the server's configuration (cn=config)")
        case outcome:
            return unknown(
                f"Reading the configuration has no answer: {attempt.detail or outcome}", answer=ASK_FROM_NEAR
            )


@check("openldap-password-hash-readable", title="Password hashes can be read", severity=Severity.CRITICAL)
def password_hash_readable(directory: Directory) -> Verdict:
    """The audit account, an ordinary one, reads nobody's password hash.

    Only the names of the attributes were asked for; the hashes themselves were not.

    Why it matters:
        Who reads the hashes guesses the passwords at leisure on a machine of their own, and weak ones fall in minutes.

    How to fix:
        Let the access rule of userPassword be `by self write by anonymous auth by * none`, before any other rule.
        Then have the passwords changed, and keep them as Argon2.

    Sources:
        45 CFR 164.312(a)(1), 164.312(d); OpenLDAP Administrator's Guide 8 and 14.4.
    """
    if verdict := _not_openldap(directory):
        return verdict
    match directory.secrets_readable:
        case Missing() as why:
            return unknown(
                f"Whether hashes can be read is not known: {why}",
                answer="Give an audit account for this directory in posture.toml.",
            )
        case ():
            return passed("The audit account sees no password attribute")
        case names:
            return failed(f"The audit account can read {', '.join(sorted(names))}")


@check("openldap-no-password-policy", title="OpenLDAP has no password policy", severity=Severity.HIGH)
def no_password_policy(directory: Directory) -> Verdict:
    """Every OpenLDAP server has the password policy overlay, and a policy for it.

    Why it matters:
        OpenLDAP by itself asks for no length and locks nobody out: a password can be one letter, and be guessed
        without end.

    How to fix:
        Load the overlay (`ppolicy`), make a pwdPolicy entry and name it as the default (olcPPolicyDefault).

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); draft-behera-ldap-password-policy; slapo-ppolicy(5).
    """
    if verdict := _not_openldap(directory):
        return verdict
    match directory.controls, directory.password_policies:
        case (Missing() as why, _):
            return unknown(f"Whether the overlay is there (supportedControl) is not known: {why}")
        case (_, Missing() as why):
            return unknown(f"Whether there is a policy (pwdPolicy) is not known: {why}")
        case (tuple(controls), int(policies)):
            overlay = PASSWORD_POLICY_CONTROL in controls
    if overlay and policies:
        return passed(f"The overlay is there, with {policies} polic{'ies' if policies > 1 else 'y'}")
    if not overlay and not policies:
        return failed("There is no password policy (no ppolicy control, no pwdPolicy entry)")
    seen, unseen = ("the overlay", "a policy for it") if overlay else ("a policy", "the overlay that enforces it")
    return unknown(
        f"The audit account sees {seen}, but not {unseen}",
        answer="Let the audit account read the pwdPolicy entries and the root DSE, and audit again.",
    )


@check("openldap-weak-password-policy", title="OpenLDAP's password policy is weak", severity=Severity.HIGH)
def weak_password_policy(policy: PasswordPolicy, thresholds: Thresholds) -> Verdict:
    """Every password policy asks for the length, and locks after the failures, that your policy says.

    An attribute that the policy does not set asks for nothing (draft-behera-ldap-password-policy 5.2).

    Why it matters:
        Short passwords are guessed, and without a lockout they can be tried day and night.

    How to fix:
        Set pwdMinLength, `pwdLockout: TRUE` and pwdMaxFailure in the pwdPolicy entry, and pwdCheckQuality to 2, so that
        passwords that the server can't check are refused.

    Sources:
        45 CFR 164.308(a)(5)(ii)(C), (D); draft-behera-ldap-password-policy 5.2; slapo-ppolicy(5).
    """
    wanted, allowed = thresholds.password_min_length, thresholds.lockout_max_attempts
    length, lockout, failures = _set(policy.min_length, 0), _set(policy.lockout, False), _set(policy.max_failures, 0)
    weak: list[str] = []
    lesser: list[str] = []
    silent: list[str] = []
    match length:
        case Missing() as why:
            silent.append(f"the shortest password (pwdMinLength): {why}")
        case short if short < wanted:
            problem = f"Passwords of {short} characters are allowed; your policy asks for {wanted} (pwdMinLength)"
            (lesser if short >= 8 else weak).append(problem)
    match lockout, failures:
        case (False, _):
            weak.append("Accounts are never locked (pwdLockout)")
        case (_, int(none)) if none <= 0:
            weak.append("Accounts are never locked, however many passwords are tried (pwdMaxFailure 0)")
        case (Missing() as why, _):
            silent.append(f"whether accounts are locked (pwdLockout): {why}")
        case (_, Missing() as why):
            silent.append(f"after how many failures accounts are locked (pwdMaxFailure): {why}")
        case (_, int(many)) if many > allowed:
            lesser.append(
                f"Accounts are locked only after {many} failures; your policy allows {allowed} (pwdMaxFailure)"
            )
    if weak or lesser:
        return failed("; ".join(weak + lesser), severity=None if weak else Severity.MEDIUM)
    if silent:
        return unknown(f"Not known: {'; '.join(silent)}", answer="Let the audit account read the pwdPolicy entries.")
    return passed(
        f"At least {length} characters, and locked after {failures} failures; you ask for {wanted} and {allowed}"
    )


def _set(value: Known[T], unset: T) -> Known[T]:
    """A value, or what it means that the policy does not set it."""
    return unset if isinstance(value, Missing) and value.why == "absent" else value
