"""What kind of device a machine is, why, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import pytest
from checks.samples_inventory import row

from posture.facts import LearnedAddress, LearnedAddresses, Ups
from posture.inventory import Inventory
from posture.inventory.classes import CLASSES, class_of_words
from posture.inventory.makers import OF_AGENTS, OF_CARDS, PRODUCTS
from posture.testing import computer, device, directory, host, port, script

MAC = "00:1b:21:00:00:0a"


def learned():
    return LearnedAddresses(rows=(LearnedAddress(mac=MAC, port="1"),), whole=True)


@pytest.mark.parametrize(
    ("fact", "name", "said"),
    [
        (host(), "unknown", "Nothing that was seen of it says what it is."),
        (host(port(104)), "unknown", "Nothing"),
        (host(port(9100, "jetdirect", method="table")), "unknown", "Nothing"),
        (host(port(11112, "dicom")), "modality", "Modality, as it says itself: it answers DICOM on 11112/tcp"),
        (host(port(9100, "jetdirect", product="HP LaserJet M506")), "printer", "HP LaserJet M506 answers on 9100/tcp"),
        (host(port(631, "ipp", product="CUPS")), "unknown", "Nothing"),
        (host(port(554, "rtsp", product="Axis M3045 camera rtspd")), "camera", "as it says itself"),
        (host(port(554, "rtsp", product="Apple AirTunes rtspd")), "unknown", "Nothing"),
        (host(port(389, "ldap", product="Microsoft Windows Active Directory LDAP")), "domain-controller", "389/tcp"),
        (host(port(902, "vmware-auth", product="VMware ESXi")), "hypervisor", "902/tcp"),
        (
            host(scripts=(script("smb-os-discovery", "x", os="Windows 10 Pro 19041"),)),
            "workstation",
            "Workstation, as it says itself: over SMB it names its operating system, Windows 10 Pro 19041.",
        ),
        (host(scripts=(script("smb-os-discovery", "x", os="Windows Server 2019"),)), "server", "Windows Server 2019"),
        (host(scripts=(script("smb-os-discovery", "x", os="Windows 6.1"),)), "unknown", "Nothing"),
        (
            host(mac=MAC, mac_vendor="Draeger Medical"),
            "medical-device",
            "Probably medical device, guessed: its network card is of Draeger Medical.",
        ),
        (host(mac=MAC, mac_vendor="Intel Corporate"), "unknown", "Nothing"),
        (host(zone_kind="imaging"), "modality", "Probably modality, guessed: it stands in a zone of the kind imaging."),
        (host(zone_kind="clinical"), "unknown", "Nothing"),
        (device(ups=Ups(battery_status=2)), "ups", "UPS-MIB"),
        (device(printer="LaserJet"), "printer", "Printer-MIB"),
        (device(object_id="1.3.6.1.4.1.311.1.1.3.1.3"), "domain-controller", "as it says itself"),
        (device(object_id="1.3.6.1.4.1.674.10892.5"), "bmc", "as it says itself"),
        (
            device(object_id="1.3.6.1.4.1.9.1.516", vendor="Cisco"),
            "network",
            "Probably network, guessed: its SNMP agent is of Cisco.",
        ),
        (device(object_id="1.3.6.1.4.1.8072.3.2.10", description="Linux box 5.10"), "unknown", "Nothing"),
        (device(object_id="1.3.6.1.4.1.99999999999999999999"), "unknown", "Nothing"),
        (device(learned=learned()), "network", "forwarding table"),
        (device(learned=learned(), description="Linux kvm1 5.10"), "unknown", "Nothing"),
        (computer(operating_system="Windows 11 Enterprise"), "workstation", "its directory account"),
        (computer(operating_system="Windows Server 2022 Standard"), "server", "its directory account"),
        (computer(control=0x2000 | 0x80000), "domain-controller", "that of a domain controller"),
        (directory(), "domain-controller", "it answers as a directory server"),
        (directory(kind="openldap"), "server", "openldap"),
        (directory(address=""), "unknown", "Nothing"),
    ],
)
def test_a_class_says_why_and_how_sure_it_is(fact, name, said):
    found = Inventory((fact,)).device_class(fact)
    assert found.name == name
    assert said in found.reason


def test_what_is_declared_wins_and_the_contradiction_is_told():
    seen = host(mac=MAC, scripts=(script("smb-os-discovery", "x", os="Windows 10 Pro"),))
    found = Inventory((seen, row(7, macs=(MAC,), kind="Server", device_class="server"))).device_class(seen)
    assert found.name == "server"
    assert found.reason == (
        "Declared as server: inventory.csv, row 7 says Server; "
        "but workstation, as it says itself: over SMB it names its operating system, Windows 10 Pro."
    )


def test_a_medical_device_that_is_declared_to_be_none_is_none():
    seen = host(mac=MAC, mac_vendor="Draeger Medical")
    assert Inventory((seen,)).device_class(seen).medical
    assert not Inventory((seen, row(7, macs=(MAC,), kind="PC", device_class="workstation"))).device_class(seen).medical


def test_a_row_found_by_a_name_alone_declares_nothing():
    seen = host(mac=MAC, mac_vendor="Draeger Medical", names=("pc1.hosp.example",))
    named = row(7, hostname="pc1.hosp.example", kind="PC", device_class="workstation")
    assert Inventory((seen, named)).device_class(seen).medical


def test_where_it_stands_makes_nothing_a_medical_device_for_sure():
    seen = host(zone_kind="medical-device")
    assert not Inventory((seen,)).device_class(seen).medical


def test_what_the_account_of_the_same_name_says_is_a_guess():
    seen = host(names=("ws1.hosp.example",))
    listed = computer(dns_name="ws1.hosp.example", operating_system="Windows 10 Pro")
    found = Inventory((seen, listed)).device_class(seen)
    assert (found.name, found.firm) == ("workstation", False)
    assert "by the name that it goes by" in found.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Infusion Pump", "medical-device"),
        ("CT", "modality"),
        ("Domain Controller", "domain-controller"),
        ("core switch", "network"),
        ("Label printer", "printer"),
        ("  Laptop ", "workstation"),
        ("File server", "server"),
        ("IP phone", "phone"),
        ("chair", ""),
        ("", ""),
        ("monitor", ""),
        ("x" * 100_000, ""),
    ],
)
def test_the_usual_words_of_inventories_are_understood(text, expected):
    assert class_of_words(text) == expected


def test_every_word_of_the_tables_is_a_class():
    assert {*OF_AGENTS, *OF_CARDS, *PRODUCTS.values()} <= {*CLASSES}
    numbers = [number for each in OF_AGENTS.values() for number in each]
    assert len(numbers) == len(set(numbers))


def test_every_maker_of_the_tables_is_in_nmaps_list():
    lines = Path("/usr/share/nmap/nmap-mac-prefixes").read_text("utf-8").splitlines()
    listed = {line.partition(" ")[2].casefold() for line in lines}
    makers = [maker for each in OF_CARDS.values() for maker in each]
    assert [maker for maker in makers if not any(name.startswith(maker) for name in listed)] == []
