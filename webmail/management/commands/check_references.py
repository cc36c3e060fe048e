"""`manage.py check_references`: the integrity that foreign keys would guard; exit 1 if something does not hold."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from webmail.domain.integrity import check_references


class Command(BaseCommand):
    help = "Check that every id leads somewhere and every kept counter is right."
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        del options
        findings = list(check_references())
        for finding in findings:
            self.stderr.write(finding)
        if findings:
            raise CommandError(f"{len(findings)} findings.")
        self.stdout.write("Every reference holds.")
