"""`manage.py verify_trace`: detects tampering with the access traces; exit 1 if one does not stand."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.domain import trace_file, verify_trace


class Command(BaseCommand):
    help = "Recompute the chain of every mailbox's access trace and compare it with its signed checkpoints."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--file", type=Path, help="judge a trace that somebody exported and signed here, and no other"
        )

    def handle(self, **options: Any) -> None:
        if options["file"] is not None:
            self._judge_file(options["file"])
            return
        broken = set()
        for account_id, finding in verify_trace.verify_all():
            broken.add(account_id)
            self.stderr.write(f"account {account_id}: {finding}")
        if broken:
            raise CommandError(f"{len(broken)} traces do not stand.")
        self.stdout.write("Every trace stands.")

    def _judge_file(self, file: Path) -> None:
        try:
            account_id, count = trace_file.verify(file.read_bytes())
        except trace_file.TraceFileRefused as error:
            raise CommandError(f"{file}: {error}") from error
        self.stdout.write(
            f"{file}: {count} lines of account {account_id}, signed by this server, each chained to the next."
        )
