import pytest
from hypothesis import given
from hypothesis import strategies as st

from posture.ports import PortSet

numbers = st.sets(st.integers(0, 65535), max_size=30)


@given(numbers, numbers)
def test_a_port_set_is_a_set(one, other):
    first, second = PortSet.of(one), PortSet.of(other)

    assert set(first | second) == one | other
    assert set(first - second) == one - other
    assert len(first) == len(one)
    assert PortSet.parse(str(first)) == first
    assert all(port in first for port in one)


@pytest.mark.parametrize("text", ["22-", "x", "70000", "30-20", "-1"])
def test_what_is_no_range_of_ports_is_refused(text):
    with pytest.raises(ValueError, match=r"invalid literal|range of ports"):
        PortSet.parse(text)
