"""`/mail-frame.html`: sandboxed by its own header, with exactly one script that the header knows by hash."""

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.webmail.practitioner import browser
from webmail.web import frame


def test_header_knows_the_script_that_stands_in_the_page(db: None) -> None:
    response = browser().get("/mail-frame.html")
    (script,) = re.findall(r"<script>(.*?)</script>", response.content.decode(), re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = response.headers["Content-Security-Policy"]
    assert f"script-src 'sha256-{digest}'" in policy


def test_frame_is_an_origin_of_its_own(db: None) -> None:
    policy = browser().get("/mail-frame.html").headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts allow-modals; default-src 'none'")
    assert "allow-same-origin" not in policy
    assert "frame-ancestors 'self'" in policy
    assert "connect-src" not in policy


@pytest.mark.parametrize("script", ["a</script>b", "<!-- x", "<SCRIPT"])
def test_script_that_could_end_its_element_is_refused(tmp_path: Path, settings: Any, script: str) -> None:
    settings.STATIC_ROOT = tmp_path
    file = tmp_path / frame.SCRIPT
    file.parent.mkdir(parents=True)
    file.write_bytes(script.encode())
    frame._read.cache_clear()
    with pytest.raises(ValueError, match="script"):
        frame._script()
