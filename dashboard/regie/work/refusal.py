"""Why a report is not taken: all faults at once, as codes that every language has words for."""

from __future__ import annotations

from collections.abc import Iterable

from twin.contracts.work_order import Why


class Refused(ValueError):
    """Nothing was stored. Words: ``order.refused.<code>`` of each of ``faults``."""

    def __init__(self, faults: Iterable[Why]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{fault.code} {dict(fault.params)}" for fault in self.faults))
