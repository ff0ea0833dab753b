"""Faults on purpose: kills at random moments, cut cables, full disks, lost files, other clocks; what is lost and doubled.

    python -m benchmarks.faults [--set embedded|servers] [--kills 100] [--times 3] [--only WORDS] [--minutes 30] [--seed 1]

Fourteen trackers report twice a second with QoS 1 and count their acknowledgements, a rider asks for pages. After each fault
the system must be back by itself: every tracker's new reports are stored, a new snapshot is there, /healthz is 200. Per kind
of fault sent = acknowledged = stored and doubled = 0 are counted, and how long it took to be back. The exit code is 1 where
that is not so. Some faults need more of the machine (root, a C compiler, Mosquitto, PostgreSQL); what cannot be tried is said.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks.faults.counts import Books, Counts
from benchmarks.faults.kinds import FAULTS, TMPFS_MB, Fault, Outcome, may_mount, other_clock
from benchmarks.faults.servers import Missing
from benchmarks.faults.stage import EMBEDDED, SERVERS, NotBack, Pages, Stage
from benchmarks.load import ended_by_signals
from benchmarks.measured_commit import measured_commit

PAUSE_S = (0.2, 3.0)  # between the end of a fault and the next
SCENES = ("plain", "clock", "small disk", "lossy")
HEAD = (
    "| fault | times | sent | acknowledged | stored | doubled | told as lost | back after, median (s) | longest "
    "| pages asked / away / 503 / failed | |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass
class Row:
    """Of all faults of a kind. backs: seconds; noticed: of each that takes something away, what the system says is gone."""

    fault: Fault
    backs: list[float] = field(default_factory=list)
    noticed: list[int | None] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)  # by part
    counts: Counts | None = None
    pages: Pages = field(default_factory=Pages)
    trouble: str = ""

    @property
    def is_good(self) -> bool:
        counts, pages = self.counts, self.pages
        if self.trouble or counts is None or pages.bad or "NOT" in " ".join(self.words):
            return False
        if not self.noticed:
            return counts.are_equal
        lost = counts.acknowledged - counts.stored
        return counts.doubled == 0 and None not in self.noticed and lost <= sum(row or 0 for row in self.noticed)

    def line(self) -> str:
        if self.counts is None:
            return f"| {self.fault.name} | {len(self.backs)} | | | | | | | | | {self.trouble} |"
        counts, pages, backs = self.counts, self.pages, sorted(self.backs) or [0.0]
        kills = ", ".join(f"{part} {number}" for part, number in self.killed.items())
        cells = (
            self.fault.name,
            f"{len(self.backs)} ({kills})" if kills else f"{len(self.backs)}",
            f"{counts.sent:,}",
            f"{counts.acknowledged:,}",
            f"{counts.stored:,}",
            f"{counts.doubled}",
            ", ".join("unknown" if row is None else f"{row:,}" for row in self.noticed),
            f"{backs[len(backs) // 2]:.1f}",
            f"{backs[-1]:.1f}",
            f"{pages.asked} / {pages.away} / {pages.told_503} / {pages.bad}",
            "; ".join(filter(None, [*self.words, self.trouble])),
        )
        return f"| {' | '.join(cells)} |"


def try_fault(
    stage: Stage, books: Books, fault: Fault, times: int, luck: Random, *, within_s: float = float("inf"), is_told: bool = False
) -> Row:
    """So many of a kind, or as many as begin within so many seconds, and then the count. is_told: each of them on stderr."""
    row = Row(fault)
    stage.pages = Pages()
    begun = time.monotonic()
    try:
        for number in range(times):
            if time.monotonic() - begun > within_s:
                break
            time.sleep(luck.uniform(*PAUSE_S))
            outcome = fault.act(stage, luck)
            stage.wait_until_back(outcome.began)
            _note(row, outcome)
            if is_told:
                print(f"{fault.name} {number + 1}: back after {row.backs[-1]:.1f} s", file=sys.stderr, flush=True)
    except (NotBack, subprocess.CalledProcessError) as error:
        row.trouble = str(error)
    row.pages = stage.pages
    row.counts = books.settle(expected_loss=sum(number or 0 for number in row.noticed))
    if row.pages.bad_answers:
        row.words.append("failed: " + ", ".join(sorted(set(row.pages.bad_answers))))
    return row


def _note(row: Row, outcome: Outcome) -> None:
    row.backs.append(time.time() - outcome.began)
    row.killed.update(outcome.killed)
    if outcome.is_lossy:
        row.noticed.append(outcome.noticed)
    if outcome.words:
        row.words.append(outcome.words)


@contextmanager
def a_stage(kind: str, scene: str) -> Iterator[Stage]:
    """Raises Missing where this machine cannot set it up."""
    with tempfile.TemporaryDirectory(prefix="transit-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        with _small_disk(folder / "disk", scene == "small disk") as data_dir:
            stage = Stage(kind, folder, data_dir=data_dir, preload=_other_clock(folder) if scene == "clock" else None)
            try:
                stage.open()
                yield stage
            finally:
                stage.close()


@contextmanager
def _small_disk(folder: Path, is_wanted: bool) -> Iterator[Path | None]:
    if not is_wanted:
        yield None
        return
    if not may_mount():
        raise Missing("root, who may mount a small disk")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m", "none", folder], check=True)
    try:
        yield folder / "data"
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _other_clock(folder: Path) -> dict[str, str]:
    environment = other_clock(folder)
    if environment is None:
        raise Missing("C compiler")
    return environment


def run(
    kind: str,
    faults: Sequence[Fault],
    *,
    kills: int,
    times: int,
    seed: int,
    within_s: float = float("inf"),
    is_told: bool = False,
) -> Iterator[Row | str]:
    """A row after each kind of fault; a sentence for a scene that cannot be set up here. within_s: of each kind."""
    for scene in SCENES:
        chosen = [fault for fault in faults if fault.scene == scene and kind in fault.sets]
        if not chosen:
            continue
        try:
            with a_stage(kind, scene) as stage:
                books = Books(stage)
                books.settle()
                for fault in chosen:
                    luck = Random(f"{seed} {kind} {fault.name}")
                    number = kills if fault.often else times
                    yield try_fault(stage, books, fault, number, luck, within_s=within_s, is_told=is_told)
        except Missing as missing:
            yield f"not tried ({', '.join(fault.name for fault in chosen)}): there is no {missing} here"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=(EMBEDDED, SERVERS), default=EMBEDDED, help="embedded parts; Mosquitto and PostgreSQL")
    parser.add_argument("--kills", type=int, default=100, help="of each process")
    parser.add_argument("--times", type=int, default=1, help="of each other fault")
    parser.add_argument("--only", action="append", default=[], help="faults whose name holds these words")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="no more of a kind are begun after so long")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    faults = [row for row in FAULTS if not options.only or any(words in row.name for words in options.only)]
    about = f"{measured_commit()}, seed {options.seed}, load {os.getloadavg()[0]:.1f}"
    print(f"{options.set}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {about}")
    print(HEAD, flush=True)
    is_good = True
    within_s = 60 * options.minutes
    rows = run(
        options.set, faults, kills=options.kills, times=options.times, seed=options.seed, within_s=within_s, is_told=True
    )
    with ended_by_signals():
        for row in rows:
            print(row if isinstance(row, str) else row.line(), flush=True)
            is_good &= isinstance(row, str) or row.is_good
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
