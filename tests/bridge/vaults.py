"""A real vault process without the bridge around it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.vault_client import VaultClient


@contextmanager
def running_vault() -> Iterator[VaultClient]:
    """`call` may be used from this thread; the loop that owns the pipes runs in another."""
    client, loop = VaultClient(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(client.start(), loop).result(60)
    try:
        yield client
    finally:
        asyncio.run_coroutine_threadsafe(client.stop(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(60)
        loop.close()
