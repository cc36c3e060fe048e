"""The tests' prompt program, which also writes down every PIN it types: `typing_prompt.py PINS LOG`, keystrokes in LOG.typed.

One line per PIN handed to the bridge, written before it is handed over: the card's tries are compared with these lines.
While a file LOG.hold exists, nobody types.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bridge import assuan_prompt

_say = assuan_prompt.say


def say_and_note(line: str) -> None:
    if line.startswith("D "):
        while Path(f"{sys.argv[2]}.hold").exists():
            time.sleep(0.01)
        with Path(f"{sys.argv[2]}.typed").open("a", encoding="utf-8") as log:
            log.write(f"{line[2:]}\n")
    _say(line)


if __name__ == "__main__":
    assuan_prompt.say = say_and_note
    assuan_prompt.main(*sys.argv[1:3])
