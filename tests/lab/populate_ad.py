"""Plants weaknesses in a Samba AD domain. Run by /usr/bin/python3, which has the samba module, before samba starts.

populate_ad.py SMB_CONF PASSWORD
"""

import sys
import time

import ldb
from samba.auth import system_session
from samba.dcerpc import security
from samba.ndr import ndr_pack, ndr_unpack
from samba.param import LoadParm
from samba.samdb import SamDB
from samba.sd_utils import SDUtils

DISABLED, NO_PASSWORD, REVERSIBLE, NORMAL, WORKSTATION = 0x2, 0x20, 0x80, 0x200, 0x1000
SERVER, NEVER_EXPIRES, DELEGATION, NO_PREAUTH = 0x2000, 0x10000, 0x80000, 0x400000
SMART_CARD, NOT_DELEGATED = 0x40000, 0x100000
LONG_AGO = str((1_700_000_000 + 11_644_473_600) * 10**7)
DES_ONLY, PROTOCOL_TRANSITION = 0x200000, 0x1000000
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
    "merged": {},
    "noted": {"info": "old terminal, pwd=Sommer-2023"},
    "des.only": {"userAccountControl": NORMAL | DES_ONLY},
    "rc4.only": {"servicePrincipalName": ["HTTP/old.hosp.example"], "msDS-SupportedEncryptionTypes": 4},
    "aes.only": {"servicePrincipalName": ["HTTP/new.hosp.example"], "msDS-SupportedEncryptionTypes": 24},
    "impersonator": {
        "userAccountControl": NORMAL | PROTOCOL_TRANSITION,
        "msDS-AllowedToDelegateTo": ["ldap/dc1.hosp.example"],
    },
    "impersonator.app": {
        "userAccountControl": NORMAL | PROTOCOL_TRANSITION,
        "msDS-AllowedToDelegateTo": ["HTTP/srv22.hosp.example"],
    },
    "unix.login": {"unixUserPassword": "ABCD!efgh12345$67890"},
}
PEOPLE = {
    "helper.desk": {},
    "former.admin": {"adminCount": 1},
    "guarded.admin": {"userAccountControl": NORMAL | SMART_CARD | NOT_DELEGATED},
    "ward3": {"days_since_logon": 3},
    "vendor-acme": {},
    "vendor-until": {"accountExpires": "150000000000000000"},
    "sync.connector": {},
    "denied.sync": {},
    "left.june": {"employeeID": "004711", "mail": "left.june@hosp.example"},
    "left.expired": {"accountExpires": "130000000000000000"},
}
"""Not in the group Large, as the others are."""
ACTS_FOR_OTHERS = "O:SYG:SYD:(A;;GA;;;AU)"
TRUSTS = {
    "partner.example": {"trustDirection": 2, "trustType": 2, "trustAttributes": 0, "msDS-SupportedEncryptionTypes": 4},
    "filtered.example": {
        "trustDirection": 3,
        "trustType": 2,
        "trustAttributes": 4,
        "msDS-SupportedEncryptionTypes": 24,
    },
    "forest.example": {"trustDirection": 3, "trustType": 2, "trustAttributes": 0x848},
}
COMPUTERS = {
    "WS-XP": {
        "operatingSystem": "Windows XP Professional",
        "operatingSystemVersion": "5.1 (2600)",
        "lastLogonTimestamp": LONG_AGO,
    },
    "SRV22": {
        "operatingSystem": "Windows Server 2022 Standard",
        "operatingSystemVersion": "10.0 (20348)",
        "ms-Mcs-AdmPwd": "L0cal-Secret-9",
        "days_to_expiry": 20,
    },
    "SRV-DELEG": {"userAccountControl": WORKSTATION | DELEGATION},
    "BACKUP01": {"operatingSystem": "Debian GNU/Linux"},
    "STORE02": {"operatingSystem": "Debian GNU/Linux", "servicePrincipalName": ["VeeamBackupSvc/store02.hosp.example"]},
}
CHANGES_ALL = "1131f6ad-9c07-11d1-f79f-00c04fc2dcd2"
ENROLL = "0e10c968-78fb-11d2-90d4-00c04f79dc55"
READ = "(A;;RPLCLORC;;;AU)"
GRANTS = {
    "sync.connector": [f"(OA;;CR;{CHANGES_ALL};;{{sid}})"],
    "Mail-Servers": ["(A;CI;WD;;;{sid})"],
    "Ward-Staff": ["(A;CIIO;GA;;;{sid})"],
    "denied.sync": [f"(OD;;CR;{CHANGES_ALL};;{{sid}})", f"(OA;;CR;{CHANGES_ALL};;{{sid}})"],
}
"""Access entries on the domain's own object, in their order: the first two give too much, the last two nothing."""
SUPPLIES_SUBJECT, PENDING = 0x1, 0x2
CLIENT_LOGIN, SERVER = "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"
TEMPLATES = {
    "AnyUserLogin": {"name": SUPPLIES_SUBJECT, "usage": CLIENT_LOGIN, "access": f"(OA;;CR;{ENROLL};;AU)"},
    "AnyUserAnything": {"name": SUPPLIES_SUBJECT, "usage": "", "access": "(A;;GA;;;DU)"},
    "ApprovedLogin": {
        "name": SUPPLIES_SUBJECT,
        "usage": CLIENT_LOGIN,
        "enrollment": PENDING,
        "access": f"(OA;;CR;{ENROLL};;AU)",
    },
    "WebServer": {"name": SUPPLIES_SUBJECT, "usage": SERVER, "access": f"(OA;;CR;{ENROLL};;AU)"},
    "AdminsLogin": {"name": SUPPLIES_SUBJECT, "usage": CLIENT_LOGIN, "access": f"(OA;;CR;{ENROLL};;DA)"},
    "OwnName": {"name": 0, "usage": CLIENT_LOGIN, "access": f"(OA;;CR;{ENROLL};;DU)"},
    "Unpublished": {"name": SUPPLIES_SUBJECT, "usage": CLIENT_LOGIN, "access": f"(OA;;CR;{ENROLL};;AU)"},
}
"""Certificate templates; all but the last are published, and the first two let anybody log in as anybody."""


LAPS = "1.2.840.113556.1.8000.2554.50051.45980.28112.18903.35903.6685103.1224907.2"
LAPS_SCHEMA = {
    "ms-Mcs-AdmPwd": {"number": 1, "attributeSyntax": "2.5.5.5", "oMSyntax": "19", "searchFlags": "904"},
    "ms-Mcs-AdmPwdExpirationTime": {"number": 2, "attributeSyntax": "2.5.5.16", "oMSyntax": "65", "searchFlags": "0"},
}
"""Microsoft LAPS: the password is confidential (searchFlags 128), the time it is due is not."""


def filetime(days_ago):
    return str(int((time.time() - days_ago * 86400 + 11644473600) * 10**7))


def change(db, dn, **values):
    message = ldb.Message()
    message.dn = ldb.Dn(db, dn)
    for name, value in values.items():
        listed = value if isinstance(value, list) else [str(value)]
        message[name] = ldb.MessageElement(listed, ldb.FLAG_MOD_REPLACE, name)
    db.modify(message)


def extend_schema(db, schema):
    for name, values in LAPS_SCHEMA.items():
        number, rest = values["number"], {key: value for key, value in values.items() if key != "number"}
        db.add(
            {
                "dn": f"CN={name},{schema}",
                "objectClass": "attributeSchema",
                "lDAPDisplayName": name,
                "attributeID": f"{LAPS}.{number}",
                "isSingleValued": "TRUE",
                **rest,
            }
        )
    db.set_schema_update_now()
    message = ldb.Message()
    message.dn = ldb.Dn(db, f"CN=Computer,{schema}")
    message["mayContain"] = ldb.MessageElement(list(LAPS_SCHEMA), ldb.FLAG_MOD_ADD, "mayContain")
    db.modify(message)
    db.set_schema_update_now()


def grant(db, base):
    """Access entries on the domain's own object, before those that it has."""
    added = [ace.format(sid=security_id(db, name)) for name, entries in GRANTS.items() for ace in entries]
    SDUtils(db).dacl_prepend_aces(base, "".join(added))


def security_id(db, name):
    (found,) = db.search(expression=f"(sAMAccountName={name})", attrs=["objectSid"])
    return str(ndr_unpack(security.dom_sid, found["objectSid"][0]))


def certificate_services(db, base):
    """An authority, and templates that it publishes."""
    services = f"CN=Public Key Services,CN=Services,CN=Configuration,{base}"
    domain = security.dom_sid(db.get_domain_sid())
    for name, wanted in TEMPLATES.items():
        usage = {"pKIExtendedKeyUsage": wanted["usage"]} if wanted["usage"] else {}
        dn = f"CN={name},CN=Certificate Templates,{services}"
        db.add(
            {
                "dn": dn,
                "objectClass": "pKICertificateTemplate",
                "displayName": name,
                "msPKI-Certificate-Name-Flag": str(wanted["name"]),
                "msPKI-Enrollment-Flag": str(wanted.get("enrollment", 0)),
                "msPKI-RA-Signature": "0",
                "msPKI-Template-Schema-Version": "2",
                **usage,
            }
        )
        descriptor = security.descriptor.from_sddl(f"O:DAG:DAD:P{READ}(A;;GA;;;DA){wanted['access']}", domain)
        SDUtils(db).modify_sd_on_dn(dn, descriptor)
    db.add(
        {
            "dn": f"CN=HOSP-CA,CN=Enrollment Services,{services}",
            "objectClass": "pKIEnrollmentService",
            "dNSHostName": "ca1.hosp.example",
            "certificateTemplates": [name for name in TEMPLATES if name != "Unpublished"],
        }
    )


def main(smb_conf, password):
    settings = LoadParm()
    settings.load(smb_conf)
    settings.set("dsdb:schema update allowed", "yes")
    db = SamDB(url=settings.samdb_url(), lp=settings, session_info=system_session())
    base = str(db.domain_dn())
    extend_schema(db, f"CN=Schema,CN=Configuration,{base}")
    old = []
    for name, wanted in {**USERS, **PEOPLE}.items():
        db.newuser(name, password, force_password_change_at_next_login_req=False)
        dn = f"CN={name},CN=Users,{base}"
        values = dict(wanted)
        if "days_since_logon" in values:
            values["lastLogonTimestamp"] = filetime(values.pop("days_since_logon"))
        if "days_since_password" in values:
            old.append((dn, filetime(values.pop("days_since_password"))))
        if values:
            change(db, dn, **values)
    for name, wanted in COMPUTERS.items():
        db.newcomputer(name)
        values = dict(wanted)
        if "days_to_expiry" in values:
            values["ms-Mcs-AdmPwdExpirationTime"] = filetime(-values.pop("days_to_expiry"))
        change(
            db,
            f"CN={name},CN=Computers,{base}",
            **{"dNSHostName": f"{name.lower()}.hosp.example", "userAccountControl": WORKSTATION, **values},
        )
    db.newgroup("Nested-IT")
    db.newgroup("Ward-Staff")
    db.newgroup("Mail-Servers")
    db.add_remove_group_members("Nested-IT", ["nested.admin"])
    db.add_remove_group_members("Ward-Staff", ["nurse.plain", "nurse.never"])
    db.add_remove_group_members("Domain Admins", ["Nested-IT", "svc-backup", "primary.admin"])
    change(db, f"CN=primary.admin,CN=Users,{base}", primaryGroupID=512)
    db.add_remove_group_members("Print Operators", ["leaver", "helper.desk"])
    db.add_remove_group_members("Domain Admins", ["guarded.admin"])
    old.append((f"CN=WS-XP,CN=Computers,{base}", LONG_AGO))
    change(db, f"CN=Administrator,CN=Users,{base}", lastLogonTimestamp=filetime(5))
    db.newgroup("Large")
    db.add_remove_group_members("Large", list(USERS))
    change(db, base, minPwdLength=6, pwdHistoryLength=3, lockoutThreshold=0)
    for at, (name, values) in enumerate(TRUSTS.items()):
        db.add(
            {
                "dn": f"CN={name},CN=System,{base}",
                "objectClass": "trustedDomain",
                "trustPartner": name,
                "flatName": name.partition(".")[0].upper(),
                "securityIdentifier": ndr_pack(security.dom_sid(f"S-1-5-21-7-7-{at + 1}")),
                **{attribute: str(value) for attribute, value in values.items()},
            },
            ["relax:0"],
        )
    db.add(
        {
            "dn": f"CN=Service accounts,CN=Password Settings Container,CN=System,{base}",
            "objectClass": "msDS-PasswordSettings",
            "msDS-PasswordSettingsPrecedence": "10",
            "msDS-PasswordReversibleEncryptionEnabled": "FALSE",
            "msDS-PasswordHistoryLength": "0",
            "msDS-PasswordComplexityEnabled": "FALSE",
            "msDS-MinimumPasswordLength": "4",
            "msDS-MinimumPasswordAge": "0",
            "msDS-MaximumPasswordAge": "-9223372036854775808",
            "msDS-LockoutThreshold": "0",
            "msDS-LockoutObservationWindow": "-18000000000",
            "msDS-LockoutDuration": "-18000000000",
            "msDS-PSOAppliesTo": f"CN=svc-sql,CN=Users,{base}",
        }
    )
    acts = ndr_pack(security.descriptor.from_sddl(ACTS_FOR_OTHERS, security.dom_sid(db.get_domain_sid())))
    change(
        db,
        f"CN=DC1,OU=Domain Controllers,{base}",
        **{"msDS-AllowedToActOnBehalfOfOtherIdentity": [acts]},
    )
    grant(db, base)
    certificate_services(db, base)
    domain_sid = db.get_domain_sid()
    del db
    # Samba refuses a pwdLastSet in the past, whatever the control: it goes into the partition's own file.
    raw = ldb.Ldb(f"{settings.get('private dir')}/sam.ldb.d/{base.upper()}.ldb")
    for dn, moment in old:
        change(raw, dn, pwdLastSet=moment)
    change(raw, f"CN=merged,CN=Users,{base}", sIDHistory=[ndr_pack(security.dom_sid(f"{domain_sid}-512"))])


if __name__ == "__main__":
    main(*sys.argv[1:])
