"""Settings of the test suite: the product's, on a data folder of its own."""

import os
import tempfile

os.environ.setdefault("PLI_DATA", tempfile.mkdtemp(prefix="pli-test-"))
os.environ.setdefault("PLI_DOMAINS", "pli.example")
os.environ.setdefault("PLI_ORIGINS", "http://localhost:8000")

from webmail.settings import *  # noqa: F403
