"""`manage.py worker`: hands the outbox over, sweeps, signs the access traces, and notices rights that have run out."""

import os
import signal
import socket
import threading
import time
from datetime import UTC, date, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import close_old_connections

from webmail.domain import checkpoints, key_change, outbox, reminders, revoked_certificates, sweep, trace_retention
from webmail.transport import handoff

PAUSE_SECONDS = 1.0
SWEEP_SECONDS = 600.0
LOOK_SECONDS = 30.0  # for rights that have run out


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
        looked, signed = 0.0, None
        while not stop.is_set():
            close_old_connections()
            tried = outbox.run_once(holder, door)
            if time.monotonic() - looked > LOOK_SECONDS or not looked:
                key_change.mark_passed()
                looked = time.monotonic()
            if time.monotonic() - swept > SWEEP_SECONDS or not swept:
                sweep.sweep()
                revoked_certificates.publish_if_old()
                signed = _sign_day(signed)
                swept = time.monotonic()
            if options["once"] and not tried:
                return
            stop.wait(0 if tried else PAUSE_SECONDS)


def _sign_day(last: date | None) -> date:
    """Once a day, as soon as it is over: sign the traces, then forget what each establishment no longer keeps, and say which cards end."""
    today = datetime.now(UTC).date()
    if today != last:
        checkpoints.make_due()
        trace_retention.forget_old()
        reminders.remind()
    return today
