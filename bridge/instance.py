"""One bridge per user and state folder: a lock the system releases when the process ends, however it ends."""

import os
from pathlib import Path

from bridge.errors import PliError
from bridge.ownership import refuse_untrusted


class AlreadyRunning(PliError):
    """A bridge of this user and state folder runs."""

    code = "bridge-already-running"


def lock_state(state: Path) -> int:
    """Make the state folder (0700) and lock it; the descriptor to keep. Raises AlreadyRunning, PolicyRefused where the folder
    is not this user's own, or OSError.
    """
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    refuse_untrusted(state)
    if os.name == "posix":
        state.chmod(0o700)  # keys lie in it; another mode is from before, or from a hand
    lock = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(lock)
    except OSError:
        os.close(lock)
        raise AlreadyRunning("a bridge of this user runs already") from None
    return lock


def _lock(descriptor: int) -> None:
    if os.name == "nt":
        import msvcrt  # not run here

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
