"""`pli-bridge VERB`: the command line (bridge.commands)."""

import io
import os
import sys

from bridge.commands import parse
from bridge.control import NotRunning
from bridge.errors import PliError

_NOT_RUNNING = 1
_REFUSED = 2
_INTERRUPTED = 130  # as a shell says of a program that Ctrl-C ended


def main() -> None:
    """Exit code 1 where no bridge runs, 2 for what is refused, else the verb's own."""
    _write_what_can_be_written()
    try:
        command, arguments = parse(sys.argv[1:])
        code = command.run(arguments)
        sys.stdout.flush()
    except NotRunning as error:
        from bridge.commands.words import told

        code = _say(told(str(error)), _NOT_RUNNING)
    except PliError as error:
        code = _say(str(error), _REFUSED)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:  # whoever read on has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)


def _say(reason: str, code: int) -> int:
    sys.stderr.write(f"pli-bridge: {reason}\n")
    return code


def _write_what_can_be_written() -> None:
    """A terminal or a file in an old character set shows `?` for what it has no sign for; the sentence comes all the same."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
