"""Where each system keeps a program's files: the policy of the administrator and of the user, and the state of the bridge."""

import os
import sys
from pathlib import Path


def _system_policy() -> Path:
    if os.name == "nt":
        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "Pli" / "policy.json"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/Pli/policy.json")
    return Path("/etc/pli-bridge/policy.json")


SYSTEM_POLICY = _system_policy()


def user_policy() -> Path:
    """The user's own policy; the administrator's comes first."""
    if os.name == "nt":
        return _local_app_data() / "policy.json"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/Pli/policy.json"
    return _xdg("XDG_CONFIG_HOME", ".config") / "pli-bridge" / "policy.json"


def state_folder() -> Path:
    """Where a bridge keeps its keys, pairings and journal unless its policy names another folder."""
    if os.name == "nt":
        return _local_app_data() / "state"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/Pli/state"
    return _xdg("XDG_STATE_HOME", ".local/state") / "pli-bridge"


def _local_app_data() -> Path:
    return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "Pli"


def _xdg(variable: str, otherwise: str) -> Path:
    """XDG Base Directory Specification: a relative path there is to be ignored."""
    named = Path(os.environ.get(variable, ""))
    return named if named.is_absolute() else Path.home() / otherwise
