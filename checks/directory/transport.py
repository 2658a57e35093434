"""How a directory server lets clients in: with TLS, or with passwords in the clear.

A server that shows itself as neither Active Directory nor OpenLDAP may be one that hides what it is, so it is judged
by both sets of checks.
"""

from __future__ import annotations

from posture import AsOf, Missing, Scope, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Certificate, Directory, Known

START_TLS = "1.3.6.1.4.1.1466.20037"

NO_TLS = ("TLS handshake failed", "the server closed the connection")
UNTRUSTED_ISSUER = "not among the trusted ones"

ASK_ROOT_DSE = "Let the audit account, or anyone, read the root DSE, so that the kind of directory is known."
ASK_FROM_NEAR = "Audit from a place that reaches the directory server."
NO_SERVICE = "No directory service answers there: every port that was tried is closed or silent"


@check("ldap-cleartext-bind-accepted", title="A directory takes passwords without encryption", severity=Severity.HIGH)
def ldap_cleartext_bind(directory: Directory) -> Verdict:
    """No directory server takes a password without TLS.

    OpenLDAP has a check of its own. A bind without TLS as a user that does not exist shows it: a server that answers
    "wrong password" looked at it.

    Why it matters:
        Applications, copiers and scanners then send the passwords of staff over the network as plain text, and anybody
        on the way reads them.

    How to fix:
        Set the domain controllers' policy "LDAP server signing requirements" to "Require signing", after the event log
        (event 2889) has shown which clients still bind in the clear. Move those to LDAPS.

    Sources:
        45 CFR 164.312(e)(1); RFC 4513 6.3.3; Microsoft ADV190023.
    """
    match directory.kind:
        case "openldap":
            return not_applicable("It is OpenLDAP, for which openldap-cleartext-bind asks the same")
        case "unknown":
            return unknown("The kind of directory is not known", answer=ASK_ROOT_DSE)
        case "active-directory" | "other":
            return _cleartext_bind(directory)


@check("openldap-cleartext-bind", title="OpenLDAP takes passwords without encryption", severity=Severity.HIGH)
def openldap_cleartext_bind(directory: Directory) -> Verdict:
    """No OpenLDAP server takes a password without TLS.

    A bind without TLS as a user that does not exist shows it: a server that answers "wrong password" looked at it.

    Why it matters:
        Applications and devices then send the passwords of staff over the network as plain text, and anybody on the
        way reads them.

    How to fix:
        Set `olcSecurity: simple_bind=128` (or `security simple_bind=128` in slapd.conf), after moving the clients to
        StartTLS or LDAPS.

    Sources:
        45 CFR 164.312(e)(1); RFC 4513 6.3.3; OpenLDAP Administrator's Guide 14.2.
    """
    match directory.kind:
        case "openldap" | "other":
            return _cleartext_bind(directory)
        case "unknown":
            return unknown("The kind of directory is not known", answer=ASK_ROOT_DSE)
        case "active-directory":
            return not_applicable("It is Active Directory")


def _cleartext_bind(directory: Directory) -> Verdict:
    attempt = directory.attempt("cleartext-bind")
    if isinstance(attempt, Missing):
        return unknown(
            "Whether a password is taken in the clear was not tried",
            answer="Set test_cleartext_bind = true for this directory in posture.toml.",
        )
    match attempt.outcome:
        case "password-taken" | "accepted":
            return failed("A password sent without TLS was looked at, so it is taken in the clear (389/tcp)")
        case "refused":
            return passed("A password sent without TLS is refused (389/tcp)")
        case "closed" if directory.answered:
            return passed("Nothing listens without TLS (389/tcp)")
        case "closed":
            return unknown(NO_SERVICE, answer=ASK_FROM_NEAR)
        case outcome:
            return unknown(
                f"The bind without TLS has no clear answer: {attempt.detail or outcome}", answer=ASK_FROM_NEAR
            )


@check("ldaps-unavailable", title="A directory's encryption (LDAPS) is missing or not valid", severity=Severity.MEDIUM)
def ldaps_unavailable(directory: Directory, scope: Scope, as_of: AsOf) -> Verdict:
    """Every directory server answers on LDAPS with a certificate that holds.

    OpenLDAP has a check of its own. Whether channel binding is enforced can't be seen this way.

    Why it matters:
        Without LDAPS, clients fall back to the port where passwords can be read. With a certificate that does not
        hold, they are set to accept any, and then also that of an attacker.

    How to fix:
        Give every domain controller a certificate from your own authority with its full name in it, valid and renewed
        by itself (autoenrolment), and let its clients trust that authority.

    Sources:
        45 CFR 164.312(e)(1); RFC 4513 3.1.3.
    """
    match directory.kind:
        case "openldap":
            return not_applicable("It is OpenLDAP, for which openldap-starttls-missing asks about TLS")
        case "unknown":
            return unknown("The kind of directory is not known", answer=ASK_ROOT_DSE)
        case "active-directory" | "other":
            pass
    attempt = directory.attempt("ldaps")
    if isinstance(attempt, Missing):
        return unknown("LDAPS was not tried", answer=ASK_FROM_NEAR)
    declared = scope.directories.get(directory.place or "")
    has_authority = bool(declared and declared.ca_file)
    match attempt.outcome:
        case "accepted":
            return _certificate(directory.certificate, has_authority, as_of)
        case "closed" if directory.answered:
            return failed("Nothing listens on the port of LDAPS (636/tcp)")
        case "closed":
            return unknown(NO_SERVICE, answer=ASK_FROM_NEAR)
        case "failed" if attempt.detail.startswith(NO_TLS):
            return failed(f"The port of LDAPS gives no TLS: {attempt.detail} (636/tcp)")
        case "failed" if attempt.detail.startswith("certificate"):
            return _does_not_hold(attempt.detail, has_authority)
        case outcome:
            return unknown(f"LDAPS gave no answer: {attempt.detail or outcome}", answer=ASK_FROM_NEAR)


def _certificate(certificate: Known[Certificate], has_authority: bool, as_of: AsOf) -> Verdict:
    if isinstance(certificate, Missing):
        return unknown(f"LDAPS answers, its certificate is not known: {certificate}")
    if as_of.at > certificate.not_after:
        return failed(f"The certificate ran out on {certificate.not_after:%Y-%m-%d}")
    if as_of.at < certificate.not_before:
        return failed(f"The certificate is not valid before {certificate.not_before:%Y-%m-%d}")
    if certificate.problem:
        return _does_not_hold(certificate.problem, has_authority)
    return passed(f"LDAPS answers with a certificate that holds until {certificate.not_after:%Y-%m-%d}")


def _does_not_hold(problem: str, has_authority: bool) -> Verdict:
    """Without the hospital's own authority named, an issuer that is not trusted here may be a good one."""
    if UNTRUSTED_ISSUER in problem and not has_authority:
        return unknown(
            f"Whether the certificate holds is not known here: {problem}",
            answer="Name the certificate of your authority (ca_file) for this directory in posture.toml.",
        )
    return failed(f"The certificate does not hold: {problem}")


@check("openldap-starttls-missing", title="OpenLDAP offers no encryption (TLS)", severity=Severity.HIGH)
def openldap_starttls_missing(directory: Directory) -> Verdict:
    """Every OpenLDAP server offers TLS, by StartTLS or LDAPS.

    Why it matters:
        Everything that is asked and answered, passwords and all, goes over the network as plain text.

    How to fix:
        Give slapd a certificate and a key (olcTLSCertificateFile, olcTLSCertificateKeyFile) and let clients use
        StartTLS, or add an `ldaps:///` listener.

    Sources:
        45 CFR 164.312(e)(1); RFC 4511 4.14; OpenLDAP Administrator's Guide 16.
    """
    match directory.kind:
        case "openldap" | "other":
            pass
        case "unknown":
            return unknown("The kind of directory is not known", answer=ASK_ROOT_DSE)
        case "active-directory":
            return not_applicable("It is Active Directory")
    outcomes = {
        method: "not tried" if isinstance(attempt, Missing) else attempt.outcome
        for method in ("starttls", "ldaps")
        if (attempt := directory.attempt(method))
    }
    offered = [method for method, outcome in outcomes.items() if outcome == "accepted"]
    if offered:
        return passed(f"TLS answers ({' and '.join(offered)})")
    if not directory.answered:
        return unknown(NO_SERVICE, answer=ASK_FROM_NEAR)
    extensions = directory.extensions
    not_offered = not isinstance(extensions, Missing) and START_TLS not in extensions
    if outcomes["ldaps"] == "closed" and (not_offered or outcomes["starttls"] in {"refused", "closed"}):
        return failed("StartTLS is not offered (supportedExtension), and nothing listens on 636/tcp")
    tried = ", ".join(f"{method} {outcome}" for method, outcome in outcomes.items())
    return unknown(f"Whether TLS is offered is not known: {tried}", answer=ASK_FROM_NEAR)
