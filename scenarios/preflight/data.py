"""Data before air: is telemetry fresh and complete, does anything come from the future, does the grid solve as it stands."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from scenarios.preflight.line import Line, caution, go, no_go
from scenarios.preflight.rehearsed import Rehearsed
from twin.domain.problems import Problem
from twin.domain.quality import Quality, is_doubtful
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, from_epoch_s
from twin.regie.horizon import after_switching
from twin.regie.loop import DEGRADED_COVERAGE

_ROWS = 24
"""Six hours: as long as a stuck sensor may stay unseen."""
_COMPLETE = 0.95
_METERED = ("zone_net_p_mw", "trafo_loading_percent", "line_i_ka")
"""What no rule fills in: the sun's power is known to be zero at night."""
_NOT_SEEN = int(Quality.INVALID | Quality.SUBSTITUTED | Quality.STALE)
_LARGEST_VM_ERROR_PU = 1e-6


def data_lines(found: Rehearsed, now: datetime | None) -> list[Line]:
    """Age, coverage, gaps and stamps of the telemetry.

    Args:
        now: the host's clock where the site follows it; None for a simulated plant and for a window that is played.
    """
    return [_age(found), _coverage(found), _gaps(found), _stamps(found, now)]


def site_line(problems: tuple[Problem, ...]) -> list[Line]:
    """The faults of the site file, its grid and its boxes, one line each; or that there is none."""
    if not problems:
        return [go("site", "file, grid and boxes without fault", "no fault")]
    return [no_go("site", f"{problem.place}: {problem.value}", str(problem.limit), str(problem.remedy)) for problem in problems]


def engine_lines(found: Rehearsed) -> list[Line]:
    """The engine that decides, held against pandapower's runpp on the state as it is now."""
    parts, tick = found.wired.parts, found.tick
    model = parts.engine.model(tick.state.topology)
    label, limit = "engine", f"within {_LARGEST_VM_ERROR_PU:g} pu of runpp(1e-8)"
    name = f"{model.engine} {model.engine_version}"
    if is_doubtful(tick.state.quality):
        value = f"{name}: the state of {tick.state.interval.isoformat()} has no solution"
        return [no_go(label, value, limit, "find the meters that contradict each other: regie site map lists them")]
    given = after_switching(tick.state.grid, model.grid, parts.estimator.load_tan_phi)
    solved = model.solve(given, want=("vm_pu",))
    if not bool(solved["converged"].values[0]):
        return [no_go(label, f"{name} does not converge on the state as it is", limit, "look at the loads of that state")]
    reference = parts.engine.reference_vm_pu(tick.state.topology, given)
    error = float(np.nanmax(np.abs(solved["vm_pu"].values[0] - reference)))
    value = f"{name}: {error:.1e} pu off"
    if not error <= _LARGEST_VM_ERROR_PU:
        return [no_go(label, value, limit, 'set engine = "pandapower" in the site file, and report the grid')]
    return [go(label, value, limit)]


def _age(found: Rehearsed) -> Line:
    """How old the newest reading is, at the end of its quarter hour."""
    frame, as_of = found.wired.parts.runner.frame().frame(), found.tick.state.as_of
    label, limit = "telemetry age", "the last complete quarter hour"
    remedy = "find what stopped the feed; to play a recorded window give its --start"
    metered = [at for at, (signal, _) in enumerate(frame.layout.columns) if signal in _METERED]
    seen = ((frame.quality[:, metered] & _NOT_SEEN) == 0).any(axis=1)
    if not seen.any():
        return no_go(label, f"nothing before {as_of.isoformat()}", limit, remedy)
    newest = from_epoch_s(frame.start_s + int(np.flatnonzero(seen)[-1]) * QUARTER_HOUR_S)
    age = as_of - QUARTER_HOUR - newest
    value = f"newest of {newest.isoformat()}, {_span(age)} behind"
    if age > timedelta(hours=1):
        return no_go(label, value, limit, remedy)
    return caution(label, value, limit, remedy) if age > timedelta(0) else go(label, f"newest of {newest.isoformat()}", limit)


def _coverage(found: Rehearsed) -> Line:
    state, observation = found.tick.state, found.tick.observation
    bad = (observation.raw_quality & _NOT_SEEN) != 0
    missing = [channel.name for channel, gone in zip(found.wired.site.channels, bad.tolist(), strict=True) if gone]
    few = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
    value = f"{100.0 * state.coverage:.0f} % of the grid's channels fresh" + (f", not {few}" if missing else "")
    label, limit = "telemetry coverage", f"at least {100 * _COMPLETE:.0f} %, {100 * DEGRADED_COVERAGE:.0f} % for dispatch"
    remedy = "find what these channels share: a gateway, a file, a clock"
    if state.coverage < DEGRADED_COVERAGE:
        return no_go(label, value, limit, remedy)
    return caution(label, value, limit, remedy) if state.coverage < _COMPLETE else go(label, value, limit)


def _gaps(found: Rehearsed) -> Line:
    """Share of the last hours' values that were seen, of what boxes read; those never seen in them are named."""
    frame = found.wired.parts.runner.frame().frame()
    seen = ((frame.quality[-_ROWS:] & _NOT_SEEN) == 0) & np.isfinite(frame.values[-_ROWS:])
    share = float(seen.mean()) if seen.size else 0.0
    never = [
        f"{signal} {element}".strip()
        for (signal, element), one in zip(frame.layout.columns, seen.T, strict=True)
        if not one.any()
    ]
    few = ", ".join(never[:3]) + (f" and {len(never) - 3} more" if len(never) > 3 else "")
    value = f"{100.0 * share:.0f} % of the last {len(seen) / 4.0:.0f} h" + (f", never {few}" if never else "")
    label, limit = "telemetry gaps", f"at least {100 * _COMPLETE:.0f} % of what boxes read"
    if share < _COMPLETE:
        return caution(label, value, limit, "fill the gaps (late values are taken in), or expect wider bands at first")
    return go(label, value, limit)


def _stamps(found: Rehearsed, now: datetime | None) -> Line:
    """Rows that were left out, and rows from the future."""
    label, limit = "telemetry stamps", "no row from the future, none left out"
    intake, refused = found.tick.observation.intake, found.wired.quarantined
    ahead = intake.future + _ahead(found, now)
    if ahead:
        value = f"{ahead} readings of quarter hours that are not over"
        return caution(label, value, limit, "set the sender's clock; these rows are quarantined")
    if refused:
        value = f"{len(refused)} rows left out, the first: {refused[0]}"
        return caution(label, value, limit, "regie site check lists them")
    return go(label, "as they should be", limit)


def _ahead(found: Rehearsed, now: datetime | None) -> int:
    """Readings that are stamped later than the host's clock by more than the hour that clocks may be apart."""
    if now is None:
        return 0
    later = found.wired.parts.live.telemetry.read(now + timedelta(days=3650))
    return int((later.valid_time_s > (now + timedelta(hours=1)).timestamp()).sum())


def _span(age: timedelta) -> str:
    hours = age.total_seconds() / 3600.0
    return f"{hours / 24.0:.0f} days" if hours >= 48.0 else f"{hours:.1f} h"
