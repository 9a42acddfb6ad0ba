"""``regie forecast explain`` from flags to exit code: 0 done, 1 stopped, 2 refused."""

from __future__ import annotations

import json
import re
import sys
from datetime import datetime
from typing import Any

from forecasts.backtest.flags import Flags, jobs_of
from forecasts.backtest.options import DAY_S, BacktestOptions
from forecasts.data.reading import read_series
from forecasts.explain.explanation import Explanation
from forecasts.explain.explanation import explain as take_apart
from forecasts.explain.replayed_issue import issue_at
from forecasts.explain.shown import as_text
from forecasts.on_air.setup import Setup
from forecasts.series import Series
from twin.domain.problems import BadInput, Problems
from twin.domain.time import from_epoch_s
from twin.site.files import cache_folder

DONE, STOPPED = 0, 1
_UNIT_S = {"min": 60, "h": 3600, "d": DAY_S}
_LONGEST_S = 7 * DAY_S


def explain(flags: Flags, options: BacktestOptions, *, at: str | None, lead: str, json_line: bool) -> int:
    """Forecast, take apart, tell. Words on the way go to standard error. Returns the exit code."""
    try:
        problems = Problems()
        jobs = jobs_of(flags, options, cache_folder(), problems)
        if len(jobs) > 1:
            problems.add("FILE/--value", f"{len(jobs)} series", "one series", "explain one after the other")
        instant, lead_s = _instant(at, problems), _lead(lead, problems)
        problems.raise_if_any()
        assert instant is not None
        series = read_series(jobs[0].spec).series
        row, step = _place(series, instant, lead_s)
        setup = Setup(experts=options.names or None, train_days=options.train_days)
        issue = issue_at(
            series,
            setup.make(series.kind),
            row=row,
            horizon=step + 1,
            train_days=setup.train_days,
            settings=setup.champion,
            seed=options.seed,
            on_step=lambda done, total: _say(f"training {done} of {total}"),
        )
        found = take_apart(issue, step)
    except BadInput as error:
        for problem in error.problems:
            _say(str(problem))
        return error.exit_code
    except KeyboardInterrupt:
        _say("stopped")
        return STOPPED
    when, start = (from_epoch_s(series.start_s + each * series.step_s) for each in (row, row + step))
    if json_line:
        sys.stdout.write(json.dumps(_as_json(series, found, when, start), separators=(",", ":"), allow_nan=False) + "\n")
    else:
        sys.stdout.write(as_text(series, found, issued=when, start=start))
    return DONE


def _as_json(series: Series, found: Explanation, issued: datetime, start: datetime) -> dict[str, Any]:
    weather = "measured (perfect weather)" if series.weather_source == "measured" else series.weather_source
    head = {"series": series.name, "kind": series.kind, "unit": "MW", "weather": weather}
    return {**head, "issued_at": issued.isoformat(), "interval": start.isoformat(), **found.to_json()}


def _instant(text: str | None, problems: Problems) -> datetime | None:
    """The instant; without an offset it is read by the series' clock later."""
    if text is None:
        problems.add("--at", "not given", "an instant, ISO 8601", "write it like 2019-10-01T00:00")
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problems.add("--at", repr(text), "an instant, ISO 8601", "write it like 2019-10-01T00:00 or 2019-10-01T00:00+02:00")
        return None


def _lead(text: str, problems: Problems) -> int:
    found = re.fullmatch(r"(\d{1,6})\s*(min|h|d)", text.strip())
    seconds = int(found[1]) * _UNIT_S[found[2]] if found else -1
    if not 0 <= seconds <= _LONGEST_S:
        problems.add("--lead", repr(text), "a whole number of min, h or d, up to 7d", "write 15min, 12h or 1d")
    return seconds


def _place(series: Series, instant: datetime, lead_s: int) -> tuple[int, int]:
    """Row that begins at the instant, and steps from there to the interval.

    Raises:
        BadInput: when either lies between two intervals.
    """
    problems = Problems()
    local = instant if instant.tzinfo is not None else instant.replace(tzinfo=series.place.calendar.zone)
    seconds = local.timestamp() - series.start_s
    if seconds % series.step_s:
        limit = f"a start of an interval of {series.step_s // 60} min"
        problems.add("--at", instant.isoformat(), limit, "choose the nearest one")
    if lead_s % series.step_s:
        problems.add("--lead", f"{lead_s // 60} min", f"whole intervals of {series.step_s // 60} min", "choose a multiple")
    problems.raise_if_any()
    return int(seconds // series.step_s), lead_s // series.step_s


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
