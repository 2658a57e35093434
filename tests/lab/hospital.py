"""A small hospital with two legal entities and two sites, and a catalog of a few questions."""

from __future__ import annotations

from datetime import UTC, date, datetime

from posture.catalog import SCORED, Catalog, Control, Head
from posture.configuration import parse
from posture.model import Method

TOML = """
[organisation]
name = "Riverside Health"
time_zone = "America/Chicago"
legal_entities = ["Riverside Hospital, Inc.", "Riverside Clinics, LLC"]

[[site]]
id = "main"
name = "Main campus"
legal_entity = "Riverside Hospital, Inc."

[[site]]
id = "north"
name = "North clinic"
legal_entity = "Riverside Clinics, LLC"
"""
SCOPE = parse(TOML, "posture.toml")
NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
TODAY = date(2026, 11, 24)


def _control(**fields: object) -> Control:
    return Control(kind="specification", family="administrative", text="Do it.", methods=(Method.EXAMINE,), **fields)


CATALOG = Catalog(
    catalog=Head(
        id=SCORED, title="The rule", citation="45 CFR 164", status="in force", as_of="2026-01-01", source="a test"
    ),
    control=(
        _control(id="1", title="Policy", requirement="R", question="Is there a policy?", attach="The policy."),
        _control(id="2", title="Training", requirement="A", question="Is everybody trained?", months=6),
        _control(id="3", title="Doors", requirement="A", question="Are doors locked?", per="site"),
        _control(
            id="4",
            title="Contracts",
            requirement="R",
            question="Are there contracts?",
            per="legal-entity",
            not_applicable_when="no business associate handles ePHI",
        ),
    ),
)
