"""Keyed hashes under this installation's secret: they say "same again" and nothing else, not even to who guesses."""

import hashlib
import hmac

from django.conf import settings


def token(purpose: str, *parts: bytes) -> str:
    """Hex HMAC-SHA256 over the purpose and the parts, each with its length."""
    mac = hmac.new(settings.SECRET_KEY.encode(), digestmod=hashlib.sha256)
    for part in (purpose.encode(), *parts):
        mac.update(len(part).to_bytes(8, "big") + part)
    return mac.hexdigest()


def delivery_token(account_id: str, mail_from: str, message_id: str, body_hash: bytes) -> str:
    """Equal for a retry of the same delivery. Sender and body are in it, so that nobody can suppress another's mail by
    guessing its Message-ID; headers are not, since `Received` differs between retries.
    """
    return token("delivery", account_id.encode(), mail_from.lower().encode(), message_id.encode(), body_hash)


def thread_token(account_id: str, message_id: str) -> str:
    """Stands for a Message-ID in one account."""
    return token("thread", account_id.encode(), message_id.encode())
