"""`/mail-frame.html`: the one page that shows a stranger's HTML, in an origin of its own with one known script."""

import base64
import hashlib
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe

SCRIPT = "js/viewers/mail-frame-inline.js"


@require_safe
def mail_frame(request: HttpRequest) -> HttpResponse:
    """The frame. `sandbox` without allow-same-origin keeps it from our cookies, storage and API, even when opened alone."""
    script = _script()
    # The file is ours, and `_script` refuses one that could end its element early.
    response = render(request, "mail-frame.html", {"frame_script": mark_safe(script)})  # noqa: S308
    response["Content-Security-Policy"] = policy(script)
    response["Cache-Control"] = "no-cache"
    return response


def policy(script: str) -> str:
    """The frame's own Content-Security-Policy: exactly this script, styles of the mail, and images handed over as bytes."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "sandbox allow-scripts allow-modals; default-src 'none'; "
        f"script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def _script() -> str:
    file = Path(settings.STATIC_ROOT) / SCRIPT
    return _read(file, file.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _read(file: Path, modified: int) -> str:
    del modified  # Part of the key only.
    script = file.read_text(encoding="utf-8")  # with every line end as LF, as HTML parsing has them
    # These three end or hide a script element.
    if any(word in script.lower() for word in ("</script", "<!--", "<script")):
        raise ValueError(f"{SCRIPT} cannot stand inside a script element")
    return script
