"""The protocol state machine against the shared vectors, and against frames that nobody should send."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.blobs import BlobSpace
from bridge.protocol import MAX_BLOB_NAMES, MAX_CALLS, MAX_FRAME, MAX_PIN_LIKE, PIN_LIKE, RpcError, pin_like
from bridge.schemas import METHODS
from bridge.session import Close, Effect, Invoke, Reply, Session

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "bridge" / "session.json").read_text("utf-8"))["vectors"]


def take(session: Session, step: dict[str, Any]) -> list[Effect]:
    if "send" in step:
        return session.receive(json.dumps(step["send"]).encode())
    if "raw" in step:
        return session.receive(step["raw"].encode())
    if "notify" in step:
        return session.notify(**step["notify"])
    if "result" in step:
        return session.complete(step["call"], step["result"])
    return session.fail(step["call"], RpcError(step["error"]["name"], **step["error"].get("data", {})))


def show(effect: Effect) -> dict[str, Any]:
    match effect:
        case Reply(frame):
            return {"reply": json.loads(frame)}
        case Close(status):
            return {"close": status}
        case Invoke(_, method, params):
            return {"invoke": {"method": method, "params": _plain(params)}}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    session = Session()
    for step in vector["steps"]:
        assert [show(effect) for effect in take(session, step)] == step["expect"]


@pytest.mark.negative(60)
def test_a_frame_over_the_limit_closes() -> None:
    assert Session().receive(b" " * (MAX_FRAME + 1)) == [Close(1009)]


@pytest.mark.negative(60)
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_deep_json_is_an_error_like_any_other(pair: str) -> None:
    """How deep JSON may be differs from Python to Python; what is read is refused, and what is not read too."""
    begin, end = ("[", "]") if pair == "[]" else ('{"a":', "}")
    for depth in (100, *range(900, 1_010), 9_000):
        nested = begin * depth + "1" + end * depth
        frame = f'{{"jsonrpc":"2.0","id":1,"method":"card.list","params":{{"a":{nested}}}}}'.encode()
        assert len(frame) <= MAX_FRAME
        (effect,) = Session().receive(frame)
        assert isinstance(effect, Reply)
        assert json.loads(effect.frame)["error"]["data"]["name"] in {"PARSE_ERROR", "INVALID_PARAMS"}
    (effect,) = Session().receive(b"[" * 60_000)
    assert isinstance(effect, Reply)
    assert json.loads(effect.frame)["error"]["data"]["name"] == "PARSE_ERROR"


@pytest.mark.negative(56)
def test_a_pin_is_found_however_deep_it_lies() -> None:
    found: Any = {"PIN": "1234", "b": [{"code": 1}]}
    for _ in range(20_000):
        found = [{"a": found}]
    assert sorted(pin_like(found)) == ["PIN", "code"]
    assert list(pin_like([1, {"pins": 2}, None, "pin"])) == []


def test_calls_in_flight_are_bounded() -> None:
    session = Session()
    for number in range(MAX_CALLS):
        session.receive(json.dumps({"jsonrpc": "2.0", "id": number, "method": "card.list"}).encode())
    (effect,) = session.receive(b'{"jsonrpc":"2.0","id":99,"method":"card.list"}')
    assert show(effect)["reply"]["error"]["data"]["name"] == "BUSY"


def test_blobs_are_bounded() -> None:
    session = Session()
    piece = base64.b64encode(bytes(40_000)).decode()

    def put(name: str, offset: int) -> dict[str, Any]:
        params = {"id": name, "offset": offset, "data": piece, "last": False}
        (effect,) = session.receive(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": "blob.put", "params": params}).encode()
        )
        reply: dict[str, Any] = show(effect)["reply"]
        return reply

    sent = 0
    while "result" in (
        reply := put("a" if sent < 32_000_000 else "b", sent if sent < 32_000_000 else sent - 32_000_000)
    ):
        sent += 40_000
    assert reply["error"]["data"]["name"] == "BLOB_TOO_LARGE"
    assert sent <= 64 * 1024 * 1024


@pytest.mark.negative(56)
def test_no_method_has_a_pin_or_a_raw_operation() -> None:
    assert not [name for name in METHODS if "raw" in name or "decrypt" in name]
    # A page hands over what the person's own `pli-bridge export` asked for; it is given no key and can begin nothing.
    assert {name for name in METHODS if "export" in name} == {"export.begin", "export.put", "export.end"}
    with pytest.raises(RpcError):  # a page may ask for the change; every PIN of it is typed at the bridge
        METHODS["pin.change"]({"card": "c_" + "0" * 32, "pin": "1234"}, "", lambda _name, _keep: b"")


@pytest.mark.negative(56)
def test_no_shape_has_a_member_like_a_pin() -> None:
    """Requests are searched for PINs where they are refused, and nowhere else."""
    names = {name.lower() for shape in METHODS.values() for name in members_of(shape)}
    assert "handle" in names
    assert not names & PIN_LIKE


def members_of(shape: Any) -> Iterator[str]:
    """The names of members that a shape lets pass, at any depth."""
    for cell in getattr(shape, "__closure__", None) or ():
        inner = cell.cell_contents
        if isinstance(inner, dict):
            yield from inner
        for value in inner.values() if isinstance(inner, dict) else [inner]:
            yield from members_of(value)


@pytest.mark.negative(56)
def test_a_pin_is_counted_while_the_bridge_is_busy() -> None:
    session = Session()
    for _ in range(MAX_CALLS):
        call(session, "card.list", {})
    for _ in range(MAX_PIN_LIKE):
        effects = call(session, "card.list", {"more": [{"Pin": "1234"}]})
    assert effects[-1] == Close(1008)


@pytest.mark.negative(56)
@pytest.mark.parametrize(
    "frame",
    [
        b'{"jsonrpc":"2.0","id":1,"method":"card.list","params":{},"pin":"1234"}',
        b'{"jsonrpc":"2.0","id":{"Password":"1234"},"method":"card.list"}',
        b'{"jsonrpc":"2.0","id":1,"method":{"puk":"1234"}}',
        b'[{"pin":"1234"}]',
        b'{"\\u0070in":"1234"}',
    ],
)
def test_a_pin_is_counted_wherever_it_stands(frame: bytes) -> None:
    """Also beside the parameters, and in what is no request at all."""
    session = Session()
    for _ in range(MAX_PIN_LIKE):
        answer, *more = session.receive(frame)
        assert isinstance(answer, Reply)
        assert json.loads(answer.frame)["error"]["data"]["name"] == "INVALID_PARAMS"
        assert b"1234" not in answer.frame
    assert more == [Close(1008)]
    assert session.receive(frame) == []


def test_nothing_is_heard_once_the_socket_is_to_be_closed() -> None:
    session = Session()
    assert session.receive(b"x" * (MAX_FRAME + 1)) == [Close(1009)]
    assert call(session, "card.list", {}) == []


def test_a_blob_named_often_is_kept_once() -> None:
    """64 MiB named by a thousand members must not become 64 GiB."""
    session = Session()
    put(session, "a", base64.b64encode(bytes(30_000)).decode())
    item = {"certificate": {"blob": "a"}, "chain": [{"blob": "a"}] * 10, "purpose": "encrypt"}
    (effect,) = call(session, "certificates.validate", {"items": [item] * 64, "crls": []})
    assert isinstance(effect, Invoke)
    assert len({id(one) for item in effect.params["items"] for one in (item["certificate"], *item["chain"])}) == 1


def test_a_blob_that_is_to_stay_serves_call_after_call() -> None:
    session = Session()
    put(session, "list", base64.b64encode(b"revoked").decode())
    for keep in (True, True, None):
        named = {"blob": "list"} | ({"keep": keep} if keep else {})
        (effect,) = call(session, "certificates.validate", {"items": [], "crls": [named]})
        assert isinstance(effect, Invoke)
        assert effect.params["crls"] == [b"revoked"]
        session.complete(effect.call, {})
    (effect,) = call(session, "certificates.validate", {"items": [], "crls": [{"blob": "list", "keep": True}]})
    assert show(effect)["reply"]["error"]["data"]["name"] == "BLOB_UNKNOWN"


@pytest.mark.parametrize("keep", [False, 1, None, "true"])
def test_to_keep_a_blob_is_said_plainly_or_not_at_all(keep: Any) -> None:
    session = Session()
    put(session, "list", "")
    (effect,) = call(session, "certificates.validate", {"items": [], "crls": [{"blob": "list", "keep": keep}]})
    assert show(effect)["reply"]["error"]["data"] == {"name": "INVALID_PARAMS", "member": "crls[0].keep"}


def test_a_blob_that_stays_takes_space_again_for_each_call_at_work() -> None:
    """Else calls at once would hold many times what an origin may."""
    space = BlobSpace(50_000)
    session = Session(space)
    put(session, "a", base64.b64encode(bytes(20_000)).decode())
    wanted = {"items": [], "crls": [{"blob": "a", "keep": True}]}
    (effect,) = call(session, "certificates.validate", wanted)
    assert isinstance(effect, Invoke)
    (refused,) = call(session, "certificates.validate", wanted)
    assert show(refused)["reply"]["error"]["data"]["name"] == "BUSY"
    session.complete(effect.call, {})
    (effect,) = call(session, "certificates.validate", wanted)
    assert isinstance(effect, Invoke)
    session.close()
    session.fail(effect.call, RpcError("BUSY"))
    space.take(50_000)  # all of it is free again


def test_blobs_without_octets_are_bounded_too() -> None:
    session = Session()
    answers = [put(session, f"b{number}", "") for number in range(MAX_BLOB_NAMES + 1)]
    assert "result" in answers[-2]
    assert answers[-1]["error"]["data"]["name"] == "BLOB_TOO_LARGE"
    assert "result" in put(session, "b0", "")  # one that is there may be begun again


def test_the_sockets_of_one_origin_share_their_space() -> None:
    space = BlobSpace(50_000)
    one, other = Session(space), Session(space)
    data = base64.b64encode(bytes(30_000)).decode()
    assert "result" in put(one, "a", data)
    assert put(other, "a", data)["error"]["data"]["name"] == "BUSY"
    assert "result" in put(Session(BlobSpace(50_000)), "a", data)  # another origin's
    one.close()
    assert "result" in put(other, "a", data)


def test_a_call_keeps_the_space_of_its_blobs_until_it_ends() -> None:
    session = Session(BlobSpace(50_000))
    data = base64.b64encode(bytes(30_000)).decode()
    put(session, "a", data)
    (effect,) = call(session, "certificates.validate", {"items": [], "crls": [{"blob": "a"}]})
    assert isinstance(effect, Invoke)
    assert put(session, "b", data)["error"]["data"]["name"] == "BUSY"
    session.complete(effect.call, {})
    assert "result" in put(session, "b", data)


def test_a_blob_begun_again_gives_its_space_back() -> None:
    session = Session(BlobSpace(50_000))
    data = base64.b64encode(bytes(30_000)).decode()
    for _ in range(3):
        assert "result" in put(session, "a", data)


def test_half_a_character_is_no_text() -> None:
    session = Session()
    (effect,) = session.receive(b'{"jsonrpc":"2.0","id":"\\ud800","method":"card.list"}')
    assert show(effect)["reply"]["error"]["data"]["name"] == "INVALID_REQUEST"
    (effect,) = call(session, "cert.get", {"card": "c_" + "0" * 32, "key": "\ud800"})
    assert show(effect)["reply"]["error"]["data"]["name"] == "INVALID_PARAMS"


def put(session: Session, name: str, data: str) -> dict[str, Any]:
    (effect,) = call(session, "blob.put", {"id": name, "offset": 0, "data": data, "last": True})
    return dict(show(effect)["reply"])


def call(session: Session, method: str, params: dict[str, Any]) -> list[Effect]:
    return session.receive(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode())
