"""`pli-bridge link LINK`: what the desktop runs when a page's `pli-bridge:pair?origin=…` was clicked and the browser asked.

Any page may show such a link. It only leads to the question that `pli-bridge pair` asks, outside the browser.
"""

import argparse
from urllib.parse import parse_qs, urlsplit

from bridge.commands import add_policy
from bridge.errors import PliError
from bridge.install.autostart import SCHEME


class LinkMalformed(PliError):
    """Not a link of ours."""

    code = "link-malformed"


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    parser.add_argument("link", metavar="LINK", help=f"{SCHEME}:pair?origin=https%%3A%%2F%%2Fmail.example")


def run(arguments: argparse.Namespace) -> int:
    from bridge.commands.pair import open_pairing

    return open_pairing(arguments.policy, origin_of(arguments.link), clicked=True)


def origin_of(link: str) -> str:
    """The origin a link names. Raises LinkMalformed; whether it is an origin Pli accepts is for `pair` to say."""
    try:
        parts = urlsplit(link)
        asked = parse_qs(parts.query, strict_parsing=True)
    except ValueError:
        parts, asked = urlsplit(""), {}
    if parts.scheme != SCHEME or parts.path != "pair" or asked.keys() != {"origin"} or len(asked["origin"]) != 1:
        raise LinkMalformed("this link does not ask for anything the bridge knows")
    return asked["origin"][0]
