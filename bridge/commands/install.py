"""`pli-bridge install`: start with the person's session from now on, and now. Needs no administrator."""

import argparse
import contextlib
import sys
import time
from pathlib import Path

from bridge.commands import add_policy
from bridge.commands.stop import stop_and_wait
from bridge.control import NotRunning, ask
from bridge.install.autostart import InstallFailed, autostart_of
from bridge.policy import load_policy
from bridge.program import bridge_command

_START_SECONDS = 20.0


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    parser.add_argument("--no-start", action="store_true", help="wait for the next log-in")
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def run(arguments: argparse.Namespace) -> int:
    """A policy that would be refused at start is refused here already."""
    state = load_policy(arguments.policy).state
    named = ["--policy", str(arguments.policy.resolve())] if arguments.policy else []
    serve = bridge_command("serve", *named)
    autostart = autostart_of(Path.home())
    written = autostart.install(serve, bridge_command("link", *named))
    if not arguments.no_start:
        with contextlib.suppress(NotRunning):
            stop_and_wait(state)  # an older program, or another policy
        autostart.start(serve)
        _wait_until_running(state)
    if not arguments.quiet:
        sys.stdout.write("".join(f"{name}\n" for name in written))
    return 0


def _wait_until_running(state: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        try:
            ask(state, "status")
        except NotRunning:
            time.sleep(0.05)
        else:
            return
    raise InstallFailed("the bridge was installed but does not answer; `pli-bridge serve` in a terminal says why")
