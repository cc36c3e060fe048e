"""`manage.py find_clear WORD…`: proves that the server keeps no clear word; exit 1 if it does."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from webmail.domain.find_clear import ControlWordMissed, find_clear


class Command(BaseCommand):
    help = "Search database, blobs and logs for words, in UTF-8, UTF-16, base64, quoted-printable and hex."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("words", nargs="+", help="words of 4 characters or more")
        parser.add_argument("--folder", type=Path, action="append", default=[], help="search this folder too")

    def handle(self, **options: Any) -> None:
        try:
            findings = find_clear(options["words"], options["folder"])
        except ControlWordMissed as error:
            raise CommandError("The planted control word was not found: this search proves nothing.") from error
        except ValueError as error:
            raise CommandError(str(error)) from error
        for finding in findings:
            self.stderr.write(f"{finding.word}: as {finding.form} in {finding.place}")
        if findings:
            raise CommandError(f"{len(findings)} findings.")
        self.stdout.write(f"Control word found and removed; none of {len(options['words'])} words found.")
