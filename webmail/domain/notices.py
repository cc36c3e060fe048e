"""What the operator tells the owner of a mailbox: a message in both languages, sealed on arrival like any other.

It says that something happened and where to look, never what was read. A banner in the page says the same at once.
"""

import logging
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from enum import Enum

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from webmail.domain import deliver
from webmail.domain.errors import DeliveryDeferred, DeliveryRefused
from webmail.models import Mailbox

log = logging.getLogger(__name__)


class Notice(Enum):
    """(French subject, French text, English subject, English text)."""

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


Text = tuple[str, str, str, str]
"""(French subject, French text, English subject, English text)."""

_RULE_TEXTS: Mapping[str, tuple[tuple[str, str], tuple[str, str]]] = {
    "card_required": (
        ("La carte est obligatoire : une clé d’accès n’ouvre plus rien.", "Une clé d’accès peut ouvrir une boîte."),
        ("The card is required: a passkey opens nothing any more.", "A passkey may open a mailbox."),
    ),
    "no_bridge_allowed": (
        ("On peut ouvrir sa boîte sans le programme de carte.", "Une boîte ne s’ouvre qu’avec le programme de carte."),
        ("A mailbox may be opened without the card program.", "A mailbox opens with the card program only."),
    ),
    "recovery_required": (
        ("Chaque boîte doit avoir un second accès avant d’être partagée.", "Un second accès n’est plus exigé."),
        ("Each mailbox needs a second way in before it is shared.", "A second way in is not asked for any more."),
    ),
    "delegation_days_max": (
        ("Une délégation dure {n} jours au plus.", "La durée d’une délégation n’est plus limitée."),
        ("A delegation lasts {n} days at most.", "How long a delegation lasts is not limited any more."),
    ),
    "retention_days": (
        ("La liste des accès est gardée {n} jours.", "La liste des accès est gardée sans limite."),
        ("The list of accesses is kept for {n} days.", "The list of accesses is kept without limit."),
    ),
    "members_open_services": (
        ("Chaque membre peut ouvrir une boîte de service.", "Seul un administrateur ouvre une boîte de service."),
        ("Each member may open a service inbox.", "Only an administrator opens a service inbox."),
    ),
    "listed_only": (
        ("Seules les personnes de la liste ouvrent une boîte.", "Une boîte s’ouvre aussi sans figurer sur la liste."),
        ("Only people on the list open a mailbox.", "Somebody who is not on the list may open a mailbox too."),
    ),
}
"""Of each rule of an establishment: what is said when it is set, and when it is not; in French, in English."""


def of_rules(network: str, changed: Mapping[str, bool | int]) -> Text:
    """That rules of an establishment changed, and what they are now."""
    french, english = ("\r\n".join(_rule(name, value, which) for name, value in changed.items()) for which in (0, 1))
    return (
        "Les règles de votre établissement ont changé",
        f"{network}, par un administrateur :\r\n{french}",
        "The rules of your establishment have changed",
        f"{network}, by an administrator:\r\n{english}",
    )


def _rule(name: str, value: bool | int, language: int) -> str:
    when_set, when_not = _RULE_TEXTS[name][language]
    return f"- {(when_set if value else when_not).format(n=int(value))}"


def of_request(who: str) -> Text:
    """That somebody asks the holders of shares to open the mailbox; `who` with the number, as the directory has them. Why, the page says:
    a reason may name a patient.
    """
    return (
        "Demande d’ouverture de votre boîte en urgence",
        f"{_line(who)} demande aux dépositaires des parts d’ouvrir cette boîte. Son motif est sur la page « Accès d’urgence ».",
        "Somebody asks to open your mailbox in an emergency",
        f"{_line(who)} asks the holders of its shares to open this mailbox. The reason is on the page “Emergency access”.",
    )


def of_opening(who: str, minutes: int, messages: int) -> Text:
    """That enough holders agreed, and what the policy allows; `messages` 0: no limit."""
    most = (f" {messages} au plus.", f" {messages} at most.") if messages else (" sans limite.", " no limit.")
    return (
        "Votre boîte a été ouverte en urgence",
        f"{_line(who)} lit cette boîte pendant {minutes} minutes. Messages :{most[0]} Les clés changeront à votre prochaine visite.",
        "Your mailbox was opened in an emergency",
        f"{_line(who)} reads this mailbox for {minutes} minutes. Messages:{most[1]} Its keys change at your next visit.",
    )


def _line(text: str) -> str:
    """On one line, and without characters that would turn or hide what follows (bidi, control)."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def send(account_id: str, notice: Notice | Text) -> None:
    """Deliver a notice once the transaction stands. Never raises: the trace and the banner say it too."""
    text = notice.value if isinstance(notice, Notice) else notice
    transaction.on_commit(lambda: _deliver(account_id, text))


def _deliver(account_id: str, text: Text) -> None:
    address = Mailbox.objects.filter(id=account_id).values_list("address", flat=True).first()
    if address is not None:
        deliver_text(address, text)


def deliver_text(address: str, text: Text) -> None:
    """Deliver what is no `Notice` of its own. Never raises: what it speaks of is done."""
    try:
        deliver.deliver("", [address], _message(address, text))
    except (DeliveryDeferred, DeliveryRefused, DatabaseError) as error:
        log.warning("a notice could not be delivered: %s", type(error).__name__)


def _message(address: str, text: Text) -> bytes:
    french_subject, french, english_subject, english = text
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
