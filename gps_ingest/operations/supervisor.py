"""The parent of all processes: starts them, starts them again when they die, and ends them all when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gps_ingest.operations.child_processes import die_with_parent, kill_all

LOOK_EVERY_S = 0.1
CHILDREN_STOP_WITHIN_S = 6.0  # the database and the broker take a second; what then still runs is killed
BACKOFF_S = (0.2, 5.0)
SETTLED_S = 10.0  # a child that ran so long starts again at once when it dies


@dataclass
class Child:
    name: str
    command: Sequence[str]
    restarts: bool
    process: subprocess.Popen[bytes]
    started: float
    backoff_s: tuple[float, float] = BACKOFF_S
    wait_s: float = BACKOFF_S[0]
    again_at: float | None = None


class Supervisor:
    """start() children, then watch() until stop is asked for; every child gets a session of its own."""

    def __init__(self, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
        self.environment = dict(environment)
        self.say = say
        self.children: list[Child] = []
        self.stopping = False
        self.on_death: Callable[[Child], None] = lambda _: None  # is called before a child is started again

    def listen(self) -> None:
        """Takes SIGINT and SIGTERM even where a shell handed them down as ignored."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop_on_signal)

    def _stop_on_signal(self, _: int, __: object) -> None:
        self.stopping = True

    def start(
        self, name: str, command: Sequence[str], *, restarts: bool = True, backoff_s: tuple[float, float] = BACKOFF_S
    ) -> Child:
        """A child that ends with 0 and does not restart has done its work.

        backoff_s: the least wait after a failure, and the longest.
        """
        child = Child(
            name=name,
            command=command,
            restarts=restarts,
            process=self._spawn(command),
            started=time.monotonic(),
            backoff_s=backoff_s,
            wait_s=backoff_s[0],
        )
        self.children.append(child)
        return child

    def forget(self, child: Child) -> None:
        """A child whose work is no longer wanted; one that runs is ended."""
        if child.process.poll() is None:
            self._end([child], time.monotonic() + CHILDREN_STOP_WITHIN_S)
        self.children.remove(child)

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, env=self.environment, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=die_with_parent
        )

    def watch(self, until: Callable[[], bool] = lambda: False) -> bool:
        """Until until() says so, or a stop is asked for. Returns whether it was until()."""
        while not self.stopping:
            if until():
                return True
            for child in self.children:
                self._look_after(child)
            if _parent_was_interrupted():
                self.stopping = True
            time.sleep(LOOK_EVERY_S)
        return False

    def _look_after(self, child: Child) -> None:
        code = child.process.poll()
        if code is None or (code == 0 and not child.restarts):
            return
        now = time.monotonic()
        if child.again_at is None:
            least_s, longest_s = child.backoff_s
            child.wait_s = least_s if now - child.started > SETTLED_S else min(child.wait_s * 2, longest_s)
            child.again_at = now + child.wait_s
            kill_all(child.process.pid)  # workers that outlive it would keep its port
            self.on_death(child)
            self.say(f"{child.name} ended ({_why(code)}); it starts again in {child.wait_s:.1f} s")
        elif now >= child.again_at:
            child.process, child.started, child.again_at = self._spawn(child.command), now, None

    def stop(self) -> None:
        """Ends all children, the first started (the broker) after all others; kills what does not end."""
        self.stopping = True
        until = time.monotonic() + CHILDREN_STOP_WITHIN_S
        for some in (self.children[1:], self.children[:1]):
            self._end(some, until)

    def _end(self, children: Sequence[Child], until: float) -> None:
        for child in children:
            if child.process.poll() is None:
                child.process.terminate()
        for child in children:
            try:
                child.process.wait(max(until - time.monotonic(), 0.05))
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} does not end and is killed")
            kill_all(child.process.pid)
            child.process.wait()


def _parent_was_interrupted() -> bool:
    """Whether our parent is a make that got SIGINT alone: it blocks the signal and waits for us, who were never told."""
    parent = Path(f"/proc/{os.getppid()}")
    try:
        if (parent / "comm").read_text().strip() not in ("make", "gmake"):
            return False
        status = dict(line.split(":", 1) for line in (parent / "status").read_text().splitlines() if ":" in line)
        caught, blocked = int(status["SigCgt"], 16), int(status["SigBlk"], 16)
    except (OSError, KeyError, ValueError):
        return False
    bit = 1 << (signal.SIGINT - 1)
    return bool(blocked & bit) and not caught & bit


def _why(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
