"""`manage.py fetch_revocation`: run it by a timer, each hour; exit 1 where a source failed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.domain.fetch_revocation import fetch_revocation
from webmail.domain.revocation_sources import FILE, sources
from webmail.transport.responders import exchange


class Command(BaseCommand):
    help = "Fetch OCSP responses and revocation lists from the addresses that the trust folder names."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--again", action="store_true", help="ask for what is still fresh, too")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        asked = sources()
        if not asked:
            raise CommandError(f"Nobody to ask: PLI_ANCHORS holds no {FILE}, or an empty one.")
        tally = fetch_revocation(asked, exchange, again=options["again"])
        self.stdout.write(f"{tally.kept} answers fetched, {tally.fresh} still fresh, {tally.failed.total()} failed.")
        if tally.failed:
            raise CommandError("Some answers did not come; the last good ones stay in use.")
