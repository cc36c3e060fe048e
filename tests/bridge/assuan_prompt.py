"""A prompt program for tests: speaks Assuan, knows the PIN of each card by its serial, and logs every prompt.

    assuan_prompt.py PINS LOG      PINS: JSON {serial: PIN, …}; "cancel": "pin"|"confirm" refuses; "delay": seconds

Each prompt becomes one JSON line of LOG: {"kind": "pin"|"confirm", "verb", "serial", "description"}.
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
            answer("pin" if command == "GETPIN" else "confirm", description, pins_file, log_file)
        elif command == "BYE":
            say("OK closing connection")
            return
        else:
            say("OK")


def answer(kind: str, description: str, pins_file: str, log_file: str) -> None:
    pins = json.loads(Path(pins_file).read_text("utf-8"))
    serial = next(iter(re.findall(r"^(?:Card|Carte)\s?: .*\(([^()]+)\)$", description, re.MULTILINE)), "")
    with Path(log_file).open("a", encoding="utf-8") as log:
        verb = "GETPIN" if kind == "pin" else "CONFIRM"
        log.write(json.dumps({"kind": kind, "verb": verb, "serial": serial, "description": description}) + "\n")
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
