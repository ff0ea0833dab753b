"""The processes of one child of the parent: its own and its workers'."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from transit.store.parent_death import end_with_parent

STOPPED = ("T", "t")  # by SIGSTOP, or by a debugger


def die_with_parent() -> None:
    """In the child: kill -9 of the parent must leave nothing running (Linux)."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    end_with_parent()


def kill_all(pid: int) -> None:
    """A child leads a group of its own, in which its workers are."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def stopped_pids(pids: set[int]) -> set[int]:
    """The processes that stand still, of these and their groups. Linux; elsewhere none."""
    return {pid for pid, group, state in _processes() if group in pids and state in STOPPED}


def members_of(group: int) -> set[int]:
    """The processes of a child's group, itself among them. Linux; elsewhere none."""
    return {pid for pid, its_group, _ in _processes() if its_group == group}


def _processes() -> Iterator[tuple[int, int, str]]:
    """(process id, group, state) of every process; behind the name, which may hold anything, even brackets."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = path.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):  # it has just ended
            continue
        yield int(path.parent.name), int(group), state
