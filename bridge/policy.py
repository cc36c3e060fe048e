"""The policy file: what an administrator allows this bridge (docs/PROTOCOL.md, *Policy file*)."""

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from bridge.errors import PliError
from bridge.origins import Origins
from bridge.pki.anchors import AnchorStore

PromptKind = Literal["pinentry", "assuan", "terminal", "card-table"]
_MEMBERS = {"origins", "operatorDomains", "anchors", "modules", "softwareCards", "prompt", "state", "limits"}


class PolicyRefused(PliError):
    """The policy file, or a program it names, cannot be trusted or read."""

    code = "policy-refused"


@dataclass(frozen=True)
class PromptSetting:
    kind: PromptKind = "pinentry"
    program: str = "pinentry"
    arguments: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True)
class Limits:
    """Ceilings of one consent, one card session and one open mailbox; seconds and counts."""

    signatures_per_consent: int = 20
    consent_seconds: int = 900
    card_uses: int = 500
    card_seconds: int = 900
    mailbox_seconds: int = 8 * 3600
    prompt_seconds: int = 120
    module_seconds: float = 1.8


@dataclass(frozen=True)
class Policy:
    origins: Origins
    operator_domains: frozenset[str]
    anchors: AnchorStore
    modules: tuple[tuple[str, str], ...]
    software_cards: Path | None
    prompt: PromptSetting
    state: Path
    limits: Limits = field(default_factory=Limits)


def load_policy(file: Path) -> Policy:
    """Read a policy; its relative paths start at its folder. Raises PolicyRefused."""
    refuse_writable_by_others(file)
    try:
        return _build(json.loads(file.read_text("utf-8")), file.resolve().parent)
    except PolicyRefused:
        raise
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise PolicyRefused(f"{file.name}: {type(error).__name__}: {error}") from None


def refuse_writable_by_others(path: Path) -> None:
    """Raise PolicyRefused where somebody else could have written the file, or the folder it stands in."""
    if os.name != "posix":
        return  # Windows: the installer's folder permissions guard it
    try:
        for checked in (path, path.resolve().parent):
            mode = checked.stat().st_mode
            sticky_folder = stat.S_ISDIR(mode) and mode & stat.S_ISVTX
            if mode & stat.S_IWOTH and not sticky_folder:
                raise PolicyRefused(f"{checked} is writable by others")
    except OSError as error:
        raise PolicyRefused(f"{path}: {type(error).__name__}") from None


def _build(found: dict[str, Any], base: Path) -> Policy:
    if unknown := found.keys() - _MEMBERS:
        raise PolicyRefused(f"unknown members: {sorted(unknown)}")
    software = found.get("softwareCards")
    return Policy(
        origins=Origins(found["origins"]),
        operator_domains=frozenset(domain.lower() for domain in found.get("operatorDomains", [])),
        anchors=AnchorStore.load(found.get("anchors", []), base),
        modules=tuple((module["id"], str(base / module["path"])) for module in found.get("modules", [])),
        software_cards=base / software if software else None,
        prompt=_prompt(found.get("prompt", {})),
        state=base / found["state"],
        limits=_limits(found.get("limits", {})),
    )


def _prompt(found: dict[str, Any]) -> PromptSetting:
    setting = PromptSetting(**{**found, "arguments": tuple(found.get("arguments", []))})
    if setting.kind not in PromptKind.__args__:  # type: ignore[attr-defined]
        raise PolicyRefused("unknown prompt kind")
    return setting


def _limits(found: dict[str, Any]) -> Limits:
    return Limits(**{_snake(name): value for name, value in found.items()})


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
