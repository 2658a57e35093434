"""Record the Active Directory of the sample hospital: ldapsearch of the weak domain, with staff, as its auditor.

Run as root, from the checkout: PYTHONPATH=tests:. python tests/lab/record_directory.py
"""

from __future__ import annotations

import re
import subprocess

from lab.samba import AUDITOR, BASE, PASSWORD, SambaDomain
from posture.collectors.ldap.attributes import DESCRIPTOR, ROOT_DSE, SECRETS, searches
from posture.demo import recorded

FILTER = "(|(objectClass=user)(objectClass=group)(objectClass=domainDNS))"
"""What takes in all that the checks ask of a domain; the computers are users by their class."""
ATTRIBUTES = sorted(
    {name for each in searches("active-directory") if each.kinds for name in each.attributes} - set(SECRETS)
    | {"member"}
)
OWNER_AND_ACCESS_LIST = "!1.2.840.113556.1.4.801=::MAMCAQU="  # the SD flags control (MS-ADTS 3.1.1.3.4.1.11), 5
DESCRIPTORS = re.compile(rf"\n{DESCRIPTOR}:: .*(?:\n .*)*".encode())


def export(domain: SambaDomain) -> bytes:
    """What an ordinary account gets, in one search."""
    secret = domain.ca_file.with_name("auditor")
    secret.write_text(PASSWORD)
    asked = ["-D", AUDITOR, "-y", str(secret), "-b", BASE, "-E", "pr=500/noprompt", "-E", OWNER_AND_ACCESS_LIST, FILTER]
    return ldapsearch(domain, *asked, *ATTRIBUTES)


def root_dse(domain: SambaDomain) -> bytes:
    """What the server says of itself."""
    return ldapsearch(domain, "-b", "", "-s", "base", "(objectClass=*)", *ROOT_DSE)


def ldapsearch(domain: SambaDomain, *asked: str) -> bytes:
    command = domain.namespace.command("ldapsearch", "-x", "-H", f"ldaps://{domain.address}", *asked)
    environment = {"LDAPTLS_CACERT": str(domain.ca_file), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, check=True, capture_output=True, env=environment).stdout


def without_other_descriptors(ldif: bytes) -> bytes:
    """Without the security descriptors of all entries but the domain's own: no check reads them, and they are large."""
    entries = ldif.replace(b"\r\n", b"\n").split(b"\n\n")
    kept = [each if f"dn: {BASE}\n".encode() in each else DESCRIPTORS.sub(b"", each) for each in entries]
    return b"\n\n".join(kept)


def main() -> None:
    """Record it, in place of what is there."""
    with SambaDomain(populate=("populate_ad.py", "staff_ad.py")) as domain:
        found, server = export(domain), root_dse(domain)
    recorded.ACTIVE_DIRECTORY.write_bytes(without_other_descriptors(found))
    recorded.ROOT_DSE.write_bytes(server)


if __name__ == "__main__":
    main()
