"""`pli-bridge journal`: what this bridge did, for whom and with which key. Reads the files; no bridge need run."""

import argparse
import sys
from collections import deque
from pathlib import Path

from bridge.commands import add_policy
from bridge.commands.words import told
from bridge.journal import Entry, export_journal, read_journal
from bridge.policy import load_policy

_COULD_NOT = 1


def configure(parser: argparse.ArgumentParser) -> None:
    add_policy(parser)
    parser.add_argument("--last", type=_count, metavar="N", help="only the last N lines")
    parser.add_argument("--export", type=Path, metavar="FILE", help="write to FILE: CSV if it ends so, else JSON lines")


def run(arguments: argparse.Namespace) -> int:
    policy = load_policy(arguments.policy)
    entries = read_journal(policy.state)
    chosen = deque(entries, maxlen=arguments.last) if arguments.last is not None else entries
    if arguments.export is None:
        for entry in chosen:
            sys.stdout.write(_line(entry) + "\n")
        return 0
    try:
        count = export_journal(chosen, arguments.export)
    except OSError as error:
        sys.stderr.write(f"pli-bridge: {arguments.export}: {error.strerror}\n")
        return _COULD_NOT
    sentence = "{count} lines: {file}"
    sys.stdout.write(told(sentence, policy.prompt.language, count=count, file=arguments.export) + "\n")
    return 0


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of lines")
    return int(text)


def _line(entry: Entry) -> str:
    moment = entry.time[:19].replace("T", " ")
    return f"{moment}  {entry.result:<18} {entry.method:<22} {entry.origin or '-'}  {entry.key or '-'}"
