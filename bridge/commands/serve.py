"""`pli-bridge serve`: the bridge itself. It listens first and loads what is heavy after: a browser that calls meanwhile waits a moment."""

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.commands import add_policy
from bridge.cores import leave_no_core
from bridge.doors import Doors, Room
from bridge.handshake_limits import HandshakeLimits
from bridge.instance import AlreadyRunning, lock_state
from bridge.keyfile import read_or_make
from bridge.peers import system_peers
from bridge.policy import Policy, load_policy
from bridge.relay import Relay
from bridge.rendezvous import Rendezvous
from bridge.sheets import Sheets

if TYPE_CHECKING:
    from bridge.methods import Bridge
    from bridge.pairing import Pairing
    from bridge.prompts.requests import Prompter
    from bridge.server import Listener
    from bridge.table import CardTable

# Threads that look after cards leave the loop to who waits at a page (CPython's default: 5 ms).
_SWITCH_SECONDS = 0.0005
_FAREWELL_SECONDS = 0.05  # for `session.ended` to reach the pages before their sockets close
_RUNS_ALREADY = 3


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    parser.add_argument(
        "--ready-file", type=Path, metavar="FILE", help="written once the bridge listens: JSON with port and processes"
    )
    parser.add_argument("--verbose", action="store_true", help="log what the bridge does, never with what")


def run(arguments: argparse.Namespace) -> int:
    leave_no_core()
    level = logging.DEBUG if arguments.verbose else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("pli.bridge").setLevel(level)
    sys.setswitchinterval(_SWITCH_SECONDS)
    policy = load_policy(arguments.policy)
    try:
        lock = lock_state(policy.state)
        with os.fdopen(lock, "wb"):
            asyncio.run(_run(policy, arguments.ready_file))
    except AlreadyRunning as error:
        sys.stderr.write(f"pli-bridge: {error}{_where(policy)}\n")
        return _RUNS_ALREADY
    except OSError as error:
        sys.stderr.write(f"pli-bridge: {error.strerror}\n")
        return 1
    return 0


def _where(policy: Policy) -> str:
    from bridge.control import NotRunning, ask

    try:
        return f", on port {ask(policy.state, 'status')['port']}"
    except NotRunning:
        return ""  # it is just starting or stopping


async def _run(policy: Policy, ready_file: Path | None) -> None:
    from bridge.pairing import Pairing
    from bridge.pairings import Pairings
    from bridge.server import Listener

    prompter, table = _prompter(policy)
    pairing, limits, sheets = Pairing(policy.origins, Pairings(policy.state)), HandshakeLimits(), Sheets()
    with _meeting(policy) as meeting:
        listener = Listener(_doors(policy, pairing, limits, meeting, [sheets, *([table] if table else [])]))
        await listener.start(policy.ports)
        if meeting is not None:
            meeting.publish(listener.port)
        try:
            starting = _start_bridge(policy, listener, prompter, pairing, sheets)
            await _work(
                policy, listener, starting, pairing, limits, lambda bridge: _report(ready_file, listener, bridge, table)
            )
        finally:
            await listener.stop()


async def _work(
    policy: Policy,
    listener: "Listener",
    starting: Awaitable["Bridge"],
    pairing: "Pairing",
    limits: HandshakeLimits,
    report: Callable[["Bridge"], None],
) -> None:
    """Answer pages until somebody says stop."""
    from bridge.admission import Admission
    from bridge.control import Control

    bridge = await starting
    from bridge.verbs import Verbs

    stop = _stop_signals()
    loop = asyncio.get_running_loop()
    verbs = Verbs(bridge, listener, pairing, lambda: loop.call_soon_threadsafe(stop.set))
    try:
        with Control(policy.state, verbs.table()):
            gc.freeze()  # what is loaded stays: no collection looks through it while a page waits
            listener.serve(bridge, Admission(pairing, bridge.confirm_pairing, limits))
            report(bridge)
            await stop.wait()
    finally:
        await asyncio.to_thread(bridge.close_mailboxes)
        await asyncio.sleep(_FAREWELL_SECONDS)
        await listener.stop()
        await bridge.stop()


async def _start_bridge(
    policy: Policy, listener: "Listener", prompter: "Prompter", pairing: "Pairing", sheets: Sheets
) -> "Bridge":
    """Loaded in a thread: callers are let in meanwhile, and wait."""
    methods = await asyncio.to_thread(import_module, "bridge.methods")
    bridge: Bridge = methods.Bridge(policy, prompter, read_or_make(policy.state / "secret"))
    bridge.announce = listener.announce
    bridge.bench.sheets = sheets
    bridge.surroundings = lambda: (listener.port, len(pairing.pages.all()))
    await bridge.start()
    return bridge


def _prompter(policy: Policy) -> tuple["Prompter", "CardTable | None"]:
    """The prompt program a policy names. Raises PolicyRefused."""
    from bridge.prompts.wording import Wording

    wording = Wording(policy.prompt.language)
    if policy.prompt.kind == "card-table":
        from bridge.table import CardTable

        table = CardTable(policy.software_cards, wording, policy.limits.prompt_seconds)
        return table, table
    from bridge.prompts.choice import make_prompter

    return make_prompter(policy.prompt, wording, policy.limits.prompt_seconds), None


@contextlib.contextmanager
def _meeting(policy: Policy) -> Iterator[Rendezvous | None]:
    """The rendezvous of a shared host, left again at the end. Raises PolicyRefused."""
    meeting = Rendezvous(policy.rendezvous, policy.ports) if policy.rendezvous else None
    try:
        yield meeting
    finally:
        if meeting is not None:
            meeting.withdraw()


def _doors(
    policy: Policy, pairing: "Pairing", limits: HandshakeLimits, meeting: Rendezvous | None, rooms: Sequence[Room]
) -> Doors:
    doors = Doors(pairing, limits, system_peers(), (meeting, policy.origins) if meeting else None)
    doors.open_rooms([Relay(doors.may_begin), *rooms])
    return doors


def _report(ready_file: Path | None, listener: "Listener", bridge: "Bridge", table: "CardTable | None") -> None:
    """For whoever waits. The card table's address holds a token: only this user may read it."""
    from bridge.pin_verbs import by_serial

    facts = {"port": listener.port, "pid": os.getpid(), "processes": bridge.processes()}
    if table is not None:
        table.attach_person(by_serial(bridge.desk, bridge.journal))
        facts["table"] = table.url
        sys.stdout.write(f"Card table: {table.url}\n")
        sys.stdout.flush()
    if ready_file is not None:
        draft = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(facts), "utf-8")
        draft.replace(ready_file)


def _stop_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt ends the loop
            loop.add_signal_handler(name, stop.set)
    return stop
