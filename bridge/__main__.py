"""`pli-bridge VERB`: the command line (bridge.commands)."""

import sys

from bridge.commands import parse
from bridge.control import NotRunning
from bridge.errors import PliError

_REFUSED = 2


def main() -> None:
    """Exit code 1 where no bridge runs, 2 for what is refused, else the verb's own."""
    command, arguments = parse(sys.argv[1:])
    try:
        sys.exit(command.run(arguments))
    except NotRunning as error:
        sys.stderr.write(f"pli-bridge: {error}\n")
        sys.exit(1)
    except PliError as error:
        sys.stderr.write(f"pli-bridge: {error}\n")
        sys.exit(_REFUSED)


if __name__ == "__main__":
    main()
