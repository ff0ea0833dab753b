"""The page of a trip says of each stop what the page of that stop says."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import a_network
from tests.web.pages.test_kinds_of_feeds import DAY, TUESDAY, predicted, replace_predictions, text
from web.live import snapshot as snapshots


@pytest.mark.parametrize(("wide_s", "minutes"), [(100, "4 mnt"), (600, "1–9 mnt")])
def test_an_uncertain_time_is_a_range_on_both_pages(city, wide_s, minutes):
    city.now = TUESDAY
    network = a_network()
    made = city.load(network).step()
    row = predicted(network, "T1", 5, TUESDAY)
    half = timedelta(seconds=wide_s / 2)
    row = replace(row, low_at=row.predicted_at - half, high_at=row.predicted_at + half)
    snapshots.write_snapshot(city.folder, replace_predictions(made, [row]))
    trip = city.client().get(f"/perjalanan/T1/{DAY:%Y%m%d}").text
    (shown,) = re.findall(r"<b data-t=[^>]*>([^<]*)</b> · 07.04", trip)
    assert shown == minutes
    assert ('data-r="' in trip) == (wide_s > 180)
    assert f" {minutes} 07.04" in text(city.client().get("/halte/S4").text)
