"""Where a verb runs: in Python for what is the server's, else in node or Chromium, which ask `Questions` back."""

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import entrance
import paths
from questions import Questions

HERE = Path(__file__).resolve().parent
_REQUIRED: dict[str, tuple[str, ...]] = {
    "cms-decrypt": ("cms", "keys"),
    "cms-verify": ("cms", "anchors", "at"),
    "cms-sign": ("content", "certificate", "private_key", "detached", "at"),
    "cms-encrypt": ("content", "recipients"),
    "mime-tree": ("message",),
    "view": ("message", "anchors", "at"),
    "token-verify": ("token", "nonce", "origin", "anchors", "at"),
    "webauthn-verify": ("credential", "options"),
    "sanitise": ("html",),
    "path-validate": ("id", "trusted_certs", "peer_certificate"),
}


class BadInput(Exception):
    """The verb is unknown, a member is missing, or its value cannot be read."""


def judge(verb: str, given: Any, engine: str = "node") -> dict[str, Any]:
    """Answer one verb. Raises BadInput."""
    if verb not in _REQUIRED:
        raise BadInput(f"no verb {verb}")
    if not isinstance(given, dict) or (missing := [name for name in _REQUIRED[verb] if name not in given]):
        raise BadInput("one JSON object is wanted" if not isinstance(given, dict) else f"missing: {', '.join(missing)}")
    try:
        return _answer(verb, given, engine)
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadInput(f"{type(error).__name__}: {error}") from error


def _answer(verb: str, given: Mapping[str, Any], engine: str) -> dict[str, Any]:
    if verb in entrance.VERBS:
        return entrance.VERBS[verb](given)
    if verb == "path-validate":
        return paths.path_validate(given)
    if verb == "sanitise":
        return _in_browser(lambda browser: browser.show(given["html"], []))
    result = _in_browser(lambda browser: browser.run(verb, given)) if engine == "chromium" else run_in_node(verb, given)
    if verb != "view":
        return result
    images = result.pop("images")
    if result["html"] is not None:
        html = result["html"]
        result.update(_in_browser(lambda browser: browser.show(html, images)))
    return result


def run_in_node(verb: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """One node process; a line for each question and answer."""
    questions = Questions(given)
    command = ["node", str(HERE / "node.js")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        _send(child.stdin, {"verb": verb, "input": given})
        for line in child.stdout:
            said = json.loads(line)
            if "ask" not in said:
                return _result(said)
            _send(child.stdin, questions.answer(said["ask"], said["details"]))
    raise RuntimeError("node ended without an answer")


def _send(stream: Any, value: Any) -> None:
    stream.write(json.dumps(value) + "\n")
    stream.flush()


def _result(said: Mapping[str, Any]) -> dict[str, Any]:
    if "failure" in said:
        raise RuntimeError(said["failure"])
    return dict(said["answer"])


def _in_browser(use: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
    from browser import Browser  # Playwright only where a browser is needed

    with Browser() as browser:
        return use(browser)
