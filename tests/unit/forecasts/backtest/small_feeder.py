"""A small made-up feeder as a file, and the command that backtests it."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

DAYS = 130


def write_feeder(path, *, days=DAYS, seed=1, step="1h"):
    """Local time with offset, kW; a daily and a weekly wave, some noise, three hours missing."""
    rows = days * 86_400 // int(pd.Timedelta(step).total_seconds())
    stamps = pd.date_range("2020-01-01", periods=rows, freq=step, tz="Europe/Zurich")
    hours = (stamps - stamps[0]).total_seconds() / 3600.0
    waves = 15.0 * np.sin(hours * 2 * np.pi / 24) + 5.0 * np.sin(hours * 2 * np.pi / 168)
    load = 50.0 + waves + np.random.default_rng(seed).normal(0.0, 2.0, len(hours))
    table = pd.DataFrame({"time": [stamp.isoformat() for stamp in stamps], "p_kw": load.round(3)})
    table.drop(index=[700, 701, 702]).to_csv(path, index=False)
    return path


def flags(*files, state, experts="last_week,day_type"):
    """Of a whole command."""
    stated = "--kind load --time time --value p_kw --unit kW --label start --tz Europe/Zurich --country CH --subdiv ZH"
    return [*map(str, files), *stated.split(), "--experts", experts, "--state", str(state), "--refit-days", "1", "--json"]


def command(*files, state, experts="last_week,day_type"):
    """Of the real command line, in a process."""
    return [sys.executable, "-c", "from twin.cli import main; main()", "backtest", *flags(*files, state=state, experts=experts)]
