"""Where predictions err, on a bus that is ever later."""

from __future__ import annotations

import pytest

from benchmarks.residuals import Residuals, plot, tables
from tests.builders import SEVEN, a_network
from transit.quality.scorecard import Passage

HEAD = "made_at,vehicle_id,trip_id,start_date,start_time,stop_id,stop_sequence,predicted_at,low_at,high_at"


def some_residuals():
    """Shown each minute for S1 to S4, 60 s from stop to stop; the bus takes 70, and is at S1 on time."""
    zero = SEVEN.timestamp()
    lines, passages = [HEAD], []
    for stop in range(1, 5):
        passages.append(Passage(("BUS1", "T1", f"S{stop}", stop + 1), zero + 300 + 70 * (stop - 1), "run"))
        for minute in range(5):
            said = zero + 300 + 60 * (stop - 1)
            lines.append(f"{zero + 60 * minute},BUS1,T1,20261123,,S{stop},{stop + 1},{said},{said},{said}")
    return Residuals(a_network(), "\n".join(lines), passages)


def test_each_link_adds_its_share_of_the_error():
    found = some_residuals()
    assert set(found.links) == {"S1 > S2", "S2 > S3", "S3 > S4"}
    assert all(errors == [10.0] * 5 for errors in found.links.values())
    assert not found.waits.any()
    assert set(found.hour) == {7}


def test_the_tables_count_every_residual_once():
    some = tables(some_residuals())
    assert sum(row[0] for row in some["by kind and distance"].values()) == 20
    assert some["by hour"]["07 h"][1] == pytest.approx(15.0)


def test_equal_residuals_give_an_equal_plot(tmp_path):
    found = some_residuals()
    for name in ("a.svg", "b.svg"):
        plot("A set", tables(found), found.links, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.svg").stat().st_size > 10_000
