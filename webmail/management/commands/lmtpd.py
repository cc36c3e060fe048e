"""`manage.py lmtpd`: the mail door behind Postfix, as a process of its own."""

import asyncio
import signal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from webmail.transport.dialogue import Protocol
from webmail.transport.lmtp import Listen, LmtpServer


class Command(BaseCommand):
    help = "Listen for LMTP (or, with --smtp, as a before-queue SMTP sink); seal and store what arrives."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--socket", type=Path, default=None, help="Unix socket (default: PLI_DATA/lmtp.sock)")
        parser.add_argument("--port", type=int, default=None, help="TCP port on 127.0.0.1 instead of the socket")
        parser.add_argument("--smtp", action="store_true", help="speak SMTP, one reply for all recipients")

    def handle(self, **options: Any) -> None:
        if options["port"] is not None:
            listen = Listen(port=options["port"])
        else:
            listen = Listen(path=options["socket"] or settings.PLI_DATA / "lmtp.sock")
        asyncio.run(self._run(listen, Protocol.SMTP if options["smtp"] else Protocol.LMTP))

    async def _run(self, listen: Listen, protocol: Protocol) -> None:
        server, stop = LmtpServer(listen, protocol), asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        await server.start()
        self.stdout.write(f"listening on {listen.path or server.port}")
        self.stdout.flush()
        await stop.wait()
        await server.stop()
