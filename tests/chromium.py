"""The Chromium that tests and the judge drive: the shell without windows, at half the processor time, where it is installed."""

import shutil

PROGRAM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
