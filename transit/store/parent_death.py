"""A process that must not outlive the one that started it: the kernel ends it (Linux, prctl(2))."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def end_with_parent(parent_pid: int | None = None) -> None:
    """Whoever calls is killed when its parent ends, or at once where that is not parent_pid any more. Nothing elsewhere.

    By SIGKILL: the kernel sends the signal once for each thread of the parent that ends, and of two SIGTERM in a row the
    second may find Python's handler of the first within a lock, where it waits for itself for ever and keeps its port.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent_pid is not None and os.getppid() != parent_pid:
        os._exit(1)
