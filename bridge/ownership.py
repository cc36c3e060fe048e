"""Who could have written a file the bridge is about to trust: its policy, a PKCS#11 library, a prompt program.

Whoever writes one of these runs code with the card's PIN in reach, so the bridge refuses what belongs to anybody but root and its own
user, or what others may write, and likewise every folder above it and every link on the way to it, with the folders that one passes.
"""

import os
import stat
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import PolicyRefused

_MACOS_ADMINISTRATORS = 80  # whose /Applications is, and what Homebrew installs


def refuse_untrusted(path: Path) -> None:
    """Raise PolicyRefused with a plain sentence, also where there is no such file."""
    if os.name != "posix":
        return  # Windows: the installer's folder permissions guard it
    try:
        _refuse(path)
    except OSError as error:
        raise PolicyRefused(f"{path}: {error.strerror}") from None


def _refuse(path: Path) -> None:
    path.stat()  # OSError where there is none, or links in a circle
    for passed in _way_to(path):
        found = passed.lstat()
        _refuse_owner(passed, found)
        if not stat.S_ISLNK(found.st_mode):  # a link has no rights of its own
            _refuse_others(passed, found)
            _refuse_group(passed, found)


def _way_to(path: Path) -> Iterator[Path]:
    """Every folder and link that the system passes on the way to a file, and the file (path_resolution(7))."""
    whole = path.absolute()
    here, ahead = Path(whole.anchor), deque(whole.parts[1:])
    yield here
    while ahead:
        step = here.parent if ahead[0] == ".." else here / ahead[0]
        ahead.popleft()
        yield step
        if not step.is_symlink():
            here = step
            continue
        target = step.readlink()
        if target.is_absolute():
            here = Path(target.anchor)
        ahead.extendleft(reversed(target.parts[target.is_absolute() :]))


def _refuse_owner(path: Path, found: os.stat_result) -> None:
    if found.st_uid not in {0, os.geteuid()}:
        raise PolicyRefused(f"{path} belongs to another user ({_name(found.st_uid)}): it must belong to root or to you")


def _refuse_others(path: Path, found: os.stat_result) -> None:
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX  # as /tmp: nobody replaces another's file
    if found.st_mode & stat.S_IWOTH and not sticky:
        raise PolicyRefused(f"{path} is writable by others: remove that right (chmod o-w)")


def _refuse_group(path: Path, found: os.stat_result) -> None:
    sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
    if found.st_mode & stat.S_IWGRP and not sticky and not _is_private_group(found.st_gid):
        raise PolicyRefused(f"{path} is writable by a group of users: remove that right (chmod g-w)")


def _is_private_group(gid: int) -> bool:
    """Root's group (on macOS also that of administrators, who may become root), or the user's own that has no other member, as most
    Linux systems make it.
    """
    import grp
    import pwd

    if gid == 0 or (sys.platform == "darwin" and gid == _MACOS_ADMINISTRATORS):
        return True
    try:
        group, user = grp.getgrgid(gid), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return user.pw_gid == gid and set(group.gr_mem) <= {user.pw_name} and group.gr_name == user.pw_name


def _name(uid: int) -> str:
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
