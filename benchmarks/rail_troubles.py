"""What is wrong with a railway: by name, the line that has it."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.rail_world import RailLine

HOUR_S = 3600.0
ALONE: Mapping[str, RailLine] = {
    "all right": RailLine(),
    # the feed
    "plan +60 min": RailLine(plan_off_s=HOUR_S),
    "plan -60 min": RailLine(plan_off_s=-HOUR_S),
    "plan +30 min": RailLine(plan_off_s=0.5 * HOUR_S),
    "plan -30 min": RailLine(plan_off_s=-0.5 * HOUR_S),
    "plan +60 min, one direction": RailLine(plan_off_s=HOUR_S, off_direction=1),
    "plan 20 % slow": RailLine(plan_stretch=1.2),
    "plan 20 % fast": RailLine(plan_stretch=0.8),
    "no times between": RailLine(has_times_between=False),
    "line wrong 9 km": RailLine(drawing="wrong"),
    "line straight": RailLine(drawing="straight"),
    "no line": RailLine(drawing="none"),
    "line of another branch": RailLine(drawing="branch"),
    "line ends early": RailLine(drawing="short"),
    "distances in km": RailLine(distances="km"),
    "distances in feet": RailLine(distances="elsewhere"),
    "distances random": RailLine(distances="random"),
    "stops 300 m aside": RailLine(stops_aside_km=0.3),
    "stops 400 m ahead": RailLine(stops_ahead_km=0.4),
    "a stop twice": RailLine(is_stop_twice=True),
    # the trains
    "night, 24:xx": RailLine(first_h=17.0, last_h=27.0),
    "expresses": RailLine(expresses=True, headway_s=1800.0),
    "short turns": RailLine(short_turns=True),
    "through trains": RailLine(through=True),
    "of the other service": RailLine(other_service=True),
    "run as the next trip": RailLine(swaps=0.3),
    "crossings": RailLine(crossing_s=(120.0, 480.0)),
    "disruption": RailLine(disruption_s=5400.0, headway_s=1800.0),
    "turns of 5 min": RailLine(back_after_s=0.0),
    "depot runs": RailLine(has_depot=True),
    # what is heard
    "told late": RailLine(told="late"),
    "told early": RailLine(told="early"),
    "told halfway": RailLine(told="halfway"),
    "told the trip before": RailLine(told="before"),
    "told the trip after": RailLine(told="after"),
    "told sometimes": RailLine(told="sometimes"),
    "coupled, told the same": RailLine(coupled="same"),
    "coupled, told nothing": RailLine(coupled="nothing"),
    "bearing 0": RailLine(bearing=0.0),
    "bearing 90": RailLine(bearing=90.0),
    "bearing 137": RailLine(bearing=137.0),
    "bearing 360": RailLine(bearing=360.0),
    "bearing 0, speed 0": RailLine(faults=("speed 0",), bearing=0.0),
    "speed km/h as m/s": RailLine(faults=("speed km/h as m/s",)),
    "accuracy 0": RailLine(faults=("accuracy 0",)),
    "accuracy 500": RailLine(faults=("accuracy 500",)),
    "fixes 30-120 s, 20 % lost, 10 % late": RailLine(every_s=(30.0, 120.0), heard=0.8, late=0.1),
    "tunnels": RailLine(tunnels="gap"),
    "tunnels, place stays": RailLine(tunnels="mouth"),
    # two things at a time
    "bearing 0, plan +60 min": RailLine(bearing=0.0, plan_off_s=HOUR_S),
    "bearing 0, line wrong 9 km": RailLine(bearing=0.0, drawing="wrong"),
    "plan +60 min, no line": RailLine(plan_off_s=HOUR_S, drawing="none"),
    "plan -60 min, line wrong 9 km": RailLine(plan_off_s=-HOUR_S, drawing="wrong"),
    "plan -60 min, tunnels": RailLine(plan_off_s=-HOUR_S, tunnels="gap"),
    # the trackers
    "stale 2nd": RailLine(faults=("stale 2nd, on the way",)),
    "stale 3rd": RailLine(faults=("stale 3rd, on the way",)),
    "stale 5th": RailLine(faults=("stale 5th, on the way",)),
    "two stale points": RailLine(faults=("two stale points",)),
    "stale point ahead": RailLine(faults=("stale 2nd, ahead",)),
    "stale after silence": RailLine(faults=("stale after silence",)),
    "device at home": RailLine(faults=("device at home",)),
    "device that joins": RailLine(faults=("device joins",)),
    "device 30 m off": RailLine(faults=("second device, 30 m off",)),
    "device elsewhere": RailLine(faults=("second device, elsewhere",)),
}
AS_A_WHOLE = RailLine(  # everything at once, as far as one line can have it
    plan_off_s=HOUR_S,
    drawing="wrong",
    has_times_between=False,
    stops_aside_km=0.2,
    crossing_s=(120.0, 480.0),
    short_turns=True,
    has_depot=True,
    told="late",
    bearing=0.0,
    every_s=(30.0, 120.0),
    heard=0.8,
    late=0.1,
    tunnels="gap",
)

LINES = (
    RailLine("right", 20.0, bearing=0.0),
    RailLine("early", 110.0, plan_off_s=HOUR_S, bearing=270.0),
    RailLine("late", 200.0, plan_off_s=-HOUR_S, bearing=123.0),
    RailLine("drawn", 290.0, drawing="wrong", bearing=0.0),
    RailLine("holes", 65.0, bearing=0.0, heard=0.6),
    RailLine("all", 155.0, plan_off_s=HOUR_S, bearing=0.0, drawing="wrong", heard=0.8),
    AS_A_WHOLE._replace(route_id="hard", turned_deg=335.0),
)
