"""`pli-bridge export MAILBOX`: take a mailbox along, with its keys, in a folder of one's own. The running bridge asks and writes;
the page that has the mailbox open hands it over.
"""

import argparse
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.commands import add_policy
from bridge.control import ask
from bridge.export_folder import file_name
from bridge.policy import load_policy

_PERSON_SECONDS = 900.0  # a question, then a passphrase typed twice
_LOOK_SECONDS = 0.5
_COULD_NOT = 1


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("mailbox", metavar="MAILBOX", help="its address; it must be open in your browser")
    parser.add_argument(
        "--into", type=Path, metavar="DIR", help="a new or empty folder (default: one named after the mailbox)"
    )
    add_policy(parser)


def run(arguments: argparse.Namespace) -> int:
    state = load_policy(arguments.policy).state
    folder = (arguments.into or _folder(arguments.mailbox)).absolute()
    begun = ask(state, "export", _PERSON_SECONDS, mailbox=arguments.mailbox, folder=str(folder))
    _say("The page in your browser now hands the mailbox over. Leave it open.\n")
    found = _follow(state, begun["export"])
    if found["state"] != "done":
        _say(f"The export stopped after {found['written']} messages; {found['folder']} is not complete.\n")
        return _COULD_NOT
    _say(f"{found['written']} messages: {found['folder']}\n")
    if found["unopened"]:
        _say(f"{found['unopened']} did not open; they are kept as they were stored, in mail/unopened.\n")
    return 0


def _folder(mailbox: str) -> Path:
    return Path(f"pli-{file_name(mailbox)}-{datetime.now(UTC).date().isoformat()}")


def _follow(state: Path, export: str) -> Mapping[str, Any]:
    shown = 0
    while (found := ask(state, "export-state", export=export))["state"] in ("waiting", "running"):
        if found["written"] != shown:
            shown = found["written"]
            _say(f"{shown} of {found['total']}\n")
        time.sleep(_LOOK_SECONDS)
    result: Mapping[str, Any] = found
    return result


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
