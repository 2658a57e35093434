from datetime import UTC, date, datetime

import msgspec
import pytest
from checks.samples_lifecycle import flaw, nessus, rdp, smb, vmware

from posture.check import AsOf
from posture.facts import Facts, Service
from posture.model import Outcome
from posture.reference import Affected, Exploited, Reference
from posture.testing import AS_OF, host, port, raw_verdict, run_check, script, verdict
from posture.thresholds import Thresholds

WEB = "1-442,444-65535"
RDP = "1-3388,3390-65535"
KNOWN = "CVE-2017-0143"


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (host(vmware("VMware ESXi 8.0.2"), closed=WEB), Outcome.PASS),
        (host(vmware("VMware ESXi 6.7.0"), closed=WEB), Outcome.FAIL),
        (host(vmware("VMware ESX 4.1.0", "esx"), closed=WEB), Outcome.FAIL),
        (host(vmware("VMware vCenter Server 6.7.0", "vpx"), closed=WEB), Outcome.FAIL),
        (host(vmware("VMware vCenter Server 8.0.3", "vpx"), closed=WEB), Outcome.PASS),
        (host(vmware("VMware ESXi 99.0.0"), closed=WEB), Outcome.UNKNOWN),
        (host(vmware("VMware Workstation 12.5", "ws"), closed=WEB), Outcome.UNKNOWN),
        (host(vmware("VMware ESXi 8.0.2"), closed="1-442"), Outcome.UNKNOWN),
        (host(rdp("10.0.20348"), closed=RDP), Outcome.PASS),
        (host(rdp("10.0.10586"), closed=RDP), Outcome.FAIL),
        (host(rdp("10.0.20348"), closed="1-442"), Outcome.UNKNOWN),
        (host(rdp("10.0.14393"), closed=RDP), Outcome.UNKNOWN),
        # What an enablement package switches on has the build that it is made on.
        (host(rdp("10.0.19041"), closed=RDP), Outcome.UNKNOWN),
        # FreeRDP says this on any system.
        (host(rdp("6.1.7601"), closed=RDP), Outcome.UNKNOWN),
        (host(rdp("6.1.7601"), *smb("Windows 7 Professional 7601 Service Pack 1").ports, closed=RDP), Outcome.UNKNOWN),
        (smb("Windows 7 Professional 7601 Service Pack 1"), Outcome.FAIL),
        (smb("Windows XP", "Windows 2000 LAN Manager"), Outcome.FAIL),
        (smb("Windows Server 2016 Standard 14393"), Outcome.PASS),
        (smb("Windows 6.1", "Samba 4.17.12-Debian"), Outcome.UNKNOWN),
        (host(port(445, "microsoft-ds"), closed="1-444,446-65535"), Outcome.UNKNOWN),
        (host(port(3389, "ms-wbt-server", scripts=[script("rdp-ntlm-info", "ERROR: x")]), closed=RDP), Outcome.UNKNOWN),
        (host(closed="1-65535"), Outcome.NOT_APPLICABLE),
        (host(filtered="1-65535"), Outcome.UNKNOWN),
        (host(), Outcome.UNKNOWN),
    ],
)
def test_a_host_is_judged_by_what_it_says_that_it_runs(seen, outcome):
    assert verdict("hypervisor-unsupported", seen) is outcome


def test_remote_desktop_and_smb_together_show_windows_7():
    old = smb("Windows 7 Professional 7601 Service Pack 1")
    seen = host(rdp("6.1.7601"), *old.ports, scripts=old.scripts)

    assert verdict("hypervisor-unsupported", seen) is Outcome.FAIL


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (flaw(KNOWN, "VULNERABLE"), Outcome.FAIL),
        (flaw(KNOWN, "VULNERABLE (Exploitable)"), Outcome.FAIL),
        (flaw(KNOWN, "LIKELY VULNERABLE"), Outcome.UNKNOWN),
        (flaw(KNOWN, "NOT VULNERABLE"), Outcome.UNKNOWN),
        (flaw("CVE-1999-0001", "VULNERABLE"), Outcome.UNKNOWN),
        (nessus(KNOWN, "VULNERABLE"), Outcome.FAIL),
        (nessus(KNOWN, "version-only"), Outcome.UNKNOWN),
        (nessus(KNOWN, "unconfirmed"), Outcome.UNKNOWN),
        (script("vulners", "text", **{"cpe:/a:x:y:1__0__id": KNOWN}), Outcome.UNKNOWN),
    ],
)
def test_only_a_test_that_found_the_flaw_fails(found, outcome):
    seen = host(port(445, "microsoft-ds", scripts=[found]), closed="1-444,446-65535")

    assert verdict("known-exploited-vulnerability", seen) is outcome


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (host(closed="1-65535"), Outcome.NOT_APPLICABLE),
        (host(closed="1-65534"), Outcome.UNKNOWN),
        (host(port(80, "http"), closed="1-79,81-65535"), Outcome.UNKNOWN),
        (host(), Outcome.UNKNOWN),
    ],
)
def test_what_nothing_tested_is_unknown(seen, outcome):
    assert verdict("known-exploited-vulnerability", seen) is outcome


@pytest.mark.parametrize("name", ["CVE-2017-0143", "cve-2017-0143"])
def test_a_likely_flaw_is_named(name):
    (found,) = run_check(
        "known-exploited-vulnerability", host(port(445, scripts=[flaw(name, "LIKELY VULNERABLE")]), closed="1-444")
    )

    assert "perhaps CVE-2017-0143 (Microsoft SMBv1 server)" in found.message


HTTPD = "cpe:2.3:a:apache:http_server:{}:*:*:*:*:*:*:*"


def known(*ranges: Affected) -> Reference:
    entry = Exploited(cve="CVE-2021-41773", vendor="Apache", product="HTTP Server", added=date(2021, 11, 3))
    return Reference(
        exploited=(entry,),
        exploited_dated=AS_OF.at.date(),
        exploited_complete=True,
        affected={"CVE-2021-41773": ranges},
    )


@pytest.mark.parametrize(
    ("version", "affected", "named"),
    [
        ("2.4.49", Affected(criteria=HTTPD.format("2.4.49")), True),
        ("2.4.50", Affected(criteria=HTTPD.format("2.4.49")), False),
        ("2.4.9", Affected(criteria=HTTPD.format("*"), from_including="2.4.10", to_excluding="2.4.51"), False),
        ("2.4.10", Affected(criteria=HTTPD.format("*"), from_including="2.4.10", to_excluding="2.4.51"), True),
        ("2.4.10", Affected(criteria=HTTPD.format("*"), from_excluding="2.4.10"), False),
        ("2.4.51", Affected(criteria=HTTPD.format("*"), to_excluding="2.4.51"), False),
        ("2.4.51", Affected(criteria=HTTPD.format("*"), to_including="2.4.51"), True),
        ("2.4.51.0", Affected(criteria=HTTPD.format("2.4.51")), True),
        ("2.4.51rc1", Affected(criteria=HTTPD.format("*"), to_excluding="2.4.51"), True),
        ("2.4.51p1", Affected(criteria=HTTPD.format("*"), to_including="2.4.51"), False),
        ("2.4.49", Affected(criteria=HTTPD.format("-")), False),
        ("2.4.49", Affected(criteria="cpe:2.3:a:nginx:nginx:*:*:*:*:*:*:*:*"), False),
        ("", Affected(criteria=HTTPD.format("*")), False),
    ],
)
def test_a_version_in_the_range_is_a_hint_with_the_name_of_the_flaw(version, affected, named):
    service = Service(name="http", method="probed", cpes=(f"cpe:/a:apache:http_server:{version}".rstrip(":"),))
    web = msgspec.structs.replace(port(80, "http"), service=service)
    said = raw_verdict("known-exploited-vulnerability", host(web), known(affected), AS_OF, Thresholds())

    assert said.outcome is Outcome.UNKNOWN
    assert ("CVE-2021-41773" in said.message) is named


def test_what_is_wanting_in_the_catalog_is_said():
    late = AsOf(datetime(2026, 12, 31, tzinfo=UTC))
    (found,) = run_check("known-exploited-vulnerability", host(port(80, "http")), as_of=late)

    assert "only an extract of their catalog is there" in found.message
    assert "161 days old; your policy allows 30" in found.message


def test_without_any_data_nothing_passes():
    for seen in (host(vmware("VMware ESXi 8.0.2"), closed=WEB), host(vmware("VMware ESXi 6.7.0"), closed=WEB)):
        said = raw_verdict("hypervisor-unsupported", seen, Facts(), Reference(), AS_OF, Thresholds())
        assert said.outcome is Outcome.UNKNOWN
