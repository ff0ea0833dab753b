"""How much later than promised vehicles came that had stood for so long: what transit.forecasting.standing.BELIEF begins with.

    python -m benchmarks.postponement [--recordings DIR] [--only nyc]

Replays the recordings and prints, by tier and seconds stood, how many promises were answered and by how many seconds the low
end, the number shown and the high end would have had to lie later to be right in their share (QUANTILES), beside the belief.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.prediction import EVERY_S, asked_for
from gps_ingest.recordings import replay as recordings
from gtfs.reader import read_network
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Tier
from transit.forecasting.standing import KEPT, NODES_S, QUANTILES, Postponement
from transit.plan.network import Network


def learnt(folder: Path) -> Forecaster:
    """What the forecaster knows after the whole recording."""
    made: list[Forecaster] = []

    def forecaster(network: Network, method: str) -> Forecaster:
        made.append(Forecaster(network, method=method))
        return made[-1]

    network = read_network(folder / "gtfs.zip")
    with recordings.open_recording(folder / "reports.csv.gz") as rows, patch.object(recordings, "_forecaster", forecaster):
        recordings.replay(network, rows, predictions_out=io.StringIO(), every_s=EVERY_S)
    return made[-1]


def lines(tier: Tier, postponement: Postponement) -> list[str]:
    """A line for each time stood: measured and, in brackets, believed."""
    rows = []
    for n, count in enumerate(np.minimum(postponement.count, KEPT)):
        moved_s = [np.quantile(postponement.errors[n, :count, k], share) for k, share in enumerate(QUANTILES)] if count else []
        measured = " ".join(f"{seconds:7.0f}" for seconds in moved_s)
        believed = " ".join(f"{seconds:6.0f}" for seconds in postponement.belief[n + 1])
        rows.append(f"  {tier:12} {NODES_S[n + 1]:5.0f} s  {postponement.count[n]:7d}  {measured:24}  ({believed})")
    return rows


def main() -> int:
    for case, folder in asked_for(__doc__):
        print(case.name)
        forecaster = learnt(folder)
        for tier in Tier:
            print("\n".join(lines(tier, forecaster.postponement[tier])))
    return 0


if __name__ == "__main__":
    sys.exit(main())
