"""The town's balance as the public sees it: by source, what part of its consumption came from it and what flows in or out."""

from __future__ import annotations

import math

from twin.contracts.public_snapshot import Source
from twin.origin.traced import Origin, Traced

_DIGITS = 4
_KW = 3  # decimals of MW


def sources(traced: Traced, town: Origin, *, live: bool, powers: bool) -> tuple[Source, ...]:
    """One source for each kind that the site has; none where the share is unknown or what was made here may not be told.

    What charging and export take is told as a negative power of the storage and of the import.

    Args:
        town: origin of what the town consumed, in the same interval or in the one that is told.
        live: whether ``town`` is of the interval of ``traced``; else nothing but parts is told.
        powers: whether powers may be told.
    """
    if town.share is None or town.made_here is None:
        return ()
    out = {"storage": traced.charged.p_mw, "import": traced.exported.p_mw}
    return tuple(
        Source(
            kind=injection.kind,
            part=round(town.parts.get(injection.kind, 0.0), _DIGITS),
            p_mw=_known(injection.p_mw - out.get(injection.kind, 0.0)) if live and powers else None,
            renewable_share=rounded(injection.renewable_share) if live and injection.p_mw > 0.0 else None,
        )
        for injection in traced.injections
    )


def rounded(share: float | None, digits: int = _DIGITS) -> float | None:
    """A share as it is told."""
    return None if share is None or math.isnan(share) else round(share, digits)


def _known(p_mw: float) -> float | None:
    return None if math.isnan(p_mw) else round(p_mw, _KW) + 0.0
