"""Chance as a hash, not as a stream: the same (seed, subject, time) always draws the same number.

So noise does not depend on how often, in which order or after which restart it is asked for.
Source: the finaliser of SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from __future__ import annotations

import hashlib

import numpy as np
from scipy.special import ndtri

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_M1 = np.uint64(0xBF58476D1CE4E5B9)
_M2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = (np.uint64(n) for n in (30, 27, 31, 11))


def stream(seed: int, *names: str | int) -> np.ndarray:
    """The 64-bit name of one kind of chance, for example ``stream(seed, "sensor", "gap")``; dims (1,)."""
    text = "\x1f".join(str(part) for part in (seed, *names))
    return np.frombuffer(hashlib.blake2b(text.encode(), digest_size=8).digest(), dtype="<u8").astype(np.uint64)


def streams(seed: int, kind: str, names: tuple[str, ...]) -> np.ndarray:
    """One stream per name, dims (name,)."""
    return np.concatenate([stream(seed, kind, name) for name in names]) if names else np.empty(0, np.uint64)


def _mix(x: np.ndarray) -> np.ndarray:
    x = (x ^ (x >> _S30)) * _M1
    x = (x ^ (x >> _S27)) * _M2
    return x ^ (x >> _S31)


def bits(base: np.ndarray, *counters: np.ndarray | int) -> np.ndarray:
    """64 random bits per element of the broadcast of ``base`` and integer ``counters``."""
    x = np.asarray(base, dtype=np.uint64)
    for counter in counters:
        c = np.atleast_1d(np.asarray(counter)).astype(np.int64).view(np.uint64)
        x = _mix((x ^ _mix(c + _GOLDEN)) + _GOLDEN)
    return x


def uniform(base: np.ndarray, *counters: np.ndarray | int) -> np.ndarray:
    """Uniform draws in (0, 1), both ends excluded."""
    return ((bits(base, *counters) >> _S11).astype(np.float64) + 0.5) * 2.0**-53


def normal(base: np.ndarray, *counters: np.ndarray | int) -> np.ndarray:
    """Standard normal draws."""
    return ndtri(uniform(base, *counters))


def smooth(base: np.ndarray, position: np.ndarray) -> np.ndarray:
    """A slowly wandering signal of unit variance: normal knots at whole ``position``s, joined by cosines.

    The two weights are cos and sin of the same angle, so that the variance is one everywhere.
    """
    knot = np.floor(position).astype(np.int64)
    angle = (position - knot) * (np.pi / 2.0)
    return np.cos(angle) * normal(base, knot) + np.sin(angle) * normal(base, knot + 1)
