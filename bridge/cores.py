"""No core files: a PIN passes through the listener, its prompts and its card modules, and a vendor's library may crash."""

import os


def leave_no_core() -> None:
    """For this process, and for every one it will start (setrlimit(2))."""
    if os.name != "posix":
        return  # Windows writes none unless an administrator asked for them
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
