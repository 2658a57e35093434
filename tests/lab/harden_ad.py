"""Sets a Samba AD domain up as it should be. Run by /usr/bin/python3, which has the samba module, before samba starts.

harden_ad.py SMB_CONF PASSWORD

It holds what decoders meet in a real domain as well: groups within groups, a foreign principal, objects that are
disabled or deleted, moments that were never, a trust, and managed local passwords.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # at the end, for samba.py there is not what is meant

import ldb
from populate_ad import (
    DELEGATION,
    DISABLED,
    NORMAL,
    NOT_DELEGATED,
    SMART_CARD,
    WORKSTATION,
    change,
    extend_schema,
    filetime,
)
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

NEVER = str(0x7FFFFFFFFFFFFFFF)
CONTROLLER = 0x2000
SERVER_2016 = "7"
RECYCLE_BIN = "766ddcd8-acd0-445e-f3b9-a7f9b6744f2a"
FOREIGN = "S-1-5-21-77-77-77-1105"
USERS = {
    "posture.audit": {},
    "ann.miller": {"lastLogonTimestamp": "2", "accountExpires": NEVER},
    "ben.okafor": {"lastLogonTimestamp": "3", "accountExpires": "0"},
    "cleo.ruiz": {},
    "ops.admin": {"userAccountControl": NORMAL | SMART_CARD | NOT_DELEGATED, "lastLogonTimestamp": "1"},
    "svc-app": {"servicePrincipalName": ["HTTP/app1.hosp.example"], "msDS-SupportedEncryptionTypes": 24},
    "vendor-acme": {"accountExpires": filetime(-60)},
    "left.may": {"userAccountControl": NORMAL | DISABLED, "employeeID": "004712"},
    "deleted.june": {},
}
"""lastLogonTimestamp: days ago."""
COMPUTERS = {
    f"WS-{number:02}": {"operatingSystem": "Windows 11 Enterprise", "operatingSystemVersion": "10.0 (26100)"}
    for number in range(1, 6)
}


def people(db, base, password):
    for name, wanted in USERS.items():
        db.newuser(name, password, force_password_change_at_next_login_req=False)
        values = dict(wanted)
        if "lastLogonTimestamp" in values:
            values["lastLogonTimestamp"] = filetime(int(values["lastLogonTimestamp"]))
        if values:
            change(db, f"CN={name},CN=Users,{base}", **values)
    db.newgroup("Administrators-IT")
    db.newgroup("Administrators-Night")
    db.add_remove_group_members("Administrators-Night", ["ops.admin"])
    db.add_remove_group_members("Administrators-IT", ["Administrators-Night"])
    db.add_remove_group_members("Domain Admins", ["Administrators-IT"])
    db.add_remove_group_members("Protected Users", ["ops.admin"])
    change(db, f"CN=Administrator,CN=Users,{base}", userAccountControl=NORMAL | DISABLED)
    db.newgroup("Partners")
    db.add_remove_group_members("Partners", [FOREIGN])
    for group in (f"CN=Schema Admins,CN=Users,{base}", f"CN=Enterprise Admins,CN=Users,{base}"):
        empty(db, group)
    empty(db, f"CN=Pre-Windows 2000 Compatible Access,CN=Builtin,{base}")
    db.delete(f"CN=deleted.june,CN=Users,{base}")


def empty(db, dn):
    message = ldb.Message()
    message.dn = ldb.Dn(db, dn)
    message["member"] = ldb.MessageElement([], ldb.FLAG_MOD_REPLACE, "member")
    db.modify(message)


def computers(db, base):
    for name, wanted in COMPUTERS.items():
        db.newcomputer(name)
        change(
            db,
            f"CN={name},CN=Computers,{base}",
            **{
                "dNSHostName": f"{name.lower()}.hosp.example",
                "userAccountControl": WORKSTATION,
                "ms-Mcs-AdmPwd": f"Local-Secret-of-{name}",
                "ms-Mcs-AdmPwdExpirationTime": filetime(-20),
                "lastLogonTimestamp": filetime(2),
                **wanted,
            },
        )
    db.newcomputer("DC2")
    second = f"CN=DC2,OU=Domain Controllers,{base}"
    db.rename(f"CN=DC2,CN=Computers,{base}", second)
    change(db, second, userAccountControl=CONTROLLER | DELEGATION)
    windows = {"operatingSystem": "Windows Server 2022 Standard", "operatingSystemVersion": "10.0 (20348)"}
    change(db, second, dNSHostName="dc2.hosp.example", lastLogonTimestamp=filetime(1), **windows)
    change(db, f"CN=DC1,OU=Domain Controllers,{base}", **windows)


def settings_of_the_domain(db, base):
    values = {"minPwdLength": 14, "pwdHistoryLength": 24, "lockoutThreshold": 5, "ms-DS-MachineAccountQuota": 0}
    change(db, base, **values)
    message = ldb.Message()
    message.dn = ldb.Dn(db, "")
    message["enableOptionalFeature"] = ldb.MessageElement(
        f"CN=Partitions,CN=Configuration,{base}:{RECYCLE_BIN}", ldb.FLAG_MOD_REPLACE, "enableOptionalFeature"
    )
    db.modify(message)
    change(db, f"CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,{base}", tombstoneLifetime=180)
    db.add(
        {
            "dn": f"CN=partner.example,CN=System,{base}",
            "objectClass": "trustedDomain",
            "trustPartner": "partner.example",
            "flatName": "PARTNER",
            "securityIdentifier": ndr_pack(security.dom_sid("S-1-5-21-77-77-77")),
            "trustDirection": "3",
            "trustType": "2",
            "trustAttributes": "4",
            "msDS-SupportedEncryptionTypes": "24",
        },
        ["relax:0"],
    )


def policy_of_administrators(db, base):
    db.add(
        {
            "dn": f"CN=Administrators,CN=Password Settings Container,CN=System,{base}",
            "objectClass": "msDS-PasswordSettings",
            "msDS-PasswordSettingsPrecedence": "10",
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PasswordHistoryLength": "24",
            "msDS-PasswordComplexityEnabled": "TRUE",
            "msDS-MinimumPasswordLength": "20",
            "msDS-MinimumPasswordAge": "0",
            "msDS-MaximumPasswordAge": "-9223372036854775808",
            "msDS-LockoutThreshold": "3",
            "msDS-LockoutObservationWindow": "-18000000000",
            "msDS-LockoutDuration": "-18000000000",
            "msDS-PSOAppliesTo": f"CN=Domain Admins,CN=Users,{base}",
        }
    )


def let_the_auditor_read(db, base):
    """What Pre-Windows 2000 Compatible Access gave to everybody is given to the one account that audits."""
    (found,) = db.search(expression="(sAMAccountName=posture.audit)", attrs=["objectSid"])
    entry = f"(A;CI;RPLCLORC;;;{ndr_unpack(security.dom_sid, found['objectSid'][0])})"
    for dn in (
        base,
        f"CN=AdminSDHolder,CN=System,{base}",
        f"CN=Password Settings Container,CN=System,{base}",
        f"CN=Administrators,CN=Password Settings Container,CN=System,{base}",
    ):
        SDUtils(db).dacl_prepend_aces(dn, entry)


def mark_backup(db, base):
    message = ldb.Message()
    message.dn = ldb.Dn(db, base)
    message["dSASignature"] = ldb.MessageElement(b"\x01" * 40, ldb.FLAG_MOD_REPLACE, "dSASignature")
    db.modify(message, ["relax:0"])


def main(smb_conf, password):
    settings = LoadParm()
    settings.load(smb_conf)
    settings.set("dsdb:schema update allowed", "yes")
    db = SamDB(url=settings.samdb_url(), lp=settings, session_info=system_session())
    base = str(db.domain_dn())
    extend_schema(db, f"CN=Schema,CN=Configuration,{base}")
    settings_of_the_domain(db, base)
    people(db, base, password)
    computers(db, base)
    policy_of_administrators(db, base)
    let_the_auditor_read(db, base)
    mark_backup(db, base)
    del db
    # Samba 4.17 raises no domain above 2008 R2: the level goes into the partitions' own files.
    for partition in (base, f"CN=Configuration,{base}"):
        raw = ldb.Ldb(f"{settings.get('private dir')}/sam.ldb.d/{partition.upper()}.ldb")
        for dn in (base, f"CN=Partitions,CN=Configuration,{base}"):
            if dn.endswith(partition) and ("Configuration" in dn) == ("Configuration" in partition):
                change(raw, dn, **{"msDS-Behavior-Version": SERVER_2016})


if __name__ == "__main__":
    main(*sys.argv[1:])
