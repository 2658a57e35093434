"""What the sample hospital's people have answered, decided and accepted by a day: enough to show each kind."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date

from posture.catalog import Control
from posture.governance.answers import parties
from posture.governance.ledger import (
    AnswerWord,
    Attachment,
    Attestation,
    DataFlow,
    Decision,
    InformationSystem,
    Practice,
    Practices,
    RecordedRiskAnalysis,
    Register,
    RiskAcceptance,
    Statement,
    Treatment,
)
from posture.governance.period import months_after
from posture.model import Method
from posture.scope import Scope

__all__ = ["DOCUMENTS", "statements"]

RULE = "hipaa-security-rule"
OFFICER, SECURITY, FACILITIES = "M. Officer, compliance", "S. Analyst, IT security", "F. Keeper, facilities"

DOCUMENTS = {
    "sanction-policy.txt": b"Sample Regional Hospital. Sanction policy, version 5. Approved by the board.\n",
    "risk-analysis.txt": b"Sample Regional Hospital. Risk analysis of all systems with ePHI. Method: NIST SP 800-30.\n",
    "training-records.txt": b"Sample Regional Hospital. Security awareness training: 1,204 of 1,212 staff, by date.\n",
    "logoff-study.txt": b"Sample Regional Hospital. Badge tap-out at shared stations: study, test of 40 stations.\n",
    "downtime-drill.txt": b"Sample Regional Hospital. Report of the downtime drill, medical wards 3 and 4.\n",
}

_ANSWERS: tuple[tuple[str, AnswerWord, str, int, str, str], ...] = (
    # control, answer, owner, months since, what was found, document
    (
        "164.308(a)(1)(ii)(C)",
        "yes",
        OFFICER,
        4,
        "Policy version 5 was read; two cases of last year follow it.",
        "sanction-policy.txt",
    ),
    ("164.308(a)(2)", "yes", OFFICER, 2, "The security official was named by letter, and was interviewed.", ""),
    (
        "164.308(a)(3)(ii)(A)",
        "yes",
        OFFICER,
        3,
        "Supervision is in the procedures of each ward; three managers were asked.",
        "",
    ),
    (
        "164.308(a)(3)(ii)(B)",
        "yes",
        OFFICER,
        3,
        "Clearance is checked before an account is made; ten files were read.",
        "",
    ),
    (
        "164.308(a)(4)(ii)(A)",
        "not-applicable",
        OFFICER,
        2,
        "The hospital is not part of an organisation with a clearinghouse.",
        "",
    ),
    (
        "164.308(a)(5)(ii)(A)",
        "yes",
        OFFICER,
        1,
        "Reminders go out each month; the last six were read.",
        "training-records.txt",
    ),
    (
        "164.308(a)(5)(ii)(C)",
        "partly",
        SECURITY,
        2,
        "Failed log-ins are monitored in the directory, not in the imaging archive.",
        "",
    ),
    ("164.308(a)(6)(i)", "yes", SECURITY, 14, "The incident plan, version 3, was read.", ""),
    (
        "164.308(a)(7)(ii)(D)",
        "yes",
        OFFICER,
        3,
        "The drill's report was read and its leader interviewed.",
        "downtime-drill.txt",
    ),
    (
        "164.308(a)(7)(ii)(E)",
        "yes",
        OFFICER,
        3,
        "The ranked list of applications is signed by the chief medical officer.",
        "",
    ),
    ("164.310(a)(2)(ii)", "yes", FACILITIES, 5, "The plan was read on site, and the doors were walked.", ""),
    ("164.310(b)", "yes", FACILITIES, 5, "The policy is posted at each shared station.", ""),
    ("164.310(d)(2)(i)", "yes", FACILITIES, 6, "Certificates of destruction were read for the last two lots.", ""),
    ("164.310(d)(2)(ii)", "no", FACILITIES, 6, "Drives of loan devices are not wiped before they are used again.", ""),
    (
        "164.316(b)(2)(i)",
        "yes",
        OFFICER,
        2,
        "Policies are kept for six years; three old ones were asked for and were there.",
        "",
    ),
    ("164.316(b)(2)(ii)", "yes", OFFICER, 2, "Staff find the policies on the intranet; five were asked.", ""),
)


def statements(scope: Scope, controls: dict[str, Control], today: date) -> tuple[Statement, ...]:
    """The statements, in the order they were made. The clinics have not answered everything."""
    return (
        RecordedRiskAnalysis(
            title="Risk analysis of systems with ePHI",
            performed_on=months_after(today, -5),
            scope="All systems of the register, both legal entities",
            approver="C. Executive, chief executive officer",
            next_review=months_after(today, 7),
            attachments=_attached("risk-analysis.txt"),
        ),
        *_attestations(scope, controls, today),
        *_decisions(today),
        *_acceptances(today),
        _register(today),
        _practices(today),
        *_treatments(today),
    )


def _attestations(scope: Scope, controls: dict[str, Control], today: date) -> Iterator[Attestation]:
    for control, answer, owner, months, found, document in _ANSWERS:
        asked = parties(controls[control], scope)
        answered = asked[:1] if control == "164.310(b)" else asked
        for party in answered:
            attested_on = months_after(today, -months)
            yield Attestation(
                catalog=RULE,
                control=control,
                party=party,
                answer=answer,
                methods=(Method.EXAMINE, Method.INTERVIEW),
                statement=found,
                owner=owner,
                attested_on=attested_on,
                expires=months_after(attested_on, controls[control].months),
                attachments=_attached(document) if document else (),
            )


def _decisions(today: date) -> Iterator[Decision]:
    yield Decision(
        catalog=RULE,
        control="164.312(a)(2)(iii)",
        choice="alternative",
        why_not="A fixed time-out at the bedside interrupts the giving of medication, as the study of ward 3 shows.",
        measure="Stations lock when the badge leaves the reader, and after 15 minutes in any case.",
        risk_analysis="Risk analysis, section 6.4",
        approver="C. Executive, chief executive officer",
        decided_on=months_after(today, -5),
        review_by=months_after(today, 7),
        attachments=_attached("logoff-study.txt"),
    )
    yield Decision(
        catalog=RULE,
        control="164.310(d)(2)(iii)",
        choice="not-reasonable",
        why_not="Media do not leave the two sites, and no portable drives are issued.",
        measure="No alternative is reasonable: there is nothing to track; the ban on portable drives is enforced.",
        risk_analysis="Risk analysis, section 7.2",
        approver="C. Executive, chief executive officer",
        decided_on=months_after(today, -5),
        review_by=months_after(today, 7),
    )


def _acceptances(today: date) -> Iterator[RiskAcceptance]:
    yield RiskAcceptance(
        id="E-0001",
        checks=("telnet-offered",),
        subjects=("127.20.20.21",),
        requester="L. Manager, laboratory",
        approver="C. Executive, chief executive officer",
        owner=SECURITY,
        rationale="The analyser's vendor has no other way in until its next version.",
        compensating_control="Only the laboratory's workstation reaches it; its switch port is filtered.",
        granted_on=months_after(today, -2),
        expires=months_after(today, 4),
    )
    yield RiskAcceptance(
        id="E-0002",
        checks=("certificate-invalid",),
        subjects=("zone:servers",),
        requester=SECURITY,
        approver="C. Executive, chief executive officer",
        owner=SECURITY,
        rationale="New certificates were ordered.",
        granted_on=months_after(today, -8),
        expires=months_after(today, -2),
    )
    yield RiskAcceptance(
        id="E-0003",
        controls=("164.310(d)(2)(ii)",),
        requester=FACILITIES,
        approver="C. Executive, chief executive officer",
        owner=FACILITIES,
        rationale="A wiping station is ordered and comes next quarter.",
        compensating_control="Loan devices hold no ePHI by policy.",
        granted_on=months_after(today, -1),
        expires=months_after(today, 5),
    )


def _treatments(today: date) -> Iterator[Treatment]:
    """Risks have the same id in every run: these are the directory's and the imaging archive's."""
    yield Treatment(
        risk="R-IGMYZZ",
        owner=SECURITY,
        due=months_after(today, 1),
        note="Close the directory to log-ins without a name.",
    )
    yield Treatment(
        risk="R-4E7AM7", owner=SECURITY, due=months_after(today, -1), note="Clients are moved to StartTLS first."
    )


def _register(today: date) -> Register:
    return Register(
        systems=(
            InformationSystem(
                id="ehr", name="Electronic health record", hosting="on-premises", ephi="yes", owner=SECURITY
            ),
            InformationSystem(id="pacs", name="Imaging archive", hosting="on-premises", ephi="yes", owner=SECURITY),
            InformationSystem(
                id="mail",
                name="Mail in the cloud",
                hosting="cloud",
                ephi="yes",
                owner=SECURITY,
                business_associate="Example Mail, Inc.",
                agreement_on=months_after(today, -30),
            ),
            InformationSystem(
                id="transcription",
                name="Transcription of dictations",
                hosting="business-associate",
                ephi="yes",
                owner=OFFICER,
                business_associate="Example Transcripts, LLC",
            ),
            InformationSystem(id="pumps", name="Infusion pumps", hosting="device", ephi="unknown", owner="B. Engineer"),
        ),
        flows=(
            DataFlow(
                source="pacs", destination="ehr", what="Images and reports", protection="None inside the hospital"
            ),
            DataFlow(source="ehr", destination="transcription", what="Dictations", protection="SFTP"),
            DataFlow(source="ehr", destination="mail", what="Appointment reminders"),
        ),
    )


def _practices(today: date) -> Practices:
    return Practices(
        practices=(
            Practice(
                framework="NIST CSF 2.0",
                practice="PR.AT",
                title="Awareness and training",
                since=months_after(today, -30),
                where="Both legal entities",
                controls=("164.308(a)(5)(ii)(A)",),
                evidence="Training records",
            ),
            Practice(
                framework="405(d) HICP",
                practice="HICP-3",
                title="Identity and access management",
                since=months_after(today, -7),
                where="Main campus",
                controls=("164.308(a)(5)(ii)(D)", "164.312(d)"),
            ),
        ),
    )


def _attached(name: str) -> tuple[Attachment, ...]:
    content = DOCUMENTS[name]
    return (Attachment(name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content)),)
