"""Where outgoing mail goes: a smarthost by SMTP, or without one a maildir (the demo's outside world)."""

import mailbox
import smtplib
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings

from webmail.domain.outbox import Handoff, Reply

TIMEOUT_SECONDS = 60
_OK = 250


def configured() -> Handoff:
    """The door the settings name."""
    if settings.PLI_SMARTHOST:
        return Smarthost(urlsplit(settings.PLI_SMARTHOST))
    return OutgoingMaildir(settings.PLI_OUTGOING)


class Smarthost:
    """SMTP with STARTTLS where it is offered, DSN (RFC 3461) where it is offered, and the item's id as ENVID."""

    def __init__(self, url: SplitResult) -> None:
        self.url = url

    def __call__(self, mail_from: str, recipients: Sequence[str], content: bytes, item_id: str) -> Mapping[str, Reply]:
        with smtplib.SMTP(self.url.hostname or "127.0.0.1", self.url.port or 25, timeout=TIMEOUT_SECONDS) as connection:
            self._greet(connection)
            try:
                return self._send(connection, mail_from, recipients, content, item_id)
            except smtplib.SMTPServerDisconnected as error:
                raise ConnectionError("the mail server hung up") from error

    def _greet(self, connection: smtplib.SMTP) -> None:
        connection.ehlo()
        if connection.has_extn("starttls"):
            connection.starttls()
            connection.ehlo()
        if self.url.username:
            connection.login(unquote(self.url.username), unquote(self.url.password or ""))

    def _send(
        self, connection: smtplib.SMTP, mail_from: str, recipients: Sequence[str], content: bytes, item_id: str
    ) -> Mapping[str, Reply]:
        dsn = connection.has_extn("dsn")
        answer = _reply(connection.mail(mail_from, ["RET=HDRS", f"ENVID={item_id}"] if dsn else []))
        if answer.code != _OK:
            return dict.fromkeys(recipients, answer)
        notify = ["NOTIFY=SUCCESS,FAILURE,DELAY"] if dsn else []
        replies = {address: _reply(connection.rcpt(address, notify)) for address in recipients}
        accepted = [address for address, reply in replies.items() if reply.code < 300]  # noqa: PLR2004
        if accepted:
            replies |= dict.fromkeys(accepted, _reply(connection.data(content)))
        return replies


class OutgoingMaildir:
    """One maildir file per message, the envelope in headers of ours above the ciphertext."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, mail_from: str, recipients: Sequence[str], content: bytes, item_id: str) -> Mapping[str, Reply]:
        del item_id
        envelope = f"Return-Path: <{mail_from}>\r\n" + "".join(f"Delivered-To: {to}\r\n" for to in recipients)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        box = mailbox.Maildir(self.folder)
        box.add(envelope.encode() + content)
        return dict.fromkeys(recipients, Reply(_OK, "2.0.0 written to the outgoing folder"))


def _reply(answer: tuple[int, bytes]) -> Reply:
    return Reply(answer[0], answer[1].decode("utf-8", errors="replace").replace("\n", " "))
