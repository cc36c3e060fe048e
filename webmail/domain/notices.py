"""What the operator tells the owner of a mailbox: a message in both languages, sealed on arrival like any other.

It says that something happened and where to look, never what was read. A banner in the page says the same at once.
"""

from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import Enum

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webmail.domain import deliver
from webmail.domain.errors import DeliveryDeferred, DeliveryRefused
from webmail.models import Mailbox


class Notice(Enum):
    """(French subject, French text, English subject, English text)."""

    RECOVERY_REQUESTED = (
        "Demande d’ouverture de votre boîte",
        "Une personne demande aux détenteurs des parts de secours d’ouvrir cette boîte.",
        "Somebody asks to open your mailbox",
        "Somebody asks the holders of its recovery shares to open this mailbox.",
    )
    RECOVERY_OPENED = (
        "Votre boîte a été ouverte par secours",
        "Cette boîte est ouverte en lecture pour une durée limitée. Les clés changeront à votre prochaine visite.",
        "Your mailbox was opened by recovery",
        "This mailbox is open for reading for a limited time. Its keys change at your next visit.",
    )
    CODE_USED = (
        "Le code de secours imprimé a servi",
        "Quelqu’un s’est connecté avec le code de secours de cette boîte. Si ce n’était pas vous, bloquez-le.",
        "The printed recovery code was used",
        "Somebody logged in with the recovery code of this mailbox. If it was not you, block it.",
    )
    CARD_ENDS = (
        "Votre carte arrive à échéance",
        "Une de vos cartes expire bientôt. Renouvelez-la, puis ajoutez la nouvelle avant la fin de l’ancienne : rien ne sera perdu.",
        "Your card will expire",
        "One of your cards expires soon. Renew it, then add the new one before the old one ends: nothing is lost.",
    )
    CARD_BLOCKED = (
        "Une carte a été bloquée",
        "Une carte qui ouvrait cette boîte a été bloquée. Les clés changeront à la prochaine visite d’un gestionnaire.",
        "A card was blocked",
        "A card that opened this mailbox was blocked. Its keys change at the next visit of a manager.",
    )


def send(account_id: str, notice: Notice) -> None:
    """Deliver a notice once the transaction stands. Never raises: the trace and the banner say it too."""
    transaction.on_commit(lambda: _deliver(account_id, notice))


def _deliver(account_id: str, notice: Notice) -> None:
    address = Mailbox.objects.filter(id=account_id).values_list("address", flat=True).first()
    if address is None:
        return
    try:
        deliver.deliver("", [address], _message(address, notice))
    except (DeliveryDeferred, DeliveryRefused):
        return


def _message(address: str, notice: Notice) -> bytes:
    french_subject, french, english_subject, english = notice.value
    message = EmailMessage()
    message["From"] = f"Pli <postmaster@{settings.PLI_DOMAINS[0]}>"
    message["To"] = address
    message["Subject"] = f"{french_subject} / {english_subject}"
    message["Date"] = format_datetime(timezone.now())
    message["Message-ID"] = make_msgid(domain=settings.PLI_DOMAINS[0])
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834 §5
    where = "Détail : la page « Qui a lu ».\r\n\r\n", "See the page “Who has read”.\r\n"
    message.set_content(f"{french}\r\n{where[0]}{english}\r\n{where[1]}")
    return message.as_bytes()
