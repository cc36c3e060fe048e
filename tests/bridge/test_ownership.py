"""What the bridge trusts on disk, and what it refuses because somebody else could have written it."""

import os
import shutil
from pathlib import Path

import pytest

from bridge.errors import PolicyRefused
from bridge.ownership import refuse_untrusted

STRANGER = 54321


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "lib"
    folder.mkdir(mode=0o755)
    file = folder / "module.so"
    file.touch(mode=0o644)
    return file


def give_away(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.fail("only root can give a file to another user: run this test as root (make test in a container does)")
    os.chown(path, STRANGER, STRANGER, follow_symlinks=False)


def test_our_own_file_is_trusted(library: Path) -> None:
    refuse_untrusted(library)
    shortcut = library.with_name("shortcut.so")
    shortcut.symlink_to(library.name)
    refuse_untrusted(shortcut)


@pytest.mark.negative(61)
def test_what_others_may_write_is_refused(library: Path) -> None:
    for path, mode in ((library, 0o646), (library.parent, 0o757), (library.parent.parent, 0o757)):
        before = path.stat().st_mode
        path.chmod(mode)
        with pytest.raises(PolicyRefused, match=f"{path} is writable by others"):
            refuse_untrusted(library)
        path.chmod(before)
    refuse_untrusted(library)


@pytest.mark.negative(61)
def test_what_a_group_may_write_is_refused(library: Path) -> None:
    if os.geteuid() == 0:
        os.chown(library, 0, STRANGER)
    library.chmod(0o664)
    if library.stat().st_gid == STRANGER:
        with pytest.raises(PolicyRefused, match="writable by a group"):
            refuse_untrusted(library)


@pytest.mark.negative(61)
def test_what_belongs_to_another_user_is_refused(library: Path) -> None:
    shortcut = library.with_name("shortcut.so")
    shortcut.symlink_to(library.name)
    for path in (library, library.parent, shortcut):
        give_away(path)
        with pytest.raises(PolicyRefused, match=f"belongs to another user \\({STRANGER}\\)"):
            refuse_untrusted(shortcut)
        os.chown(path, 0, 0, follow_symlinks=False)
    refuse_untrusted(shortcut)


@pytest.mark.negative(61)
def test_a_folder_above_that_belongs_to_another_user_is_refused(library: Path) -> None:
    """Its owner may put another folder in the place of ours, whatever that one's own rights are."""
    above = library.parent.parent
    give_away(above)
    for mode in (0o755, 0o1777):
        above.chmod(mode)
        with pytest.raises(PolicyRefused, match=f"{above} belongs to another user \\({STRANGER}\\)"):
            refuse_untrusted(library)
    os.chown(above, 0, STRANGER)
    above.chmod(0o775)
    with pytest.raises(PolicyRefused, match=f"{above} is writable by a group"):
        refuse_untrusted(library)


@pytest.mark.negative(61)
@pytest.mark.parametrize("absolute", [True, False])
def test_a_link_in_the_middle_of_the_way_is_looked_at(library: Path, tmp_path: Path, absolute: bool) -> None:
    """In a sticky folder anybody leaves a link, and turns it to another place whenever he likes."""
    crowded = tmp_path / "crowded"
    crowded.mkdir()
    crowded.chmod(0o1777)
    link = crowded / "link"
    link.symlink_to(library.parent if absolute else Path("..") / library.parent.name)
    refuse_untrusted(link / library.name)
    give_away(link)
    with pytest.raises(PolicyRefused, match=f"{link} belongs to another user"):
        refuse_untrusted(link / library.name)


@pytest.mark.negative(61)
def test_what_a_link_passes_on_its_way_is_looked_at(library: Path, tmp_path: Path) -> None:
    """The folder that a link leads through counts as much as the ones where it begins and ends."""
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    (open_to_all / "second").symlink_to(library)
    first = library.with_name("first")
    first.symlink_to(open_to_all / "second")
    refuse_untrusted(first)
    open_to_all.chmod(0o777)
    with pytest.raises(PolicyRefused, match=f"{open_to_all} is writable by others"):
        refuse_untrusted(first)


def test_a_sticky_folder_keeps_what_is_ours(library: Path) -> None:
    library.parent.chmod(0o1777)
    refuse_untrusted(library)


def test_what_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(PolicyRefused, match="No such file"):
        refuse_untrusted(tmp_path / "absent.so")
    loop = tmp_path / "loop"
    loop.symlink_to("loop")
    with pytest.raises(PolicyRefused):
        refuse_untrusted(loop)


def test_the_system_own_libraries_are_trusted() -> None:
    refuse_untrusted(Path(shutil.which("sh") or "/bin/sh"))
