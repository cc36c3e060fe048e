"""Static files, asked for as a browser asks the server: what every answer carries, whole, unchanged, in part, and nothing besides."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings

from webmail.asgi import application, http_application
from webmail.headers import security_headers

SCRIPT = f"{settings.STATIC_URL}js/i18n.js"


@dataclass(frozen=True)
class Answer:
    """`headers` by their names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture
def ask(db: None) -> Ask:
    async def ask(path: str, method: str = "GET", **headers: str) -> Answer:
        sent = {"host": "localhost:8000", **{name.replace("_", "-"): value for name, value in headers.items()}}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            "client": ["127.0.0.1", 1],
        }
        connection = ApplicationCommunicator(application, scope)
        await connection.send_input({"type": "http.request", "body": b"", "more_body": False})
        start, body = await connection.receive_output(20), await connection.receive_output(20)
        await connection.wait(20)
        found = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(start["status"], found, body["body"])

    return ask


def carries_the_policy(answer: Answer) -> bool:
    return {name.lower(): value for name, value in security_headers().items()}.items() <= answer.headers.items()


async def test_a_file_is_sent_as_it_stands_under_the_policy(ask: Ask) -> None:
    answer = await ask(SCRIPT)
    assert answer.status == 200
    assert carries_the_policy(answer)
    assert answer.content == (settings.STATIC_ROOT / "js" / "i18n.js").read_bytes()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert "access-control-allow-origin" not in answer.headers


async def test_a_file_unchanged_or_in_part(ask: Ask) -> None:
    etag = (await ask(SCRIPT)).headers["etag"]
    unchanged = await ask(SCRIPT, if_none_match=etag)
    assert (unchanged.status, unchanged.content) == (304, b"")
    part = await ask(SCRIPT, range="bytes=0-1")
    assert (part.status, part.content) == (206, b"//")
    assert carries_the_policy(unchanged)
    assert carries_the_policy(part)


async def test_a_file_that_is_gone_is_answered_under_the_policy(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """An upgrade replaces the tree below a server that has not been started anew."""

    class Gone:
        def get_response(self, _method: str, _environment: dict[str, str]) -> None:
            raise FileNotFoundError

    monkeypatch.setitem(http_application.files, f"{settings.STATIC_URL}js/gone.js", Gone())
    answer = await ask(f"{settings.STATIC_URL}js/gone.js")
    assert answer.status == 404
    assert carries_the_policy(answer)


async def test_a_file_is_only_read(ask: Ask) -> None:
    head, post = await ask(SCRIPT, "HEAD"), await ask(SCRIPT, "POST")
    assert (head.status, head.content) == (200, b"")
    assert post.status == 405
    assert carries_the_policy(post)


@pytest.mark.parametrize(
    "path", ["../settings.py", "..%2fsettings.py", "%2e%2e/manage.py", "js/../../manage.py", "none"]
)
async def test_nothing_outside_is_found(ask: Ask, path: str) -> None:
    answer = await ask(settings.STATIC_URL + path)
    assert answer.status == 404
    assert carries_the_policy(answer)
