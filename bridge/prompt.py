"""The names of `bridge.prompts` for modules that still import them from here."""

from bridge.prompts.requests import ConsentRequest, PinRequest, Prompter, Purpose
from bridge.prompts.terminal import TerminalPrompter
from bridge.prompts.texts import TEXTS as _TEXTS
from bridge.prompts.wording import Wording

__all__ = ["_TEXTS", "ConsentRequest", "PinRequest", "Prompter", "Purpose", "TerminalPrompter", "Wording"]
