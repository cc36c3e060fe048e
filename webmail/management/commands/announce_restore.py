"""`manage.py announce_restore`: after an older backup was put back, sign for every mailbox where its membership log ends now."""

from typing import Any

from django.core.management.base import BaseCommand

from webmail.domain import restore
from webmail.models import Mailbox


class Command(BaseCommand):
    help = "After restoring a backup: state where each membership log ends, so that bridges can ask their person."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        del options
        open_ones = Mailbox.objects.filter(status=Mailbox.Status.OPEN).order_by("id").values_list("id", flat=True)
        stated = sum(restore.announce(account_id) for account_id in open_ones)
        self.stdout.write(f"{stated} statements signed.")
