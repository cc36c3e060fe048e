"""`manage.py network import FILE.csv`: set up a regional network, or bring it up to date, from a table."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.domain import network
from webmail.domain.errors import NetworkRefused
from webmail.domain.network import Outcome
from webmail.domain.network_file import REASONS, Refusal, read_network
from webmail.models import ListedInbox, ListedPerson, Tenant


class Command(BaseCommand):
    help = "Set up a network of people and inboxes from a CSV file (docs/guide/reseau-regional.md); the same file may be taken again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        commands = parser.add_subparsers(dest="command", required=True)
        taken = commands.add_parser("import", help="take a list")
        taken.add_argument("file", type=Path, metavar="FILE.csv")
        taken.add_argument("--dry-run", action="store_true", help="tell what would happen, and change nothing")

    def handle(self, **options: Any) -> None:
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise CommandError(f"{options['file']}: {error.strerror}") from error
        try:
            outcome = network.enlist(read_network(data), keep=not options["dry_run"])
        except NetworkRefused as error:
            self._name_refused(error.refused)
            raise CommandError("Nothing was changed: the line of the network itself cannot be used.") from error
        self._name_refused(outcome.refused)
        self._sum_up(outcome, dry=options["dry_run"])
        if outcome.refused:
            raise CommandError(f"{len(outcome.refused)} lines were not taken. Correct them, and run this again.")

    def _name_refused(self, refused: Any) -> None:
        for one in refused:
            self.stderr.write(sentence(one))

    def _sum_up(self, outcome: Outcome, *, dry: bool) -> None:
        would = "Would be" if dry else "Done"
        self.stdout.write(
            f"{would}: {outcome.added} added, {outcome.changed} changed, {outcome.same} as before, {outcome.invited} invited."
        )
        if not outcome.has_administrator:
            self.stdout.write(
                "Nobody administers this network yet: write oui for somebody in the column administrateur."
            )
        if not dry:
            self._awaited(outcome.tenant_id)

    def _awaited(self, tenant_id: str) -> None:
        name = Tenant.objects.get(id=tenant_id).name
        people = ListedPerson.objects.filter(tenant_id=tenant_id)
        inboxes = ListedInbox.objects.filter(tenant_id=tenant_id)
        self.stdout.write(
            f"{name}: {people.exclude(person_id='').count()} of {people.count()} people have opened their mailbox, "
            f"{inboxes.exclude(account_id='').count()} of {inboxes.count()} inboxes are open. "
            "Each person logs in with the own card; nothing needs to be sent to them but the address of this site."
        )


def sentence(one: Refusal) -> str:
    """A refused line: where, what is wrong, what to do."""
    detail = f" ({one.detail})" if one.detail else ""
    return f"line {one.line}{detail}: {REASONS[one.reason]}."
