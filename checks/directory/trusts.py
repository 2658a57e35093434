"""What an Active Directory domain lets in from other domains: by its trusts, and by rights left over from a move."""

from __future__ import annotations

from collections.abc import Callable

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Account, Computer, Directory, Group, Known, Trust

OUTBOUND = 0x2
QUARANTINED, FOREST, WITHIN_FOREST, AS_EXTERNAL, USES_RC4, TGT_DELEGATION = 0x4, 0x8, 0x20, 0x40, 0x80, 0x800
OF_WINDOWS = (1, 2)
DES, RC4, AES = 0x1 | 0x2, 0x4, 0x8 | 0x10
BUILT_IN = "S-1-5-32-"
PRIVILEGED = frozenset({498, 500, 502, 512, 516, 517, 518, 519, 520, 521, 525, 526, 527})

READ_TRUSTS = "Let the audit account read the trusts in the container System of the domain, and audit again."


def _judged(
    directory: Directory, judge: Callable[[Trust], str | Missing | None], good: str, severity: Severity | None = None
) -> Verdict:
    """The verdict over all trusts: `judge` gives a problem, why there is no answer, or None where all is well."""
    match directory.kind:
        case "unknown":
            return unknown(
                "The kind of directory is not known",
                answer="Let the audit account, or anyone, read the root DSE, so that the kind of directory is known.",
            )
        case "openldap" | "other":
            return not_applicable("It is not Active Directory")
    if isinstance(directory.trusts, Missing):
        return unknown(f"The domain's trusts are not known: {directory.trusts}", answer=READ_TRUSTS)
    found = [(trust, judge(trust)) for trust in directory.trusts]
    if problems := [f"{trust.name} {problem}" for trust, problem in found if isinstance(problem, str)]:
        return failed(f"Trust: {'; '.join(problems)}", severity=severity)
    if silent := [f"{trust.name}: {why}" for trust, why in found if isinstance(why, Missing)]:
        return unknown(f"Not all is known of the trust with {'; '.join(silent)}", answer=READ_TRUSTS)
    return passed(good) if directory.trusts else not_applicable("The domain has no trust with another")


@check("ad-trust-without-sid-filtering", title="A trusted domain can claim any rights", severity=Severity.HIGH)
def trust_without_sid_filtering(directory: Directory) -> Verdict:
    """Every trust of another organization's domain filters the identities that come from there.

    Why it matters:
        Who controls the other domain, a partner's or that of a clinic that was bought, can put your administrators'
        identities into a ticket, and is then an administrator of yours.

    How to fix:
        Turn SID filtering on: `netdom trust YOURS /domain:THEIRS /quarantine:yes` for an external trust, and
        `/enablesidhistory:no` for a forest trust. Users who were moved may lose access that depends on sIDHistory.

    Sources:
        45 CFR 164.312(a)(1); MS-ADTS 6.1.6.7.9 (trustAttributes), MS-PAC 4.1.2.2 (SID filtering).
    """
    return _judged(directory, _unfiltered, "Each trust filters the identities that come from the other domain")


def _unfiltered(trust: Trust) -> str | Missing | None:
    for needed in (trust.direction, trust.type, trust.attributes):
        if isinstance(needed, Missing):
            return needed
    direction, kind, bits = (int(each) for each in (trust.direction, trust.type, trust.attributes))  # type: ignore[arg-type]  # none is Missing, as was seen above
    if not direction & OUTBOUND or kind not in OF_WINDOWS or bits & WITHIN_FOREST:
        return None
    if bits & FOREST:
        return "is a forest trust that accepts foreign identities (TREAT_AS_EXTERNAL)" if bits & AS_EXTERNAL else None
    return None if bits & QUARANTINED else "does not filter identities (no QUARANTINED_DOMAIN)"


@check("ad-trust-weak", title="A trust hands out tickets or uses weak encryption", severity=Severity.MEDIUM)
def trust_weak(directory: Directory) -> Verdict:
    """No trust lets whole log-ins be passed on, or is limited to encryption that can be broken.

    Why it matters:
        Where a trust passes on whole log-ins, one server in the other domain that was broken into can act as your
        users everywhere. RC4 and DES are old, and their keys are found quickly.

    How to fix:
        Turn it off with `netdom trust … /EnableTGTDelegation:no`, and set "The other domain supports Kerberos AES
        Encryption" on the trust, on both sides. See that the other domain's controllers can do AES.

    Sources:
        45 CFR 164.312(d); MS-ADTS 6.1.6.7.9 (trustAttributes), MS-KILE 2.2.7 (encryption types).
    """
    return _judged(directory, _weak, "No trust passes on whole log-ins, and each is set to AES", Severity.LOW)


def _weak(trust: Trust) -> str | Missing | None:
    if trust.direction == 0:
        return None
    bits, types = trust.attributes, trust.encryption_types
    if not isinstance(bits, Missing):
        if bits & TGT_DELEGATION:
            return "passes on whole log-ins (ENABLE_TGT_DELEGATION)"
        if bits & USES_RC4 and not (isinstance(types, int) and types & AES):
            return "is set to RC4 (USES_RC4_ENCRYPTION)"
    if not isinstance(types, Missing) and (types & DES or (types & RC4 and not types & AES)):
        return "allows DES, or RC4 alone (msDS-SupportedEncryptionTypes)"
    if isinstance(bits, Missing):
        return bits
    if isinstance(types, Missing):
        return Missing("not-answered", "its encryption is left to the default of the domain controllers, not seen here")
    return None if types & AES else Missing("not-answered", f"it names no encryption that is known here ({types:#x})")


@check("ad-sid-history", title="Rights left over from a former identity", severity=Severity.HIGH)
def sid_history(judged: Account | Computer | Group) -> Verdict:
    """No account or group keeps the rights of a former identity (sIDHistory).

    Why it matters:
        What stands in sIDHistory counts at every log-in as if the account were that one too. It is left over from
        moves between domains, and a hidden way to keep an administrator's rights.

    How to fix:
        See what each entry still opens, give those rights to the account itself, then clear sIDHistory. Where it names
        an account or group of the same domain, or a privileged one, find out who put it there.

    Sources:
        45 CFR 164.308(a)(4)(ii)(C); MITRE ATT&CK T1134.005; MS-ADTS 3.1.1.3.4.1.
    """
    match judged.sid_history:
        case Missing(why="absent"):
            return passed("It has no former identity (sIDHistory)")
        case Missing() as why:
            return unknown(
                f"Former identities (sIDHistory) are not known: {why}",
                answer="Let the audit account read sIDHistory of every user, computer and group, and audit again.",
            )
        case history if any(_alarming(former, judged.sid) for former in history):
            return failed("It has the rights of a privileged identity, or of another in its own domain (sIDHistory)")
        case _:
            return failed("It keeps the rights of a former identity (sIDHistory)", severity=Severity.MEDIUM)


def _alarming(former: str, own: Known[str]) -> bool:
    domain, _, rid = former.rpartition("-")
    same = not isinstance(own, Missing) and domain == own.rpartition("-")[0]
    return same or former.startswith(BUILT_IN) or int(rid) in PRIVILEGED
