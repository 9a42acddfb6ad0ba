"""The labels of a journal's arrays, as `twin.history` reads them back."""

from __future__ import annotations

from twin.contracts.box import Provide
from twin.contracts.history_facts import HistoryFacts, Provided
from twin.domain.grid import NORMAL
from twin.regie.record import SHOWN_QUANTILES
from twin.wiring import Wired

_TABLES = ("bus", "line", "trafo", "load", "sgen", "storage")


def history_facts(wired: Wired) -> HistoryFacts:
    """Of what these parts write into their journal."""
    parts = wired.parts
    grid = parts.engine.model(NORMAL).grid
    return HistoryFacts(
        columns=parts.layout.columns,
        indices={table: tuple(getattr(grid, table).tolist()) for table in _TABLES},
        provided={
            name: {provide.signal: _provided(provide) for provide in card.provides if not provide.scenarios}
            for name, card in parts.runner.cards.items()
        },
    )


def _provided(provide: Provide) -> Provided:
    quantiles = tuple(level for level in SHOWN_QUANTILES if level in provide.quantiles)
    return Provided(elements=provide.elements, quantiles=quantiles, step_s=int(provide.resolution.total_seconds()))
