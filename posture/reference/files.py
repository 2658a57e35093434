"""Files of reference data: which format, and what they say. Pure; hostile files give one PostureError.

Known by their content: endoflife.date's lists (`/api/v1/products/NAME`, `/api/v1/products/full`, and `/api/NAME.json`,
which says neither its product nor its day), CISA's known_exploited_vulnerabilities.json, answers of NVD's CVE API 2.0,
and the files that come with Posture.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from posture.errors import PostureError
from posture.presentation import visible
from posture.reference import Affected, Cycle, Document, Exploited, Product

__all__ = ["MAX_BYTES", "parse"]

MAX_BYTES: Final = 64 * 1024**2
_MEND: Final = (
    "name a JSON file of endoflife.date (/api/v1/products/NAME or /full), CISA's "
    "known_exploited_vulnerabilities.json, or an answer of NVD's CVE API 2.0"
)
_Text = Annotated[str, Meta(max_length=2_000)]
_Word = Annotated[str, Meta(max_length=100, pattern=r"^[A-Za-z0-9][A-Za-z0-9._+~ -]*$")]
_Slug = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9._+-]{0,99}$")]
_Cve = Annotated[str, Meta(pattern=r"^CVE-[0-9]{4}-[0-9]{4,19}$")]


class _Input(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base of what others write: more fields than we know are no mistake."""


class _Latest(_Input, frozen=True, kw_only=True):
    name: _Text | None = None


class _Release(_Input, frozen=True, kw_only=True):
    name: _Word
    label: _Text = ""
    is_lts: bool = False
    is_eol: bool | None = None
    eol_from: date | None = None
    is_eoes: bool | None = None
    eoes_from: date | None = None
    latest: _Latest | None = None


class _Listed(_Input, frozen=True, kw_only=True):
    name: _Slug
    releases: Annotated[tuple[_Release, ...], Meta(max_length=2_000)]


class _OneProduct(_Input, frozen=True, kw_only=True, rename=None):
    generated_at: datetime
    result: _Listed


class _AllProducts(_Input, frozen=True, kw_only=True, rename=None):
    generated_at: datetime
    result: Annotated[tuple[_Listed, ...], Meta(max_length=5_000)]


class _OldCycle(_Input, frozen=True, kw_only=True):
    cycle: _Word
    eol: date | bool | None = None
    extended_support: date | bool | None = None
    lts: date | bool | None = False
    latest: _Text | None = None


class _KevEntry(_Input, frozen=True, kw_only=True, rename=None):
    cve: _Cve = msgspec.field(name="cveID")
    vendor: _Text = msgspec.field(name="vendorProject")
    product: _Text
    added: date = msgspec.field(name="dateAdded")


class _Kev(_Input, frozen=True, kw_only=True):
    date_released: datetime
    count: int
    vulnerabilities: Annotated[tuple[_KevEntry, ...], Meta(max_length=100_000)]


class _CpeMatch(_Input, frozen=True, kw_only=True):
    vulnerable: bool
    criteria: Annotated[str, Meta(max_length=2_000, pattern=r"^cpe:2\.3:[aoh*-]:")]
    version_start_including: _Text = ""
    version_start_excluding: _Text = ""
    version_end_including: _Text = ""
    version_end_excluding: _Text = ""


class _Node(_Input, frozen=True, kw_only=True):
    negate: bool = False
    cpe_match: Annotated[tuple[_CpeMatch, ...], Meta(max_length=20_000)] = ()


class _Configuration(_Input, frozen=True, kw_only=True):
    nodes: Annotated[tuple[_Node, ...], Meta(max_length=5_000)] = ()


class _NvdCve(_Input, frozen=True, kw_only=True):
    id: _Cve
    configurations: Annotated[tuple[_Configuration, ...], Meta(max_length=5_000)] = ()


class _NvdEntry(_Input, frozen=True, kw_only=True):
    cve: _NvdCve


class _Nvd(_Input, frozen=True, kw_only=True):
    timestamp: datetime
    vulnerabilities: Annotated[tuple[_NvdEntry, ...], Meta(max_length=100_000)]


class _OurLifecycle(msgspec.Struct, frozen=True, kw_only=True):
    dated: date
    source: str
    products: tuple[Product, ...]


class _OurKev(msgspec.Struct, frozen=True, kw_only=True):
    dated: date
    complete: bool
    source: str
    vulnerabilities: tuple[Exploited, ...]


def parse(  # noqa: PLR0913  # one argument a thing that a file may not say itself
    content: bytes,
    where: str,
    *,
    product: str = "",
    dated: date | None = None,
    imported: bool = False,
    forced: bool = False,
) -> Document:
    """The document that these bytes are. `product` and `dated` are for the format that says neither.

    Raises PostureError for a file of none of the formats, one that is cut, larger than `MAX_BYTES`, or not sound.
    """
    if len(content) > MAX_BYTES:
        raise PostureError(f"it is larger than {MAX_BYTES // 1024**2} MiB", where=where, mend=_MEND)
    try:
        read = _format(content, where, product, dated)
        fields = read(content.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, ValueError, RecursionError, OverflowError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else visible(str(error))[:300]
        raise PostureError(f"no reference data that can be read: {why}", where=where, mend=_MEND) from error
    digest = hashlib.sha256(content).hexdigest()
    document = Document(**{"sha256": digest, "imported": imported, "forced": forced, **fields})
    if not document.records:
        raise PostureError("there is nothing in it", where=where, mend=_MEND)
    return document


def _format(content: bytes, where: str, product: str, dated: date | None) -> Callable[[bytes], dict[str, Any]]:
    """How to read the file, by what its outermost value holds."""
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"["):
        if not re.fullmatch(r"[a-z0-9][a-z0-9._+-]{0,99}", product) or dated is None:
            raise PostureError(
                "this format of endoflife.date says neither its product nor its day",
                where=where,
                mend="say them with --product and --date, or import /api/v1/products/NAME instead",
            )
        return lambda data: _old_product(data, product, dated)
    keys = {key: bytes(raw) for key, raw in msgspec.json.decode(text, type=dict[str, msgspec.Raw]).items()}
    if keys.get("posture") == b'"lifecycle/1"':
        return _our_lifecycle
    if keys.get("posture") == b'"kev/1"':
        return _our_kev
    if "catalogVersion" in keys and "vulnerabilities" in keys:
        return _kev
    if keys.get("format") == b'"NVD_CVE"':
        return _nvd
    if "generated_at" in keys and "result" in keys:
        return _all_products if keys["result"].lstrip().startswith(b"[") else _one_product
    raise PostureError("it is none of the formats that are known", where=where, mend=_MEND)


def _day(moment: datetime) -> date:
    return (moment.astimezone(UTC) if moment.tzinfo else moment).date()


# ── endoflife.date ───────────────────────────────────────────────────────────────────────────────────────────────


def _one_product(data: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(data, type=_OneProduct)
    return _lifecycle(_day(found.generated_at), [found.result])


def _all_products(data: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(data, type=_AllProducts)
    return _lifecycle(_day(found.generated_at), list(found.result))


def _lifecycle(dated: date, listed: list[_Listed]) -> dict[str, Any]:
    products = [
        Product(
            product=each.name,
            source=f"https://endoflife.date/{each.name}",
            cycles=tuple(_release(each.name, release) for release in each.releases),
        )
        for each in listed
    ]
    return _products(dated, products)


def _products(dated: date, products: list[Product]) -> dict[str, Any]:
    if len({each.product for each in products}) < len(products):
        raise ValueError("a product is there twice")
    return {"kind": "lifecycle", "dated": dated, "source": "https://endoflife.date", "products": tuple(products)}


def _release(product: str, release: _Release) -> Cycle:
    return _cycle(
        product,
        release.name,
        label=release.label,
        latest=(release.latest.name if release.latest else None) or "",
        ends=release.eol_from or release.is_eol,
        extended=release.eoes_from or (True if release.is_eoes is False else None),
    )


def _old_product(data: bytes, product: str, dated: date) -> dict[str, Any]:
    """Here `eol` is a day, or whether support has ended; `extendedSupport` a day, or whether there is any now."""
    cycles = msgspec.json.decode(data, type=Annotated[tuple[_OldCycle, ...], Meta(max_length=2_000)])
    read = (
        _cycle(
            product,
            each.cycle,
            latest=each.latest or "",
            ends=each.eol,
            extended=each.extended_support or None,
        )
        for each in cycles
    )
    return _products(dated, [Product(product=product, source=f"https://endoflife.date/{product}", cycles=tuple(read))])


_CHANNELS: Final = (
    ("-iot-lts", "iot-ltsc"),
    ("-e-lts", "ltsc"),
    ("-lts", "ltsc"),
    ("-iot", "iot-ltsc"),
    ("-sac", "sac"),
    ("-ac", "sac"),
    ("-e", "enterprise"),
    ("-w", "pro"),
)
_OLD_CLIENTS: Final = {"6": "vista", "5": "xp"}
_EMBEDDED: Final = {"8.1": "6.3", "8": "6.2", "7": "6.1", "2009": "5.1"}
_LABELS: Final = {"windows": "Windows", "windows-server": "Windows Server", "windows-embedded": "Windows Embedded"}


def _cycle(  # noqa: PLR0913  # one argument a field
    product: str, name: str, *, latest: str, ends: date | bool | None, extended: date | bool | None, label: str = ""
) -> Cycle:
    """endoflife.date's cycle. Its names of Windows' cycles hold the edition and the channel, `latest` the build."""
    family, build, channel = "", "", ""
    low = name.lower()
    if product in {"windows", "windows-server"}:
        channel = next((each for ending, each in _CHANNELS if low.endswith(ending)), "")
        first = low.split("-")[0]
        build = latest if latest.startswith("10.0.") else ".".join(latest.split(".")[:2])
        if product == "windows":
            family = _OLD_CLIENTS.get(first, first)
        elif channel != "sac":
            channel, family = "ltsc", f"{first} r2" if "-r2" in low else first
    elif product == "windows-embedded" and "compact" not in low:
        build = next((each for word, each in _EMBEDDED.items() if word in low.split("-")), "")
    shown = label or name
    prefix = _LABELS.get(product, "")
    return Cycle(
        cycle=name,
        label=shown if not prefix or shown.startswith("Windows") else f"{prefix} {shown}",
        family=family,
        build=build,
        channel=channel,
        ends=ends if isinstance(ends, date) else None,
        ended=ends if isinstance(ends, bool) else None,
        extended=extended,
        source=f"https://endoflife.date/{product}",
    )


# ── CISA and NVD ─────────────────────────────────────────────────────────────────────────────────────────────────


def _kev(data: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(data, type=_Kev)
    if found.count != len(found.vulnerabilities):
        raise ValueError(f"it says that it has {found.count} entries, and has {len(found.vulnerabilities)}: it was cut")
    return {
        "kind": "kev",
        "dated": _day(found.date_released),
        "source": "https://www.cisa.gov/known-exploited-vulnerabilities-catalog",
        "exploited": tuple(
            Exploited(cve=each.cve, vendor=each.vendor, product=each.product, added=each.added)
            for each in found.vulnerabilities
        ),
    }


def _nvd(data: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(data, type=_Nvd)
    return {
        "kind": "nvd",
        "dated": _day(found.timestamp),
        "source": "https://nvd.nist.gov/developers/vulnerabilities",
        "affected": {each.cve.id: _affected(each.cve) for each in found.vulnerabilities},
    }


def _affected(cve: _NvdCve) -> tuple[Affected, ...]:
    return tuple(
        Affected(
            criteria=match.criteria,
            from_including=match.version_start_including,
            from_excluding=match.version_start_excluding,
            to_including=match.version_end_including,
            to_excluding=match.version_end_excluding,
        )
        for configuration in cve.configurations
        for node in configuration.nodes
        if not node.negate
        for match in node.cpe_match
        if match.vulnerable
    )


# ── what comes with Posture ──────────────────────────────────────────────────────────────────────────────────────


def _our_lifecycle(data: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(data, type=_OurLifecycle)
    return {"kind": "lifecycle", "dated": found.dated, "source": found.source, "products": found.products}


def _our_kev(data: bytes) -> dict[str, Any]:
    found = msgspec.json.decode(data, type=_OurKev)
    return {
        "kind": "kev",
        "dated": found.dated,
        "source": found.source,
        "exploited": found.vulnerabilities,
        "complete": found.complete,
    }
