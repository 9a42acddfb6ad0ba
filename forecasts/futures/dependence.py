"""How forecast errors hang together over the horizon and between series: a Gaussian copula that needs few past issues.

Errors are seen as normal scores of where they fell in the forecast. A smooth law of the lag (noise, a decay, a part that comes
again every day, a part that stays) is fitted on all pairs of steps; its decay follows a clock that runs fast where errors
change fast (breakfast) and slowly where they do not (the small hours). Where enough issues say otherwise, the correlation of
some lead nodes is bent towards what was seen, and the law fills the steps between the nodes. Series move together through their
innovations: one series more costs one small product more, and a path of any number of series is one world.

Source: P. Pinson, H. Madsen, H. Nielsen, G. Papaefthymiou, B. Klöckl, From probabilistic forecasts to statistical scenarios of
short-term wind power production, Wind Energy 12 (2009); the clock: P. Sampson, P. Guttorp, Journal of the American Statistical
Association 87 (1992), in one dimension; shrinkage: J. Schäfer, K. Strimmer, Statistical Applications in Genetics and Molecular
Biology 4 (2005), with the law of the lag as target instead of the identity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.optimize import least_squares
from scipy.special import ndtri

_NODES = 32
_FEWEST = 8  # pairs below which a correlation is not worth a look
_FIRST_LAW = np.array([0.0, 0.1, 0.0, 6.0])  # before any issue: errors of a load or of the weather forget in some hours
_FIRST_ISSUES = 5.0  # how many issues the first law is worth against those seen
_EVEN_ISSUES = 4.0  # the same for a clock that runs evenly
_SLOWEST = 0.05  # of the mean pace
_DAY_ANGLE = 2.0 * np.pi / 24.0
_START = np.array([0.01, 0.3, 0.05, 6.0])
_BOUNDS = (np.array([0.0, 0.0, 0.0, 0.25]), np.array([0.5, 0.8, 0.2, 96.0]))  # staying and daily share together at most one
_ROUNDEST = 0.02  # lags whose correlation is above 0.98 are not told further apart
_SMALLEST_EIGENVALUE = 1e-6


@dataclass(frozen=True)
class Dependence:
    """Correlation of the normal scores of forecast errors.

    Attributes:
        steps: length of the horizon it was fitted for. ``step_s``: length of a step.
        law: dims (series, 4): share of noise; of the rest the share that stays and the share that comes again daily; decay [h].
        clock_h: inner time of each step, as long as the horizon altogether [h], dims (series, step).
        nodes: lead nodes, dims (node,). ``correlation``: between them, dims (series, node, node).
        across: correlation of the innovations of the series, dims (series, series).
    """

    steps: int
    step_s: int
    law: np.ndarray
    clock_h: np.ndarray
    nodes: np.ndarray
    correlation: np.ndarray
    across: np.ndarray

    @classmethod
    def fit(cls, pit: np.ndarray, *, step_s: int) -> Dependence:
        """Learn from past issues, preferably some hours apart; none at all gives a decay of six hours.

        Args:
            pit: where each truth fell in its forecast (`forecasts.futures.marginals.pit`), 0..1, dims (issue, step) for one
                series or (issue, series, step) for several that were issued together; NaN = unknown.
            step_s: length of a step.
        """
        scores = ndtri(
            pit if pit.ndim == 3 else pit[:, None, :]
        )  # a calibrated forecast's scores are centred: no mean is taken off
        steps = scores.shape[2]
        nodes = np.unique(np.linspace(0, steps - 1, min(_NODES, steps)).round().astype(np.int64))
        laws, clocks, correlations = [], [], []
        for one in np.moveaxis(scores, 1, 0):
            clock_h = _fit_clock(one, step_s)
            law = _fit_law(one, clock_h, step_s)
            laws.append(law)
            clocks.append(clock_h)
            correlations.append(_bend(one[:, nodes], _law_between(law, clock_h, step_s)[np.ix_(nodes, nodes)]))
        alone = cls(steps, step_s, np.array(laws), np.array(clocks), nodes, np.array(correlations), np.eye(len(laws)))
        return alone if len(laws) == 1 else replace(alone, across=_across(scores, alone.factor))

    @classmethod
    def joined(cls, parts: Sequence[Dependence], correlation: np.ndarray) -> Dependence:
        """Series that were learnt one by one, of the same steps, drawn together.

        Args:
            correlation: of their errors at the same step, dims (series, series).
        """
        law, clock_h, seen = (np.concatenate([getattr(p, name) for p in parts]) for name in ("law", "clock_h", "correlation"))
        first, factor = parts[0], np.concatenate([part.factor for part in parts])
        whole = cls(first.steps, first.step_s, law, clock_h, first.nodes, seen, _of_innovations(correlation, factor))
        whole.__dict__["factor"] = factor  # the parts keep theirs from tick to tick
        return whole

    @property
    def series(self) -> int:
        """Number of series that are drawn together."""
        return len(self.law)

    @cached_property
    def factor(self) -> np.ndarray:
        """Lower triangular factors of the whole correlation of each series, dims (series, step, step)."""
        every = [_law_between(law, clock_h, self.step_s) for law, clock_h in zip(self.law, self.clock_h, strict=True)]
        return np.array([_factor(by_law, self.nodes, seen) for by_law, seen in zip(every, self.correlation, strict=True)])

    def scores(self, paths: int, *, steps: int, seed: int, first: int = 0) -> np.ndarray:
        """Normal scores of ``paths`` possible futures, dims (series, path, step).

        Args:
            first: step at which they begin, for a forecast of the rest of a day that was learnt from its midnight.

        Raises:
            ValueError: for steps beyond those that the dependence was fitted for.
        """
        end = first + steps
        if end > self.steps:
            raise ValueError(f"steps {first}..{end} asked of a dependence over {self.steps}; fit it on issues of that horizon")
        drawn = np.random.default_rng(seed).standard_normal((self.series, paths, end))
        together = _symmetric_root(self.across)
        innovations = np.tensordot(together, drawn, axes=1) if self.series > 1 else drawn
        return innovations @ np.swapaxes(self.factor[:, first:end, :end], 1, 2)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """Everything as numeric arrays, for `twin.domain.pack.pack`."""
        span = np.array([self.steps, self.step_s], dtype=np.int64)
        rest = {name: getattr(self, name) for name in ("law", "clock_h", "nodes", "correlation", "across")}
        return {"span": span, **rest}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Dependence:
        """What `to_arrays` gave."""
        steps, step_s = (int(value) for value in arrays["span"])
        return cls(steps, step_s, **{name: array for name, array in arrays.items() if name != "span"})


def _fit_clock(scores: np.ndarray, step_s: int) -> np.ndarray:
    """Inner time of each step [h], dims (step,): between two steps as much passes as their correlation says, relative to all.

    Args:
        scores: dims (issue, step), NaN = unknown.
    """
    steps = scores.shape[1]
    early, late = scores[:, :-1], scores[:, 1:]
    both = np.isfinite(early) & np.isfinite(late)
    product, before, after = (
        np.sum(np.where(both, a * b, 0.0), axis=0) for a, b in ((early, late), (early, early), (late, late))
    )
    mass = np.sqrt(before * after)
    change = np.where(mass > 0.0, 1.0 - product / np.where(mass > 0.0, mass, 1.0), 0.0)
    issues = np.where(mass > 0.0, both.sum(axis=0), 0)
    usual = np.sum(issues * change) / max(issues.sum(), 1)
    if usual <= 0.0:
        return np.arange(steps) * step_s / 3600.0
    pace = np.maximum((issues * change / usual + _EVEN_ISSUES) / (issues + _EVEN_ISSUES), _SLOWEST)
    return np.concatenate([[0.0], np.cumsum(pace / pace.mean())]) * step_s / 3600.0


def _law_between(law: np.ndarray, clock_h: np.ndarray, step_s: int) -> np.ndarray:
    """Correlation by the law of the lag between all steps, dims (step, step)."""
    hour = np.arange(len(clock_h)) * step_s / 3600.0
    return _law_of_lag(law, np.abs(hour[:, None] - hour), np.abs(clock_h[:, None] - clock_h))


def _law_of_lag(law: np.ndarray, lag_h: np.ndarray, passed_h: np.ndarray) -> np.ndarray:
    """Correlation at lags [h], between which this inner time passed [h], same dims; a sum of positive definite functions."""
    noise, staying, daily, decay_h = law
    smooth = staying + daily * np.cos(_DAY_ANGLE * lag_h) + (1.0 - staying - daily) * np.exp(-passed_h / decay_h)
    return np.where(lag_h == 0.0, 1.0, (1.0 - noise) * smooth)


def _fit_law(scores: np.ndarray, clock_h: np.ndarray, step_s: int) -> np.ndarray:
    """Shares of noise, staying and daily part and the decay time [h]: least squares on the correlation at each lag.

    Args:
        scores: dims (issue, step), NaN = unknown. ``clock_h``: inner time of each step [h], dims (step,).
    """
    steps = scores.shape[1]
    lags = np.unique(np.geomspace(1, max(steps - 1, 1), 16).round().astype(np.int64))
    lags = lags[lags < steps]
    seen, weight = np.zeros(len(lags)), np.zeros(len(lags))
    for i, lag in enumerate(lags):
        early, late = scores[:, :-lag], scores[:, lag:]
        both = np.isfinite(early) & np.isfinite(late)
        energy = np.sqrt(np.sum(early[both] ** 2) * np.sum(late[both] ** 2))
        seen[i] = np.sum(early[both] * late[both]) / energy if energy > 0.0 else 0.0
        weight[i] = both.sum() / (steps - lag)  # whole issues
    passed_h = [clock_h[lag:] - clock_h[:-lag] for lag in lags]
    lag_h = lags * step_s / 3600.0
    first = np.array([_law_of_lag(_FIRST_LAW, hours, passed).mean() for hours, passed in zip(lag_h, passed_h, strict=True)])
    seen = (weight * seen + _FIRST_ISSUES * first) / (weight + _FIRST_ISSUES)
    # What a ramp is made of is 1 - correlation: at short lags a small error of the law is a large one of the change.
    scale = np.sqrt(weight + _FIRST_ISSUES) / (_ROUNDEST + 1.0 - seen)

    def miss(law: np.ndarray) -> np.ndarray:
        said = [_law_of_lag(law, hours, passed).mean() for hours, passed in zip(lag_h, passed_h, strict=True)]
        return scale * (np.array(said) - seen)

    return np.asarray(least_squares(miss, _START, bounds=_BOUNDS, x_scale=_BOUNDS[1], max_nfev=50).x)


def _bend(scores: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Correlation seen between nodes, shrunk towards the law, dims (node, node); the fewer issues, the closer to the law.

    Args:
        scores: dims (issue, node), NaN = unknown. ``target``: dims (node, node).
    """
    known = np.isfinite(scores).astype(np.float64)
    z = np.where(known > 0.0, scores, 0.0)
    pairs = known.T @ known
    energy = (z**2).T @ known  # of the row's node, over issues where the column's is known too
    mass = np.sqrt(energy * energy.T)
    usable = (pairs >= _FEWEST) & (mass > 0.0)
    np.fill_diagonal(usable, val=False)
    if not usable.any():
        return target
    seen = np.where(usable, (z.T @ z) / np.where(mass > 0.0, mass, 1.0), target)
    variance = np.sum((1.0 - seen[usable] ** 2) ** 2 / pairs[usable])  # of a correlation of normal pairs, first order
    distance = np.sum((seen[usable] - target[usable]) ** 2)
    shrinkage = min(1.0, variance / distance) if distance > 0.0 else 1.0
    return _nearest_correlation(shrinkage * target + (1.0 - shrinkage) * seen)


def _factor(every: np.ndarray, nodes: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Cholesky factor over all steps: the nodes' correlation, and between the nodes what the law leaves open given them.

    Args:
        every: correlation by the law, dims (step, step). ``seen``: between nodes, dims (node, node).
    """
    by_law = every[np.ix_(nodes, nodes)]
    weights = np.linalg.solve(by_law + _SMALLEST_EIGENVALUE * np.eye(len(nodes)), every[nodes]).T
    whole = every + weights @ (seen - by_law) @ weights.T
    whole[np.diag_indices(len(whole))] += _SMALLEST_EIGENVALUE
    spread = np.sqrt(np.diag(whole))
    whole /= spread[:, None] * spread
    try:
        return np.linalg.cholesky(whole)
    except np.linalg.LinAlgError:
        return np.linalg.cholesky(_nearest_correlation(whole))


def _across(scores: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Correlation of innovations that gives the mean correlation seen between series at the same step, dims (series, series).

    Args:
        scores: dims (issue, series, step), NaN = unknown. ``factor``: dims (series, step, step).
    """
    series = scores.shape[1]
    seen = np.eye(series)
    for a in range(series):
        for b in range(a):
            both = np.isfinite(scores[:, a]) & np.isfinite(scores[:, b])
            if both.any(axis=1).sum() < _FEWEST:
                continue
            one, other = scores[:, a][both], scores[:, b][both]
            seen[a, b] = seen[b, a] = np.sum(one * other) / np.sqrt(max(np.sum(one**2) * np.sum(other**2), 1e-12))
    return _of_innovations(seen, factor)


def _of_innovations(correlation: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Correlation of innovations behind one of errors: the more two memories differ, the more is lost on the way."""
    carried = np.einsum("aij,bij->ab", factor, factor) / factor.shape[1]  # of innovations that are equal
    found = np.clip(correlation / np.maximum(carried, 0.1), -0.999, 0.999)
    np.fill_diagonal(found, 1.0)
    return _nearest_correlation(found)


def _nearest_correlation(matrix: np.ndarray) -> np.ndarray:
    """A positive definite correlation close to ``matrix``: small eigenvalues are lifted, the diagonal is set to one again."""
    value, vector = np.linalg.eigh(0.5 * (matrix + matrix.T))
    if value[0] >= _SMALLEST_EIGENVALUE:
        return matrix
    lifted = (vector * np.maximum(value, 2.0 * _SMALLEST_EIGENVALUE)) @ vector.T
    spread = np.sqrt(np.diag(lifted))
    return lifted / (spread[:, None] * spread)


def _symmetric_root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root: no series leads the others."""
    value, vector = np.linalg.eigh(matrix)
    return (vector * np.sqrt(np.maximum(value, 0.0))) @ vector.T
