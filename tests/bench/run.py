"""`make bench [FIGURE=name]`: one JSON line per figure, each beside a peer measured in the same run where there is one."""

import importlib
import json
import sys
from pathlib import Path

FIGURES = Path(__file__).parent / "figures"
sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parent)]


def main(wanted: list[str]) -> None:
    for file in sorted(FIGURES.glob("[a-z]*.py")):
        module = importlib.import_module(f"figures.{file.stem}")
        names = {name for name in module.NAMES if not wanted or name in wanted}
        if names:
            for line in module.measure(names):
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
