"""Outgoing mail through a real SMTP conversation: our own sink plays the smarthost."""

import asyncio
from urllib.parse import urlsplit

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command

from webmail.domain.deliver import Destination
from webmail.models import Message
from webmail.transport.dialogue import Dialogue, Protocol
from webmail.transport.handoff import OutgoingMaildir, Smarthost, configured

CONTENT = b"From: a@pli.example\r\nSubject: [...]\r\n\r\n.dot\r\nciphertext\r\n"


async def hand_over(port, *recipients):
    door = Smarthost(urlsplit(f"smtp://127.0.0.1:{port}"))
    return await asyncio.to_thread(door, "a@pli.example", recipients, CONTENT, "item")


async def test_a_reply_for_each_recipient(live_practice, smtp):
    bob = await sync_to_async(live_practice.open)("bob")
    replies = await hand_over(smtp.port, bob.address, "nobody@pli.example")
    assert {address: reply.code for address, reply in replies.items()} == {bob.address: 250, "nobody@pli.example": 550}
    message = await Message.objects.aget(account_id=bob.account_id)
    assert (await sync_to_async(bob.open)(message)).endswith(CONTENT)


async def test_nothing_is_sent_when_all_are_refused(live_practice, smtp):
    replies = await hand_over(smtp.port, "nobody@pli.example")
    assert [reply.code for reply in replies.values()] == [550]


async def test_a_closed_door_is_an_os_error(live_practice, smtp):
    port = smtp.port
    smtp.server.close()
    await smtp.server.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        await hand_over(port, "x@y.example")


def test_the_settings_choose_the_door(settings, tmp_path):
    settings.PLI_OUTGOING = tmp_path / "outgoing"
    assert isinstance(configured(), OutgoingMaildir)
    settings.PLI_SMARTHOST = "smtp://user:secret@mail.example:587"
    assert isinstance(configured(), Smarthost)


def test_the_worker_stops_when_nothing_is_due(live_practice):
    call_command("worker", "--once")


def test_smtp_has_one_reply_and_it_is_the_worst():
    dialogue = Dialogue(lambda address: Destination("0" * 32, address, 1, b""), Protocol.SMTP)
    assert dialogue.finish(["250 ok", "451 later", "250 ok"]).replies == ["451 later"]
