"""Who could have written a file the bridge is about to trust: its policy, a PKCS#11 library, a prompt program.

Whoever writes one of these runs code with the card's PIN in reach, so the bridge refuses what belongs to anybody but root and its own
user, or what others may write, and likewise the folder it stands in and every link on the way to it.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bridge.errors import PolicyRefused


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
    for link in _links(path):
        _refuse_owner(link, link.lstat())
    final = path.resolve(strict=True)
    for checked in (final, final.parent):
        _refuse_owner(checked, checked.stat())
        _refuse_group(checked, checked.stat())
    for checked in {final, *final.parents, *path.absolute().parents}:
        _refuse_others(checked, checked.stat())


def _links(path: Path) -> Iterator[Path]:
    """The symbolic links that lead from a path to its file, the path's own name first."""
    for _ in range(40):  # as many as the kernel follows
        if not path.is_symlink():
            return
        yield path
        path = path.parent / path.readlink()


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
    """Root's group, or the user's own that has no other member (the custom of most Linux systems)."""
    import grp
    import pwd

    if gid == 0:
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
