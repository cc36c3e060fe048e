"""A real bridge process for tests and journeys, with a prompt that knows the PINs. Plain functions, no fixtures."""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self

from websockets.sync.client import ClientConnection, connect

from bridge import p256
from bridge.handshake import Initiator
from bridge.secure_channel import SecureChannel

PROMPT = Path(__file__).with_name("assuan_prompt.py")
ROOT = Path(__file__).parents[2]
ORIGIN = "https://mail.pli.example"
OPERATOR_DOMAIN = "pli.example"
BRIDGE_PORTS = range(28_620, 28_700)  # the eight registered ones are too few for tests side by side
PINS = {"CPS-0001": "1234", "CPS-0002": "5678", "CPS-0003": "2468", "CPS-0004": "1357"}


class BridgeError(Exception):
    """An error a bridge answered with."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['data']['name']} {error['data']}")
        self.name = error["data"]["name"]
        self.data = error["data"]
        self.code = error["code"]


class PairingRefused(Exception):
    """The bridge's answer to a handshake: its `channel.state`."""


@dataclass
class PageIdentity:
    """What a browser keeps for one origin: its key, and the bridges a person compared digits with."""

    key: p256.PrivateKey = field(default_factory=p256.generate)
    bridges: set[bytes] = field(default_factory=set)


@dataclass
class RunningBridge:
    """A started bridge: its folder (state, prompt log, PINs), port, process and the origin it allows."""

    folder: Path
    process: subprocess.Popen[bytes]
    facts: dict[str, Any]
    origin: str = ORIGIN
    identities: dict[str, PageIdentity] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.facts["port"])

    @property
    def cards(self) -> Path:
        """The folder of the software cards."""
        return self.folder / "cards"

    def page(self, origin: str | None = None) -> "Page":
        """A page of one browser: the first of an origin is paired, by the prompt; the others are known."""
        name = origin or self.origin
        return Page(self.port, name, identity=self.identities.setdefault(name, PageIdentity()))

    def prompts(self, kind: str | None = None) -> list[dict[str, str]]:
        """The prompts shown so far, all but pairings, or of one kind (`pin`, `confirm`, `pair`)."""
        log = self.folder / "prompts.log"
        shown = [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
        return [prompt for prompt in shown if prompt["kind"] == kind or (kind is None and prompt["kind"] != "pair")]

    def set_pins(self, pins: dict[str, Any]) -> None:
        """What the prompt will answer from now on."""
        (self.folder / "pins.json").write_text(json.dumps(pins), "utf-8")

    def start_over(self, pki: Path) -> None:
        """For another test: nothing open, the cards and PINs of the beginning, no prompt shown so far. Pairings stay."""
        laid = [json.loads((card / "card.json").read_text("utf-8")) for card in sorted((pki / "cards").iterdir())]
        for card in (pki / "cards").iterdir():
            self._replace(self.cards / card.name / "card.json", (card / "card.json").read_text("utf-8"))
        self.set_pins(PINS)
        with self.page() as page:
            page.call("session.lock")
            page.wait_for_cards(sum(card.get("inserted", True) for card in laid))
        (self.folder / "prompts.log").write_bytes(b"")

    def change_card(self, name: str, **facts: Any) -> None:
        """Change members of a software card: `inserted`, `tries`."""
        file = self.cards / name / "card.json"
        changed = {**json.loads(file.read_text("utf-8")), **facts}
        self._replace(file, json.dumps(changed))

    def _replace(self, file: Path, text: str) -> None:
        if file.read_text("utf-8") != text:
            draft = file.with_suffix(".new")
            draft.write_text(text, "utf-8")
            draft.replace(file)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


@dataclass
class Page:
    """A page's end of the protocol, for one origin. Agrees to whatever digits the bridge shows; they stay in `digits`."""

    port: int
    origin: str
    host: str = "127.0.0.1"
    identity: PageIdentity = field(default_factory=PageIdentity)
    digits: str = ""
    notifications: list[dict[str, Any]] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    frames: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._open = contextlib.ExitStack()
        self.socket = self._connect()
        self._ids = count(1)
        self._blobs = count(1)
        try:
            self.channel = self._shake_hands()
        except Exception:
            self.close()
            raise

    def _connect(self) -> ClientConnection:
        """An open socket that speaks for the origin."""
        connecting = connect(
            f"ws://{self.host}:{self.port}/",
            origin=self.origin,  # type: ignore[arg-type]
            subprotocols=["pli-bridge.1"],  # type: ignore[list-item]
            compression=None,
            max_size=None,
            open_timeout=10,
        )
        return self._open.enter_context(connecting)

    def _shake_hands(self) -> SecureChannel:
        """Raises PairingRefused with the state the bridge answers instead of `ready`."""
        initiator = Initiator(self.origin, self.identity.key)
        self.socket.send(initiator.hello)
        bridge_key = initiator.meet(self._frame(10))
        proof, agreed = initiator.prove(pair=bridge_key not in self.identity.bridges)
        self.socket.send(proof)
        while (state := json.loads(agreed.channel.open(self._frame(60)))["params"]["state"]) == "pairing":
            self.digits = agreed.digits
        if state != "ready":
            raise PairingRefused(state)
        self.identity.bridges.add(bridge_key)
        return agreed.channel

    def _frame(self, timeout: float) -> bytes:
        frame = self.socket.recv(timeout=timeout)
        assert isinstance(frame, bytes)
        return frame

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()

    def call(self, method: str, timeout: float = 30, **params: Any) -> Any:
        """The result. bytes become base64, or blobs where large. Raises BridgeError."""
        number = next(self._ids)
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": self.fitting(params)})
        while True:
            message = self._read(timeout)
            if message.get("id") == number:
                if "error" in message:
                    raise BridgeError(message["error"])
                return message["result"]

    def send(self, message: Any) -> None:
        """Whatever it is, sealed as the next frame."""
        self.socket.send(self.channel.seal(json.dumps(message).encode()))

    def wait_for(self, method: str, timeout: float = 5) -> dict[str, Any]:
        """The params of the next notification of that name."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            for position, seen in enumerate(self.notifications):
                if seen["method"] == method:
                    params: dict[str, Any] = self.notifications.pop(position)["params"]
                    return params
            with contextlib.suppress(TimeoutError):
                self._read(max(0.01, end - time.monotonic()))
        raise TimeoutError(method)

    def card(self, label: str = "") -> str:
        """The pseudonym of the first card whose label holds `label`."""
        cards = self.call("card.list")["cards"]
        name: str = next(card["card"] for card in cards if label in card["label"])
        return name

    def wait_for_cards(self, count: int, seconds: float = 20) -> None:
        """Until so many can be used."""
        end = time.monotonic() + seconds
        while sum(card["state"] == "ready" for card in self.call("card.list")["cards"]) != count:
            if time.monotonic() > end:
                raise TimeoutError("cards")
            time.sleep(0.05)

    def _read(self, timeout: float) -> dict[str, Any]:
        self.frames.append(self._frame(timeout))
        reply = self.channel.open(self.frames[-1])
        self.replies.append(reply)
        message: dict[str, Any] = json.loads(reply)
        if "method" in message:
            self.notifications.append(message)
        return message

    def fitting(self, params: dict[str, Any]) -> Any:
        """Binary values become base64, or blobs where they or all of them together are large for one frame."""
        encoded = self._encode(params, 8000)
        return encoded if len(json.dumps(encoded)) < 48_000 else self._encode(params, 200)

    def _encode(self, value: Any, inline: int) -> Any:
        if isinstance(value, bytes):
            return self._upload(value) if len(value) > inline else base64.b64encode(value).decode()
        if isinstance(value, dict):
            return {name: self._encode(item, inline) for name, item in value.items()}
        return [self._encode(item, inline) for item in value] if isinstance(value, list | tuple) else value

    def _upload(self, data: bytes) -> dict[str, str]:
        name, step = f"b{next(self._blobs)}", 32 * 1024
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            self.call("blob.put", id=name, offset=offset, data=part, last=offset + step >= len(data))
        return {"blob": name}


def write_policy(folder: Path, pki: Path | None, **changes: Any) -> Path:
    """A policy file in `folder`: software cards copied from a sample PKI, its anchors, and the scripted prompt."""
    anchors = []
    if pki is not None:
        shutil.copytree(pki / "cards", folder / "cards", dirs_exist_ok=True)
        shutil.copytree(pki / "anchors", folder / "anchors", dirs_exist_ok=True)
        anchors = json.loads((pki / "anchors.json").read_text("utf-8"))
    prompt = {
        "kind": "assuan",
        "program": sys.executable,
        "arguments": [str(PROMPT), str(folder / "pins.json"), str(folder / "prompts.log")],
        "language": "en",
    }
    policy = {
        "origins": [ORIGIN],
        "operatorDomains": [OPERATOR_DOMAIN],
        "anchors": anchors,
        "modules": [],
        "softwareCards": "cards",
        "prompt": prompt,
        "state": "state",
        "ports": [BRIDGE_PORTS.start, BRIDGE_PORTS.stop - 1],
        "limits": {"moduleSeconds": 6},  # a machine that runs all tests at once is slow, not hung
        **changes,
    }
    (folder / "pins.json").write_text(json.dumps(PINS), "utf-8")
    file = folder / "policy.json"
    file.write_text(json.dumps(policy, indent=1), "utf-8")
    return file


def start_bridge(
    policy: Path, *options: str, environment: dict[str, str] | None = None, seconds: float = 20
) -> RunningBridge:
    """Start `pli-bridge serve` (with `options`, such as --verbose) and wait until it listens."""
    folder = policy.parent
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "bridge", "serve", "--policy", str(policy), "--ready-file", str(ready), *options]
    with (folder / "bridge.log").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **(environment or {})}, stdout=log, stderr=subprocess.STDOUT
        )
    end = time.monotonic() + seconds
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            process.wait()
            raise RuntimeError((folder / "bridge.log").read_text("utf-8", "replace"))
        time.sleep(0.02)
    origin = json.loads(policy.read_text("utf-8"))["origins"][0]
    return RunningBridge(folder, process, json.loads(ready.read_text("utf-8")), origin)


@contextlib.contextmanager
def running_bridge(folder: Path, pki: Path | None, **changes: Any) -> Iterator[RunningBridge]:
    """A bridge for the length of a with block. `changes`: members of the policy to replace."""
    bridge = start_bridge(write_policy(folder, pki, **changes))
    try:
        yield bridge
    finally:
        bridge.stop()
