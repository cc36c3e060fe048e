"""A server that lies: answers of JMAP methods, altered on their way to a real browser."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, BrowserContext, Route

Alter = Callable[[dict[str, Any]], None]


def fetch(route: Route) -> APIResponse:
    """The honest answer. Playwright itself does not know `NAME.localhost`, so it is told the address and the Host."""
    url = urlsplit(route.request.url)
    headers = {**route.request.all_headers(), "host": url.netloc}
    return route.fetch(url=url._replace(netloc=f"127.0.0.1:{url.port}").geturl(), headers=headers)


def lie(context: BrowserContext, lies: dict[str, Alter]) -> list[str]:
    """Alter the arguments of these JMAP responses in place; returns the list of methods lied about, as it grows."""
    told: list[str] = []

    def answer(route: Route) -> None:
        response = fetch(route)
        body = response.json()
        for name, arguments, _call in body.get("methodResponses", []):
            if name in lies:
                lies[name](arguments)
                told.append(name)
        route.fulfill(response=response, body=json.dumps(body))

    context.route("**/jmap/api", answer)
    return told
