"""What a mailbox holds, as its member reads it."""

from email import message_from_bytes, policy

from webmail.management.demo.colleague import HeldMailbox


def subjects(mailbox: HeldMailbox) -> list[str]:
    """Of every message, opened, newest first."""
    return [
        str(message_from_bytes(mailbox.read(email), policy=policy.default)["Subject"]) for email in mailbox.messages()
    ]
