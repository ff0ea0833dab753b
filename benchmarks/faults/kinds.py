"""The faults: what each does to the running system, and from when on that must be back."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks.faults.fleet import Tracker
from benchmarks.faults.stage import EMBEDDED, PARTS, SERVERS, Stage, wait_for
from transit.store.reports import newest_fix_at
from transit.store.stored_count import noticed_loss

OUTAGE_S = 13.0
EACH_WITHIN_S = 2.0  # from the first to the last part that is killed
FULL_FOR_S = 20.0
READ_ONLY_FOR_S = 12.0
TMPFS_MB = 400  # more than what NEEDS_FREE of the watch asks for
STEP_S, STEPPED_FOR_S = 3600, 10.0
AFTER_FLUSH_S = 120.0  # what came late is driven once more when none of it came for half a minute
FLUSHED_S, FLUSHED_EVERY_S, FIXES_OF_ARRAY = 86_400, 5, 60  # a day at one fix each five seconds, in arrays of five minutes
LAG_LOOK_EVERY_S = 0.05
NOTICED_WITHIN_S = 150.0  # a process that hangs: a minute's patience, and the start of the next
CLOCK_SOURCE = Path(__file__).with_name("other_clock.c")


@dataclass(frozen=True, slots=True)
class Outcome:
    """began: Unix seconds; from then on nothing stands in the way of recovery. noticed: reports that the system says are gone.

    is_lossy: reports were taken away on purpose. words: what else was measured. killed: the parts that were there and
    were killed.
    """

    began: float
    killed: tuple[str, ...] = ()
    is_lossy: bool = False
    noticed: int | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """sets: where it is tried. scene: the kind of system that it needs. often: --kills times, else --times."""

    name: str
    sets: tuple[str, ...]
    act: Callable[[Stage, Random], Outcome]
    scene: str = "plain"
    often: bool = False


def _kill(part: str) -> Callable[[Stage, Random], Outcome]:
    def act(stage: Stage, luck: Random) -> Outcome:
        began = time.time()
        if part == "parent":
            stage.kill([stage.parent.pid])
            stage.parent.wait()
            return Outcome(began, killed=(part,))
        return Outcome(began, killed=_kill_part(stage, part, luck))

    return act


def _kill_part(stage: Stage, part: str, luck: Random) -> tuple[str, ...]:
    """One of its processes; the part's name where it had one."""
    pids = stage.pids_of(part)
    stage.kill([luck.choice(pids)] if pids else [])
    return (part,) if pids else ()


def _kill_each_part(stage: Stage, luck: Random) -> Outcome:
    """In another order each time, so that most are killed while others are not back yet."""
    killed: tuple[str, ...] = ()
    parts = PARTS[stage.kind]
    for part in luck.sample(parts, len(parts)):
        time.sleep(luck.uniform(0.0, EACH_WITHIN_S / len(parts)))
        killed += _kill_part(stage, part, luck)
    return Outcome(time.time(), killed=killed)


def _hang(part: str) -> Callable[[Stage, Random], Outcome]:
    def act(stage: Stage, luck: Random) -> Outcome:
        import signal

        pids = stage.pids_of(part)
        pid = pids[-1] if part == "web" else pids[0]  # of the web one worker, while the other answers
        stage.kill([pid], signal.SIGSTOP)
        begun = time.time()
        if not wait_for(lambda: not os.path.exists(f"/proc/{pid}") or pid not in stage.pids_of(part), NOTICED_WITHIN_S):
            stage.kill([pid], signal.SIGCONT)
            return Outcome(time.time(), words="NOT NOTICED")
        return Outcome(time.time(), words=f"noticed after {time.time() - begun:.0f} s")

    return act


def _cut_broker(stage: Stage, luck: Random) -> Outcome:
    stage.broker_cable.cut(silently=luck.random() < 0.5)
    time.sleep(luck.uniform(0.5, 12.0))
    stage.broker_cable.mend()
    return Outcome(time.time())


def _cut_database(stage: Stage, luck: Random) -> Outcome:
    assert stage.database_cable is not None
    stage.database_cable.cut(silently=luck.random() < 0.5)
    time.sleep(luck.uniform(0.5, 12.0))
    stage.database_cable.mend()
    return Outcome(time.time())


def _postgresql(mode: str, away_s: float) -> Callable[[Stage, Random], Outcome]:
    def act(stage: Stage, luck: Random) -> Outcome:
        assert stage.postgresql is not None
        stage.postgresql.stop(mode)
        time.sleep(away_s)
        stage.postgresql.start()
        return Outcome(time.time())

    return act


def _mosquitto(stage: Stage, luck: Random) -> Outcome:
    assert stage.mosquitto is not None
    stage.mosquitto.stop()
    time.sleep(luck.uniform(0.0, 3.0))
    stage.mosquitto.start()
    return Outcome(time.time())


def _disk_full(stage: Stage, luck: Random) -> Outcome:
    ballast = stage.data_dir / "somebody-elses.file"
    with ballast.open("wb") as file, suppress(OSError):
        while True:
            os.posix_fallocate(file.fileno(), file.tell(), 1 << 20)
            file.seek(1 << 20, os.SEEK_CUR)
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 512):
            pass
    time.sleep(FULL_FOR_S)
    ballast.unlink()
    return Outcome(time.time())


def _read_only(stage: Stage, luck: Random) -> Outcome:
    folders = [stage.data_dir, *(path for path in stage.data_dir.rglob("*") if path.is_dir())]
    with _immutable(folders):
        time.sleep(READ_ONLY_FOR_S)
    return Outcome(time.time())


@contextmanager
def _immutable(folders: list[Path]) -> Iterator[None]:
    """Nothing can be made, renamed or removed in them, by root either."""
    try:
        subprocess.run(["chattr", "+i", *folders], check=False, capture_output=True)
        yield
    finally:
        subprocess.run(["chattr", "-i", *folders], check=False, capture_output=True)


def _lose_wal(stage: Stage, luck: Random) -> Outcome:
    """All is killed at once, and what the database had not yet moved into its file is gone."""
    with stage.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")  # a checkpoint stands in no transaction
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    time.sleep(luck.uniform(3.0, 8.0))
    stage.kill_everything()
    stage.engine.dispose()  # our own connection would go on reading the log that is removed
    for end in ("-wal", "-shm"):
        (stage.data_dir / f"transit.db{end}").unlink(missing_ok=True)
    began = time.time()
    stage.start()
    stage.wait_until_back(began)
    loss = noticed_loss(stage.data_dir, datetime.now(UTC))
    return Outcome(began, is_lossy=True, noticed=loss.reports if loss else 0)


def _damage(how: Callable[[Path, Random], None]) -> Callable[[Stage, Random], Outcome]:
    """The file is damaged under the running system; the operator ends it, restores the last backup and starts again."""

    def act(stage: Stage, luck: Random) -> Outcome:
        stage.command("backup")
        time.sleep(luck.uniform(3.0, 8.0))
        how(stage.data_dir / "transit.db", luck)
        time.sleep(luck.uniform(3.0, 8.0))
        status, _ = stage.get("/")
        stage.stop()
        stage.engine.dispose()
        words = stage.command("restore")
        number = re.search(r"It lacks ([\d,]+) reports", words)
        began = time.time()
        stage.start()
        noticed = int(number[1].replace(",", "")) if number else 0 if "lacks no report" in words else None
        return Outcome(began, is_lossy=True, noticed=noticed, words=f"/ {status} meanwhile")

    return act


def _truncate(path: Path, luck: Random) -> None:
    os.truncate(path, int(path.stat().st_size * luck.uniform(0.1, 0.9)))


def _random_bytes(path: Path, luck: Random) -> None:
    """In every tenth page, the first ones among them, and what the log holds."""
    for file in (path, path.with_name(path.name + "-wal")):
        with suppress(FileNotFoundError), file.open("r+b") as out:
            for at in range(0, file.stat().st_size, 40_960):
                out.seek(at)
                out.write(luck.randbytes(200))


def _step_clock(seconds: int) -> Callable[[Stage, Random], Outcome]:
    def act(stage: Stage, luck: Random) -> Outcome:
        began = time.time()
        set_clock(stage.environment, seconds)
        stage.wait_until_back(began)
        there_s = time.time() - began
        time.sleep(STEPPED_FOR_S)
        set_clock(stage.environment, 0)
        return Outcome(time.time(), words=f"at the other time back after {there_s:.1f} s")

    return act


def _flush(stage: Stage, luck: Random) -> Outcome:
    """Fourteen more trackers send a day each; the lag of those that report now is measured, publish to commit.

    Until all is stored, and then while the calls of that day are looked for.
    """
    others = [Tracker(f"v{n + len(stage.fleet.trackers)}", row.points) for n, row in enumerate(stage.fleet.trackers)]
    now_s = int(time.time())
    times = range(now_s - FLUSHED_S, now_s, FLUSHED_EVERY_S)
    for tracker in others:
        tracker.connect(f"mqtt://127.0.0.1:{stage.broker_cable.port}")
        for at in range(0, len(times), FIXES_OF_ARRAY):
            tracker.flush([float(stamp) for stamp in times[at : at + FIXES_OF_ARRAY]])
    begun = time.monotonic()
    lags = sorted(_lags_while(stage, lambda: any(not _is_stored(stage, tracker) for tracker in others)))
    took_s = time.monotonic() - begun
    over_s = time.monotonic() + AFTER_FLUSH_S
    after = sorted(_lags_while(stage, lambda: time.monotonic() < over_s))
    stage.fleet.guests += others
    words = (
        f"{len(others) * len(times):,} fixes in {took_s:.0f} s; lag of live reports {_shown(lags)}; after it {_shown(after)}"
    )
    return Outcome(time.time(), words=words)


def _shown(lags: Sequence[float]) -> str:
    return f"p50 {lags[len(lags) // 2]:.2f}, p99 {lags[int(len(lags) * 0.99)]:.2f}, longest {lags[-1]:.2f} s ({len(lags):,})"


def _is_stored(stage: Stage, tracker: Tracker) -> bool:
    with stage.engine.connect() as connection:
        newest = newest_fix_at(connection, tracker.tracker_id)
    return newest is not None and newest.timestamp() * 1000 >= max(row.fix_ms for row in tracker.sent) - 1


def _lags_while(stage: Stage, goes_on: Callable[[], bool]) -> list[float]:
    """Of every report that a tracker sends meanwhile, from its publishing to the commit."""
    begun, lags = time.monotonic(), []
    ends = begun + 900.0
    next_of = {tracker.tracker_id: len(tracker.sent) for tracker in stage.fleet.trackers}
    checked = begun
    while True:
        for tracker in stage.fleet.trackers:
            with stage.engine.connect() as connection:
                newest = newest_fix_at(connection, tracker.tracker_id)
            now = time.monotonic()
            newest_ms = 0.0 if newest is None else newest.timestamp() * 1000 + 0.5
            for row in tracker.sent[next_of[tracker.tracker_id] :]:
                if row.fix_ms > newest_ms:
                    break
                lags.append(now - row.at_s)
                next_of[tracker.tracker_id] += 1
        if time.monotonic() - checked > 1.0:
            checked = time.monotonic()
            if checked > ends or not goes_on():
                return lags
        time.sleep(LAG_LOOK_EVERY_S)


EVERYWHERE = (EMBEDDED, SERVERS)
FAULTS = (
    *(Fault(f"kill {part}", (EMBEDDED,), _kill(part), often=True) for part in ("ingest", "broker", "live", "web", "parent")),
    *(Fault(f"kill {part}", (SERVERS,), _kill(part), often=True) for part in ("ingest", "live", "web", "parent")),
    Fault("each part killed within 2 s", EVERYWHERE, _kill_each_part, often=True),
    Fault("Mosquitto restarted", (SERVERS,), _mosquitto),
    Fault("PostgreSQL restarted", (SERVERS,), _postgresql("fast", 0.0)),
    Fault("PostgreSQL crashed", (SERVERS,), _postgresql("immediate", 0.0)),
    Fault("PostgreSQL away for 13 s", (SERVERS,), _postgresql("fast", OUTAGE_S)),
    Fault("cut between trackers and broker", EVERYWHERE, _cut_broker),
    Fault("cut between ingest and database", (SERVERS,), _cut_database),
    Fault("folders read-only for 12 s", (EMBEDDED,), _read_only),
    Fault("disk full for 20 s", (EMBEDDED,), _disk_full, scene="small disk"),
    Fault("server clock an hour ahead, and back", EVERYWHERE, _step_clock(STEP_S), scene="clock"),
    Fault("server clock an hour behind, and back", EVERYWHERE, _step_clock(-STEP_S), scene="clock"),
    Fault("14 trackers flush 24 h", EVERYWHERE, _flush),
    *(Fault(f"{part} hangs (SIGSTOP)", (EMBEDDED,), _hang(part)) for part in PARTS[EMBEDDED]),
    Fault("WAL lost", (EMBEDDED,), _lose_wal, scene="lossy"),
    Fault("database file truncated, restored", (EMBEDDED,), _damage(_truncate), scene="lossy"),
    Fault("random bytes in the database, restored", (EMBEDDED,), _damage(_random_bytes), scene="lossy"),
)


def other_clock(folder: Path) -> dict[str, str] | None:
    """The environment in which processes go by another clock; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library, clock_file = folder / "other_clock.so", folder / "clock"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, CLOCK_SOURCE], check=True)
    environment = {"LD_PRELOAD": str(library), "TRANSIT_CLOCK_FILE": str(clock_file)}
    clock_file.write_bytes(bytes(8))
    return environment


def set_clock(environment: Mapping[str, str], seconds: int) -> None:
    """Ahead of, or behind, the machine's."""
    with open(environment["TRANSIT_CLOCK_FILE"], "r+b") as file:
        file.write(seconds.to_bytes(8, sys.byteorder, signed=True))


def may_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None
