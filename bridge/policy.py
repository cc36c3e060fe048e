"""The policy file: what an administrator allows this bridge (docs/PROTOCOL.md, *Policy file*)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from bridge import places
from bridge.errors import PolicyRefused
from bridge.origins import OriginMalformed, Origins
from bridge.ownership import refuse_untrusted
from bridge.pki.anchors import AnchorStore
from bridge.protocol import PORTS

PromptKind = Literal["pinentry", "assuan", "terminal", "card-table"]
_MEMBERS = {
    "origins",
    "operatorDomains",
    "anchors",
    "modules",
    "softwareCards",
    "prompt",
    "state",
    "limits",
    "ports",
    "rendezvous",
}
_USER_PORTS = range(1024, 65536)
_MOST_PORTS = 128  # where pages look (PLI_BRIDGE_PORTS)


@dataclass(frozen=True)
class PromptSetting:
    """Where the person is asked: which program with which arguments, in which language (empty: the session's)."""

    kind: PromptKind = "pinentry"
    program: str = "pinentry"
    arguments: tuple[str, ...] = ()
    language: str = ""


def _ceiling(default: float, ceiling: float) -> Any:
    """A limit that a policy may lower, or raise as far as the ceiling."""
    return field(default=default, metadata={"ceiling": ceiling})


@dataclass(frozen=True)
class Limits:
    """Ceilings of one consent, one card session and one open mailbox; seconds and counts."""

    signatures_per_consent: int = _ceiling(20, 100)
    consent_seconds: int = _ceiling(900, 3600)
    card_uses: int = _ceiling(500, 500)
    card_seconds: int = _ceiling(900, 900)
    mailbox_seconds: int = _ceiling(8 * 3600, 24 * 3600)
    prompt_seconds: int = _ceiling(120, 600)
    module_seconds: float = _ceiling(1.8, 30)


@dataclass(frozen=True)
class Policy:
    """`modules` is None where the bridge is to look for the installed ones itself."""

    origins: Origins = field(default_factory=lambda: Origins(()))
    operator_domains: frozenset[str] = frozenset()
    anchors: AnchorStore = field(default_factory=lambda: AnchorStore(()))
    modules: tuple[tuple[str, str], ...] | None = None
    software_cards: Path | None = None
    prompt: PromptSetting = field(default_factory=PromptSetting)
    state: Path = field(default_factory=places.state_folder)
    limits: Limits = field(default_factory=Limits)
    ports: range = PORTS
    rendezvous: Path | None = None


def find_policy() -> Path | None:
    """The installed policy: the administrator's, else the user's own, else none."""
    return next((file for file in (places.SYSTEM_POLICY, places.user_policy()) if file.exists()), None)


def load_policy(file: Path | None = None) -> Policy:
    """Read a policy; its relative paths start at its folder. Without a file: the installed one, else the built-in policy,
    which knows no origin. Raises PolicyRefused with a sentence for the person.
    """
    chosen = file or find_policy()
    if chosen is None:
        return Policy()
    refuse_untrusted(chosen)
    text = _text_of(chosen)
    try:
        return _build(json.loads(text), chosen.resolve().parent)
    except PolicyRefused as error:
        raise PolicyRefused(f"{chosen}: {error}") from None
    except json.JSONDecodeError as error:
        raise PolicyRefused(f"{chosen} is no JSON: {error}") from None
    except (ValueError, KeyError, TypeError, AttributeError, OSError) as error:
        raise PolicyRefused(f"{chosen}: {type(error).__name__}: {error}") from None


def _text_of(file: Path) -> str:
    """Also with the byte-order mark that editors of Windows put before it (RFC 8259 §8.1 lets a reader ignore it)."""
    try:
        return file.read_text("utf-8-sig")
    except OSError as error:
        raise PolicyRefused(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise PolicyRefused(f"{file} is no text in UTF-8") from None


def _build(found: Any, base: Path) -> Policy:
    if not isinstance(found, dict):
        raise PolicyRefused("a policy is a JSON object")
    if unknown := found.keys() - _MEMBERS:
        raise PolicyRefused(f"unknown members: {', '.join(sorted(unknown))}")
    software, state, rendezvous = (found.get(name) for name in ("softwareCards", "state", "rendezvous"))
    return Policy(
        origins=_origins(found.get("origins", [])),
        operator_domains=frozenset(domain.lower() for domain in _strings(found, "operatorDomains")),
        anchors=_anchors(found.get("anchors", []), base),
        modules=_modules(found["modules"], base) if "modules" in found else None,
        software_cards=_path(software, base) if software else None,
        prompt=_prompt(found.get("prompt", {})),
        state=_path(state, base) if state else places.state_folder(),
        limits=_limits(found.get("limits", {})),
        ports=_ports(found["ports"]) if "ports" in found else PORTS,
        rendezvous=_path(rendezvous, base) if rendezvous else None,
    )


def _path(value: Any, base: Path) -> Path:
    """A path of the policy: `~` is the home of whoever runs the bridge, so that one policy serves a whole host."""
    if not isinstance(value, str):
        raise PolicyRefused(f"{value!r} is no path")
    return base / Path(value).expanduser()


def _strings(found: dict[str, Any], name: str) -> Sequence[str]:
    values = found.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise PolicyRefused(f"{name} is no list of texts")
    return values


def _origins(allowed: Any) -> Origins:
    try:
        return Origins(_strings({"origins": allowed}, "origins"))
    except OriginMalformed as error:
        raise PolicyRefused(
            f"{error} is no origin: write https://NAME or https://NAME:PORT, in small letters, without a path"
        ) from None


def _anchors(found: Any, base: Path) -> AnchorStore:
    """Whoever writes an anchor decides who is believed, so its file is checked as the policy's own."""
    try:
        for anchor in found:
            refuse_untrusted(base / anchor["file"])
        return AnchorStore.load(found, base)
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyRefused(f"an anchor has a file and its purposes ({error})") from None


def _modules(found: Any, base: Path) -> tuple[tuple[str, str], ...]:
    """Library paths. One that is absent is reported as missing later; one that others could have written is refused now."""
    try:
        modules = tuple((str(module["id"]), str(_path(module["path"], base))) for module in found)
    except (KeyError, TypeError):
        raise PolicyRefused("a module has an id and a path") from None
    for _, library in modules:
        if Path(library).exists():
            refuse_untrusted(Path(library))
    return modules


def _prompt(found: Any) -> PromptSetting:
    known = {setting.name for setting in fields(PromptSetting)}
    if not isinstance(found, dict) or found.keys() - known:
        raise PolicyRefused(f"a prompt has the members {', '.join(sorted(known))}")
    setting = PromptSetting(**{**found, "arguments": tuple(_strings(found, "arguments"))})
    if setting.kind not in PromptKind.__args__:  # type: ignore[attr-defined]
        raise PolicyRefused(f"unknown prompt kind {setting.kind!r}")
    return setting


def _limits(found: dict[str, Any]) -> Limits:
    known = {_camel(limit.name): limit for limit in fields(Limits)}
    for name, value in found.items():
        if name not in known:
            raise PolicyRefused(f"unknown limit {name}")
        if type(value) not in {int, float} or not 0 < value <= known[name].metadata["ceiling"]:
            raise PolicyRefused(f"limit {name} must lie between 0 and {known[name].metadata['ceiling']}")
    return Limits(**{known[name].name: value for name, value in found.items()})


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def _ports(found: Any) -> range:
    shaped = isinstance(found, list) and [type(port) for port in found] == [int, int]
    if not shaped or not found[0] <= found[1] or not all(port in _USER_PORTS for port in found):
        raise PolicyRefused("ports must be [first, last], between 1024 and 65535")
    if found[1] - found[0] >= _MOST_PORTS:
        raise PolicyRefused(f"ports must be at most {_MOST_PORTS}")
    return range(found[0], found[1] + 1)
