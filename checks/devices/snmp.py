"""How SNMP agents let people in. Silence is never an answer by itself: a wrong community and no agent look the same."""

from __future__ import annotations

from posture import Missing, Scope, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Device

COMMUNITY_VERSIONS = ("v1", "v2c")
DEFAULTS = ("default:public", "default:private")
WEAK_PROTOCOLS = {"MD5", "DES"}
LEVELS = ("v3-noAuthNoPriv", "v3-authNoPriv", "v3-authPriv")
ANSWERS = {"accepted", "refused"}

TRY_DEFAULTS = "Set try_default_communities = true under [snmp] in posture.toml, and audit again."
GIVE_V3 = "Give an SNMPv3 user for this zone in posture.toml, and audit again."


def _outcomes(device: Device, methods: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """What became of each method with each credential; an acceptance is never hidden by another attempt.

    Silence has no detail: with one, something came back that could not be read, and that is no refusal.
    """
    found: dict[tuple[str, str], str] = {}
    for attempt in device.attempts:
        if attempt.method in methods and found.get((attempt.method, attempt.credential)) != "accepted":
            garbled = attempt.outcome == "silent" and attempt.detail
            found[attempt.method, attempt.credential] = "garbled" if garbled else attempt.outcome
    return found


def _answers(device: Device) -> bool:
    """Whether the agent was reached at all from where it was asked."""
    return any(attempt.outcome == "accepted" for attempt in device.attempts)


def _default_community(device: Device) -> Verdict:
    """Passes only where an agent that answers did not answer to any of the default communities, in either version."""
    tried = _outcomes(device, COMMUNITY_VERSIONS)
    accepted = sorted(pair for pair, outcome in tried.items() if outcome == "accepted" and pair[1] in DEFAULTS)
    if accepted:
        names = sorted({credential.removeprefix("default:") for _, credential in accepted})
        versions = sorted({version for version, _ in accepted})
        return failed(f"It answers to the community {' and '.join(names)} (SNMP {', '.join(versions)})")
    if any(tried.get((version, community)) != "silent" for version in COMMUNITY_VERSIONS for community in DEFAULTS):
        return unknown("Not every default community was tried in SNMP v1 and v2c", answer=TRY_DEFAULTS)
    if not _answers(device):
        return unknown(
            "It answered to nothing, so its silence to the default communities shows nothing", answer=GIVE_V3
        )
    return passed("It answers, but not to the communities public and private")


@check("snmp-default-community", title="Devices accept a default password (SNMP community)", severity=Severity.CRITICAL)
def default_community(device: Device) -> Verdict:
    """No device answers to the communities public and private.

    Why it matters:
        These words are in every manual. Whoever knows them reads the device's settings, its neighbours and its users,
        and with `private` often changes them.

    How to fix:
        Remove the default communities from the device and use SNMPv3 with a user of its own. Where a device knows
        only communities, give it a long random one, and let only the monitoring server ask.

    Sources:
        45 CFR 164.312(d); CWE-1392.
    """
    return _default_community(device)


@check("snmp-v1-v2c", title="Devices are managed without encryption (SNMP v1, v2c)", severity=Severity.HIGH)
def v1_v2c(device: Device, scope: Scope) -> Verdict:
    """No device answers to SNMP v1 or v2c.

    It passes only where SNMPv3 answers, and neither version answers to public, private or any community that the
    scope names for its zone.

    Why it matters:
        The community is a password that every packet carries as plain text, with all that is asked and answered.

    How to fix:
        Turn v1 and v2c off and use SNMPv3 with authentication and privacy. Where a device can't, let only the
        monitoring server ask, in a network of its own, and record an exception.

    Sources:
        45 CFR 164.312(e)(1); RFC 3410 5; RFC 3584.
    """
    tried = _outcomes(device, COMMUNITY_VERSIONS)
    accepted = sorted(pair for pair, outcome in tried.items() if outcome == "accepted")
    if accepted:
        versions = sorted({version for version, _ in accepted})
        return failed(
            f"It answers to SNMP {' and '.join(versions)} ({', '.join(sorted({name for _, name in accepted}))})"
        )
    users = {user.id for user in scope.snmp_credentials(device.place, "3")}
    answered = {attempt.credential for attempt in device.attempts if attempt.outcome == "accepted"}
    if not users & answered:
        return unknown("SNMPv3 did not answer either, so silence to v1 and v2c shows nothing", answer=GIVE_V3)
    known = {*DEFAULTS, *(community.id for community in scope.snmp_credentials(device.place, "1", "2c"))}
    if any(tried.get((version, community)) != "silent" for version in COMMUNITY_VERSIONS for community in known):
        return unknown("Not every known community was tried in SNMP v1 and v2c", answer=TRY_DEFAULTS)
    return passed("SNMPv3 answers; v1 and v2c do not, with any community that is known")


@check("snmp-v3-without-privacy", title="SNMPv3 is accepted without encryption", severity=Severity.MEDIUM)
def v3_without_privacy(device: Device, scope: Scope) -> Verdict:
    """Every device asks SNMPv3 users for authentication and encryption.

    It passes only where a user of the scope is let in with both, and every one of them is refused with less.

    Why it matters:
        Without privacy, all that is asked and answered can be read on the way; without authentication, anybody who
        knows a user's name gets in.

    How to fix:
        Set the security level of every user and group to authPriv, with SHA-2 and AES. MD5 and DES are broken.

    Sources:
        45 CFR 164.312(e)(1); RFC 3414; RFC 3826; RFC 7860.
    """
    tried = _outcomes(device, LEVELS)
    weaker = sorted(
        {level for (level, _), outcome in tried.items() if outcome == "accepted" and level != "v3-authPriv"}
    )
    if weaker:
        return failed(f"It lets users in at a level without encryption ({', '.join(weaker)})")
    users = scope.snmp_credentials(device.place, "3")
    strong = [user for user in users if tried.get(("v3-authPriv", user.id)) == "accepted"]
    broken = {protocol for user in strong for protocol in (user.auth, user.privacy) if protocol in WEAK_PROTOCOLS}
    if broken:
        return failed(f"It accepts {' and '.join(sorted(map(str, broken)))}, which is broken", severity=Severity.LOW)
    if not strong:
        return unknown("No user of the scope was let in with encryption (authPriv)", answer=GIVE_V3)
    wanted = {("v3-noAuthNoPriv", user.id) for user in users} | {
        ("v3-authNoPriv", user.id) for user in users if user.auth
    }
    answered = {("v3-authPriv", user.id) for user in users if user.privacy}
    if any(tried.get(way) != "refused" for way in wanted) or any(tried.get(way) not in ANSWERS for way in answered):
        return unknown("Not every user of the scope was tried, and refused, without encryption")
    return passed("Users are let in with encryption, and refused without (authPriv)")


@check("snmp-write-access", title="Device settings can be changed over the network (SNMP)", severity=Severity.CRITICAL)
def write_access(device: Device) -> Verdict:
    """No device lets its settings be changed with a community.

    Nothing was written to find out: it is what the device says of its own access rules. A view counts only where it
    takes in something.

    Why it matters:
        Who has such access can turn ports off, change addresses, or restart the device, and it takes one packet.

    How to fix:
        Remove the write view of the group, or the read-write community. Where it is needed, use an SNMPv3 user with
        authentication and privacy whose view holds only what it has to change.

    Sources:
        45 CFR 164.312(a)(1); RFC 3415 (vacmAccessWriteViewName, vacmViewTreeFamilyType).
    """
    match device.writable_views:
        case Missing() as why:
            return unknown(
                f"Its access rules (vacmAccessTable) are not known: {why}",
                answer="Give a user that may read SNMP-VIEW-BASED-ACM-MIB, or look at the device's own settings.",
            )
        case ():
            return passed("No community may write (vacmAccessWriteViewName)")
        case views:
            shown = ", ".join(views[:5])
            return failed(f"A community can change settings, through the view {shown} (vacmAccessWriteViewName)")


@check("printer-open-service", title="Printers answer to a default password (SNMP community)", severity=Severity.MEDIUM)
def printer_open_service(device: Device) -> Verdict:
    """No printer answers to the communities public and private.

    What a printer keeps on its disk can't be seen this way.

    Why it matters:
        Printers and copiers handle patients' documents, and address books with passwords for mail and file shares.
        Many give those, and the names of what was printed, to whoever knows the default community.

    How to fix:
        Set an SNMPv3 user on the printer and turn v1 and v2c off; where it can't, change the community and let only
        the print server ask. Change the password of its web page at the same time.

    Sources:
        45 CFR 164.310(d)(1), 164.312(a)(1); RFC 3805 (Printer-MIB).
    """
    match device.printer:
        case Missing(why="absent"):
            return not_applicable("It is no printer (Printer-MIB)")
        case Missing() as why:
            return unknown(f"Whether it is a printer (Printer-MIB) is not known: {why}")
        case _:
            return _default_community(device)


@check("snmp-user-list-exposed", title="Names of users can be read over the network (SNMP)", severity=Severity.MEDIUM)
def user_list_exposed(device: Device, scope: Scope) -> Verdict:
    """No device gives the names of its users to those who ask over SNMP.

    It is asked for the first name only, with the strongest credential that it accepts. Others may see more, so it
    passes only where every known one was tried, and no other is accepted.

    Why it matters:
        A list of log-in names is half of what is needed to guess passwords, and shows which accounts are worth it.

    How to fix:
        Turn off the SNMP service of Windows, or let only the monitoring server ask, with a community of its own. On
        other agents leave LanMgr-Mib-II-MIB (1.3.6.1.4.1.77) out of the view.

    Sources:
        45 CFR 164.312(a)(1); LanMgr-Mib-II-MIB (svUserTable).
    """
    match device.lists_users:
        case True:
            return failed("It gives the names of its users (svUserTable)")
        case Missing() as why:
            return unknown(f"Whether it gives the names of its users (svUserTable) is not known: {why}")
    words = {*DEFAULTS, *(community.id for community in scope.snmp_credentials(device.place, "1", "2c"))}
    ways = {(version, word) for version in COMMUNITY_VERSIONS for word in words}
    for user in scope.snmp_credentials(device.place, "3"):
        ways |= {(level, user.id) for level in LEVELS[: 1 + bool(user.auth) + bool(user.privacy)]}
    tried = _outcomes(device, (*COMMUNITY_VERSIONS, *LEVELS))
    if ways - tried.keys():
        return unknown("Not every known community and user was tried, and some may be given names", answer=TRY_DEFAULTS)
    if len({credential for (_, credential), outcome in tried.items() if outcome == "accepted"}) != 1:
        return unknown(
            "It gave no names (svUserTable) to the strongest credential; what others may read was not asked",
            answer="Take the weaker credentials away from the device, or audit again with one at a time.",
        )
    return passed("It gives no names of users (svUserTable) to the one credential that it accepts")
