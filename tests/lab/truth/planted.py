"""What was planted in the weak labs: a check, the subject as the report names it, and what makes it fail."""

from __future__ import annotations

from typing import NamedTuple


class Planted(NamedTuple):
    """One weakness that an audit has to find."""

    check: str
    subject: str
    what: str


DOMAIN = (
    Planted("ad-account-lockout", "hosp.example", "lockoutThreshold 0"),
    Planted("ad-anonymous-operations", "ad", "dSHeuristics 0000002"),
    Planted("ad-anyone-joins-computers", "hosp.example", "ms-DS-MachineAccountQuota 10, as provisioned"),
    Planted("ad-asrep-roastable", "no.preauth", "no pre-authentication"),
    Planted("ad-builtin-administrator-used", "Administrator", "a log-in 5 days ago"),
    Planted("ad-certificate-template-esc1", "AnyUserAnything", "any purpose, for Domain Users, any subject"),
    Planted("ad-certificate-template-esc1", "AnyUserLogin", "log-in, for Authenticated Users, any subject"),
    Planted("ad-cleartext-password-attribute", "ad", "a unixUserPassword in the clear"),
    Planted("ad-disabled-still-privileged", "leaver", "disabled, in Print Operators"),
    Planted("ad-domain-controller-unsupported", "DC1$", "Windows Server 2012 R2 by its own word"),
    Planted("ad-fine-grained-policy-weaker", "ad", "a policy of 4 characters without lockout"),
    Planted("ad-functional-level", "ad", "level 2008 R2, as provisioned"),
    Planted("ad-gpp-password", "{31B2F340-016D-11D2-945F-00C04FB984F9}", "cpassword in Groups.xml of a copy of SYSVOL"),
    Planted("ad-guest-enabled", "Guest", "enabled"),
    Planted("ad-inactive-computers", "WS-XP$", "last seen in 2023"),
    Planted("ad-inactive-users", "stale", "a log-in 400 days ago"),
    Planted("ad-kerberoastable-privileged", "svc-backup", "a service principal, in Domain Admins"),
    Planted("ad-krbtgt-password-age", "krbtgt", "a password of 500 days"),
    Planted("ad-laps-coverage", "the whole scope", "one of three Windows computers"),
    Planted("ad-laps-secret-readable", "ad", "a managed password that the auditor may read"),
    Planted("ad-leaver-still-enabled", "left.june", "left by the list of leavers, and enabled"),
    Planted("ad-member-os-unsupported", "WS-SEVEN$", "Windows 7, in use"),
    Planted("ad-old-passwords", "old.password", "a password of 700 days"),
    Planted("ad-operator-groups-not-empty", "Print Operators", "two members"),
    Planted("ad-orphaned-admincount", "former.admin", "adminCount 1, in no group"),
    Planted("ad-password-complexity", "hosp.example", "pwdHistoryLength 3"),
    Planted("ad-password-in-attribute", "chatty", "a password in description"),
    Planted("ad-password-in-attribute", "noted", "a password in info"),
    Planted("ad-password-length", "hosp.example", "minPwdLength 6"),
    Planted("ad-password-never-expires", "nurse.never", "DONT_EXPIRE_PASSWORD"),
    Planted("ad-password-not-required", "no.password", "PASSWD_NOTREQD"),
    Planted("ad-pre-windows-2000-access", "Pre-Windows 2000 Compatible Access", "Authenticated Users, as provisioned"),
    Planted("ad-privileged-not-protected", "Administrator", "in Domain Admins, without protection"),
    Planted("ad-privileged-not-protected", "helper.desk", "in Print Operators, without protection"),
    Planted("ad-privileged-not-protected", "nested.admin", "in a group within Domain Admins, without protection"),
    Planted("ad-privileged-not-protected", "primary.admin", "Domain Admins as primary group, without protection"),
    Planted("ad-protocol-transition-to-dc", "impersonator", "protocol transition to ldap/dc1"),
    Planted("ad-recycle-bin", "ad", "off, as provisioned"),
    Planted("ad-replication-rights", "hosp.example", "DS-Replication-Get-Changes-All and WriteDACL for others"),
    Planted("ad-resource-delegation-on-tier0", "DC1$", "Authenticated Users may act towards it"),
    Planted("ad-reversible-encryption", "reversible", "ENCRYPTED_TEXT_PWD_ALLOWED"),
    Planted("ad-service-account-domain-admin", "svc-backup", "a service principal, in Domain Admins"),
    Planted("ad-shared-accounts", "ward3", "a log-in 3 days ago"),
    Planted("ad-sid-history", "merged", "the SID of Domain Admins"),
    Planted("ad-single-domain-controller", "hosp.example", "one controller"),
    Planted("ad-too-many-privileged", "Administrators", "fifteen, ten of them in a nested group"),
    Planted("ad-too-many-privileged", "Domain Admins", "fifteen, ten of them in a nested group"),
    Planted("ad-trust-weak", "ad", "RC4 alone, and tickets passed on"),
    Planted("ad-trust-without-sid-filtering", "ad", "no quarantine, and a forest taken as external"),
    Planted("ad-unconstrained-delegation", "SRV-DELEG$", "TRUSTED_FOR_DELEGATION"),
    Planted("ad-unconstrained-delegation", "delegated", "TRUSTED_FOR_DELEGATION"),
    Planted("ad-vendor-without-expiry", "vendor-acme", "accountExpires never"),
    Planted("ad-weak-kerberos-encryption", "des.only", "USE_DES_KEY_ONLY"),
    Planted("ad-weak-kerberos-encryption", "rc4.only", "msDS-SupportedEncryptionTypes 4"),
    Planted("backup-operators-not-empty", "Backup Operators", "an undeclared member"),
    Planted("backup-server-domain-joined", "BACKUP01$", "a backup server by its name"),
    Planted("backup-server-domain-joined", "STORE02$", "a Veeam service principal"),
    Planted("ldap-cleartext-bind-accepted", "ad", "ldap server require strong auth = no"),
)

NETWORK = (
    Planted("backup-share-open", "10.10.0.16", "an export for *, where posture.toml says that backups lie"),
    Planted("certificate-invalid", "10.10.0.11", "expired in 2019, RSA of 1024 bits"),
    Planted("certificate-invalid", "10.10.0.18", "self-signed, signed with SHA-1, not valid yet"),
    Planted("clinical-portal-over-http", "10.10.0.22", "a FHIR server's page without TLS"),
    Planted("datastore-unauthenticated", "10.10.0.12", "redis without a password"),
    Planted("dicom-any-ae-title", "10.20.0.10", "pynetdicom that takes any called title"),
    Planted("dicom-any-ae-title", "10.20.0.11", "Orthanc, as installed"),
    Planted("dicom-cleartext", "10.20.0.10", "no TLS"),
    Planted("dicom-cleartext", "10.20.0.11", "no TLS"),
    Planted("docker-api-open", "10.10.0.17", "the API without TLS"),
    Planted("ftp-cleartext", "10.10.0.19", "vsftpd with anonymous log-in"),
    Planted("ftp-cleartext", "10.10.0.20", "vsftpd without TLS"),
    Planted("login-over-http", "10.10.0.21", "a log-in form and HTTP Basic without TLS"),
    Planted("login-over-http", "10.20.0.11", "Orthanc's HTTP Basic without TLS"),
    Planted("medical-device-cleartext-admin", "10.30.0.10", "telnetd"),
    Planted("host-not-in-inventory", "10.10.0.18", "not in the inventory that was imported"),
    Planted("nfs-open-export", "10.10.0.16", "an export for *"),
    Planted("openldap-anonymous-read", "open", "access to * by * read"),
    Planted("openldap-cleartext-bind", "open", "no security, no TLS"),
    Planted("openldap-cleartext-bind", "lax", "no security simple_bind"),
    Planted("openldap-config-readable", "lax", "cn=config for every user"),
    Planted("openldap-no-password-policy", "bare", "no ppolicy"),
    Planted("openldap-password-hash-readable", "open", "userPassword for everybody"),
    Planted("openldap-stale-accounts", "forgotten", "pwdLastSuccess in 2023"),
    Planted("openldap-starttls-missing", "open", "no certificate"),
    Planted("openldap-weak-password-policy", "cn=staff policy,dc=hospital,dc=example", "pwdMinLength 6, no lockout"),
    Planted("pacs-web-over-http", "10.20.0.11", "Orthanc's pages without TLS"),
    Planted("rdp-without-nla", "10.5.0.12", "xrdp"),
    Planted("smb-signing-not-required", "10.10.0.10", "smbd without mandatory signing"),
    Planted("smb1-offered", "10.10.0.10", "server min protocol = NT1"),
    Planted("smtp-without-starttls", "10.10.0.14", "Postfix without TLS"),
    Planted("ssh-weak", "10.10.0.15", "diffie-hellman-group1-sha1, CBC alone"),
    Planted("telnet-offered", "10.10.0.13", "telnetd"),
    Planted("telnet-offered", "10.30.0.10", "telnetd"),
    Planted("tls-outdated", "10.10.0.11", "TLS 1.0 and 1.1"),
    Planted("vnc-without-authentication", "10.5.0.10", "Xtigervnc -SecurityTypes None"),
    Planted("x11-open", "10.5.0.11", "Xvfb -ac"),
)

CROSSING = (
    Planted("database-crosses-zones", "10.10.0.42", "redis, open to users"),
    Planted("datastore-unauthenticated", "10.10.0.42", "redis without a password"),
    Planted("dicom-any-ae-title", "10.20.0.40", "pynetdicom that takes any called title"),
    Planted("dicom-cleartext", "10.20.0.40", "no TLS"),
    Planted("dicom-crosses-zones", "10.20.0.40", "DICOM, open to users"),
    Planted("hl7-crosses-zones", "10.40.0.40", "an HL7 listener, open to users"),
    Planted("printer-open-service", "printer-2", "rocommunity public"),
    Planted("rdp-crosses-zones", "10.10.0.40", "xrdp, open to users"),
    Planted("rdp-without-nla", "10.10.0.40", "xrdp"),
    Planted("smb-crosses-zones", "10.10.0.41", "smbd, open to users"),
    Planted("smb-signing-not-required", "10.10.0.41", "smbd without mandatory signing"),
    Planted("smb1-offered", "10.10.0.41", "server min protocol = NT1"),
    Planted("snmp-crosses-zones", "printer-2", "SNMP, open to users"),
    Planted("snmp-default-community", "printer-2", "rocommunity public"),
    Planted("snmp-v1-v2c", "printer-2", "rocommunity public"),
)

DEVICES = (
    Planted("device-owner-missing", "ups-1", "no sysContact, no sysLocation"),
    Planted("endpoint-protection-missing", "windows-1", "MsMpEng.exe does not run"),
    Planted("firmware-unsupported", "switch-1", "12.2(55)SE, which posture.toml names"),
    Planted("printer-open-service", "printer-1", "rocommunity public"),
    Planted("snmp-default-community", "printer-1", "rocommunity public"),
    Planted("snmp-default-community", "ups-1", "rocommunity public, rwcommunity private"),
    Planted("snmp-no-trap-target", "ups-1", "no trap2sink"),
    Planted("snmp-user-list-exposed", "windows-1", "svUserTable"),
    Planted("snmp-v1-v2c", "printer-1", "rocommunity"),
    Planted("snmp-v1-v2c", "ups-1", "rocommunity, rwcommunity"),
    Planted("snmp-v1-v2c", "windows-1", "rocommunity"),
    Planted("snmp-v3-without-privacy", "ups-1", "rouser monitor authNoPriv"),
    Planted("snmp-write-access", "ups-1", "rwcommunity private"),
    *(
        Planted("software-unapproved", agent, "base-files, which posture.toml names, on the machine of the agents")
        for agent in ("printer-1", "printer-2", "switch-1", "ups-1", "windows-1")
    ),
    Planted("ups-battery-failing", "ups-1", "upsBatteryStatus 3, two alarms"),
    Planted("ups-runtime-short", "ups-1", "4 minutes"),
)

PLANTED = (*DOMAIN, *NETWORK, *CROSSING, *DEVICES)
