"""The secrets of an installation: made once, kept, and never believed when damaged."""

from pathlib import Path

import pytest

from bridge.keyfile import KeyFileDamaged, read_or_make


def test_a_secret_is_made_once_for_its_owner(tmp_path: Path) -> None:
    made = read_or_make(tmp_path / "secret")
    assert len(made) == 32
    assert made == read_or_make(tmp_path / "secret")
    assert made != read_or_make(tmp_path / "other")
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in tmp_path.iterdir()) == ["other", "secret"]


@pytest.mark.parametrize("left", [b"", b"short", bytes(33)])
def test_a_damaged_secret_is_not_used(tmp_path: Path, left: bytes) -> None:
    """Card names and rejected keys would follow from a key that everybody knows."""
    (tmp_path / "secret").write_bytes(left)
    with pytest.raises(KeyFileDamaged, match="is damaged"):
        read_or_make(tmp_path / "secret")
    assert (tmp_path / "secret").read_bytes() == left


def test_what_a_crash_left_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / ".secret.1").write_bytes(b"")
    assert len(read_or_make(tmp_path / "secret")) == 32
