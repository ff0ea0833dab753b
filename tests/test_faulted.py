"""A recording made by hand, driven once more with faults: what each costs is told by the same table."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, datetime

import pytest

from benchmarks.faulted import AS_RECORDED, faulted, read
from benchmarks.plan_faults import PLAN_FAULTS
from benchmarks.recording_faults import FIX_FAULTS
from gtfs.writer import write_network
from tests.builders import SEVEN, STRAIGHT, a_network, along, place

BUSES, FIX_EVERY_S, MPS, PLANNED_MPS = 2, 20, 5.5, 6.0
STOPS, SPACING_M = 9, 500.0


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """Two buses drive the straight line, twenty minutes apart, a little slower than planned."""
    folder = tmp_path_factory.mktemp("recorded")
    departures = tuple(7 * 3600 + 1200 * n for n in range(BUSES))
    (folder / "gtfs.zip").write_bytes(write_network(a_network(first_departures=departures, speed_mps=PLANNED_MPS)))
    reports, truth = [], []
    for n in range(BUSES):
        leaves_at = SEVEN.timestamp() + 1200 * n
        for seconds in range(0, int(4000.0 / MPS), FIX_EVERY_S):
            lat, lon = place(*along(STRAIGHT, MPS * seconds))
            at = f"{datetime.fromtimestamp(leaves_at + seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
            reports.append(
                {
                    "vehicle_id": f"BUS{n}", "timestamp": at, "lat": lat, "lon": lon,
                    "trip_id": f"T{n + 1}", "route_id": "R1",
                }
            )  # fmt: skip
        for stop in range(STOPS):
            came_at = leaves_at + SPACING_M * stop / MPS
            truth.append(
                {
                    "run_id": n, "vehicle_id": f"BUS{n}", "trip_id": f"T{n + 1}", "stop_id": f"S{stop}",
                    "stop_sequence": stop + 1, "arrival_ts": came_at, "pass_ts": came_at,
                }
            )  # fmt: skip
    for name, rows in (("reports", reports), ("truth", truth)):
        with gzip.open(folder / f"{name}.csv.gz", "wt", newline="") as out:
            table = csv.DictWriter(out, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return read(folder, 0.0, float("inf"))


def figures(recording, fault, every_s=60):
    return faulted(recording, fault, "none", every_s, third=False)


def test_a_recording_as_it_is_is_matched_and_promised(recording):
    right = figures(recording, AS_RECORDED)
    assert (right["right trip"], right["wrong"], right["refused"]) == (100.0, 0.0, "0")
    assert right["avail. @5"] > 90.0
    assert right["6-10"] < 90.0


@pytest.mark.parametrize("fault", ["bearing 0", "bearing reversed", "speed 40 m/s", "accuracy 5", "clock -40 s"])
def test_a_fault_that_the_fixes_refute_costs_next_to_nothing(recording, fault):
    right, found = figures(recording, AS_RECORDED), figures(recording, fault)
    assert found["right trip"] > 97.0
    assert found["avail. @5"] > right["avail. @5"] - 5.0


def test_a_fault_changes_what_is_heard_and_never_the_truth(recording):
    before = (recording.fixes["BUS1"][:], recording.passages[:])
    stale = figures(recording, "stale 2nd, on the way")
    assert "jump" in stale["refused"]
    assert (recording.fixes["BUS1"], recording.passages) == before


def test_every_fault_can_be_driven(recording):
    assert all(figures(recording, fault, 600)["right trip"] is not None for fault in (*FIX_FAULTS, *PLAN_FAULTS))
