"""Plants in a Samba AD domain what populate_ad.py leaves well. Run after it, by /usr/bin/python3.

weaken_ad.py SMB_CONF PASSWORD
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # at the end, for samba.py there is not what is meant

import ldb
from populate_ad import NORMAL, NOT_DELEGATED, WORKSTATION, change, filetime
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

ADMINISTRATORS = [f"admin.{number:02}" for number in range(1, 11)]
OLD_CONTROLLER = {"operatingSystem": "Windows Server 2012 R2 Standard", "operatingSystemVersion": "6.3 (9600)"}
OLD_CLIENT = {"operatingSystem": "Windows 7 Professional", "operatingSystemVersion": "6.1 (7601)"}
ANONYMOUS_ALLOWED = "0000002"


def main(smb_conf, password):
    settings = LoadParm()
    settings.load(smb_conf)
    db = SamDB(url=settings.samdb_url(), lp=settings, session_info=system_session())
    base = str(db.domain_dn())
    for name in ADMINISTRATORS:
        db.newuser(name, password, force_password_change_at_next_login_req=False)
        change(db, f"CN={name},CN=Users,{base}", userAccountControl=NORMAL | NOT_DELEGATED)
    db.newgroup("All-Administrators")
    db.add_remove_group_members("All-Administrators", ADMINISTRATORS)
    db.add_remove_group_members("Domain Admins", ["All-Administrators"])
    db.add_remove_group_members("Backup Operators", ["admin.01"])
    change(db, f"CN=Guest,CN=Users,{base}", userAccountControl=NORMAL | NOT_DELEGATED)
    change(db, f"CN=DC1,OU=Domain Controllers,{base}", **OLD_CONTROLLER)
    db.newcomputer("WS-SEVEN")
    change(
        db,
        f"CN=WS-SEVEN,CN=Computers,{base}",
        userAccountControl=WORKSTATION,
        dNSHostName="ws-seven.hosp.example",
        lastLogonTimestamp=filetime(2),
        **OLD_CLIENT,
    )
    forest = f"CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,{base}"
    change(db, forest, dSHeuristics=ANONYMOUS_ALLOWED)
    del db
    raw = ldb.Ldb(f"{settings.get('private dir')}/sam.ldb.d/{base.upper()}.ldb")
    change(raw, f"CN=krbtgt,CN=Users,{base}", pwdLastSet=filetime(500))


if __name__ == "__main__":
    main(*sys.argv[1:])
