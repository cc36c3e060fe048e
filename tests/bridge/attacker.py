"""What another program of the same user tries on a process: read its memory, trace it, copy from it. Prints what worked, as JSON.

python attacker.py PID
"""

import ctypes
import errno
import json
import os
import sys
from pathlib import Path

_PTRACE_ATTACH, _PTRACE_DETACH = 16, 17


class _Span(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


def main(pid: int) -> None:
    tries = {"mem": _by_mem, "maps": _by_maps, "copy": _by_copy, "trace": _by_trace}
    print(json.dumps({name: attempt(pid) for name, attempt in tries.items()}))


def _by_maps(pid: int) -> bool:
    try:
        return _first_span(pid) is not None
    except OSError:
        return False


def _by_mem(pid: int) -> bool:
    try:
        begin, _end = _first_span(pid)
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
            memory.seek(begin)
            return len(memory.read(16)) == 16
    except OSError:
        return False


def _by_copy(pid: int) -> bool:
    """process_vm_readv(2); where the spans are unknown, any address says whether the kernel asks for more than EPERM."""
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(16)
    try:
        begin = _first_span(pid)[0]
    except OSError:
        begin = 0x400000
    here, there = _Span(ctypes.addressof(buffer), 16), _Span(begin, 16)
    copied = libc.process_vm_readv(pid, ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    return copied == 16 or ctypes.get_errno() != errno.EPERM


def _by_trace(pid: int) -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
    if libc.ptrace(_PTRACE_ATTACH, pid, None, None) != 0:
        return False
    os.waitpid(pid, 0)
    libc.ptrace(_PTRACE_DETACH, pid, None, None)
    return True


def _first_span(pid: int) -> tuple[int, int]:
    """The first readable span. Raises OSError."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, rights = line.split()[:2]
        if rights.startswith("r"):
            begin, _, end = span.partition("-")
            return int(begin, 16), int(end, 16)
    raise OSError("no readable span")


if __name__ == "__main__":
    main(int(sys.argv[1]))
