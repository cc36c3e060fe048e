"""The name of `bridge.prompts.assuan` for modules that still import it from here."""

from bridge.prompts.assuan import AssuanPrompter

__all__ = ["AssuanPrompter"]
