"""`manage.py offboard PERSON`: a person leaves the establishment; no login, session or mailbox from this moment on."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from webmail.domain import offboard
from webmail.domain.errors import InvalidProperties, SuccessorNeeded
from webmail.domain.offboard import AddressRule
from webmail.models import Address, Mailbox, Membership, Person

_STRANDED = (
    "{name} alone owns {addresses}. First {name} makes somebody else owner there (Members, Change role): nobody else can, and "
    "without an owner the keys of a shared mailbox never change again. If that is impossible and the person has to go now, repeat with "
    "--anyway: nothing opens for {name} any more, those who stay go on reading and writing, and a new address with a new owner "
    "takes over when they are ready."
)


class Command(BaseCommand):
    help = "End every login, session and membership of a person who leaves; keep, redirect or refuse mail to the own address."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("person", help="RPPS number, own address, or person id")
        parser.add_argument(
            "--redirect-to", default="", metavar="ADDRESS", help="a colleague's mailbox gets the mail instead"
        )
        parser.add_argument(
            "--refuse-mail", action="store_true", help="mail to the address is refused (default: kept sealed)"
        )

        parser.add_argument(
            "--anyway",
            action="store_true",
            help="although a shared mailbox loses its last owner, and its keys change no more",
        )

    def handle(self, **options: Any) -> None:
        if options["redirect_to"] and options["refuse_mail"]:
            raise CommandError("Either --redirect-to or --refuse-mail.")
        person = _person(options["person"])
        if person is None:
            raise CommandError(f"Nobody here is {options['person']}.")
        try:
            departure = offboard.leave(person.id, _rule(options), options["redirect_to"], anyway=options["anyway"])
        except InvalidProperties as error:
            raise CommandError(f"{options['redirect_to']} is no mailbox of this server.") from error
        except SuccessorNeeded as error:
            raise CommandError(_STRANDED.format(name=person.name, addresses=", ".join(error.addresses))) from error
        self.stdout.write(
            f"{person.name} has left: {departure.credentials} ways in retired. "
            f"A key change is due in {len(departure.account_ids)} mailboxes, at the next visit of a manager."
        )


def _rule(options: dict[str, Any]) -> AddressRule:
    if options["redirect_to"]:
        return AddressRule.REDIRECT
    return AddressRule.REFUSE if options["refuse_mail"] else AddressRule.KEEP


def _person(named: str) -> Person | None:
    found = Person.objects.filter(Q(id=named) | Q(id_type="RPPS", id_value=named)).first()
    if found is not None or "@" not in named:
        return found
    account = Address.objects.filter(address=named.lower()).values_list("account_id", flat=True).first()
    owners = Membership.objects.filter(account_id=account, role="owner", state="active").values("person_id")
    personal = Mailbox.objects.filter(id=account, kind=Mailbox.Kind.PER).exists()
    return Person.objects.filter(id__in=owners).first() if personal else None
