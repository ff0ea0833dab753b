"""Whether a method of prediction may replace the one in use."""

from __future__ import annotations

from typing import Any

WORSE = 1.01  # the mean error of a challenger may grow by this factor ...
WORSE_AT = 1.03  # ... and by this one at any distance
FEWER = 0.95  # and no smaller share of the champion's promises may it leave to be judged


def what_is_worse(champion: dict[str, Any], challenger: dict[str, Any]) -> list[str]:
    """Sentences; none where the challenger may replace the champion."""
    if "mae_s" not in champion or "mae_s" not in challenger:
        return ["one of the two was judged by nothing: there are no promises with a passage"]
    complaints = []
    if challenger["mae_all_s"] > WORSE * champion["mae_all_s"]:
        complaints.append(f"mean error {champion['mae_all_s']} s -> {challenger['mae_all_s']} s")
    for bucket, before in champion["mae_s"].items():
        after = challenger["mae_s"][bucket]
        if before is not None and (after is None or after > WORSE_AT * before):
            complaints.append(f"{bucket} min away: {before} s -> {after} s")
    if challenger["scored"] < FEWER * champion["scored"]:
        complaints.append(f"only {challenger['scored']} promises instead of {champion['scored']} could be judged")
    return complaints
