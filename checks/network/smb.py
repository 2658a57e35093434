"""Windows file sharing: the old protocol, and signing."""

from __future__ import annotations

import re
from collections.abc import Callable

from posture import Missing, Severity, Verdict, check, failed, not_applicable, passed, unknown
from posture.facts import Host, Script
from posture.model import Outcome
from posture.services import Kind, each, host_result, host_results, offered, survey, worst

SMB = Kind(label="SMB", names=("microsoft-ds", "netbios-ssn"), ports=(139, 445))

MS17_010 = "smb-vuln-ms17-010"
NESSUS_UNSIGNED = "nessus-57608"

_STATE = re.compile(r"^\s*State: (.+?)\s*$", re.MULTILINE)
_RUN = "Scan it with the script {}, or import a scan that holds it."


@check("smb1-offered", title="Outdated file sharing is offered (SMB version 1)", severity=Severity.HIGH)
def smb1_offered(host: Host) -> Verdict:
    """No host offers SMB version 1.

    Why it matters:
        SMB version 1 has no protection against being listened to or changed on the way, and WannaCry and NotPetya
        spread through it from one hospital machine to the next. Microsoft has taken it out of Windows.

    How to fix:
        Switch SMB version 1 off (Set-SmbServerConfiguration -EnableSMB1Protocol $false; Samba: server min protocol =
        SMB2_10). Isolate modalities that can't do without from everything but their own image store.

    Sources:
        45 CFR 164.312(e)(1); Microsoft, "Stop using SMB1"; CVE-2017-0144.
    """
    verdict = _decided(host, "smb-protocols", _dialects)
    return offered(host, SMB) if verdict.outcome is Outcome.NOT_APPLICABLE else verdict


def _dialects(script: Script) -> Verdict:
    dialects = script.under("dialects")
    if not dialects:
        return unknown("smb-protocols listed no dialects", script, answer=_RUN.format("smb-protocols"))
    if any("NT LM 0.12" in dialect for dialect in dialects):
        return failed("SMB version 1 is accepted (dialect NT LM 0.12)", script)
    return passed("SMB is accepted, version 1 is not", script)


@check(
    "smb-signing-not-required",
    title="File sharing can be tampered with (SMB signing not required)",
    severity=Severity.MEDIUM,
)
def smb_signing(host: Host) -> Verdict:
    """Every SMB server requires signing.

    Why it matters:
        Without required signing, an intruder who stands between two machines passes on somebody's log-in and acts in
        that person's name (NTLM relay), or changes files on the way.

    How to fix:
        Set the policy "Microsoft network server: Digitally sign communications (always)", on domain controllers first;
        in Samba, server signing = mandatory.

    Sources:
        45 CFR 164.312(e)(2)(i); MS-SMB2 2.2.4.
    """
    unsigned = [port for port in host.ports if not isinstance(port.script(NESSUS_UNSIGNED), Missing)]
    if unsigned:
        return failed("SMB takes messages that are not signed (Nessus 57608)", *unsigned)
    return _decided(host, "smb2-security-mode", _signing)


def _signing(script: Script) -> Verdict:
    said = [text for _, text in script.values if text.startswith("Message signing")]
    if not said:
        return unknown("smb2-security-mode says nothing of signing", script, answer=_RUN.format("smb2-security-mode"))
    if all(text == "Message signing enabled and required" for text in said):
        return passed("SMB signing is required", script)
    return failed("SMB takes messages that are not signed", script)


@check("smb-ms17-010", title="A patch against WannaCry is missing (MS17-010)", severity=Severity.CRITICAL)
def smb_ms17_010(host: Host) -> Verdict:
    """No host has the flaw in SMB version 1 that WannaCry came through (MS17-010).

    Posture never tries the flaw. A host that does not accept SMB version 1 is not applicable. One that does is judged
    only by a result of nmap's smb-vuln-ms17-010 in an imported scan; of its answers, "VULNERABLE" fails and "This
    system is patched" passes. Never run that script against medical devices.

    Why it matters:
        Whoever reaches the port runs programs with the highest rights, without any log-in. In 2017 one program went
        through whole hospitals this way within hours.

    How to fix:
        Install the update MS17-010 and switch SMB version 1 off. Isolate devices whose maker allows neither.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); Microsoft Security Bulletin MS17-010; CVE-2017-0143 to CVE-2017-0148.
    """
    tried = [verdict for script in host_results(host, MS17_010) if (verdict := _flaw(script)) is not None]
    if not tried:
        return _decided(host, "smb-protocols", _reachable)
    elsewhere = [port for port in survey(host, SMB).offered if port.number not in SMB.ports]
    return worst([*tried, *(unknown(f"{MS17_010} does not ask SMB on {port}", port) for port in elsewhere)])


def _flaw(script: Script) -> Verdict | None:
    said = [text for path, text in script.values if path.endswith("/state")] or _STATE.findall(script.output)
    if "VULNERABLE" in said:
        return failed("MS17-010 is not patched: smb-vuln-ms17-010 found the flaw", script)
    patched = set(said) == {"NOT VULNERABLE"} and "This system is patched" in script.output
    return passed("smb-vuln-ms17-010 found MS17-010 patched", script) if patched else None


def _reachable(script: Script) -> Verdict:
    verdict = _dialects(script)
    if verdict.outcome is Outcome.PASS:
        return not_applicable("SMB version 1, which the flaw is in, is not accepted", script)
    if verdict.outcome is Outcome.UNKNOWN:
        return verdict
    return unknown(
        "SMB version 1 is accepted; whether MS17-010 is patched did not show",
        script,
        answer="Look whether the update MS17-010 is installed, or switch SMB version 1 off.",
    )


def _decided(host: Host, name: str, decide: Callable[[Script], Verdict]) -> Verdict:
    """What the script says of the host. It asks 445/tcp, or else 139/tcp: SMB on another port it knows nothing of."""
    script = host_result(host, name)
    elsewhere = [port for port in survey(host, SMB).offered if port.number not in SMB.ports]
    unseen = [unknown(f"{name} does not ask SMB on {port}", port, answer="Look at the server.") for port in elsewhere]
    if isinstance(script, Missing):
        return each(host, SMB, lambda port: unknown(f"{port} is open; {script}", port, answer=_RUN.format(name)))
    return worst([*map(decide, host_results(host, name)), *unseen])
