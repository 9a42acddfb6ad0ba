"""What the journal keeps of a quarter hour's origin, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from twin.origin.traced import Injection, Origin, Traced

DIGITS = 6
"""Watts, and parts per million: finer than any meter or mix."""


def to_meta(traced: Traced) -> dict[str, Any]:
    """JSON-able: powers [MW] and parts rounded to `DIGITS`, NaN and unknown as None."""
    return {
        "method": traced.method,
        "zones": {name: _origin_to(origin) for name, origin in traced.zones.items()},
        "exported": _origin_to(traced.exported),
        "charged": _origin_to(traced.charged),
        "losses_mw": _number(traced.losses_mw),
        "injections": {i.kind: [_number(i.p_mw), _number(i.renewable_share)] for i in traced.injections},
    }


def from_meta(meta: Mapping[str, Any]) -> Traced:
    """Inverse of `to_meta`."""
    return Traced(
        method=meta["method"],
        zones={name: _origin_from(origin) for name, origin in meta["zones"].items()},
        exported=_origin_from(meta["exported"]),
        charged=_origin_from(meta["charged"]),
        injections=tuple(Injection(kind, _power(p_mw), share) for kind, (p_mw, share) in meta["injections"].items()),
        losses_mw=_power(meta["losses_mw"]),
    )


def _origin_to(origin: Origin) -> list[Any]:
    parts = {kind: _number(part) for kind, part in origin.parts.items()}
    return [*(_number(x) for x in (origin.p_mw, origin.share, origin.made_here, origin.co2_g_per_kwh)), parts]


def _origin_from(meta: list[Any]) -> Origin:
    p_mw, share, made_here, co2, parts = meta
    return Origin(_power(p_mw), parts, share, made_here, co2)


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, DIGITS) + 0.0


def _power(value: float | None) -> float:
    return math.nan if value is None else float(value)
