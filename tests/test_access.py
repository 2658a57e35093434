"""Who holds a right by an access list."""

from __future__ import annotations

from checks.samples_depth import CHANGES_ALL, ENROLL, allow

from posture.access import ALL_RIGHTS, CONTROL_ACCESS, WRITE_DAC, holders

ANNA, BEN, EVERYONE = "S-1-5-21-1-2-3-1001", "S-1-5-21-1-2-3-1002", "S-1-1-0"


def deny(sid, *rest, **more):
    return allow(sid, *rest, allows=False, **more)


def test_a_right_by_its_name_all_extended_rights_and_full_control_all_hold_it():
    entries = [allow(ANNA, 0x100, CHANGES_ALL), allow(BEN, 0x100), allow(EVERYONE, ALL_RIGHTS)]
    assert holders(entries, CONTROL_ACCESS, CHANGES_ALL) == {ANNA: True, BEN: True, EVERYONE: True}


def test_generic_all_as_it_may_be_written_is_everything():
    assert holders([allow(ANNA, 0x10000000)], WRITE_DAC) == {ANNA: True}


def test_another_right_is_another_right():
    assert holders([allow(ANNA, 0x100, ENROLL), allow(BEN, 0x10)], CONTROL_ACCESS, CHANGES_ALL) == {}


def test_not_all_of_the_rights_are_not_full_control():
    assert holders([allow(ANNA, WRITE_DAC)], ALL_RIGHTS) == {}


def test_what_was_denied_before_is_not_held_and_what_is_denied_after_is():
    assert holders([deny(ANNA, 0x100, CHANGES_ALL), allow(ANNA)], CONTROL_ACCESS, CHANGES_ALL) == {}
    assert holders([deny(EVERYONE), allow(ANNA)], CONTROL_ACCESS, CHANGES_ALL) == {}
    assert holders([allow(ANNA), deny(ANNA)], CONTROL_ACCESS, CHANGES_ALL) == {ANNA: True}


def test_a_denial_of_something_else_or_of_someone_else_or_under_a_condition_denies_nothing():
    for denial in (deny(ANNA, 0x100, ENROLL), deny(BEN), deny(ANNA, 0x10), deny(ANNA, conditional=True)):
        assert holders([denial, allow(ANNA)], CONTROL_ACCESS, CHANGES_ALL) == {ANNA: True}


def test_a_condition_and_an_entry_about_one_type_of_object_leave_doubt():
    assert holders([allow(ANNA, conditional=True)], CONTROL_ACCESS, CHANGES_ALL) == {ANNA: False}
    assert holders([allow(ANNA, WRITE_DAC, ENROLL)], WRITE_DAC) == {ANNA: False}
    assert holders([allow(ANNA, conditional=True), allow(ANNA)], CONTROL_ACCESS, CHANGES_ALL) == {ANNA: True}
