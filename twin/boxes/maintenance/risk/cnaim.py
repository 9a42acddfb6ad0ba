"""Health score and probability of failure in the form of CNAIM, the method that Great Britain's network operators share.

A score of 0.5 is new, 5.5 the end of the expected life, 10 the worst that can be seen today, 15 the worst that is forecast. It
grows exponentially with age; what was observed and measured moves it by a factor and holds it between a collar and a cap; a
cubic turns it into failures per year.

All functions are elementwise over arrays of assets. NaN in gives NaN out: what stands in for an unknown is decided in
`twin.boxes.maintenance.risk.health`.

Source: Ofgem, DNO Common Network Asset Indices Methodology (CNAIM), version 2.1, 1 April 2021, sections 4 and 6; its tables are
cited by number where they are used.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

NEW = 0.5
"""Health score of a new asset (CNAIM 6.1)."""
END_OF_LIFE = 5.5
"""Health score at the expected life, and the cap of the score from age alone (CNAIM 6.1)."""
WORST_TODAY = 10.0
"""Cap of the current score (CNAIM 4.3)."""
WORST_FORECAST = 15.0
"""Cap of a future score (CNAIM 6.1.10)."""
FLOOR = 4.0
"""Below this score the probability of failure is constant: failures that do not come of age (CNAIM table 21)."""
C = 1.087
"""Shape of the cubic, equal for all asset classes (CNAIM table 21)."""
DIVIDER = 1.5
"""Both factor dividers of the combination rule, equal for all asset classes (CNAIM tables 9 to 11, 13 and 15)."""
FASTEST_AGEING = 2.0
"""The forecast's ageing rate is at most this many times the initial one (CNAIM 6.1.8)."""


def expected_life_y(normal_life_y: float | np.ndarray, *, duty: float | np.ndarray, location: float | np.ndarray) -> np.ndarray:
    """Expected life [years] at a duty and a location factor, from the normal life [years] (CNAIM 6.1.3)."""
    return np.asarray(normal_life_y, dtype=float) / (np.asarray(duty, dtype=float) * np.asarray(location, dtype=float))


def ageing_rate(life_y: float | np.ndarray) -> np.ndarray:
    """Beta 1, the exponent per year that takes a new asset to its end of life in ``life_y`` years (CNAIM 6.1.4).

    >>> round(float(ageing_rate(60.0)), 5)
    0.03996
    """
    return np.log(END_OF_LIFE / NEW) / np.asarray(life_y, dtype=float)


def initial_health_score(age_y: float | np.ndarray, *, rate: float | np.ndarray) -> np.ndarray:
    """Health score from age alone, at most 5.5 (CNAIM 6.1.5).

    Args:
        age_y: age [years].
        rate: beta 1 [1/year], of `ageing_rate`.
    """
    # The exponent is held where the cap is reached anyway: a feed's absurd age must not overflow.
    exponent = np.minimum(np.asarray(rate, dtype=float) * np.asarray(age_y, dtype=float), np.log(END_OF_LIFE / NEW))
    return np.minimum(NEW * np.exp(exponent), END_OF_LIFE)


def combined_factor(factors: Iterable[float], *, most: int, divider: float = DIVIDER) -> float:
    """One factor from several: the worst, and a share of what the next ones add (CNAIM 6.7.2, maximum and increment).

    If any factor is above 1, the greatest plus the excesses of the next ``most - 1`` greatest above 1, divided by the divider.
    Otherwise the smallest plus the second smallest less 1, divided.

    Args:
        factors: around 1; above 1 is worse. None at all gives 1.
        most: how many may count together (CNAIM tables 10, 11, 13 and 15).
    """
    worst_first = sorted(factors, reverse=True)
    if not worst_first:
        return 1.0
    if worst_first[0] > 1.0:
        excess = sum(max(factor - 1.0, 0.0) for factor in worst_first[1:most])
        return worst_first[0] + excess / divider
    if len(worst_first) == 1:
        return worst_first[0]
    return worst_first[-1] + (worst_first[-2] - 1.0) / divider


def current_health_score(
    initial: float | np.ndarray,
    *,
    factor: float | np.ndarray,
    cap: float | np.ndarray,
    collar: float | np.ndarray,
    reliability: float | np.ndarray,
) -> np.ndarray:
    """Health score today, between 0.5 and 10 (CNAIM 4.3.2, equations 5 to 7).

    Args:
        initial: of `initial_health_score`.
        factor: combined factor of what was observed and measured.
        cap: the most that a good result allows. ``collar``: the least that a poor one allows; it goes before the cap.
        reliability: factor of a make known to be better or worse, 0.6 to 1.5 (CNAIM 6.14).
    """
    score = np.asarray(initial, dtype=float) * factor * reliability
    return np.clip(np.maximum(np.minimum(score, cap), collar), NEW, WORST_TODAY)


def forecast_ageing_rate(score: float | np.ndarray, *, age_y: float | np.ndarray, rate: float | np.ndarray) -> np.ndarray:
    """Beta 2 [1/year], the exponent that brought the asset from new to its score of today (CNAIM 6.1.8).

    Never above twice beta 1, and beta 1 for an asset that still scores as new.

    Args:
        score: health score today. ``age_y``: age [years]. ``rate``: beta 1 [1/year].
    """
    score, age_y, rate = np.broadcast_arrays(
        np.asarray(score, dtype=float), np.asarray(age_y, dtype=float), np.asarray(rate, dtype=float)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        # The quotient of a new asset in poor condition is infinite: its bound is twice beta 1.
        lived = np.where(score <= NEW, rate, np.log(score / NEW) / age_y)
    return np.minimum(lived, FASTEST_AGEING * rate)


def ageing_reduction(score: float | np.ndarray) -> np.ndarray:
    """By what a forecast divides the ageing rate: 1 up to a score of 2, 1.5 from 5.5, linear between (CNAIM table 216).

    Few assets grow very old unattended: the exponential would forecast a wave of failures that does not come.
    """
    return np.clip((np.asarray(score, dtype=float) - 2.0) / 7.0 + 1.0, 1.0, 1.5)


def future_health_score(
    score: float | np.ndarray, *, years: float | np.ndarray, age_y: float | np.ndarray, rate: float | np.ndarray
) -> np.ndarray:
    """Health score ``years`` from now if nothing is done, at most 15 (CNAIM 6.1.9 and 6.1.10).

    Args:
        score: health score today. ``age_y``: age today [years]. ``rate``: beta 1 [1/year].
    """
    return grown(score, years=years, exponent=yearly_exponent(score, age_y=age_y, rate=rate))


def yearly_exponent(score: float | np.ndarray, *, age_y: float | np.ndarray, rate: float | np.ndarray) -> np.ndarray:
    """By what exponent per year the score of today grows in a forecast: beta 2 over the ageing reduction [1/year]."""
    return forecast_ageing_rate(score, age_y=age_y, rate=rate) / ageing_reduction(score)


def grown(score: float | np.ndarray, *, years: float | np.ndarray, exponent: float | np.ndarray) -> np.ndarray:
    """``score`` after ``years`` of growth with ``exponent`` [1/year], at most 15."""
    most = np.minimum(np.asarray(years, dtype=float) * exponent, np.log(WORST_FORECAST / NEW))
    return np.minimum(np.asarray(score, dtype=float) * np.exp(most), WORST_FORECAST)


def probability_of_failure(
    health_score: float | np.ndarray, *, k_percent: float | np.ndarray, c: float | np.ndarray = C
) -> np.ndarray:
    """Failures per asset (or per km of a line or cable) and year (CNAIM 6.1.1).

    PoF = K [1 + C H + (C H)^2 / 2 + (C H)^3 / 6], with H at least 4. It is a rate: a year's probability while
    it is small.

    Args:
        health_score: H. NaN gives NaN.
        k_percent: K [%], of the asset's class; never that of another.
        c: C, CNAIM's unless stated.

    >>> round(100 * float(probability_of_failure(5.5, k_percent=0.0078)), 3)
    0.472
    """
    ch = np.asarray(c, dtype=float) * np.maximum(np.asarray(health_score, dtype=float), FLOOR)
    return np.asarray(k_percent, dtype=float) / 100.0 * (1.0 + ch + ch**2 / 2.0 + ch**3 / 6.0)
