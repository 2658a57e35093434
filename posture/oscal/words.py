"""What all OSCAL documents are made of: identifiers, text, properties, and the head of a document.

Documents are of OSCAL 1.1.2, and name nothing that a later one does not have. UUIDs are of version 5, from keys that
stay from run to run: the same subject, observation, risk or finding of a hospital has the same UUID in every run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

from posture.assessment import Assessment
from posture.catalog import SCORED
from posture.presentation import visible

__all__ = [
    "NAMESPACE",
    "VERSION",
    "Node",
    "Uuids",
    "begins",
    "control_id",
    "document",
    "filled",
    "line",
    "metadata",
    "moment",
    "prop",
    "prose",
    "words",
]

VERSION: Final = "1.1.2"
NAMESPACE: Final = "urn:posture:oscal:1"
"""The namespace of our properties and facets."""

Node: TypeAlias = dict[str, Any]

_MARKUP = re.compile(r"[\\`*\[\]<>&{}]")
_CITATION = re.compile(r"[0-9][0-9.]*(\([A-Za-z0-9]+\))*")
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*")


class Uuids:
    """UUIDs of one hospital's things, by their keys."""

    def __init__(self, assessment: Assessment) -> None:
        self._own = uuid5(uuid5(NAMESPACE_URL, NAMESPACE), _utf8(assessment.organisation.name))

    def of(self, kind: str, *key: str) -> str:
        """The UUID of a thing of this kind."""
        return str(uuid5(self._own, "\0".join((kind, *map(_utf8, key)))))


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def control_id(catalog: str, identifier: str) -> str:
    """The id of a control as a token of OSCAL, which may begin with no digit and hold no parenthesis.

    `164.308(a)(1)` is `s164.308-a-1`. Those of other catalogs than the rule's stand behind the catalog's id.
    """
    if _TOKEN.fullmatch(identifier):
        token = identifier
    elif _CITATION.fullmatch(identifier):
        token = "s" + identifier.replace("(", "-").replace(")", "")
    else:
        plain = re.sub(r"[^A-Za-z0-9.]+", "-", identifier).strip("-")[:60]
        token = f"c-{plain}-{hashlib.sha256(_utf8(identifier).encode()).hexdigest()[:12]}"
    return token if catalog == SCORED else f"c-{re.sub(r'[^A-Za-z0-9._-]', '-', catalog)}-{token}"


def words(text: str) -> str:
    """Plain text on one line, made visible: what properties and titles of machines hold. Never empty."""
    return " ".join(visible(text).split()) or "–"


def line(text: str) -> str:
    """One line of markup that shows this text, and nothing else."""
    return _MARKUP.sub(r"\\\g<0>", words(text))


def prose(text: str) -> str:
    """Markup that shows this text; what stands in backquotes is code, as in the texts of checks."""
    parts = visible(text).split("`")
    if len(parts) % 2 == 0:
        parts = ["\\`".join(_MARKUP.sub(r"\\\g<0>", part) for part in parts)]
        return parts[0].strip() or "–"
    marked = (f"`{part}`" if at % 2 else _MARKUP.sub(r"\\\g<0>", part) for at, part in enumerate(parts))
    return "".join(marked).strip() or "–"


def prop(name: str, value: object, remarks: str = "", **more: str) -> Node:
    """A property in our namespace."""
    return filled({"name": name, "ns": NAMESPACE, "value": words(str(value)), "remarks": remarks, **more})


def filled(node: Node) -> Node:
    """Without the keys that hold nothing: OSCAL has no empty lists, objects or texts. Its `{}` for all stays."""
    return {
        key: value for key, value in node.items() if key.startswith("include-all") or value not in (None, "", [], {})
    }


def moment(value: datetime) -> str:
    """An instant with its zone; one without is taken for UTC."""
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()


def begins(day: date, zone: datetime) -> str:
    """The first instant of a day, in the zone of the assessment's instant."""
    return moment(datetime.combine(day, time(), zone.tzinfo))


def metadata(a: Assessment, title: str, more: Iterable[Node] = ()) -> Node:
    """The head of a document. It changes with the assessment's fingerprint alone, and with the run."""
    uuids = Uuids(a)
    pack = a.run.pack
    return filled(
        {
            "title": line(f"{title}: {a.organisation.name}"),
            "last-modified": moment(a.method.as_of),
            "version": words(a.run.id),
            "oscal-version": VERSION,
            "props": [
                prop("fingerprint", a.fingerprint),
                prop("fingerprint-words", a.fingerprint_words),
                prop("posture-version", a.method.version),
                prop("seal", a.run.seal.words if a.run.seal else "unsealed"),
                *_limited(a),
                *([prop("seal-signer", a.run.seal.signer)] if a.run.seal and a.run.seal.signer else []),
                *more,
            ],
            "roles": [
                {"id": "assessed", "title": "The organisation that was assessed"},
                {"id": "prepared-by", "title": "Who ran the assessment"},
            ],
            "parties": [
                {
                    "uuid": uuids.of("party", "organisation"),
                    "type": "organization",
                    "name": words(a.organisation.name),
                },
                *(
                    [
                        {
                            "uuid": uuids.of("party", "operator", a.run.operator),
                            "type": "person",
                            "name": words(a.run.operator),
                        }
                    ]
                    if a.run.operator
                    else []
                ),
            ],
            "responsible-parties": [
                {"role-id": "assessed", "party-uuids": [uuids.of("party", "organisation")]},
                *(
                    [{"role-id": "prepared-by", "party-uuids": [uuids.of("party", "operator", a.run.operator)]}]
                    if a.run.operator
                    else []
                ),
            ],
            "remarks": prose(" ".join(filter(None, (pack.marking, pack.limits, pack.origin)))) if pack else "",
        }
    )


def _limited(a: Assessment) -> list[Node]:
    """Of an extract for a regulator: its marking, and what it is limited to."""
    if (pack := a.run.pack) is None:
        return []
    return [
        *([prop("marking", pack.marking)] if pack.marking else []),
        prop("extract-of", pack.whole),
        *(prop("request", each.id, line(each.title)) for each in pack.requests),
    ]


def document(a: Assessment, kind: str) -> str:
    """The UUID of a document: another one for every run, and for every assessment of it."""
    return Uuids(a).of("document", kind, a.run.id, a.fingerprint)
