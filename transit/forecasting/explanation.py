"""Why a prediction says what it says: every link and factor, in numbers that give the prediction again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import exp

from transit.forecasting.intervals import Calibration
from transit.forecasting.links import Floats
from transit.forecasting.prediction import Prediction, Tier
from transit.forecasting.regression import FEATURES, SOFT_S, WIDEST
from transit.forecasting.remaining_trip import RemainingTrip


@dataclass(frozen=True, eq=False)
class VehicleForecast:
    """All numbers about one vehicle at one moment, by stop ahead; seconds count from remaining.zero."""

    remaining: RemainingTrip
    tier: Tier
    features: Floats  # stops x FEATURES
    x: Floats  # the features, spread over the nodes
    median_s: Floats
    low_s: Floats
    shown_s: Floats
    high_s: Floats
    plain_s: tuple[Floats, ...]  # low, shown and high before the postponement of a standing vehicle
    stood_s: float = 0.0
    put_off_s: float = 0.0  # how much later the number shown is because the vehicle has stood for long
    passed: int = 0  # number of stops that it has probably reached since its last fix: they get no prediction


@dataclass(frozen=True, slots=True)
class LinkPart:
    """One link on the way to the stop. counted_s: the seconds it adds; of the link in progress only those that are left."""

    from_stop_id: str
    to_stop_id: str
    planned_s: float
    usual_s: float
    counted_s: float
    days: int  # of history
    observations: float  # effective number of observations at this hour: older ones count less


@dataclass(frozen=True, slots=True)
class Factor:
    """One feature (regression.FEATURES) and the logarithm of the factor by which it stretches the usual time."""

    name: str
    value: float
    log_effect: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one prediction is what it is. Seconds count from counted_from; in fields named ahead, from the prediction."""

    prediction: Prediction
    counted_from: datetime  # the fix; of a vehicle that waits: when the prediction was made
    fix_age_s: float
    wait_s: float  # until it leaves its first stop, 0 for one on its way
    links: tuple[LinkPart, ...]
    factors: tuple[Factor, ...]
    not_before_s: float  # the later of now and the prediction for the stop before: this stop is not predicted earlier
    caution: float  # log(number shown / median), from the errors of recent predictions
    not_before_ahead_s: float  # what is shown for the stop before
    put_off_s: float = 0.0  # how much later the number shown is because the vehicle has stood for long

    @property
    def usual_s(self) -> float:
        return self.wait_s + sum(link.counted_s for link in self.links)

    @property
    def stretch(self) -> float:
        """How much longer than usual, all factors together."""
        return exp(min(max(sum(factor.log_effect for factor in self.factors), -WIDEST), WIDEST))

    @property
    def median_s(self) -> float:
        return max((self.usual_s + SOFT_S) * self.stretch - SOFT_S, self.not_before_s)


def recompute(explanation: Explanation) -> datetime:
    """The prediction, from nothing but what the explanation lists."""
    made_at = explanation.prediction.made_at
    ahead_s = explanation.median_s - (made_at - explanation.counted_from).total_seconds()
    plain_s = max((ahead_s + SOFT_S) * exp(explanation.caution) - SOFT_S, 0.0)
    return made_at + timedelta(seconds=max(plain_s + explanation.put_off_s, explanation.not_before_ahead_s))


def explanation_of(
    forecast: VehicleForecast, k: int, prediction: Prediction, weights: Floats, calibration: Calibration,
    observations: Floats, days: Floats, planned_s: Floats,
) -> Explanation:  # fmt: skip
    """The explanation for stop k. observations and planned_s by link of the pattern, days by link of the network."""
    remaining, at = forecast.remaining, prediction.made_at.timestamp()
    since = at - remaining.zero
    effects = (forecast.x[k] * weights).reshape(len(FEATURES), -1).sum(axis=1)
    factors = tuple(
        Factor(feature.name, float(value), float(effect))
        for feature, value, effect in zip(FEATURES, forecast.features[k], effects, strict=True)
    )
    stop_ids, links = remaining.linked.pattern.stop_ids, []
    for n in range(remaining.start, remaining.first + k):
        link_s = float(remaining.link_s[n - remaining.start])
        counted_s = remaining.part_s if n == remaining.start and not remaining.waits else link_s
        links.append(
            LinkPart(
                from_stop_id=stop_ids[n],
                to_stop_id=stop_ids[n + 1],
                planned_s=float(planned_s[n]),
                usual_s=link_s,
                counted_s=counted_s,
                days=int(days[remaining.linked.links[n]]),
                observations=float(observations[n]),
            )
        )
    return Explanation(
        prediction=prediction,
        counted_from=datetime.fromtimestamp(remaining.zero, UTC),
        fix_age_s=at - remaining.fixed_at,
        wait_s=remaining.part_s if remaining.waits else 0.0,
        links=tuple(links),
        factors=factors,
        not_before_s=max(since, 0.0, float(forecast.median_s[k - 1]) if k else 0.0),
        caution=calibration.caution(float(forecast.median_s[k]) - since),
        not_before_ahead_s=float(forecast.shown_s[k - 1]) - since if k else 0.0,
        put_off_s=forecast.put_off_s,
    )
