"""`pli-bridge uninstall`: stop, and start no more. `--purge` also forgets keys, pairings and the journal."""

import argparse
import contextlib
import shutil
import sys
from pathlib import Path

from bridge.commands import add_policy
from bridge.commands.stop import stop_and_wait
from bridge.commands.words import told
from bridge.control import NotRunning
from bridge.install.autostart import autostart_of
from bridge.policy import load_policy


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    parser.add_argument("--purge", action="store_true", help="delete keys, pairings and the journal as well")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    state = policy.state
    with contextlib.suppress(NotRunning):
        stop_and_wait(state)
    removed = autostart_of(Path.home()).uninstall()
    if arguments.purge and state.exists():
        shutil.rmtree(state)
        removed.append(str(state))
    if not arguments.quiet:
        sys.stdout.write(
            "".join(f"{name}\n" for name in removed) or told("nothing was installed", policy.prompt.language) + "\n"
        )
    return 0
