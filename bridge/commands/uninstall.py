"""`pli-bridge uninstall`: stop, and start no more. `--purge` also forgets keys, pairings and the journal."""

import argparse
import contextlib
import shutil
import sys
import time
from pathlib import Path

from bridge.commands import add_policy
from bridge.control import NotRunning, ask
from bridge.install.autostart import autostart_of
from bridge.policy import load_policy

_STOP_SECONDS = 10.0


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    parser.add_argument("--purge", action="store_true", help="delete keys, pairings and the journal as well")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def run(arguments: argparse.Namespace) -> int:
    state = load_policy(arguments.policy).state
    _stop(state)
    removed = autostart_of(Path.home()).uninstall()
    if arguments.purge and state.exists():
        shutil.rmtree(state)
        removed.append(str(state))
    if not arguments.quiet:
        sys.stdout.write("".join(f"{name}\n" for name in removed) or "nothing was installed\n")
    return 0


def _stop(state: Path) -> None:
    """Tell a running bridge to end, and wait until it has: it writes to its state folder to the last."""
    end = time.monotonic() + _STOP_SECONDS
    with contextlib.suppress(NotRunning):
        ask(state, "stop")
        while time.monotonic() < end:
            ask(state, "status")
            time.sleep(0.05)
