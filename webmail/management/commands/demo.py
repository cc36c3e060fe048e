"""`manage.py demo`: a complete sample practice on this machine, from nothing to a usable address."""

import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from webmail.management.demo import run
from webmail.management.demo.announce import describe
from webmail.management.demo.one_at_a_time import alone
from webmail.management.demo.places import Places, find_places
from webmail.management.demo.processes import Processes

DATA = run.ROOT / "var" / "demo"


class Command(BaseCommand):
    help = "Run the sample practice: PKI, server, listener, worker and one bridge with the card table."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fresh", action="store_true", help="forget the practice's data and start over")
        parser.add_argument("--data", type=Path, default=DATA, help="where the practice keeps its data")

    def handle(self, *args: Any, **options: Any) -> None:
        begin = time.monotonic()
        for ending in (signal.SIGTERM, signal.SIGHUP):  # the second when somebody closes the terminal's window
            signal.signal(ending, _interrupt)
        with alone(options["data"]):
            if options["fresh"]:
                run.start_over(options["data"])
            self._run(find_places(options["data"]), begin)

    def _run(self, places: Places, begin: float) -> None:
        with Processes(places.logs) as processes:
            run.prepare(places)
            run.start_server(processes, places)
            run.open_practice(processes, places)
            bridge = run.start_bridge(processes, places, "table")
            self.stdout.write(describe(places, bridge["table"]))
            self.stdout.write(f"Ready after {time.monotonic() - begin:.0f} s.")
            self.stdout.flush()  # into a pipe or a file, too
            self._wait(processes)

    def _wait(self, processes: Processes) -> None:
        try:
            ended = processes.watch()
        except KeyboardInterrupt:
            self.stdout.write("\nStopping. `make demo` opens the same practice again.")
        else:
            self.stderr.write(f"{ended} has ended. {processes.said(ended)} Stopping the rest.")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
