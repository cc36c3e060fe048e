"""Tells the open pages of an account that something changed: a state string, never content.

With Redis every process speaks to the Channels group itself. Without it, writers send `account,state` as one datagram to
the socket `PLI_DATA/push.sock`, where the web process listens (`webmail.live`); a lost datagram costs one poll interval.
"""

import logging
import socket

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings

log = logging.getLogger(__name__)


def group_name(account_id: str) -> str:
    """The Channels group of an account."""
    return f"account.{account_id}"


def state_changed(account_id: str, state: int) -> None:
    """Announce that `account_id` is now at `state` (its `modseq`). Never raises: the pages also poll.

    To be called after the commit. The group's message is `{"type": "state.changed", "account": …, "state": …}`.
    """
    try:
        if settings.PLI_REDIS_URL:
            _to_group(account_id, state)
        else:
            _to_socket(account_id, state)
    except Exception:  # noqa: BLE001 - mail is stored; a page that hears nothing asks again
        log.debug("no one to tell of a change")


def _to_group(account_id: str, state: int) -> None:
    layer = get_channel_layer()
    message = {"type": "state.changed", "account": account_id, "state": str(state)}
    async_to_sync(layer.group_send)(group_name(account_id), message)


def _to_socket(account_id: str, state: int) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(f"{account_id},{state}".encode(), str(settings.PLI_PUSH_SOCKET))
