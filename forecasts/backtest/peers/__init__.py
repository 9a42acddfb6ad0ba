"""Other people's methods on the same origins: scored beside the champion, never part of it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from typing import ClassVar, Protocol

from forecasts.expert import Expert
from forecasts.series import Series
from twin.domain.problems import Problem

_NEEDS = {"prophet_tuned": "prophet", "mstl": "statsforecast", "openstef": "openstef_models"}
PEERS = tuple(_NEEDS)
"""Names of all peers, installed or not."""

_REMEDY = "pip install 'regie[peers]' (OpenSTEF 4 asks for Python 3.12)"


class Peer(Expert, Protocol):
    """An expert that says for itself how it wants to be used.

    Attributes:
        window_days: days that it learns from. ``refit_days``: days between two trainings.
    """

    window_days: ClassVar[int]
    refit_days: ClassVar[int]


def peers_of(series: Series) -> Mapping[str, Peer]:
    """Every installed peer that forecasts such a series."""
    from forecasts.backtest.peers.mstl import Mstl
    from forecasts.backtest.peers.openstef import OpenStef
    from forecasts.backtest.peers.prophet_tuned import ProphetTuned

    every: tuple[Peer, ...] = (ProphetTuned(), Mstl(), OpenStef())
    return {peer.name: peer for peer in every if series.kind in peer.kinds and peer.name in installed()}


def installed() -> tuple[str, ...]:
    """Names of the peers whose package is installed."""
    return tuple(name for name, package in _NEEDS.items() if find_spec(package))


def missing_peers() -> list[Problem]:
    """Peers that are left out because their package is not installed."""
    return [
        Problem(f"peer {name}", f"{package} is not installed", "the extra 'peers'", _REMEDY)
        for name, package in _NEEDS.items()
        if name not in installed()
    ]
