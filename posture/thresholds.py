"""The numbers that checks compare with. HIPAA sets none of them: they are the hospital's own policy."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["Thresholds"]

_Days = Annotated[int, Meta(ge=1, le=36_500)]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Your policy. Each default names its source; set another in `[thresholds]` of posture.toml."""

    password_min_length: Annotated[
        int,
        Meta(ge=1, le=128, description="Shortest password allowed. Default 8: NIST SP 800-63B 5.1.1.2; PingCastle."),
    ] = 8
    password_history: Annotated[
        int, Meta(ge=0, le=1024, description="Passwords remembered. Default 5: common audit practice.")
    ] = 5
    lockout_max_attempts: Annotated[
        int, Meta(ge=1, le=999, description="Failed log-ins before lockout. Default 10: Microsoft security baseline.")
    ] = 10
    inactive_days: Annotated[
        _Days,
        Meta(description="Days without a log-in after which an account is stale. Default 90; CIS Controls: 45."),
    ] = 90
    logon_lag_days: Annotated[
        int,
        Meta(ge=0, le=30, description="Replication lag of lastLogonTimestamp. Default 14: Microsoft."),
    ] = 14
    password_days: Annotated[
        _Days, Meta(description="Age of a password that is old. Default 365: CIS Password Policy Guide, yearly.")
    ] = 365
    privileged_accounts: Annotated[
        int, Meta(ge=0, le=10_000, description="Accounts in a group of administrators. Default 10: our own choice.")
    ] = 10
    administrator_days: Annotated[
        _Days,
        Meta(description="Days without use after which the built-in Administrator is unused. Default 30: our choice."),
    ] = 30
    krbtgt_days: Annotated[
        _Days, Meta(description="Age of the krbtgt password that fails. Default 365: PingCastle scores from 366 days.")
    ] = 365
    krbtgt_warn_days: Annotated[
        _Days, Meta(description="Age of the krbtgt password that fails at medium. Default 180: Microsoft's advice.")
    ] = 180
    laps_coverage_percent: Annotated[
        int, Meta(ge=1, le=100, description="Share of Windows computers under LAPS. Default 95: common audit practice.")
    ] = 95
    tombstone_days: Annotated[
        _Days, Meta(description="Days that Active Directory keeps deleted objects. Default 180: Microsoft's default.")
    ] = 180
    directory_backup_days: Annotated[
        _Days, Meta(description="Age of the last backup of Active Directory that fails. Default 7: PingCastle.")
    ] = 7
    uptime_days: Annotated[
        _Days, Meta(description="Days without a restart that suggest missing patches. Default 365.")
    ] = 365
    clock_seconds: Annotated[
        int,
        Meta(ge=1, le=86_400, description="Seconds a clock may be off. Default 300: that of Kerberos (RFC 4120)."),
    ] = 300
    ups_minutes: Annotated[
        int, Meta(ge=1, le=1440, description="UPS runtime the site needs. Default 10: time to start a generator.")
    ] = 10
    rsa_bits: Annotated[
        int, Meta(ge=1024, le=16384, description="Smallest RSA key. Default 2048: NIST SP 800-131A Rev. 2.")
    ] = 2048
    lifecycle_data_days: Annotated[
        _Days,
        Meta(description="Age at which end-of-support dates are too old to pass a system. Default 365: our choice."),
    ] = 365
    kev_data_days: Annotated[
        _Days,
        Meta(description="Age at which CISA's catalog of exploited flaws is too old. Default 30: our choice."),
    ] = 30
    drill_days: Annotated[
        _Days, Meta(description="Age at which a downtime drill counts as missing. Default 365: CISA RRA, yearly.")
    ] = 365
    restore_test_days: Annotated[
        _Days, Meta(description="Age at which a restore test counts as missing. Default 365: common audit practice.")
    ] = 365
    attestation_notice_days: Annotated[
        _Days, Meta(description="Days before its end from which an attestation is shown as expiring. Default 30.")
    ] = 30
