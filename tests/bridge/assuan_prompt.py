"""A prompt program for tests: speaks Assuan, knows the PIN of each card by its serial, and logs every prompt.

    assuan_prompt.py PINS LOG      PINS: JSON {serial: PIN, …}; "cancel": a kind refuses; "delay": seconds

"new SERIAL" is what it types for a new PIN. The notice of a PIN pad stands until somebody takes it away.

Each prompt becomes one JSON line of LOG: {"kind": "pin"|"new-pin"|"confirm"|"pair"|"pinpad", "verb", "serial", "description", "pid"}, with
the "digits" of a pairing.
"""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from urllib.parse import unquote

CANCELLED = "ERR 83886179 Operation cancelled <Pinentry>"


def main(pins_file: str, log_file: str) -> None:
    description, repeat = "", False
    say("OK Pleased to meet you")
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        if command == "SETDESC":
            description = unquote(rest)
            say("OK")
        elif command == "SETREPEAT":
            repeat = True
            say("OK")
        elif command in {"GETPIN", "CONFIRM", "MESSAGE"}:
            answer(command, description, repeat, pins_file, log_file)
        elif command == "BYE":
            say("OK closing connection")
            return
        else:
            say("OK")


def answer(verb: str, description: str, repeat: bool, pins_file: str, log_file: str) -> None:
    pins = json.loads(Path(pins_file).read_text("utf-8"))
    serial = next(iter(re.findall(r"^(?:Card|Carte)\s?: .*\(([^()]+)\)$", description, re.MULTILINE)), "")
    digits = next(iter(re.findall(r"\b\d{3} \d{3}\b", description)), "")
    kind = kind_of(verb, repeat, digits)
    entry = {"kind": kind, "verb": verb, "serial": serial, "description": description, "pid": os.getpid()}
    with Path(log_file).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry | ({"digits": digits} if digits else {})) + "\n")
    if kind == "pinpad":
        signal.pause()
    time.sleep(float(pins.get("delay", 0)))
    name = f"new {serial}" if kind == "new-pin" else serial
    if pins.get("cancel") == kind or (verb == "GETPIN" and name not in pins):
        say(CANCELLED)
        return
    if kind == "new-pin":
        say("S PIN_REPEATED")
    if verb == "GETPIN":
        escaped = pins[name].replace("%", "%25")
        say(f"D {escaped}")
    say("OK")


def kind_of(verb: str, repeat: bool, digits: str) -> str:
    if verb == "GETPIN":
        return "new-pin" if repeat else "pin"
    if verb == "MESSAGE":
        return "pinpad"
    return "pair" if digits else "confirm"


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
