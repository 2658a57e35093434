"""Plants weaknesses in a Samba AD domain. Run by /usr/bin/python3, which has the samba module, before samba starts.

populate_ad.py SMB_CONF PASSWORD
"""

import sys
import time

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

DISABLED, NO_PASSWORD, REVERSIBLE, NORMAL, WORKSTATION = 0x2, 0x20, 0x80, 0x200, 0x1000
SERVER, NEVER_EXPIRES, DELEGATION, NO_PREAUTH = 0x2000, 0x10000, 0x80000, 0x400000
USERS = {
    "posture.audit": {},
    "nurse.plain": {"description": "Ward 3"},
    "nurse.never": {"userAccountControl": NORMAL | NEVER_EXPIRES},
    "no.preauth": {"userAccountControl": NORMAL | NO_PREAUTH},
    "no.password": {"userAccountControl": NORMAL | NO_PASSWORD},
    "reversible": {"userAccountControl": NORMAL | REVERSIBLE},
    "leaver": {"userAccountControl": NORMAL | DISABLED},
    "svc-sql": {"servicePrincipalName": ["MSSQLSvc/sql1.hosp.example:1433", "HTTP/app1.hosp.example"]},
    "svc-backup": {"servicePrincipalName": ["HTTP/backup.hosp.example"], "adminCount": 1},
    "delegated": {"userAccountControl": NORMAL | DELEGATION},
    "stale": {"days_since_logon": 400},
    "old.password": {"days_since_password": 700},
    "chatty": {"description": "kiosk, password: Winter-2024"},
    "nested.admin": {},
    "primary.admin": {},
}
COMPUTERS = {
    "WS-XP": {"operatingSystem": "Windows XP Professional", "operatingSystemVersion": "5.1 (2600)"},
    "SRV22": {"operatingSystem": "Windows Server 2022 Standard", "operatingSystemVersion": "10.0 (20348)"},
    "SRV-DELEG": {"userAccountControl": WORKSTATION | DELEGATION},
}


def filetime(days_ago):
    return str(int((time.time() - days_ago * 86400 + 11644473600) * 10**7))


def change(db, dn, **values):
    message = ldb.Message()
    message.dn = ldb.Dn(db, dn)
    for name, value in values.items():
        listed = value if isinstance(value, list) else [str(value)]
        message[name] = ldb.MessageElement(listed, ldb.FLAG_MOD_REPLACE, name)
    db.modify(message)


def main(smb_conf, password):
    settings = LoadParm()
    settings.load(smb_conf)
    db = SamDB(url=settings.samdb_url(), lp=settings, session_info=system_session())
    base = str(db.domain_dn())
    old = []
    for name, wanted in USERS.items():
        db.newuser(name, password, force_password_change_at_next_login_req=False)
        dn = f"CN={name},CN=Users,{base}"
        values = dict(wanted)
        if "days_since_logon" in values:
            values["lastLogonTimestamp"] = filetime(values.pop("days_since_logon"))
        if "days_since_password" in values:
            old.append((dn, filetime(values.pop("days_since_password"))))
        if values:
            change(db, dn, **values)
    for name, values in COMPUTERS.items():
        db.newcomputer(name)
        change(
            db,
            f"CN={name},CN=Computers,{base}",
            **{"dNSHostName": f"{name.lower()}.hosp.example", "userAccountControl": WORKSTATION, **values},
        )
    db.newgroup("Nested-IT")
    db.newgroup("Ward-Staff")
    db.add_remove_group_members("Nested-IT", ["nested.admin"])
    db.add_remove_group_members("Ward-Staff", ["nurse.plain", "nurse.never"])
    db.add_remove_group_members("Domain Admins", ["Nested-IT", "svc-backup", "primary.admin"])
    change(db, f"CN=primary.admin,CN=Users,{base}", primaryGroupID=512)
    db.newgroup("Large")
    db.add_remove_group_members("Large", list(USERS))
    change(db, base, minPwdLength=6, pwdHistoryLength=3, lockoutThreshold=0)
    del db
    # Samba refuses a pwdLastSet in the past, whatever the control: it goes into the partition's own file.
    raw = ldb.Ldb(f"{settings.get('private dir')}/sam.ldb.d/{base.upper()}.ldb")
    for dn, moment in old:
        change(raw, dn, pwdLastSet=moment)


main(*sys.argv[1:])
