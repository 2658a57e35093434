"""What an Active Directory domain asks of every password, and who may add computers to it.

These are the settings of the domain itself (MS-ADTS 3.1.1.3.2.3): a fine-grained policy may ask more, or less, of the
accounts that it is for.
"""

from __future__ import annotations

from posture import Missing, Severity, Thresholds, Verdict, check, failed, passed, unknown
from posture.facts import DomainPolicy

READ_DOMAIN = "Let the audit account read the domain's own entry, and audit again."


@check("ad-password-length", title="Short passwords are allowed", severity=Severity.HIGH)
def password_length(policy: DomainPolicy, thresholds: Thresholds) -> Verdict:
    """The domain asks for passwords at least as long as your policy says.

    Why it matters:
        Short passwords are guessed, and cracked in hours once a list of hashes is stolen. A domain that allows them
        leaves the choice to the hurried user at the end of a shift.

    How to fix:
        Raise the minimum password length in the Default Domain Policy, and tell users that a few words make a longer
        password that is easier to remember. HIPAA sets no number: set yours in posture.toml, and have it in your
        written policy.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D); NIST SP 800-63B 5.1.1.2.
    """
    wanted = thresholds.password_min_length
    match policy.min_length:
        case Missing() as why:
            return unknown(f"The shortest password allowed (minPwdLength) is not known: {why}", answer=READ_DOMAIN)
        case length if length >= wanted:
            return passed(f"Passwords have at least {length} characters; your policy asks for {wanted} (minPwdLength)")
        case length:
            return failed(
                f"Passwords of {length} characters are allowed; your policy asks for {wanted} (minPwdLength)",
                severity=Severity.MEDIUM if length >= 8 else None,
            )


@check("ad-account-lockout", title="Passwords can be guessed without end", severity=Severity.HIGH)
def account_lockout(policy: DomainPolicy, thresholds: Thresholds) -> Verdict:
    """The domain locks an account after as many wrong passwords as your policy allows.

    Why it matters:
        Without a lockout anybody who reaches the network can try passwords against every account, day and night.
        A threshold that is too high does little more than slow that down.

    How to fix:
        Set the account lockout threshold in the Default Domain Policy, with a lockout of some minutes. See first that
        no service or clinical device logs in with an old password, or it will lock its own account.

    Sources:
        45 CFR 164.308(a)(5)(ii)(C); Microsoft security baseline.
    """
    allowed = thresholds.lockout_max_attempts
    match policy.lockout_threshold:
        case Missing() as why:
            return unknown(f"Whether accounts are locked (lockoutThreshold) is not known: {why}", answer=READ_DOMAIN)
        case 0:
            told = "Accounts are never locked, however many passwords are tried"
            return failed(f"{told}; your policy allows {allowed} (lockoutThreshold 0)")
        case attempts if 0 < attempts <= allowed:
            return passed(f"Accounts are locked after {attempts} wrong passwords; your policy allows {allowed}")
        case attempts if attempts > allowed:
            return failed(
                f"Accounts are locked only after {attempts} wrong passwords; your policy allows {allowed}"
                " (lockoutThreshold)",
                severity=Severity.MEDIUM,
            )
        case odd:
            return unknown(f"The lockout threshold makes no sense (lockoutThreshold {odd})")


@check("ad-password-complexity", title="Simple or repeated passwords are allowed", severity=Severity.MEDIUM)
def password_complexity(policy: DomainPolicy, thresholds: Thresholds) -> Verdict:
    """The domain remembers old passwords, and asks for mixed characters.

    Why it matters:
        Where old passwords may be used again, a stolen one works again. Where simple ones are allowed, the season and
        the year open many accounts.

    How to fix:
        Turn complexity on and set the password history in the Default Domain Policy. A list of banned passwords does
        more than complexity alone: where you have one, record it as the alternative.

    Sources:
        45 CFR 164.308(a)(5)(ii)(D).
    """
    wanted = thresholds.password_history
    problems = []
    if policy.complexity is False:
        problems.append("Simple passwords are allowed (pwdProperties, DOMAIN_PASSWORD_COMPLEX)")
    if not isinstance(policy.history, Missing) and policy.history < wanted:
        problems.append(
            f"Only {policy.history} old passwords are remembered; your policy asks for {wanted} (pwdHistoryLength)"
        )
    if problems:
        return failed("; ".join(problems), severity=Severity.LOW)
    match policy.complexity, policy.history:
        case (True, int(remembered)):
            return passed(f"Passwords are complex, and {remembered} old ones are remembered; you ask for {wanted}")
        case (Missing() as why, _):
            return unknown(f"Whether simple passwords are allowed (pwdProperties) is not known: {why}")
        case (_, why):
            return unknown(f"How many old passwords are remembered (pwdHistoryLength) is not known: {why}")


@check("ad-anyone-joins-computers", title="Any user may join computers to the domain", severity=Severity.MEDIUM)
def anyone_joins_computers(policy: DomainPolicy) -> Verdict:
    """Only those whose job it is can join computers to the domain.

    Why it matters:
        Every user may then make computer accounts that nobody knows of. Several attacks that end in control of the
        domain start with such an account.

    How to fix:
        Set ms-DS-MachineAccountQuota of the domain to 0, and delegate the right to join computers to those who
        install them.

    Sources:
        MS-ADA2 ms-DS-MachineAccountQuota.
    """
    match policy.machine_account_quota:
        case Missing() as why:
            return unknown(f"Who may join computers (ms-DS-MachineAccountQuota) is not known: {why}")
        case 0:
            return passed("Ordinary users can't join computers (ms-DS-MachineAccountQuota 0)")
        case quota if quota > 0:
            return failed(
                f"Any user may join {quota} computer{'s' * (quota != 1)} to the domain (ms-DS-MachineAccountQuota)",
                severity=Severity.LOW,
            )
        case odd:
            return unknown(f"The quota makes no sense (ms-DS-MachineAccountQuota {odd})")
