"""Which stop a code means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network
from transit.plan.network import UnknownStop
from web.boards.stop_board import find_stop


def test_codes_come_before_ids_and_the_unknown_is_refused():
    plain = a_network()
    network = replace(plain, stops={**plain.stops, "S3": replace(plain.stops["S3"], code="S1")})
    assert find_stop(network, "S1").stop_id == "S3"
    assert find_stop(network, "S2").stop_id == "S2"
    for code in ("", "nope"):
        with pytest.raises(UnknownStop):
            find_stop(network, code)
