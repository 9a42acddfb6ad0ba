"""The three figures of a window: its quarter hours counted as the journal's own accounts count them, as they were told last.

What late meters changed of it is in them, also where they spoke after its end; what they changed of what was before is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from scenarios.debrief.limits import loading_of
from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Tape
from twin.domain.time import to_epoch_s
from twin.regie.kpi import Account, Accounts, KpiFacts, add_both, continued, figures
from twin.regie.quarter_hour import Both, counting

Figures = Mapping[str, Mapping[str, Mapping[str, float]]]
"""Triple ("economic", "grid", "climate") -> side ("value", "do_nothing", "difference") -> name -> figure."""
_SIDES = ("value", "do_nothing")


@dataclass(frozen=True)
class WindowAccounts:
    """Both sides' accounts where the window begins, of its own quarter hours, and these quarter hours."""

    begin: Accounts
    end: Accounts
    quarters: tuple[Both, ...]


def window_accounts(tape: Tape, facts: KpiFacts) -> WindowAccounts:
    """Count the window."""
    first = tape.regular[0]
    start_s, end_s = to_epoch_s(first.interval), to_epoch_s(tape.regular[-1].interval)
    settled = [_settled(meta) for meta in (first.meta, first.meta.get("alone", {})) if "settled_peak" in meta]
    begin: Accounts = (settled[0], settled[1] if len(settled) == len(_SIDES) else None)
    for label_s, both in tape.counted.items():
        if label_s < start_s:
            begin = add_both(begin, both, facts)
    if tape.before is not None:  # what the batteries held before the journal's first quarter hour nobody told
        begin = (continued(begin[0]), None if begin[1] is None else continued(begin[1]))
    end = begin
    quarters = tuple(both for label_s, both in tape.counted.items() if start_s <= label_s <= end_s)
    for both in quarters:
        end = add_both(end, both, facts)
    return WindowAccounts(begin, end, quarters)


def _settled(meta: Mapping[str, tuple[str, float]]) -> Account:
    month, peak_kw = meta["settled_peak"]
    return Account(month=month, peak_kw=peak_kw)


def window_figures(tape: Tape, recalled: Recalled) -> Figures:
    """KPI.md's figures; the peak charge is what the window added to the month's."""
    facts = recalled.parts.kpi_facts
    counted = window_accounts(tape, facts)
    found: dict[str, dict[str, dict[str, float]]] = {}
    for side, before, account in zip(_SIDES, counted.begin, counted.end, strict=True):
        if before is None or account is None:
            continue
        named = figures(account, facts)
        if tape.before is not None:
            charged_chf = figures(before, facts)["economic"]["peak_chf"]
            for name in ("peak_chf", "total_chf"):
                named["economic"][name] -= charged_chf
        for triple, values in named.items():
            found.setdefault(triple, {})[side] = values
    _with_extremes(found, recalled, counted.quarters)
    for sides in found.values():
        if "do_nothing" in sides:
            mine, theirs = sides["value"], sides["do_nothing"]
            sides["difference"] = {name: value - theirs[name] for name, value in mine.items() if name in theirs}
    return found


def _with_extremes(found: dict[str, dict[str, dict[str, float]]], recalled: Recalled, quarters: tuple[Both, ...]) -> None:
    """What is no sum: highest loading and highest import of the window itself."""
    for at, (side, state) in enumerate(zip(_SIDES, (recalled.ours, recalled.alone), strict=True)):
        if state is None or side not in found["grid"]:
            continue
        percent = loading_of(state, recalled).percent
        if np.isfinite(percent).any():
            found["grid"][side]["max_loading_percent"] = float(np.nanmax(percent))
        counts = [counting(both)[at] for both in quarters]
        imports_kw = [1000.0 * one.measured.net_p_mw for one in counts if one is not None and one.priced]
        if imports_kw:
            found["grid"][side]["peak_import_kw"] = max(0.0, *imports_kw)
