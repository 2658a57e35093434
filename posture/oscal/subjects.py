"""What observations are about, and the evidence they stand on, as OSCAL refers to them.

Machines that stand in the inventory are inventory items; whatever else was judged (accounts, groups, policies) is a
component. Evidence is a resource whose address is its hash: a named information URI (RFC 6920) of the SHA-256.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from datetime import datetime

from posture.assessment import Assessment, Asset, Attachment, EvidenceEntry, ExceptionResult, Observation
from posture.oscal.words import Node, Uuids, filled, line, prop, prose, words

__all__ = ["Subjects", "resources"]

_TYPES = {"json": "application/json", "nmap-xml": "application/xml", "ldif": "text/plain", "snmprec": "text/plain"}


class Subjects:
    """The subjects of an assessment and when its evidence was collected."""

    def __init__(self, a: Assessment) -> None:
        self.uuids = Uuids(a)
        self._assets = {key: asset for asset in a.assets for key in (asset.key, *asset.ids)}
        self._ended = {each.id: each.ended or each.started for each in a.evidence}
        self._as_of = a.method.as_of

    def reference(self, observation: Observation) -> Node:
        """A reference to what a single observation is about."""
        asset = self._assets.get(observation.subject)
        kind, uuid = (
            ("inventory-item", self._item(asset)) if asset else ("component", self._component(observation.subject))
        )
        return {"subject-uuid": uuid, "type": kind, "title": line(observation.subject_name or observation.subject)}

    def _item(self, asset: Asset) -> str:
        return self.uuids.of("inventory-item", asset.key)

    def _component(self, key: str) -> str:
        return self.uuids.of("component", "subject", key)

    def collected(self, observation: Observation) -> datetime:
        """When the last of an observation's evidence was collected; the assessment's instant where none says so."""
        times = [when for digest in observation.evidence if (when := self._ended.get(digest))]
        return max(times, default=self._as_of)

    def components(self, observations: Iterable[Observation]) -> list[Node]:
        """Definitions of what the observations are about and no inventory item is."""
        found: dict[str, Node] = {}
        for each in observations:
            if each.subject and each.subject not in self._assets:
                uuid = self._component(each.subject)
                kind = words(each.subject_kind or "subject")
                found.setdefault(
                    uuid,
                    {
                        "uuid": uuid,
                        "type": kind,
                        "title": line(each.subject_name or each.subject),
                        "description": prose(
                            f"{kind} {each.subject_name}" + (f" in {each.place}" if each.place else "")
                        ),
                        "props": [prop("key", each.subject)],
                        "status": {"state": "other", "remarks": "Not judged."},
                    },
                )
        return list(found.values())

    def items(self, assets: Iterable[Asset]) -> list[Node]:
        """Inventory items."""
        return [
            filled(
                {
                    "uuid": self._item(asset),
                    "description": prose(f"{asset.name}: {asset.description}" if asset.description else asset.name),
                    "props": [
                        {"name": "asset-id", "value": words(asset.key)},
                        prop("class", asset.device_class),
                        *([prop("zone", asset.place)] if asset.place else []),
                        *(_address(each) for each in asset.addresses),
                        *([{"name": "mac-address", "value": words(asset.mac)}] if asset.mac else []),
                        *([prop("vendor", asset.vendor)] if asset.vendor else []),
                    ],
                }
            )
            for asset in assets
        ]

    def about(self, observations: Iterable[Observation], assets: Iterable[Asset]) -> list[Asset]:
        """Those assets that the observations are about."""
        wanted = {asset.key for each in observations if (asset := self._assets.get(each.subject))}
        return [asset for asset in assets if asset.key in wanted]


def _address(address: str) -> Node:
    return {"name": "ipv6-address" if ":" in address else "ipv4-address", "value": words(address)}


def resources(
    a: Assessment,
    digests: Iterable[str],
    attachments: Iterable[Attachment] = (),
    exceptions: Iterable[ExceptionResult] = (),
) -> list[Node]:
    """The back matter: evidence, documents that people handed in, and exceptions, each of them once."""
    uuids = Uuids(a)
    index = {each.id: each for each in a.evidence}
    found = [_evidence(uuids, digest, index.get(digest)) for digest in dict.fromkeys(digests)]
    found += [_document(uuids, each) for each in {each.sha256: each for each in attachments}.values()]
    return found + [_exception(uuids, each) for each in exceptions]


def _evidence(uuids: Uuids, digest: str, entry: EvidenceEntry | None) -> Node:
    links = [_link(digest, "application/json")]
    if entry and entry.payload_sha256:
        links.append(_link(entry.payload_sha256, _TYPES.get(entry.format, "application/octet-stream")))
    return filled(
        {
            "uuid": uuids.of("evidence", digest),
            "title": line(f"Evidence {digest[:12]}: {entry.collector}" if entry else f"Evidence {digest[:12]}"),
            "description": "The envelope, and the payload in its own format, each under its SHA-256.",
            "props": list(_told(entry)) if entry else [],
            "rlinks": links,
        }
    )


def _told(entry: EvidenceEntry) -> Iterator[Node]:
    for name in ("format", "outcome", "probe", "vantage", "zone", "problem"):
        if value := getattr(entry, name):
            yield prop(name, value)


def _link(digest: str, media: str) -> Node:
    named = base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b"=").decode()
    return {
        "href": f"ni:///sha-256;{named}",
        "media-type": media,
        "hashes": [{"algorithm": "SHA-256", "value": digest}],
    }


def _document(uuids: Uuids, attachment: Attachment) -> Node:
    return {
        "uuid": uuids.of("attachment", attachment.sha256),
        "title": line(attachment.name),
        "rlinks": [_link(attachment.sha256, "application/octet-stream")],
    }


def _exception(uuids: Uuids, each: ExceptionResult) -> Node:
    return filled(
        {
            "uuid": uuids.of("exception", each.id),
            "title": line(f"Exception {each.id}"),
            "description": prose(each.rationale),
            "props": [
                prop("exception", each.id),
                prop("state", each.state),
                prop("granted-on", each.granted_on.isoformat()),
                prop("expires", each.expires.isoformat()),
                prop("approver", each.approver),
                prop("owner", each.owner),
                *(prop("control", control) for control in each.controls),
            ],
            "remarks": prose(f"Instead: {each.compensating_control}") if each.compensating_control else "",
        }
    )
