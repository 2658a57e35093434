"""Certificate templates of Active Directory that let anybody log in as anybody."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.access import CONTROL_ACCESS, holders
from posture.facts import Account, CertificateTemplate, Computer, Directory, Facts, Group, Known
from posture.memberships import EVERYBODY, Memberships

ENROLL = "0e10c968-78fb-11d2-90d4-00c04f79dc55"
"""Certificate-Enrollment (MS-ADTS 5.1.3.2.1)."""
SUPPLIES_SUBJECT = 0x1 | 0x10000
"""The requester names the subject, or an alternative name of it (MS-CRTD 2.28)."""
PENDING = 0x2
"""Each request waits for a manager's approval (MS-CRTD 2.26)."""
LOGS_IN = {
    *("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2", "1.3.6.1.5.2.3.4"),
    *("2.5.29.37.0", "1.3.6.1.4.1.311.10.12.1"),
}
"""Client authentication, smart card log-on, PKINIT client authentication; any purpose, all application policies."""
LOW_PRIVILEGE = {**EVERYBODY, "S-1-5-32-545": "Users", "S-1-5-32-546": "Guests"}
LOW_PRIVILEGE_RIDS = {501: "Guest", 513: "Domain Users", 514: "Domain Guests", 515: "Domain Computers"}
PRIVILEGED = {"S-1-5-18", "S-1-5-9", "S-1-5-32-544", "S-1-3-0", "S-1-3-1", "S-1-3-4", "S-1-5-10"}
PRIVILEGED_RIDS = {498, 500, 512, 516, 518, 519, 521}

READ = "Let the audit account read every certificate template with its permissions (Read Control), and audit again."


@check(
    "ad-certificate-template-esc1",
    title="Certificates let anybody log in as anybody (ESC1)",
    severity=Severity.CRITICAL,
)
def esc1(
    directories: Facts[Directory],
    templates: Facts[CertificateTemplate],
    groups: Facts[Group],
    accounts: Facts[Account],
    computers: Facts[Computer],
) -> Iterator[Verdict]:
    """No published template gives ordinary users a certificate to log in with, in a name of their own choosing.

    That is so where a certification authority publishes the template, whoever asks names the subject, the certificate
    serves for logging in, no manager approves, no further signature is asked for, and an ordinary user or computer may
    enroll (Everyone, Authenticated Users, Users, Domain Users, Domain Computers, guests).

    Why it matters:
        Anyone with any account asks for a certificate in the name of a domain administrator, and logs in with it. No
        password is needed, and changing passwords does not end it.

    How to fix:
        Let the directory supply the subject ("Build from this Active Directory information"). Where requesters have to
        name it, ask for a manager's approval, or let only the few who need it enroll. Stop publishing templates that
        nobody uses.

    Sources:
        45 CFR 164.312(d); MS-CRTD 2.26, 2.28; MS-WCCE 3.2.2.6; MITRE ATT&CK T1649.
    """
    found = Memberships(groups, accounts, computers)
    for directory in directories:
        if verdict := _of_directory(directory, any(each.place == directory.place for each in templates)):
            yield verdict
    for spot in templates.blind_spots:
        yield unknown(spot.why, answer=spot.answer)
    for template in templates:
        yield _of_template(template, found)


def _of_directory(directory: Directory, publishes: bool) -> Verdict | None:
    """What is to be said of the directory itself; nothing where its templates say it."""
    match directory.kind, directory.authorities:
        case "unknown", _:
            return unknown("The kind of directory is not known", about=directory)
        case "active-directory", Missing() as why:
            told = f"Whether certification authorities publish templates is not known: {why}"
            return unknown(told, answer=READ, about=directory)
        case "active-directory", ():
            return not_applicable("There is no certification authority in the forest", about=directory)
        case "active-directory", tuple(names):
            if publishes:
                return None
            told = f"No template that {', '.join(sorted(names))} publishes was read"
            return unknown(told, answer=READ, about=directory)
        case _:
            return not_applicable("It is not Active Directory", about=directory)


def _of_template(template: CertificateTemplate, found: Memberships) -> Verdict:
    harmless, doubts = _settings(template)
    if harmless:
        return passed(harmless, template, about=template)
    if isinstance(template.access, Missing):
        doubts.append(f"who may enroll is not known: {template.access}")
    else:
        may = holders(template.access, CONTROL_ACCESS, ENROLL)
        anybody = sorted(_low_privilege(sid) for sid, sure in may.items() if sure and _low_privilege(sid))
        wide = {name for sid in may if not _low_privilege(sid) for name in _everybody_in(sid, found)}
        if not doubts and (anybody or wide):
            by = ", ".join(template.published_by)
            told = f"Published by {by}: whoever asks names the subject, it serves for logging in, nobody approves, and "
            return failed(f"{told}{', '.join(anybody or sorted(wide))} may enroll", template, about=template)
        unclear = sorted(_unclear(sid, sure, found) for sid, sure in may.items() if _unclear(sid, sure, found))
        if not anybody and not wide and not unclear:
            return passed("Only administrators and domain controllers may enroll", template, about=template)
        doubts += unclear[:3]
    return unknown(f"Not all of it is known: {'; '.join(doubts)}", template, answer=READ, about=template)


def _settings(template: CertificateTemplate) -> tuple[str, list[str]]:
    """(why its settings do no harm, whoever may enroll; what of them is not known)."""
    doubts = []
    for said in (_subject(template), _approval(template), _signatures(template), _purpose(template)):
        if isinstance(said, Missing):
            doubts.append(str(said))
        elif said:
            return said, []
    return "", doubts


def _subject(template: CertificateTemplate) -> Known[str]:
    match template.name_flags:
        case Missing() as why:
            return Missing(why.why, f"who names the subject (msPKI-Certificate-Name-Flag): {why}")
        case flags:
            return "" if flags & SUPPLIES_SUBJECT else "The directory supplies the subject"


def _approval(template: CertificateTemplate) -> Known[str]:
    match template.enrollment_flags:
        case Missing(why="absent"):
            return ""
        case Missing() as why:
            return Missing(why.why, f"whether a manager approves (msPKI-Enrollment-Flag): {why}")
        case flags:
            return "A manager has to approve each request" if flags & PENDING else ""


def _signatures(template: CertificateTemplate) -> Known[str]:
    match template.signatures:
        case Missing(why="absent"):
            return ""
        case Missing() as why:
            return Missing(why.why, f"whether a signature is asked for (msPKI-RA-Signature): {why}")
        case count:
            return "Each request has to bear an authorized signature" if count > 0 else ""


def _purpose(template: CertificateTemplate) -> Known[str]:
    match template.key_usages:
        case Missing(why="absent"):
            return ""
        case Missing() as why:
            return Missing(why.why, f"what it serves for (pKIExtendedKeyUsage): {why}")
        case usages:
            return "" if set(usages) & LOGS_IN else "It does not serve for logging in"


def _rid(sid: str) -> int:
    return int(sid.rpartition("-")[2]) if sid.startswith("S-1-5-21-") else 0


def _low_privilege(sid: str) -> str:
    """The name of those that anybody is one of; empty for others."""
    return LOW_PRIVILEGE.get(sid, "") or LOW_PRIVILEGE_RIDS.get(_rid(sid), "")


def _everybody_in(sid: str, found: Memberships) -> Iterator[str]:
    """Those without number who are in this group."""
    for group in found.groups_by_sid(sid):
        roll = found.roll(group)
        within = (_low_privilege(each.sid) for each in roll.groups if isinstance(each.sid, str))
        yield from (f"{name} (in {group.name})" for name in (*roll.everybody, *within) if name)


def _unclear(sid: str, sure: bool, found: Memberships) -> str:
    """Why it can't be said that none of these is an ordinary user; empty where none is."""
    if not sure and _low_privilege(sid):
        return f"{_low_privilege(sid)} may enroll under a condition"
    if sid in PRIVILEGED or _rid(sid) in PRIVILEGED_RIDS or _low_privilege(sid):
        return ""
    groups = found.groups_by_sid(sid)
    if groups:
        return next((told for told in (_unclear_of(group, found) for group in groups) if told), "")
    who = found.by_sid(sid)
    if not isinstance(who, Account):
        return f"who {sid} is, which may enroll, is not known"
    privileges = found.privileges(who)
    if isinstance(privileges, tuple) and privileges:
        return ""
    return f"{who.name} may enroll, and is not known to be an administrator"


def _unclear_of(group: Group, found: Memberships) -> str:
    roll = found.roll(group)
    if roll.doubts:
        return f"who is in {group.name}, which may enroll, is not known: {roll.doubts[0]}"
    if all(found.privileges(each) and not isinstance(found.privileges(each), Missing) for each in roll.people):
        return ""
    return f"{group.name} may enroll, with members who are not known to be administrators"
