import json
import random
from datetime import date

import pytest
from lab.reference import all_products, endoflife, kev, match, nvd, release

from posture.errors import PostureError
from posture.reference import Affected, Cycle, shipped_documents
from posture.reference import files as reference_files
from posture.reference.files import parse

DAY = date(2026, 11, 1)
HTTPD = "cpe:2.3:a:apache:http_server:2.4.49:*:*:*:*:*:*:*"


def cycle(product: str = "windows", **more: object) -> Cycle:
    (found,) = parse(endoflife(product, release(**more)), "f").products[0].cycles
    return found


def old(**more: object) -> Cycle:
    content = json.dumps([{"cycle": "9", "releaseDate": "2020-01-01", **more}]).encode()
    (found,) = parse(content, "f", product="rhel", dated=DAY).products[0].cycles
    return found


@pytest.mark.parametrize(
    ("content", "kind", "subjects"),
    [
        (endoflife(), "lifecycle", ("lifecycle/windows",)),
        (all_products(["windows", "ubuntu"]), "lifecycle", ("lifecycle/windows", "lifecycle/ubuntu")),
        (kev("CVE-2021-41773"), "kev", ("kev",)),
        (nvd("CVE-2021-41773", match(HTTPD)), "nvd", ("nvd/CVE-2021-41773",)),
        (b"\xef\xbb\xbf" + kev("CVE-2021-41773"), "kev", ("kev",)),
    ],
)
def test_a_file_is_known_by_its_content(content, kind, subjects):
    found = parse(content, "f")

    assert (found.kind, found.subjects, found.dated) == (kind, subjects, DAY)


@pytest.mark.parametrize(
    ("name", "product", "family", "build", "channel"),
    [
        ("10-22h2", "windows", "10", "10.0.19045", ""),
        ("11-24h2-iot-lts", "windows", "11", "10.0.19045", "iot-ltsc"),
        ("10-1607-e-lts", "windows", "10", "10.0.19045", "ltsc"),
        ("11-23h2-w", "windows", "11", "10.0.19045", "pro"),
        ("11-23h2-e", "windows", "11", "10.0.19045", "enterprise"),
        ("2016", "windows-server", "2016", "10.0.19045", "ltsc"),
        ("2012-r2", "windows-server", "2012 r2", "10.0.19045", "ltsc"),
        ("1809-sac", "windows-server", "", "10.0.19045", "sac"),
        ("8.1-industry", "windows-embedded", "", "6.3", ""),
        ("posready-7", "windows-embedded", "", "6.1", ""),
        ("22.04", "ubuntu", "", "", ""),
    ],
)
def test_edition_and_channel_are_read_out_of_the_names_of_windows(name, product, family, build, channel):
    found = cycle(product, name=name)

    assert (found.family, found.build, found.channel) == (family, build, channel)


def test_an_old_windows_is_known_by_the_beginning_of_its_version():
    found = cycle(name="5-sp3", latest={"name": "5.1.2600"})

    assert (found.family, found.build) == ("xp", "5.1")


@pytest.mark.parametrize(
    ("more", "ends", "ended", "extended"),
    [
        ({}, date(2025, 10, 14), None, None),
        ({"ends": None, "isEol": False}, None, False, None),
        ({"ends": None, "isEol": True}, None, True, None),
        ({"ends": None, "isEol": None}, None, None, None),
        ({"isEoes": False, "eoesFrom": "2028-10-10"}, date(2025, 10, 14), None, date(2028, 10, 10)),
        ({"isEoes": False, "eoesFrom": None}, date(2025, 10, 14), None, True),
        ({"isEoes": True, "eoesFrom": None}, date(2025, 10, 14), None, None),
        ({"latest": None}, date(2025, 10, 14), None, None),
    ],
)
def test_days_and_their_absence_are_read_as_version_1_of_the_api_has_them(more, ends, ended, extended):
    found = cycle(**more)

    assert (found.ends, found.ended, found.extended) == (ends, ended, extended)


@pytest.mark.parametrize(
    ("more", "ends", "ended", "extended"),
    [
        ({"eol": "2032-05-31"}, date(2032, 5, 31), None, None),
        ({"eol": False}, None, False, None),
        ({"eol": True}, None, True, None),
        ({}, None, None, None),
        ({"eol": "2024-06-30", "extendedSupport": "2029-05-31"}, date(2024, 6, 30), None, date(2029, 5, 31)),
        ({"eol": "2024-06-30", "extendedSupport": True}, date(2024, 6, 30), None, True),
        ({"eol": "2024-06-30", "extendedSupport": False}, date(2024, 6, 30), None, None),
    ],
)
def test_days_and_booleans_are_read_as_the_old_api_has_them(more, ends, ended, extended):
    found = old(**more)

    assert (found.ends, found.ended, found.extended) == (ends, ended, extended)


@pytest.mark.parametrize("told", [{"product": "rhel"}, {"dated": DAY}, {"product": "../x", "dated": DAY}])
def test_the_old_format_needs_its_product_and_its_day(told):
    with pytest.raises(PostureError, match="neither its product nor its day"):
        parse(b'[{"cycle": "9", "eol": false}]', "f", **told)


def test_affected_versions_keep_their_bounds_and_leave_what_is_not_vulnerable():
    wide = "cpe:2.3:a:apache:http_server:*:*:*:*:*:*:*:*"
    content = nvd("CVE-2021-41773", match(wide, versionEndExcluding="2.4.51"), match(HTTPD, vulnerable=False))

    assert parse(content, "f").affected == {"CVE-2021-41773": (Affected(criteria=wide, to_excluding="2.4.51"),)}
    assert parse(nvd("CVE-2021-41773", match(wide), negate=True), "f").affected == {"CVE-2021-41773": ()}


HOSTILE = {
    "nothing": b"",
    "no JSON": b"\xff\xfe",
    "cut": kev("CVE-2021-41773")[:-20],
    "deep list": b"[" * 200_000,
    "deep object": b'{"a":' * 200_000,
    "deep inside": b'{"catalogVersion": ' + b"[" * 200_000,
    "null": b"null",
    "text": b'"posture"',
    "another file": b'{"openapi": "3.0"}',
    "huge number": kev("CVE-2021-41773").replace(b'"count": 1', b'"count": ' + b"9" * 6000),
    "wrong type": kev("CVE-2021-41773").replace(b'"2021-11-03"', b"[]"),
    "no such day": kev("CVE-2021-41773").replace(b'"2021-11-03"', b'"2021-02-30"'),
    "year 0": kev("CVE-2021-41773", day="0000-01-01"),
    "no CVE": kev("CVE-1; DROP TABLE"),
    "count": kev("CVE-2021-41773", count=2),
    "empty catalog": kev(),
    "no product": endoflife("../../etc/passwd"),
    "escape in a name": endoflife("windows", release(name="10\x1b[31m")),
    "long text": endoflife("windows", release(label="x" * 5000)),
    "twice": all_products(["windows", "windows"]),
    "no CPE": nvd("CVE-2021-41773", match("=cmd|' /C calc'!A0")),
    "ours, wrong": b'{"posture": "lifecycle/1", "dated": "2026-01-01", "products": 7}',
    "lone surrogate": endoflife("windows", release(label="x")).replace(b'"label": "x"', b'"label": "\\ud800"'),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_gives_one_clear_error(content):
    with pytest.raises(PostureError) as caught:
        parse(content, "f.json", product="rhel", dated=DAY)

    assert str(caught.value).startswith("f.json: ")
    assert len(str(caught.value)) < 800
    assert not [letter for letter in str(caught.value) if ord(letter) < 32 and letter != "\n"]


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(reference_files, "MAX_BYTES", 100)

    with pytest.raises(PostureError, match="larger than"):
        parse(kev("CVE-2021-41773"), "f")


def test_no_damage_to_a_file_gives_anything_but_a_document_or_a_clear_error():
    chance = random.Random(4)  # noqa: S311  # damage, not a secret
    whole = [endoflife(), kev("CVE-2021-41773"), nvd("CVE-2021-41773", match(HTTPD))]
    for _ in range(600):
        content = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 4)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            parse(bytes(content), "f")
        except PostureError:
            continue


def test_what_comes_with_posture_names_a_source_for_every_record():
    kinds = {each.kind: each for each in shipped_documents()}
    cycles = [(product, cycle) for product in kinds["lifecycle"].products for cycle in product.cycles]

    assert set(kinds) == {"lifecycle", "kev"}
    assert not kinds["kev"].complete
    assert len(kinds["kev"].exploited) == len({each.cve for each in kinds["kev"].exploited})
    assert all((cycle.source or product.source).startswith("https://") for product, cycle in cycles)
    assert all(cycle.ends for _, cycle in cycles)
    assert len({(product.product, cycle.cycle) for product, cycle in cycles}) == len(cycles)
    assert not [cycle for _, cycle in cycles if isinstance(cycle.extended, date) and cycle.extended <= cycle.ends]
