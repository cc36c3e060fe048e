"""A server that lies: answers of JMAP methods, altered on their way to a real browser."""

import json
from collections.abc import Callable
from typing import Any

from playwright.sync_api import BrowserContext, Route

Alter = Callable[[dict[str, Any]], None]


def lie(context: BrowserContext, lies: dict[str, Alter]) -> list[str]:
    """Alter the arguments of these JMAP responses in place; returns the list of methods lied about, as it grows."""
    told: list[str] = []

    def answer(route: Route) -> None:
        response = route.fetch()
        body = response.json()
        for name, arguments, _call in body.get("methodResponses", []):
            if name in lies:
                lies[name](arguments)
                told.append(name)
        route.fulfill(response=response, body=json.dumps(body))

    context.route("**/jmap/api", answer)
    return told
