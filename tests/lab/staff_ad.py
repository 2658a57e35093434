"""Fills a Samba AD domain with the staff of a small hospital, who do nothing wrong. As populate_ad.py is run.

staff_ad.py SMB_CONF PASSWORD
"""

import random
import sys
import time

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

FIRST = "abcdefghijklmnopqrstuvwz"
LAST = ["adams", "brown", "chen", "diaz", "evans", "fischer", "garcia", "huang", "ivanov", "jones", "khan", "lopez"]
LAST += ["meyer", "nguyen", "okafor", "patel", "rossi", "silva", "tanaka", "weber"]
STAFF, WORKSTATIONS = 100, 12


def filetime(days_ago):
    return str(int((time.time() - days_ago * 86400 + 11644473600) * 10**7))


def change(db, dn, **values):
    message = ldb.Message()
    message.dn = ldb.Dn(db, dn)
    for name, value in values.items():
        message[name] = ldb.MessageElement([str(value)], ldb.FLAG_MOD_REPLACE, name)
    db.modify(message)


def main(smb_conf, password):
    settings = LoadParm()
    settings.load(smb_conf)
    db = SamDB(url=settings.samdb_url(), lp=settings, session_info=system_session())
    base = str(db.domain_dn())
    chosen = random.Random(7)  # noqa: S311  # names, no secrets
    names = chosen.sample([f"{first}{last}" for first in FIRST for last in LAST], STAFF)
    for name in names:
        db.newuser(name, password, force_password_change_at_next_login_req=False)
        change(db, f"CN={name},CN=Users,{base}", lastLogonTimestamp=filetime(chosen.uniform(0, 60)))
    for number in range(1, WORKSTATIONS + 1):
        name = f"WS{number:03}"
        db.newcomputer(name)
        change(
            db,
            f"CN={name},CN=Computers,{base}",
            dNSHostName=f"{name.lower()}.hosp.example",
            operatingSystem="Windows 11 Enterprise",
            operatingSystemVersion="10.0 (22631)",
            userAccountControl=0x1000,
            lastLogonTimestamp=filetime(chosen.uniform(0, 20)),
        )


main(*sys.argv[1:])
