"""A prompt program for tests: speaks Assuan, knows the PIN of each card by its serial, and logs every prompt.

    assuan_prompt.py PINS LOG      PINS: JSON {serial: PIN, …}; "cancel": a kind refuses; "delay": seconds

Each prompt becomes one JSON line of LOG: {"kind": "pin"|"confirm"|"pair", "verb", "serial", "description"}, with the "digits" of a pairing.
"""

import json
import re
import sys
import time
from pathlib import Path
from urllib.parse import unquote

CANCELLED = "ERR 83886179 Operation cancelled <Pinentry>"


def main(pins_file: str, log_file: str) -> None:
    description = ""
    say("OK Pleased to meet you")
    for line in sys.stdin:
        command, _, rest = line.rstrip("\n").partition(" ")
        if command == "SETDESC":
            description = unquote(rest)
            say("OK")
        elif command in {"GETPIN", "CONFIRM"}:
            answer(command, description, pins_file, log_file)
        elif command == "BYE":
            say("OK closing connection")
            return
        else:
            say("OK")


def answer(verb: str, description: str, pins_file: str, log_file: str) -> None:
    pins = json.loads(Path(pins_file).read_text("utf-8"))
    serial = next(iter(re.findall(r"^(?:Card|Carte)\s?: .*\(([^()]+)\)$", description, re.MULTILINE)), "")
    digits = next(iter(re.findall(r"\b\d{3} \d{3}\b", description)), "")
    kind = "pin" if verb == "GETPIN" else "pair" if digits else "confirm"
    entry = {"kind": kind, "verb": verb, "serial": serial, "description": description} | (
        {"digits": digits} if digits else {}
    )
    with Path(log_file).open("a", encoding="utf-8") as log:
        log.write(json.dumps(entry) + "\n")
    time.sleep(float(pins.get("delay", 0)))
    if pins.get("cancel") == kind or (kind == "pin" and serial not in pins):
        say(CANCELLED)
        return
    if kind == "pin":
        escaped = pins[serial].replace("%", "%25")
        say(f"D {escaped}")
    say("OK")


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:3])
