"""Files of reference data, in the formats of those who publish them."""

from __future__ import annotations

import json
from collections.abc import Iterable


def endoflife(product: str = "windows", *releases: dict[str, object], day: str = "2026-11-01") -> bytes:
    """endoflife.date's /api/v1/products/NAME."""
    listed = releases or (release(),)
    head = {
        "schema_version": "1.2.0",
        "generated_at": f"{day}T00:00:00+00:00",
        "last_modified": f"{day}T00:00:00+00:00",
    }
    return json.dumps({**head, "result": {"name": product, "label": product, "releases": listed}}).encode()


def all_products(names: Iterable[str], day: str = "2026-11-01") -> bytes:
    """endoflife.date's /api/v1/products/full."""
    result = [{"name": name, "aliases": [], "releases": [release()]} for name in names]
    head = {"schema_version": "1.2.0", "generated_at": f"{day}T00:00:00+00:00", "total": len(result)}
    return json.dumps({**head, "result": result}).encode()


def release(name: str = "10-22h2", ends: str | None = "2025-10-14", **more: object) -> dict[str, object]:
    """One release, as version 1 of the API has it."""
    latest = {"name": "10.0.19045", "date": None, "link": None}
    return {
        "name": name,
        "codename": None,
        "label": name.replace("-", " ").upper(),
        "releaseDate": "2022-10-18",
        "isLts": False,
        "ltsFrom": None,
        "isEol": True,
        "eolFrom": ends,
        "isMaintained": True,
        "latest": latest,
        "custom": None,
        **more,
    }


def kev(*cves: str, day: str = "2026-11-01", **more: object) -> bytes:
    """CISA's known_exploited_vulnerabilities.json."""
    entries = [
        {
            "cveID": cve,
            "vendorProject": "Apache",
            "product": "HTTP Server",
            "vulnerabilityName": "A name",
            "dateAdded": "2021-11-03",
            "shortDescription": "A text.",
            "requiredAction": "Apply updates.",
            "dueDate": "2021-11-17",
            "knownRansomwareCampaignUse": "Known",
            "notes": "",
            "cwes": ["CWE-22"],
        }
        for cve in cves
    ]
    head = {"title": "CISA Catalog", "catalogVersion": day.replace("-", "."), "dateReleased": f"{day}T17:04:19.9796Z"}
    return json.dumps({**head, "count": len(entries), "vulnerabilities": entries, **more}).encode()


def nvd(cve: str, *matches: dict[str, object], day: str = "2026-11-01", **node: object) -> bytes:
    """An answer of NVD's CVE API 2.0."""
    configuration = {"nodes": [{"operator": "OR", "negate": False, "cpeMatch": list(matches), **node}]}
    entry = {"cve": {"id": cve, "vulnStatus": "Analyzed", "configurations": [configuration]}}
    head = {"resultsPerPage": 1, "startIndex": 0, "totalResults": 1, "format": "NVD_CVE", "version": "2.0"}
    return json.dumps({**head, "timestamp": f"{day}T00:00:00.000", "vulnerabilities": [entry]}).encode()


def match(criteria: str, *, vulnerable: bool = True, **bounds: str) -> dict[str, object]:
    """A range of a CVE's configuration."""
    return {"vulnerable": vulnerable, "criteria": criteria, "matchCriteriaId": "0", **bounds}
