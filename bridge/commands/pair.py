"""`pli-bridge pair URL`: let the page of a site pair with this bridge, for two minutes, after a question in the bridge's own window."""

import argparse
import sys
from pathlib import Path

from bridge.commands import add_policy
from bridge.commands.words import told
from bridge.control import ask
from bridge.policy import load_policy


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="the address of the site, such as https://mail.example")
    add_policy(parser)


def run(arguments: argparse.Namespace) -> int:
    return open_pairing(arguments.policy, arguments.url)


def open_pairing(policy_file: Path | None, url: str, *, clicked: bool = False) -> int:
    """`clicked`: a link in a browser asks, and the question says so."""
    policy = load_policy(policy_file)
    opened = ask(policy.state, "pair", policy.limits.prompt_seconds + 10, origin=url, clicked=clicked)
    sentence = "Now link this computer on the page of {origin}: two minutes, then compare the digits."
    sys.stdout.write(told(sentence, policy.prompt.language, origin=opened["origin"]) + "\n")
    return 0
