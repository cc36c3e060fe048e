"""`pli-bridge serve --policy FILE [--ready-file FILE]` and `pli-bridge status --policy FILE`."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bridge.errors import PliError
from bridge.policy import Policy, load_policy
from bridge.prompts.choice import prompter_for
from bridge.prompts.requests import Prompter
from bridge.prompts.wording import Wording

if TYPE_CHECKING:
    from bridge.table import CardTable

STATUS_FILE = "bridge.json"
_SWITCH_SECONDS = (
    0.0005  # threads that look after cards leave the loop to who waits at a page (CPython's default: 5 ms)
)
_FAREWELL_SECONDS = 0.05  # for `session.ended` to reach the pages before their sockets close


def main() -> None:
    """The command line. Exit code 2 for a policy that is refused, 1 for a bridge that cannot run."""
    arguments = _arguments().parse_args()
    try:
        policy = load_policy(arguments.policy)
        sys.exit(arguments.run(policy, arguments))
    except PliError as error:
        sys.stderr.write(f"pli-bridge: {error}\n")
        sys.exit(2)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pli-bridge", description="The card bridge of Pli")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    serve = verbs.add_parser("serve", help="listen on the loopback for the origins of a policy")
    serve.add_argument("--policy", type=Path, required=True)
    serve.add_argument("--ready-file", type=Path, help="written once the bridge listens: JSON with port and processes")
    serve.add_argument("--verbose", action="store_true")
    serve.set_defaults(run=_serve)
    status = verbs.add_parser("status", help="say whether a bridge of this policy runs, and where")
    status.add_argument("--policy", type=Path, required=True)
    status.set_defaults(run=_status)
    return parser


def _serve(policy: Policy, arguments: argparse.Namespace) -> int:
    level = logging.DEBUG if arguments.verbose else logging.WARNING
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("pli.bridge").setLevel(level)
    policy.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        asyncio.run(_run(policy, arguments.ready_file))
    except OSError as error:
        sys.stderr.write(f"pli-bridge: {error.strerror}\n")
        return 1
    return 0


async def _run(policy: Policy, ready_file: Path | None) -> None:
    from bridge.methods import Bridge
    from bridge.server import Listener

    prompter, table = make_prompter(policy)
    bridge = Bridge(policy, prompter, _secret(policy.state))
    listener = Listener(bridge, policy.origins, table)
    bridge.announce = listener.announce
    await bridge.start()
    try:
        await listener.start()
        if table is not None:
            table.attach(listener.port)
        _write_status(policy, ready_file, _facts(listener.port, bridge.processes(), table))
        await _until_told_to_stop()
    finally:
        await asyncio.to_thread(bridge.close_mailboxes)
        await asyncio.sleep(_FAREWELL_SECONDS)
        await listener.stop()
        await bridge.stop()
        (policy.state / STATUS_FILE).unlink(missing_ok=True)


def make_prompter(policy: Policy) -> tuple[Prompter, "CardTable | None"]:
    """The prompt program a policy names. Raises PolicyRefused."""
    setting, wording = policy.prompt, Wording(policy.prompt.language)
    if setting.kind == "card-table":
        from bridge.table import CardTable

        table = CardTable(policy.software_cards, wording, policy.limits.prompt_seconds)
        return table, table
    return prompter_for(setting, wording, policy.limits.prompt_seconds), None


def _facts(port: int, processes: dict[str, int | None], table: "CardTable | None") -> dict[str, Any]:
    facts = {"port": port, "pid": os.getpid(), "processes": processes}
    return facts if table is None else facts | {"table": table.url}


def _write_status(policy: Policy, ready_file: Path | None, facts: dict[str, Any]) -> None:
    """For `status` and for whoever waits. The card table's address holds a token: only this user may read it."""
    for file in filter(None, (policy.state / STATUS_FILE, ready_file)):
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(facts), "utf-8")
        draft.replace(file)
    if "table" in facts:
        sys.stdout.write(f"Card table: {facts['table']}\n")
        sys.stdout.flush()


async def _until_told_to_stop() -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(NotImplementedError):  # Windows: KeyboardInterrupt ends the loop
            loop.add_signal_handler(name, stop.set)
    await stop.wait()


def _status(policy: Policy, _arguments: argparse.Namespace) -> int:
    """Print the facts of the running bridge, or say that none runs (exit 1)."""
    file = policy.state / STATUS_FILE
    facts = json.loads(file.read_text("utf-8")) if file.exists() else None
    if facts is None or not _is_alive(facts["pid"]):
        sys.stdout.write('{"running": false}\n')
        return 1
    facts.pop("table", None)  # its token is single-use and not for logs
    sys.stdout.write(json.dumps({"running": True, **facts}) + "\n")
    return 0


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _secret(state: Path) -> bytes:
    """The secret of this installation, under which card serials become pseudonyms."""
    file = state / "secret"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_bytes(secrets.token_bytes(32))
    return file.read_bytes()


if __name__ == "__main__":
    main()
