"""`pli-bridge export MAILBOX`: take a mailbox along, with its keys, in a folder of one's own. The running bridge asks and writes;
the page that has the mailbox open hands it over.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from bridge.commands import add_policy
from bridge.commands.words import told
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
    policy = load_policy(arguments.policy)
    say = partial(_say, policy.prompt.language)
    folder = (arguments.into or _folder(arguments.mailbox)).absolute()
    begun = ask(policy.state, "export", _PERSON_SECONDS, mailbox=arguments.mailbox, folder=str(folder))
    say("The page in your browser now hands the mailbox over. Leave it open.")
    found = _follow(policy.state, begun["export"], say)
    if found["state"] != "done":
        say("The export stopped after {written} messages; {folder} is not complete.", **found)
        return _COULD_NOT
    say("{written} messages: {folder}", **found)
    if found["unopened"]:
        say("{unopened} did not open; they are kept as they were stored, in mail/unopened.", **found)
    return 0


def _folder(mailbox: str) -> Path:
    return Path(f"pli-{file_name(mailbox)}-{datetime.now(UTC).date().isoformat()}")


def _follow(state: Path, export: str, say: Callable[..., None]) -> Mapping[str, Any]:
    shown = 0
    while (found := ask(state, "export-state", export=export))["state"] in ("waiting", "running"):
        if found["written"] != shown:
            shown = found["written"]
            say("{written} of {total}", **found)
        time.sleep(_LOOK_SECONDS)
    result: Mapping[str, Any] = found
    return result


def _say(language: str, sentence: str, **values: object) -> None:
    sys.stdout.write(told(sentence, language, **values) + "\n")
    sys.stdout.flush()
