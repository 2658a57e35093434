"""The workbook's tables: their names, their columns, and what they say above their headings or when they are empty."""

from __future__ import annotations

from posture.governance.practices import IN_MITIGATION
from posture.workbook.book import Column, Table

__all__ = [
    "ASSETS",
    "ATTESTATIONS",
    "CHANGES",
    "CONTROLS",
    "CROSSWALKS",
    "DECISIONS",
    "EVIDENCE",
    "EXCEPTIONS",
    "FRAMEWORKS",
    "GAPS",
    "INVENTORIES",
    "NOT_ASSESSED",
    "OBSERVATIONS",
    "PRACTICES",
    "PROPOSED",
    "RISKS",
    "SEGMENTATION",
    "SERVICES",
    "TREND",
]

GAPS = Table(
    title="Gaps and POA&M",
    preface=(
        "Plan of action and milestones: one row a weakness. The framed cells are yours to fill in. Posture doesn’t "
        "read them back: what shall last is recorded with “posture risks assign” and “posture exceptions add”. "
        "“Done” and “False positive claimed” change no finding: the next run tests again."
    ),
    empty=(
        "No check failed, and no control was answered with no. That is not a finding of compliance: see Not assessed."
    ),
    columns=(
        Column("Weakness id", 12, "code"),
        Column("Weakness", 25, "strong"),
        Column("Severity", 13),
        Column("Risk level", 16),
        Column("Where", 14),
        Column("Failed", 8, "number"),
        Column("Judged", 8, "number"),
        Column("Not known", 8, "number"),
        Column("Controls not met", 22, "code"),
        Column("What to do", 32),
        Column("Status", 13, "work"),
        Column("Owner", 13, "work"),
        Column("Due", 12, "work day"),
        Column("Milestones", 20, "work"),
        Column("Response", 11, "work"),
        Column("Exception", 16, "code"),
        Column("Changes to milestones", 26, "work", printed=False),
        Column("Resources needed", 20, "work", printed=False),
        Column("Notes", 28, "work", printed=False),
        Column("Why it matters", 40, printed=False),
        Column("Of what", 16, printed=False),
        Column("Of the failed, accepted", 12, "number", printed=False),
        Column("First seen", 12, "day", printed=False),
        Column("Found by", 26, "code", printed=False),
        Column("Risk", 14, "code", printed=False),
    ),
)

CONTROLS = Table(
    title="Controls",
    empty="No control was judged: the catalog of the Security Rule is missing from this assessment.",
    columns=(
        Column("Control", 23, "code"),
        Column("Title", 26, "strong"),
        Column("Kind", 13),
        Column("Family", 16),
        Column("Requirement", 12),
        Column("Status", 17),
        Column("Answered by", 12),
        Column("Reason", 36),
        Column("Still needed", 21),
        Column("Attested by", 16),
        Column("Attested until", 12, "day"),
        Column("Decision", 15),
        Column("Exceptions", 16, "code"),
        Column("Contradicted by", 14, "number"),
        Column("Gap", 33),
        Column("Part of", 23, "code", printed=False),
        Column("Note", 30, printed=False),
        Column("Catalog", 20, "code", printed=False),
    ),
)

ATTESTATIONS = Table(
    title="Attestations",
    empty=(
        "Nobody has attested anything, so no control that needs documents or people is assessed. Write the questions "
        "with “posture attest export”, fill them in, and hand them back with “posture attest import”."
    ),
    columns=(
        Column("Control", 23, "code"),
        Column("Title", 26, "strong"),
        Column("Question", 38),
        Column("For", 16),
        Column("State", 16),
        Column("Answer", 11),
        Column("How it was found out", 20),
        Column("What was said", 38),
        Column("Owner", 17),
        Column("Attested on", 12, "day"),
        Column("Ends", 12, "day"),
        Column("Attached", 22, "code"),
        Column("SHA-256 of what is attached", 68, "code", printed=False),
        Column("Catalog", 22, "code", printed=False),
        Column("Ledger entry", 9, "number", printed=False),
    ),
)

DECISIONS = Table(
    title="Decisions",
    preface=(
        "Addressable is not optional: 45 CFR 164.306(d)(3). Where a specification is not implemented, why it is not "
        "reasonable and appropriate has to be written down, and an equivalent measure taken if one is."
    ),
    empty=(
        "No addressable specification was judged, and none decided about. Decisions go on the sheet “Addressable "
        "decisions” of the workbook that “posture attest export” writes."
    ),
    columns=(
        Column("Control", 23, "code"),
        Column("Title", 26, "strong"),
        Column("For", 16),
        Column("State", 16),
        Column("Decision", 18),
        Column("Why not as written", 36),
        Column("Measure instead, or why none", 36),
        Column("Where in the risk analysis", 24),
        Column("Approver", 17),
        Column("Decided on", 12, "day"),
        Column("Review by", 12, "day"),
        Column("Attached", 22, "code"),
        Column("SHA-256 of what is attached", 68, "code", printed=False),
        Column("Catalog", 22, "code", printed=False),
        Column("Ledger entry", 9, "number", printed=False),
    ),
)

EXCEPTIONS = Table(
    title="Exceptions",
    preface=(
        "Risks that are accepted for a while. An exception never turns a fail into a pass, and waives no required "
        "specification: 45 CFR 164.306(d)(2)."
    ),
    empty="No risk is accepted. Record an acceptance with “posture exceptions add”.",
    columns=(
        Column("Exception", 16, "code"),
        Column("State", 16),
        Column("Controls", 22, "code"),
        Column("Checks", 22, "code"),
        Column("Subjects", 20, "code"),
        Column("Fails covered", 9, "number"),
        Column("Controls accepted", 22, "code"),
        Column("Required, so not waived", 22, "code"),
        Column("Rationale", 34),
        Column("Compensating control", 28),
        Column("Requester", 15),
        Column("Approver", 15),
        Column("Owner", 15),
        Column("Granted on", 12, "day"),
        Column("Ends", 12, "day"),
        Column("Note", 28),
        Column("Overlaps", 20, "code", printed=False),
        Column("Revoked on", 12, "day", printed=False),
        Column("Why revoked", 30, printed=False),
        Column("Ledger entry", 9, "number", printed=False),
    ),
)

RISKS = Table(
    title="Risks",
    preface=(
        "Likelihood and impact after NIST SP 800-30. This register feeds the risk analysis of 45 CFR "
        "164.308(a)(1)(ii)(A) and never takes its place."
    ),
    empty=(
        "The register holds no risk: no check failed, and no control was answered with no. That is not a finding of "
        "compliance. Owners, responses and due dates are given with “posture risks assign”."
    ),
    columns=(
        Column("No.", 6, "number"),
        Column("Risk", 28, "strong"),
        Column("Level", 16),
        Column("Likelihood", 16),
        Column("Impact", 16),
        Column("What they are made of", 52),
        Column("State", 17),
        Column("Subjects", 10, "number"),
        Column("Services", 18),
        Column("Controls", 22, "code"),
        Column("What to do", 34),
        Column("Owner", 15),
        Column("Response", 11),
        Column("Due", 12, "day"),
        Column("Overdue", 11),
        Column("Exceptions", 16, "code"),
        Column("First seen", 12, "day"),
        Column("Last seen", 12, "day"),
        Column("Why it matters", 40, printed=False),
        Column("ePHI", 12, printed=False),
        Column("Note", 28, printed=False),
        Column("Source", 10, printed=False),
        Column("About", 26, "code", printed=False),
        Column("Id", 24, "code", printed=False),
    ),
)

SERVICES = Table(
    title="Services",
    preface=(
        "What each clinical service needs to be without its systems: 45 CFR 164.308(a)(7). A drill or a restore test "
        "that is too old counts as missing."
    ),
    empty=(
        "No clinical service is declared, so whether the hospital is ready for downtime is not assessed. Declare each "
        "as a [[service]] in posture.toml, with what it depends on."
    ),
    columns=(
        Column("Service", 24, "strong"),
        Column("Sites", 16),
        Column("Depends on", 20, "code"),
        Column("Machines", 10, "number"),
        Column("Not shown by evidence", 20, "code"),
        Column("RTO, hours", 9, "figure"),
        Column("RPO, hours", 9, "figure"),
        Column("Downtime procedure", 24),
        Column("Last drill", 12, "day"),
        Column("Last restore test", 12, "day"),
        Column("Fallback communication", 20),
    ),
)

PRACTICES = Table(
    title="Practices",
    preface=f"Recognized security practices. {IN_MITIGATION}",
    empty=(
        "No recognized security practice is declared. Say which framework’s practices are in place, since when and "
        "where, on the sheet “Recognized practices” of the workbook that “posture attest export” writes."
    ),
    columns=(
        Column("Framework", 14),
        Column("Practice", 16, "code"),
        Column("Title", 28, "strong"),
        Column("Since", 12, "day"),
        Column("Where", 20),
        Column("Controls", 22, "code"),
        Column("Their evidence", 24),
        Column("Months without support", 12, "number"),
        Column("What is counted", 18),
    ),
)

_FRAMEWORK = (
    Column("Catalog", 24),
    Column("Control", 20, "code"),
    Column("Title", 30, "strong"),
    Column("Kind", 13),
    Column("Family", 20),
    Column("Status", 18),
    Column("Answered by", 13),
    Column("Reason", 44),
    Column("Still needed", 21),
    Column("Contradicted by", 14, "number"),
    Column("Text", 60, printed=False),
    Column("Note", 30, printed=False),
    Column("Catalog’s id", 24, "code", printed=False),
)

FRAMEWORKS = Table(
    title="Frameworks",
    preface="Other catalogs than the Security Rule. None of their controls is in any figure of the rule.",
    empty="No other catalog was judged. Name your own under [catalogs] in posture.toml.",
    columns=(*_FRAMEWORK[:5], Column("Standing", 12), *_FRAMEWORK[5:]),
)

PROPOSED = Table(
    title="Proposed rule 2025",
    preface="Proposed, not law: these controls show readiness only. They are no findings, and are in no figure.",
    empty=(
        "The proposed rule was not looked at. To see readiness for it, name it under “overlays” of [catalogs] in "
        "posture.toml."
    ),
    columns=_FRAMEWORK,
)

CROSSWALKS = Table(
    title="Crosswalks",
    preface="What other frameworks have that bears on a control. It helps to find the way, and decides nothing.",
    empty="No control of this assessment has a counterpart in another framework.",
    columns=(
        Column("Control", 23, "code"),
        Column("Title", 34, "strong"),
        Column("Status", 20),
        Column("Framework", 24, "code"),
        Column("There", 20, "code"),
        Column("Its title", 44),
        Column("Relationship", 16),
    ),
)

OBSERVATIONS = Table(
    title="Observations",
    empty="No check judged anything, for want of evidence. Run “posture audit”.",
    columns=(
        Column("Outcome", 15),
        Column("Severity", 13),
        Column("Check", 26, "strong"),
        Column("Subject", 27, "code"),
        Column("Kind", 10),
        Column("Subjects", 9, "number"),
        Column("Where", 13, "code"),
        Column("ePHI", 11),
        Column("What was found", 36),
        Column("What would answer it", 22),
        Column("Gap", 6),
        Column("Evidence", 17, "code"),
        Column("Subject’s key", 40, "code", printed=False),
        Column("Id", 20, "code", printed=False),
    ),
)

ASSETS = Table(
    title="Assets",
    empty="Nothing was seen. Run “posture audit”, or give it files with “--from”.",
    columns=(
        Column("Name", 28, "code"),
        Column("Kind", 10),
        Column("Addresses", 17, "code"),
        Column("MAC address", 19, "code"),
        Column("Vendor", 16),
        Column("Description", 26),
        Column("Where", 13, "code"),
        Column("ePHI", 11),
        Column("Open ports", 24, "code"),
        Column("Failed", 9, "number"),
        Column("Not known", 9, "number"),
        Column("Evidence", 17, "code"),
        Column("Class", 15),
        Column("Why this class", 36, printed=False),
        Column("Joined by", 44, printed=False),
        Column("Identifiers, strongest first", 44, "code", printed=False),
    ),
)

INVENTORIES = Table(
    title="Inventory compared",
    empty=(
        "No inventory was imported, and no machines may be one. Give yours with “posture audit --from inventory.xlsx”."
    ),
    columns=(
        Column("State", 17),
        Column("Name", 26, "strong"),
        Column("Class", 15),
        Column("Declared as", 16),
        Column("Addresses", 17, "code"),
        Column("MAC addresses", 19, "code"),
        Column("Serial number", 16, "code"),
        Column("Where", 13, "code"),
        Column("Matched by", 14),
        Column("Why", 36),
        Column("Conflicts", 36),
        Column("The same machine", 24),
        Column("Owner", 16, printed=False),
        Column("Location", 16, printed=False),
        Column("Stands in", 20, "code", printed=False),
        Column("Asset", 24, "code", printed=False),
        Column("Evidence", 17, "code", printed=False),
    ),
)

SEGMENTATION = Table(
    title="Segmentation",
    preface=(
        "A port counts as open only where an application answered, and as denied only where a canary in the zone "
        "answered somebody who is allowed there and was silent to this scanner, or refused it. The rest is not known."
    ),
    empty=(
        "Fewer than two zones are declared, so who may reach whom is not known. Declare zones, what may reach them "
        "(reachable_from, [[flow]]) and a [[canary]] in posture.toml, and scan from each zone: “posture audit "
        "--vantage”."
    ),
    columns=(
        Column("From", 15, "code"),
        Column("Into", 15, "code"),
        Column("State", 17),
        Column("Allowed", 18),
        Column("Ports to be denied", 10, "number"),
        Column("Shown open", 9, "number"),
        Column("Proved denied", 9, "number"),
        Column("Not known", 9, "number"),
        Column("Open all the same", 26),
        Column("Denied, proved", 26, "code"),
        Column("Not known, and why", 50),
        Column("What would answer it", 34),
        Column("Machines asked", 10, "number"),
        Column("Of", 9, "number"),
        Column("Evidence", 17, "code"),
        Column("Allowed, and answers", 26, printed=False),
        Column("Allowed, and no answer", 20, "code", printed=False),
        Column("TCP ports asked", 9, "number", printed=False),
        Column("Which TCP ports were asked", 40, "code", printed=False),
    ),
)

CHANGES = Table(
    title="Changes",
    preface=(
        "Fixed is only what this run truly passed. What was not seen, or gave no answer, is no longer assessed: that "
        "is no improvement. What is still open is on Gaps."
    ),
    empty=(
        "Nothing changed, or the run was compared with no other. “posture report --since RUN” chooses the run to "
        "compare with."
    ),
    columns=(
        Column("What", 10),
        Column("Change", 20),
        Column("Of", 32, "strong"),
        Column("Check", 30),
        Column("Severity", 12),
        Column("Before", 18),
        Column("Now", 18),
        Column("What differs", 60),
        Column("Zone", 13, "code"),
        Column("Key", 30, "code"),
        Column("Formerly", 30, "code", printed=False),
        Column("Check id", 28, "code", printed=False),
    ),
)

TREND = Table(
    title="Trend",
    preface="The runs of the organisation up to this one. Each number stands beside the whole that it is of.",
    empty="The run was compared with no other, so there is no row of runs.",
    columns=(
        Column("No.", 7, "number"),
        Column("Run", 24, "code"),
        Column("As of (UTC)", 15, "date"),
        Column("Controls", 10, "number"),
        Column("Satisfied", 10, "number"),
        Column("Not satisfied", 10, "number"),
        Column("Risk accepted", 10, "number"),
        Column("Not assessed", 10, "number"),
        Column("Not applicable", 10, "number"),
        Column("Checks that failed", 10, "number"),
        Column("Checks judged", 10, "number"),
        Column("Fails", 10, "number"),
        Column("Passes and fails", 10, "number"),
        Column("Without an answer", 10, "number"),
        Column("Asked", 10, "number"),
        Column("Collections lost", 11, "number"),
        Column("Collections", 11, "number"),
        Column("Machines seen", 10, "number"),
        Column("Posture", 9),
    ),
)

NOT_ASSESSED = Table(
    title="Not assessed",
    empty="Everything that was asked has an answer.",
    columns=(
        Column("What", 16),
        Column("Name", 40, "strong"),
        Column("Why there is no answer", 60),
        Column("What would give one", 50),
        Column("Id", 34, "code"),
    ),
)

EVIDENCE = Table(
    title="Evidence",
    empty="No evidence was collected or imported. Run “posture audit”.",
    columns=(
        Column("Id (SHA-256 of the envelope)", 34, "code"),
        Column("Outcome", 18),
        Column("Collector", 10),
        Column("Format", 10),
        Column("Zone", 13, "code"),
        Column("Targets", 19, "code"),
        Column("Started (UTC)", 15, "date"),
        Column("Ended (UTC)", 15, "date"),
        Column("From", 13, "code"),
        Column("Program", 16),
        Column("Imported file", 20, "code"),
        Column("Problem", 24),
        Column("Bytes", 12, "number", printed=False),
        Column("SHA-256 of the payload", 68, "code", printed=False),
        Column("Masked", 24, "code", printed=False),
    ),
)
