"""Remote Desktop, SMB, databases, WinRM and Citrix across zones."""

from __future__ import annotations

import pytest
from checks.samples_crossing import SCOPE, filtered, from_everywhere, seen, view

from posture.model import Outcome, Severity
from posture.testing import port, run_check, script, verdict

FAIL, PASS, UNKNOWN = Outcome.FAIL, Outcome.PASS, Outcome.UNKNOWN


def from_users(*ports, **more):
    return seen(view("users", *ports, **more), view("guests"))


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        ("rdp-crosses-zones", from_users(port(3389, "ms-wbt-server")), FAIL),
        (
            "rdp-crosses-zones",
            from_users(port(3389, "ssl", scripts=[script("rdp-ntlm-info", "Product_Version: 10.0.17763")])),
            FAIL,
        ),
        ("rdp-crosses-zones", from_users(port(3389)), UNKNOWN),
        ("rdp-crosses-zones", from_users(rest=[filtered()]), UNKNOWN),
        ("rdp-crosses-zones", seen(view("users")), UNKNOWN),
        ("rdp-crosses-zones", from_users(), PASS),
        ("rdp-crosses-zones", seen(view("imaging", port(3389, "ms-wbt-server")), view("users"), view("guests")), PASS),
        ("smb-crosses-zones", from_everywhere(port(445, "microsoft-ds")), FAIL),
        ("smb-crosses-zones", seen(view("imaging", port(139, "netbios-ssn"))), FAIL),
        ("smb-crosses-zones", from_everywhere(port(445)), UNKNOWN),
        ("smb-crosses-zones", from_users(), UNKNOWN),
        ("smb-crosses-zones", from_everywhere(), PASS),
        ("database-crosses-zones", from_users(port(5432, "postgresql")), FAIL),
        ("database-crosses-zones", from_users(port(1433, "ms-sql-s")), FAIL),
        ("database-crosses-zones", from_users(port(1521, "oracle-tns")), FAIL),
        ("database-crosses-zones", from_users(port(3306, "mysql")), FAIL),
        ("database-crosses-zones", from_users(port(6379, "redis")), FAIL),
        ("database-crosses-zones", from_users(port(27017, "mongodb")), FAIL),
        ("database-crosses-zones", from_users(port(9200, "http", product="Elasticsearch REST API")), FAIL),
        ("database-crosses-zones", from_users(port(3307, "mysql")), FAIL),
        ("database-crosses-zones", from_users(port(9200, "http")), UNKNOWN),
        ("database-crosses-zones", from_users(port(1433)), UNKNOWN),
        ("database-crosses-zones", from_users(port(1972, "intersys-cache")), PASS),
        ("database-crosses-zones", from_users(), PASS),
        ("winrm-crosses-zones", from_users(port(5985, "http", product="Microsoft HTTPAPI httpd")), FAIL),
        ("winrm-crosses-zones", from_users(port(5985, "http")), UNKNOWN),
        ("winrm-crosses-zones", from_users(port(80, "http", product="Microsoft HTTPAPI httpd")), PASS),
        ("winrm-crosses-zones", from_users(), PASS),
        ("citrix-without-gateway", seen(view("guests", port(1494, "citrix-ica"))), FAIL),
        ("citrix-without-gateway", seen(view("guests", port(2598))), UNKNOWN),
        ("citrix-without-gateway", seen(view("users", port(1494, "citrix-ica"))), UNKNOWN),
        ("citrix-without-gateway", seen(view("users", port(1494, "citrix-ica")), view("guests")), PASS),
    ],
)
def test_what_crosses(check, given, outcome):
    assert verdict(check, given, scope=SCOPE) is outcome


@pytest.mark.parametrize(("number", "severity"), [(5985, Severity.MEDIUM), (5986, Severity.LOW)])
def test_winrm_without_encryption_is_worse(number, severity):
    given = from_users(port(number, "http", product="Microsoft HTTPAPI httpd"))
    (observation,) = run_check("winrm-crosses-zones", given, scope=SCOPE)

    assert observation.severity is severity
