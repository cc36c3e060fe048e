"""The prompt program of the demo's set-up: an Assuan speaker that knows the sample cards' PINs.

Used once, to open the sample accounts; afterwards the card table asks people. `seed_prompt.py PINS.json`, where the
file maps a card's serial, as shown in the description, to its PIN.
"""

import json
import sys
from pathlib import Path


def main() -> None:
    pins: dict[str, str] = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    description = ""
    say("OK ready")
    for line in sys.stdin:
        verb, _, argument = line.strip().partition(" ")
        if verb == "SETDESC":
            description = argument
        if verb == "GETPIN":
            say(f"D {next(pin for serial, pin in pins.items() if serial in description)}")
        say("OK")
        if verb == "BYE":
            return


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
