import stat

import pytest

from posture.atomic import replacing


def test_the_file_is_there_when_the_block_ends(tmp_path):
    out = tmp_path / "report.txt"
    with replacing(out) as temporary:
        temporary.write_text("new")
        assert not out.exists()
    assert out.read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_the_old_file_stays_when_the_block_raises(tmp_path):
    out = tmp_path / "report.txt"
    out.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(out) as temporary:
        temporary.write_text(f"half {1 / 0}")
    assert out.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.txt"]


def test_only_its_owner_can_read_it(tmp_path):
    out = tmp_path / "report.txt"
    with replacing(out) as temporary:
        temporary.write_text("weaknesses")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
