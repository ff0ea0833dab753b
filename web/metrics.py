"""/metrics: what every process counts, as Prometheus reads it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from transit.tracking.state import TO_COME, VehicleState
from web import stats
from web.live.snapshot import figures_of
from web.world import World

PREFIX = "transbinjai_"
HELP = {
    "live_snapshot_age_seconds": "Age of what the web workers serve",
    "live_up": "1 while the live process keeps the snapshot fresh",
    "vehicles": "Vehicles known, by status and age of their last fix",
    "reports_refused_total": "Reports of all trackers refused, by reason",
    "reports_accepted_total": "Reports of all trackers that drove a vehicle or its history",
    "last_report_age_seconds": "Seconds since any tracker was heard",
    "web_request_seconds": "Seconds a worker needed for a request",
}
PLAIN = re.compile(r"^[a-z_]+")
Sample = tuple[str, str, float]  # name, labels as written in braces or "", value


def label(**values: str) -> str:
    def quoted(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{quoted(value)}"' for name, value in values.items()) + "}"


def age_class(state: VehicleState, now_s: float) -> str:
    age = now_s - state.report.reported_at.timestamp()
    if age < -TO_COME.total_seconds():
        return "to_come"
    return "fresh" if age <= 90 else "old" if age <= 300 else "silent"


def samples(world: World) -> Iterator[Sample]:
    now = world.now()
    made = world.view.snapshot
    yield "live_up", "", float(world.is_live)
    yield "network_loaded", "", float(world.network is not None)
    yield "database_up", "", float(not world.database_error)
    if made is not None:
        yield "live_snapshot_age_seconds", "", (now - made.made_at).total_seconds()
        for name, value in sorted(made.figures.items()):
            yield f"live_{name}", "", value
        if made.newest_received_at is not None:
            yield "last_report_age_seconds", "", (now - made.newest_received_at).total_seconds()
    counted = Counter((str(s.matched.status), age_class(s, now.timestamp())) for s in world.states.values())
    for (status, age), count in sorted(counted.items()):
        yield "vehicles", label(status=status, age=age), float(count)
    yield "reports_accepted_total", "", float(sum(tracker.accepted for tracker in world.view.trackers))
    for reason, count in sorted(figures_of(world.view.trackers).items()):
        yield "reports_refused_total", label(reason=reason), float(count)
    yield from _of_processes(world)


def _of_processes(world: World) -> Iterator[Sample]:
    counters: Counter[str] = Counter()
    for figures in stats.read_all(world.settings.data_dir):
        for name, value in figures.counters.items():
            counters[name] += value  # type: ignore[assignment]
        for name, value in figures.gauges.items():
            yield (*_split(name), value)
    for name, total in sorted(counters.items()):
        yield (*_split(name), float(total))
    infinite = counters.get('web_request_seconds_bucket{le="+Inf"}')
    if infinite:
        yield "web_request_seconds_count", "", float(infinite)


def _split(name: str) -> tuple[str, str]:
    plain = PLAIN.match(name)
    bare = plain.group() if plain else "unnamed"
    return bare, name[len(bare) :]


def text(world: World) -> str:
    """Prometheus text format 0.0.4, one family after the other."""
    families: dict[str, list[str]] = {}
    for name, labels, value in samples(world):
        family = re.sub(r"_(bucket|sum|count)$", "", name) if "_seconds_" in name else name
        families.setdefault(family, []).append(f"{PREFIX}{name}{labels} {value!r}")
    lines: list[str] = []
    for family, rows in sorted(families.items()):
        kind = "histogram" if family == "web_request_seconds" else "counter" if family.endswith("_total") else "gauge"
        title = HELP.get(family, family.replace("_", " "))
        lines += [f"# HELP {PREFIX}{family} {title}", f"# TYPE {PREFIX}{family} {kind}", *rows]
    return "\n".join(lines) + "\n"
