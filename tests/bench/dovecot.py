"""A Dovecot of our own on a free loopback port: LMTP into maildirs, with its default durability."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONFIGURATION = """
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = lmtp
ssl = no
mail_location = maildir:{base}/mail/%n
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={base}/mail/%n allow_all_users=yes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
service anvil {{
  client_limit = 400
}}
service auth {{
  unix_listener auth-userdb {{
    mode = 0666
  }}
}}
"""


@contextmanager
def running_dovecot(base: Path) -> Iterator[int]:
    """Yield the LMTP port; needs root, as Dovecot's master does."""
    user, group = "nobody", "nogroup"
    for name in ("run", "state", "mail"):
        (base / name).mkdir(parents=True)
    shutil.chown(base / "mail", user, group)
    port = free_port()
    file = base / "dovecot.conf"
    file.write_text(CONFIGURATION.format(base=base, port=port, user=user, group=group))
    subprocess.run(["dovecot", "-c", file], check=True)
    try:
        wait_for(port)
        yield port
    finally:
        subprocess.run(["doveadm", "-c", file, "stop"], check=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"port {port}, process {os.getpid()}")
