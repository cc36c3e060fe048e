"""The names of `bridge.prompts` for modules that still import them from here."""

from bridge.prompts.requests import ConsentRequest, PinRequest, Prompter, Purpose
from bridge.prompts.wording import Wording

__all__ = ["ConsentRequest", "PinRequest", "Prompter", "Purpose", "Wording"]
