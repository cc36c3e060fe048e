"""The sample letters: clear, HTML, with PDF and image, and S/MIME made by OpenSSL as an outsider would."""

import smtplib
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from webmail.management.demo.pictures import draw_png, write_pdf

OUTSIDER = "denis@partner.example"
_TRIES, _PAUSE_SECONDS, _NEVER = 20, 0.5, 500
_DONE, _GO_ON = 250, 354


def clear_letters(recipient: str) -> Iterator[EmailMessage]:
    """Mail of several kinds as it comes from outside, newest last."""
    yield _letter(
        "Secrétariat de la Maison de santé <accueil@msp.example>",
        recipient,
        "Planning des gardes de décembre",
        "Bonjour,\n\nVous trouverez ci-dessous les gardes de décembre.\n\n"
        "Samedi 5 : Dr Lefèvre\nSamedi 12 : Dr Martin\nSamedi 19 : Dr Lefèvre\n\nBien cordialement,\nLe secrétariat\n",
        hours=50,
    )
    yield _with_html(recipient)
    yield _with_attachments(recipient)


def ward_letters(recipient: str) -> Iterator[EmailMessage]:
    """What a ward finds in the morning, newest last."""
    for hours, subject, text in (
        (14, "Transmission de nuit, chambre 12", "Nuit calme. Surveillance de la tension toutes les quatre heures."),
        (5, "Lit disponible demain", "Une entrée est prévue à 9 h, merci de préparer la chambre 8."),
        (1, "Avis demandé : adaptation du traitement", "Pouvez-vous voir Mme Essai avant la visite ?"),
    ):
        yield _letter("Accueil <accueil@msp.example>", recipient, subject, f"Bonjour,\n\n{text}\n", hours=hours)


def _letter(sender: str, recipient: str, subject: str, text: str, *, hours: float) -> EmailMessage:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = sender, recipient, subject
    letter["Date"] = format_datetime(datetime.now(UTC) - timedelta(hours=hours))
    letter["Message-ID"] = f"<{abs(hash((subject, hours)))}@demo.invalid>"
    letter.set_content(text)
    return letter


def _with_html(recipient: str) -> EmailMessage:
    subject = "Nouvelle recommandation : antibioprophylaxie"
    letter = _letter("Lettre du CHU <lettre@chu.example>", recipient, subject, "Voir la version HTML.\n", hours=26)
    letter.add_alternative(
        "<html><body><h1 style='color:#086b52'>Antibioprophylaxie</h1>"
        "<p>La <b>recommandation</b> a été mise à jour. <a href='https://chu.example/reco'>Lire la suite</a></p>"
        "<table border='1' cellpadding='6'><tr><th>Geste</th><th>Durée</th></tr>"
        "<tr><td>Extraction</td><td>dose unique</td></tr></table>"
        "<img src='https://pixel.example/1.gif' alt=''><script>alert(1)</script></body></html>",
        subtype="html",
    )
    return letter


def _with_attachments(recipient: str) -> EmailMessage:
    text = "Cher confrère,\n\nCi-joint le compte rendu et un cliché.\n\nDr Hélène Roux, radiologie\n"
    letter = _letter("Dr Hélène Roux <roux@imagerie.example>", recipient, "Compte rendu d'échographie", text, hours=3)
    report = write_pdf(
        ["Compte rendu d'echographie (document fictif)", "", "Foie de taille normale.", "Pas de lithiase."]
    )
    letter.add_attachment(report, maintype="application", subtype="pdf", filename="compte-rendu.pdf")
    letter.add_attachment(draw_png(), maintype="image", subtype="png", filename="cliché.png")
    return letter


def openssl_letter(folder: Path, certificate: Path, recipient: str, options: list[str], subject: str) -> bytes:
    """A letter that Denis signs and encrypts with the OpenSSL program; `options` go to `cms -encrypt`."""
    body = (
        f"Bonjour,\r\n\r\nCe message a été signé et chiffré par OpenSSL ({' '.join(options)}).\r\n\r\nDenis Garnier\r\n"
    )
    entity = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + body.encode()
    signer: list[str | Path] = ["-signer", folder / "certificate.pem", "-inkey", folder / "private-key.pem"]
    signed = _openssl(entity, "-sign", "-binary", *signer, "-certfile", folder / "chain.pem")
    headers = ["-from", f"Denis Garnier <{OUTSIDER}>", "-to", recipient, "-subject", subject]
    return _openssl(signed, "-encrypt", "-binary", *headers, "-recip", certificate, *options)


def _openssl(data: bytes, *arguments: str | Path) -> bytes:
    command = ["openssl", "cms", *(str(argument) for argument in arguments)]
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


def dated(message: bytes) -> bytes:
    """OpenSSL writes neither Date nor Message-ID."""
    now = datetime.now(UTC)
    return f"Date: {format_datetime(now)}\r\nMessage-ID: <{now.timestamp()}@partner.example>\r\n".encode() + message


def deliver(port: int, sender: str, recipient: str, messages: list[bytes]) -> None:
    """Hand letters to the LMTP listener (RFC 2033), one transaction each. Raises smtplib.SMTPResponseException."""
    with smtplib.LMTP("127.0.0.1", port) as session:
        session.ehlo()
        for message in messages:
            _hand_in(session, sender, recipient, message)


def _hand_in(session: smtplib.LMTP, sender: str, recipient: str, message: bytes) -> None:
    """Again where the listener asks for it (RFC 5321 §4.5.4.1): it may still know a key that has just been changed."""
    for _ in range(_TRIES - 1):
        try:
            return _hand_in_once(session, sender, recipient, message)
        except smtplib.SMTPResponseException as refused:
            if refused.smtp_code >= _NEVER:
                raise
        session.rset()
        time.sleep(_PAUSE_SECONDS)
    return _hand_in_once(session, sender, recipient, message)


def _hand_in_once(session: smtplib.LMTP, sender: str, recipient: str, message: bytes) -> None:
    _require(_DONE, session.mail(sender))
    _require(_DONE, session.rcpt(recipient))
    _require(_GO_ON, session.docmd("DATA"))
    session.send(_stuffed(message))
    _require(_DONE, session.getreply())


def _require(wanted: int, reply: tuple[int, bytes]) -> None:
    if reply[0] != wanted:
        raise smtplib.SMTPResponseException(*reply)


def _stuffed(message: bytes) -> bytes:
    """The message up to its lone dot (RFC 5321 §4.5.2); smtplib would also double the dot after a bare LF, which CMS in binary may hold."""
    whole = message if message.endswith(b"\r\n") else message + b"\r\n"
    return (b"\r\n" + whole).replace(b"\r\n.", b"\r\n..")[2:] + b".\r\n"
