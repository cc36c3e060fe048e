"""`manage.py verify_trace`: detects tampering with the access traces; exit 1 if one does not stand."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webmail.domain import trace
from webmail.models import Mailbox


class Command(BaseCommand):
    help = "Recompute the hash chain of every mailbox's access trace."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        del options
        broken = 0
        for account_id in Mailbox.objects.order_by("id").values_list("id", flat=True):
            if (line := trace.verify(account_id)) is not None:
                broken += 1
                self.stderr.write(f"account {account_id}: the trace does not stand from line {line} on")
        if broken:
            raise CommandError(f"{broken} traces do not stand.")
        self.stdout.write("Every trace stands.")
