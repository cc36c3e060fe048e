"""`manage.py add_correspondent ADDRESS --certificate FILE`: a correspondent of another operator, by file."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from bridge.pki.certificates import load_certificate, load_certificates
from bridge.pki.errors import PkiError
from webmail.domain.introduce import introduce_correspondent


class Command(BaseCommand):
    help = "Put an outside correspondent and the certificate to write to into the directory."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")
        parser.add_argument("--certificate", type=Path, required=True, help="PEM or DER")
        parser.add_argument("--chain", type=Path, help="PEM, intermediates")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            certificate = load_certificate(options["certificate"].read_bytes())
            chain = load_certificates(options["chain"].read_bytes()) if options["chain"] else []
            introduce_correspondent(options["address"], options["name"], certificate, chain)
        except (OSError, PkiError) as error:
            raise CommandError(f"{options['address']}: {error}") from error
        self.stdout.write(f"{options['address']} is in the directory.")
