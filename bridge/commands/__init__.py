"""The verbs of `pli-bridge`, one module each, imported only when it is the one asked for.

A module has `configure(parser)`, which adds its arguments, and `run(arguments)`, which returns the exit code: 0 done, 1 no bridge runs
or it could not do it, 2 refused (policy, ownership), 3 another bridge of this user runs already.
"""

import argparse
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

VERBS: Mapping[str, str] = {
    "serve": "listen on the loopback for the origins of a policy",
    "status": "say whether a bridge runs, and where",
    "stop": "stop the running bridge",
    "pair": "let a site pair with this bridge, for two minutes",
    "pairings": "list the sites that are paired",
    "unpair": "forget a site",
    "pin": "say the state of each card's PIN; change it, or use its last try",
    "report": "write a diagnosis report that names nobody",
    "export": "take a mailbox along, with its keys, to a folder",
    "journal": "say what this bridge did, and for whom",
    "doctor": "say what is well between this computer and the card, what is not, and what to do",
    "install": "start with your session from now on, and now",
    "uninstall": "stop, and start no more",
    "link": "open a pli-bridge: link of a page",
}


class Command(Protocol):
    """What a module of this package offers."""

    def configure(self, parser: argparse.ArgumentParser) -> None:
        """Add the verb's own arguments."""

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it; the exit code. Raises PliError with a sentence for the person (exit code 2)."""


def parse(argv: list[str]) -> tuple[Command, argparse.Namespace]:
    """The chosen verb and its arguments; ends the process with a usage message where there is none."""
    parser = argparse.ArgumentParser(prog="pli-bridge", description="The card bridge of Pli")
    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    for verb, summary in VERBS.items():
        described = verbs.add_parser(verb, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        if verb in argv[:1]:
            command: Command = import_module(f"bridge.commands.{verb}")
            command.configure(described)
    arguments = parser.parse_args(argv)
    return command, arguments


def add_policy(parser: argparse.ArgumentParser) -> None:
    """`--policy FILE`: without it the places of `bridge.policy.find_policy` are searched."""
    parser.add_argument("--policy", type=Path, metavar="FILE", help="the policy file (default: the installed one)")
