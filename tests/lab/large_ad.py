"""Puts a group of more members than Windows gives at once into a privileged group. Run by /usr/bin/python3.

large_ad.py SMB_CONF PASSWORD
"""

import sys

import ldb
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB

MEMBERS = 1600
"""Windows gives 1,500 values of an attribute at a time (MaxValRange)."""


def main(smb_conf, _):
    settings = LoadParm()
    settings.load(smb_conf)
    db = SamDB(url=settings.samdb_url(), lp=settings, session_info=system_session())
    base = str(db.domain_dn())
    db.transaction_start()
    names = [f"CN=contact.{number:04},CN=Users,{base}" for number in range(MEMBERS)]
    for dn in names:
        db.add({"dn": dn, "objectClass": "contact"})
    db.newgroup("Everybody-Listed")
    message = ldb.Message()
    message.dn = ldb.Dn(db, f"CN=Everybody-Listed,CN=Users,{base}")
    message["member"] = ldb.MessageElement(names, ldb.FLAG_MOD_ADD, "member")
    db.modify(message)
    db.transaction_commit()
    db.add_remove_group_members("Print Operators", ["Everybody-Listed"])


if __name__ == "__main__":
    main(*sys.argv[1:])
