"""`manage.py worker`: hands the outbox over and sweeps."""

import os
import signal
import socket
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from webmail.domain import outbox, sweep
from webmail.transport import handoff

PAUSE_SECONDS = 1.0
SWEEP_SECONDS = 600.0


class Command(BaseCommand):
    help = "Hand outgoing mail to the smarthost (or the outgoing folder) and clear away what is over."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then stop")

    def handle(self, **options: Any) -> None:
        stop = threading.Event()
        if not options["once"]:
            for name in (signal.SIGINT, signal.SIGTERM):
                signal.signal(name, lambda *_: stop.set())
        holder, door, swept = f"{socket.gethostname()}:{os.getpid()}", handoff.configured(), 0.0
        while not stop.is_set():
            close_old_connections()
            tried = outbox.run_once(holder, door)
            if time.monotonic() - swept > SWEEP_SECONDS or not swept:
                sweep.sweep()
                swept = time.monotonic()
            if options["once"] and not tried:
                return
            stop.wait(0 if tried else PAUSE_SECONDS)
