"""Passwords that stand in Active Directory where every account can read them."""

from __future__ import annotations

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, Directory

MASKED = "{masked;type=password"  # with a digest, or without
LAPS_SECRETS = ("ms-Mcs-AdmPwd", "msLAPS-Password")
CLEAR = ("userPassword", "unixUserPassword")


@check("ad-password-in-attribute", title="A password seems to stand in an account's notes", severity=Severity.HIGH)
def password_in_attribute(account: Account | Computer) -> Verdict:
    """No account has what looks like a password in its description or notes.

    Why it matters:
        Everybody who can log in can read these texts. Attackers search them first, and most often find the passwords
        of services and shared devices.

    How to fix:
        Remove the text and change that password everywhere it is used. Posture did not keep it: look at the attribute
        in the directory to see whether it is one.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); MITRE ATT&CK T1552.
    """
    texts = {"description": account.description, "info": account.info, "comment": account.comment}
    found = [name for name, text in texts.items() if not isinstance(text, Missing) and MASKED in text]
    if found:
        return failed(f"What looks like a password stands in {', '.join(found)}")
    silent = [f"{why}" for why in texts.values() if isinstance(why, Missing) and why.why != "absent"]
    if silent:
        return unknown(
            f"Not all its notes are known: {'; '.join(silent)}",
            answer="Let the audit account read description, info and comment of every account, and audit again.",
        )
    return passed("Nothing that looks like a password stands in its description, info or comment")


@check("ad-cleartext-password-attribute", title="Passwords stand in the directory to read", severity=Severity.CRITICAL)
def cleartext_password_attribute(directory: Directory) -> Verdict:
    """The audit account, an ordinary one, can't read a password attribute of another account.

    Why it matters:
        Old tools and synchronization write passwords there as they are. Every account that can log in may then read
        them, and they often work elsewhere too.

    How to fix:
        Clear userPassword and unixUserPassword, stop the tool that writes them, and change those passwords. If the
        audit account is an administrator, use an ordinary one, and audit again.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); MS-ADTS 3.1.1.3.1.5 (userPassword, unicodePwd), RFC 2307.
    """
    return _readable(directory, CLEAR, "passwords", "a password of another account")


@check("ad-laps-secret-readable", title="Local administrators' passwords can be read", severity=Severity.CRITICAL)
def laps_secret_readable(directory: Directory) -> Verdict:
    """The audit account, an ordinary one, can't read the local administrators' passwords that LAPS keeps.

    Why it matters:
        Every account that has the same rights, a nurse's or one that was phished, is then administrator of those
        computers, and leaves no trace of having read it.

    How to fix:
        Remove "All extended rights" and the reading of these attributes from everybody but those who need them, then
        let LAPS set new passwords. If the audit account is an administrator, use an ordinary one, and audit again.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D), 164.312(a)(1); Microsoft, Windows LAPS schema extensions.
    """
    return _readable(directory, LAPS_SECRETS, "the passwords", "passwords that LAPS keeps")


def _readable(directory: Directory, secrets: tuple[str, ...], these: str, kept: str) -> Verdict:
    match directory.kind:
        case "unknown":
            return unknown("The kind of directory is not known", answer="Let anyone read the root DSE.")
        case "openldap" | "other":
            return not_applicable("It is not Active Directory")
    if isinstance(directory.secrets_readable, Missing):
        return unknown(
            f"Whether {these} can be read is not known: {directory.secrets_readable}",
            answer="Give the directory an ordinary account to audit with, and audit again.",
        )
    readable = [name for name in secrets if name in directory.secrets_readable]
    if readable:
        return failed(
            f"The audit account, an ordinary one, can read passwords of other accounts ({', '.join(readable)})"
        )
    return passed(f"The audit account can't read {kept} ({', '.join(secrets)})")
