"""Building control within reach of people's networks."""

from __future__ import annotations

from collections.abc import Iterator

from posture import Scope, Severity, Verdict, check
from posture.facts import Facts, Host
from posture.segmentation.crossing import crossing
from posture.segmentation.rules import BACNET, CONTROLLER, MODBUS


@check("modbus-reachable", title="Building control can be reached from elsewhere (Modbus)", severity=Severity.HIGH)
def modbus_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No Modbus port is open to a zone outside building control that your policy denies it.

    Posture sends nothing to 502/tcp, since live plant may not bear it. It fails where the port is open to a denied
    zone and others are not, known by its number; and by modbus-discover in an imported scan.

    Why it matters:
        Modbus asks nobody who they are: whoever reaches it can switch ventilation, medical gases or power. Operating
        rooms and pharmacies depend on them.

    How to fix:
        Put building control into a zone of its own behind a firewall, and let only its own control station in.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); NIST SP 800-82 Rev. 3, 5.2; Modbus Application Protocol Specification 1.1b3.
    """
    yield from crossing(hosts, scope, MODBUS)


@check("bacnet-reachable", title="Building control can be reached by users (BACnet)", severity=Severity.HIGH)
def bacnet_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No BACnet device answers users, guests, outsiders or clinical machines that your policy denies it.

    BACnet is 47808/udp. Posture does not ask it: an answer to nmap's bacnet-info in a scan that was imported with its
    zone fails, and only a refused port (closed) passes.

    Why it matters:
        BACnet asks nobody who they are. Whoever reaches it can change the pressure of an isolation room or the heating
        of a ward.

    How to fix:
        Put building control into a zone of its own, behind a firewall, or use BACnet/SC. Ask the facility's engineers
        before anything is scanned.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); ASHRAE 135 Annex J and AB; NIST SP 800-82 Rev. 3, 5.2.
    """
    yield from crossing(hosts, scope, BACNET)


@check(
    "building-controller-reachable",
    title="A building controller can be reached from outside its zone",
    severity=Severity.HIGH,
)
def building_controller_reachable(hosts: Facts[Host], scope: Scope) -> Iterator[Verdict]:
    """No controller (Niagara Fox, EtherNet/IP, Siemens S7) answers a zone outside building control that it is denied.

    Posture sends nothing to these ports, since live plant may not bear it. A result of fox-info, enip-info or s7-info
    in an imported scan fails. A port that is open to a denied zone, while others are not, fails at medium, known by its
    number alone.

    Why it matters:
        Controllers run ventilation, lifts and doors, and many have no password or the maker's. What is changed there is
        felt by patients at once.

    How to fix:
        Put controllers into a zone of their own behind a firewall, and let only their engineering station in.

    Sources:
        45 CFR 164.308(a)(1)(ii)(B); CISA, "Recommended Practice: Defense in Depth"; NIST SP 800-82 Rev. 3, 5.2.
    """
    yield from crossing(hosts, scope, CONTROLLER)
