"""Boxes that do what no box should, on demand: ``config["fault"]`` from the tick ``config["after_s"]`` on."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import xarray as xr

from twin.contracts.box import BoxCard, Need, Provide, Training
from twin.contracts.messages import Finding, Headline, Report
from twin.contracts.validation import times_of
from twin.domain.time import QUARTER_HOUR, to_epoch_s

HORIZON = timedelta(hours=24)


class SteadyBox:
    """Load as it was a day ago, with a band; obeys its card in everything."""

    def __init__(self, config, context):
        self.config = config
        self.zones = tuple(context.zones)
        fallbacks = tuple(config.get("fallbacks", ("last_good", "constant")))
        self.card = BoxCard(
            name="steady",
            version="1",
            owner="planning",
            needs=(Need("zone_load_p_mw", history=timedelta(days=1), min_coverage=0.5),),
            provides=(Provide("load_forecast_p_mw", self.zones, horizon=HORIZON, quantiles=(0.1, 0.5, 0.9)),),
            constants={"load_forecast_p_mw": 5.0},
            fallbacks=fallbacks,
            deadline_s=config.get("deadline_s", 1.0),
            memory_mb=config.get("memory_mb", 128),
            on_event=config.get("on_event", False),
        )

    def step(self, view, artifact, state):
        count = json.loads(state)["count"] + 1 if state else 1
        past = np.nan_to_num(view.history("zone_load_p_mw", self.zones).values[-96:], nan=1.0)
        values = past[:, None, :] * np.array([0.9, 1.0, 1.1])[:, None]
        output = xr.DataArray(
            values,
            dims=("time", "quantile", "zone"),
            coords={
                "time": times_of(self.card.provides[0], view.as_of),
                "quantile": [0.1, 0.5, 0.9],
                "zone": list(self.zones),
            },
            attrs={"units": "MW"},
        )
        report = Report({"load_forecast_p_mw": output}, Headline("town_load", float(values[0, 1, 0]), "MW"))
        return report, json.dumps({"count": count}).encode()


class HistorianBox(SteadyBox):
    """Steady, but without a memory it takes half a second longer than its deadline: it lives through its history first."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.card = replace(self.card, deadline_s=1.0, catch_up_s=config["catch_up_s"])

    def step(self, view, artifact, state):
        time.sleep(0.0 if state else 1.5)
        return super().step(view, artifact, state)


class FaultyBox(SteadyBox):
    """Steady until ``after_s`` (epoch seconds), then does ``fault`` until ``until_s``."""

    def step(self, view, artifact, state):
        now = to_epoch_s(view.as_of)
        report, state = super().step(view, artifact, state)
        if not self.config.get("after_s", 0) <= now < self.config.get("until_s", 1 << 60):
            return report, state
        return FAULTS[self.config["fault"]](self, view, report, state)


def _with(report, change):
    output = report.outputs["load_forecast_p_mw"].copy(deep=True)
    return replace(report, outputs={"load_forecast_p_mw": change(output)})


def _raises(box, view, report, state):
    raise RuntimeError("the model has no coefficients")


def _hangs(box, view, report, state):
    while True:
        time.sleep(3600)


def _hangs_in_c(box, view, report, state):
    ctypes.PyDLL(None).sleep(3600)  # PyDLL keeps the interpreter lock: no Python-level timeout could end this
    return report, state


def _leaves_grandchild(box, view, report, state):
    # A child in a session of its own that holds every descriptor, and a box that never answers.
    subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(3600)", box.config["tag"]],
        start_new_session=True,
        close_fds=False,
    )
    while True:
        time.sleep(3600)


def _forks_and_dies(box, view, report, state):
    if os.fork() == 0:
        os.setsid()
        Path(box.config["tag"]).write_text(str(os.getpid()))
        time.sleep(3600)
    while not Path(box.config["tag"]).exists():
        time.sleep(0.01)
    os._exit(7)


def _leaks(box, view, report, state):
    hoard = []
    while True:
        hoard.append(np.ones(1 << 20))


def _leaks_and_swallows(box, view, report, state):
    hoard = []
    while True:
        try:
            hoard.append(bytearray(1 << 20))
        except MemoryError:
            time.sleep(0.001)


def _nan(box, view, report, state):
    def change(output):
        output[3, 1, 0] = np.nan
        return output

    return _with(report, change), state


def _inf(box, view, report, state):
    return _with(report, lambda output: output.where(output["time"] != output["time"][5], np.inf)), state


def _wrong_unit(box, view, report, state):
    return _with(report, lambda output: output.assign_attrs(units="kW")), state


def _wrong_shape(box, view, report, state):
    return _with(report, lambda output: output.transpose("quantile", "time", "zone")), state


def _short_horizon(box, view, report, state):
    return _with(report, lambda output: output.isel(time=slice(0, 12))), state


def _shifted_horizon(box, view, report, state):
    return _with(report, lambda output: output.assign_coords(time=output["time"] + np.timedelta64(15, "m"))), state


def _crossing(box, view, report, state):
    return _with(report, lambda output: output.copy(data=output.values[:, ::-1, :])), state


def _out_of_range(box, view, report, state):
    return _with(report, lambda output: output.copy(data=output.values * 1e5)), state


def _undeclared(box, view, report, state):
    return replace(report, outputs={**report.outputs, "temp_c": report.outputs["load_forecast_p_mw"]}), state


def _times_three(box, view, report, state):
    return _with(report, lambda output: output.copy(data=output.values * 3.0)), state


def _exits(box, view, report, state):
    sys.exit(3)


def _dies(box, view, report, state):
    os._exit(3)


def _segfaults(box, view, report, state):
    ctypes.string_at(0)


def _channel():
    return next(fd for fd in _descriptors() if str(Path(f"/proc/self/fd/{fd}").readlink()).startswith("socket:"))


def _half_message(box, view, report, state):
    os.write(_channel(), b'{"seq": 1, "rep')
    time.sleep(3600)


def _reads_future(box, view, report, state):
    return view.history("zone_load_p_mw", end=view.as_of + QUARTER_HOUR), state


def _writes_frame(box, view, report, state):
    view.frame.values[-1] = 0.0
    return report, state


def _not_a_report(box, view, report, state):
    return {"load": 1.0}, state


def _found(view, **wrong):
    """A finding as it should be, but for ``wrong``."""
    right = {"key": "load:peak", "priority": 3, "code": "load_peak", "params": {}, "element": "town", "owner": "planning"}
    return Finding(**{**right, "at": view.as_of, "act_before": view.as_of + QUARTER_HOUR, **wrong})


def _numbered_element(box, view, report, state):
    return replace(report, findings=(_found(view, element=2),)), state


def _listed_key(box, view, report, state):
    return replace(report, findings=(_found(view, key=("load", 2)),)), state


def _half_priority(box, view, report, state):
    return replace(report, findings=(_found(view, priority=2.5),)), state


def _naive_instant(box, view, report, state):
    return replace(report, findings=(_found(view, at=view.as_of.replace(tzinfo=None)),)), state


def _half_a_character(box, view, report, state):
    return replace(report, findings=(_found(view, params={"name": "\udc80"}),)), state


def _no_reason(box, view, report, state):
    return replace(report, reason=None), state


def _no_unit(box, view, report, state):
    return replace(report, headline=replace(report.headline, unit=None)), state


def _set_in_params(box, view, report, state):
    return replace(report, params={"zones": {"town"}}), state


def _nan_in_params(box, view, report, state):
    return replace(report, params={"peak_p_mw": float("nan")}), state


def _forges(box, view, report, state):
    """Says to the loop itself what ``message`` is, in place of the worker."""
    os.write(_channel(), box.config["message"].encode())
    time.sleep(3600)


def _ignores_signals(box, view, report, state):
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        try:
            time.sleep(3600)
        except BaseException:  # noqa: BLE001 - this is what the box is for
            continue


FAULTS = {name.removeprefix("_"): f for name, f in list(globals().items()) if name.startswith("_") and callable(f)}


class ConsumerBox:
    """Adds 1 % to the forecast of the box before it."""

    def __init__(self, config, context):
        self.zones = tuple(context.zones)
        self.card = BoxCard(
            name="consumer",
            version="1",
            owner="market",
            needs=(Need("load_forecast_p_mw", ahead=HORIZON, quantiles=(0.5,)),),
            provides=(Provide("grid_tariff_chf_per_kwh", horizon=HORIZON),),
            constants={"grid_tariff_chf_per_kwh": 0.1},
        )

    def step(self, view, artifact, state):
        forecast = view.outlook("load_forecast_p_mw", steps=96)
        middle = forecast.sel(quantile=0.5, zone="town").values
        output = xr.DataArray(
            0.05 + 0.01 * middle,
            dims=("time",),
            coords={"time": times_of(self.card.provides[0], view.as_of)},
            attrs={"units": "CHF/kWh"},
        )
        return Report({"grid_tariff_chf_per_kwh": output}, Headline("tariff", float(output[0]), "CHF/kWh")), None


class TrainedBox(SteadyBox):
    """Multiplies by the mean that it learned; ``fit`` can be told to hang, leak or raise, from the as-of ``after_s`` on."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.card = replace(
            self.card,
            name="trained",
            training=Training(
                every=timedelta(days=1),
                local_hour=2,
                effect_after=timedelta(hours=1),
                history=timedelta(days=14),
                deadline_s=config.get("fit_deadline_s", 10.0),
            ),
        )

    def fit(self, view, *, seed):
        if to_epoch_s(view.as_of) >= self.config.get("after_s", 0):
            self.misbehave(self.config.get("fit"))
        time.sleep(self.config.get("fit_s", 0.0))
        level = float(np.nanmean(view.history("zone_load_p_mw", ("town",)).values))
        return json.dumps({"level": level, "as_of": view.as_of.isoformat()}).encode()

    def misbehave(self, how):
        if how == "hangs":
            time.sleep(3600)
        if how == "leaks":
            self.kept = [np.ones(2**20) for _ in range(64)]
        if how == "raises":
            raise RuntimeError("singular")

    def step(self, view, artifact, state):
        if artifact is None:
            raise RuntimeError("no model yet")
        report, state = super().step(view, artifact, state)
        return replace(report, headline=Headline("level", json.loads(artifact)["level"], "MW")), state


class QuickBox(SteadyBox):
    """Answers what it answered before, so that what a tick costs is the runtime's own time."""

    kept = None

    def step(self, view, artifact, state):
        if QuickBox.kept is None:
            QuickBox.kept = super().step(view, artifact, state)[0]
        output = QuickBox.kept.outputs["load_forecast_p_mw"]
        output["time"] = times_of(self.card.provides[0], view.as_of)
        return QuickBox.kept, state


class SnoopBox(SteadyBox):
    """Reports what its process looks like from inside."""

    def step(self, view, artifact, state):
        report, state = super().step(view, artifact, state)
        try:
            import pandapower  # noqa: F401
        except ImportError:
            pandapower_found = False
        else:
            pandapower_found = True
        facts = {
            "threads": [os.environ[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL")],
            "pandapower": pandapower_found,
            "dask": sys.modules.get("dask") is not None,  # arrays were made: xarray has looked for it
            "preloaded": "twin.regie.preload" in sys.modules,
            "main": sys.modules["__main__"].__dict__.get("__file__"),
            "stdio": [str(Path(f"/proc/self/fd/{fd}").readlink()) for fd in range(3)],
            "session": os.getsid(0) == os.getpid(),
            "core": resource.getrlimit(resource.RLIMIT_CORE)[0],
            "data_limited": resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY,
            "temporary": tempfile.gettempdir(),
            "hash_seed": os.environ["PYTHONHASHSEED"],
            "ignored": [signal.getsignal(n) is signal.SIG_IGN for n in (signal.SIGTERM, signal.SIGINT)],
            "files": sorted(str(Path(f"/proc/self/fd/{fd}").readlink()).split(" ")[0] for fd in _descriptors() if fd > 2),
        }
        return replace(report, params=facts), state


def _descriptors():
    # The listing holds a descriptor of its own, which is gone when it is over.
    listed = [path for path in list(Path("/proc/self/fd").iterdir()) if path.is_symlink()]
    return [int(path.name) for path in listed]


class PatientBox(SteadyBox):
    """Is not built before the file ``config["until"]`` is there, and has started a process that outlives it."""

    def __init__(self, config, context):
        super().__init__(config, context)
        until = Path(config["until"])
        if not until.exists():
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", config["tag"]], start_new_session=True)
        while not until.exists():
            time.sleep(0.1)
