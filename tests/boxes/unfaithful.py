"""Boxes that break one promise each and keep all others, named after what they do; the trigger is as narrow as the promise."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import numpy as np
from faulty import SteadyBox, TrainedBox

from twin.contracts.box import Mode, Need
from twin.contracts.conformance import AUTUMN, SPRING
from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.domain.time import QUARTER_HOUR

SITE = SyntheticSite(rows=2 * 7 * 96)


def _says(report, **params):
    return replace(report, params=params)


def _wrong_unit(report):
    outputs = {name: output.assign_attrs(units="kW") for name, output in report.outputs.items()}
    return replace(report, outputs=outputs)


class Unfaithful(SteadyBox):
    """Raises on a day's load of the town [MW, newest last] that it ``cannot_stand``, however optional that input is."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.card = replace(self.card, needs=(Need("zone_load_p_mw", history=timedelta(days=1), mode=Mode.OPTIONAL),))

    def cannot_stand(self, load):
        return False

    def step(self, view, artifact, state):
        if self.cannot_stand(view.history("zone_load_p_mw", ("town",)).values[-96:, 0]):
            raise ValueError("cannot work with this load")
        return super().step(view, artifact, state)


class AfraidOfSilence(Unfaithful):
    def cannot_stand(self, load):
        return bool(np.isnan(load).all())


class AfraidOfDelay(Unfaithful):
    def cannot_stand(self, load):
        return bool(np.isnan(load[-8:]).all() and np.isfinite(load[0]))


class AfraidOfCalm(Unfaithful):
    def cannot_stand(self, load):
        return float(np.ptp(load)) == 0.0


class AfraidOfHoles(Unfaithful):
    def cannot_stand(self, load):
        return bool(np.isnan(load[:-8]).any() and np.isfinite(load[:-8]).any())


class AfraidOfSpikes(Unfaithful):
    def cannot_stand(self, load):
        return bool(load[-1] > 2.0 * load[:-1].max())


class AfraidOfShadow(Unfaithful):
    """Counts on a current value that its card calls optional and that has no history."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.card = replace(self.card, needs=(*self.card.needs, Need("ghi_w_m2", mode=Mode.OPTIONAL)))

    def step(self, view, artifact, state):
        # Not in single gaps, which is another promise: there the newest value of the town's load is missing.
        if np.isnan(float(view.last("ghi_w_m2"))) and np.isfinite(view.history("zone_load_p_mw").values).all():
            raise ValueError("no sun")
        return super().step(view, artifact, state)


class ShortSighted(Unfaithful):
    """Counts on an optional forecast."""

    def __init__(self, config, context):
        super().__init__(config, context)
        forecast = Need("pv_forecast_p_mw", ahead=timedelta(days=1), mode=Mode.OPTIONAL)
        self.card = replace(self.card, needs=(*self.card.needs, forecast))

    def step(self, view, artifact, state):
        if view.outlook("pv_forecast_p_mw").sizes["time"] < 96:
            raise ValueError("sees less than a day")
        return super().step(view, artifact, state)


class Vain(SteadyBox):
    """Promises what no card can."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.card = replace(self.card, cadence=timedelta(minutes=17), fallbacks=("lastgood", "instance:", "constant"))


class Boastful(SteadyBox):
    """Answers in another unit where nothing is wrong at all."""

    def step(self, view, artifact, state):
        report, state = super().step(view, artifact, state)
        known = SITE.frame(AS_OF).values
        ordinary = view.as_of == AS_OF and np.array_equal(view.frame.values[: len(known)], known)
        return (_wrong_unit(report) if ordinary else report), state


class Summery(SteadyBox):
    """Knows no clock change."""

    def step(self, view, artifact, state):
        if view.as_of.date() in (SPRING.date(), AUTUMN.date()):
            raise ValueError("a day has 96 quarter hours")
        return super().step(view, artifact, state)


class Punctual(SteadyBox):
    """Says that it answers at events, and does not between two quarter hours."""

    def __init__(self, config, context):
        super().__init__({**config, "on_event": True}, context)

    def step(self, view, artifact, state):
        if view.as_of.minute % 15:
            raise ValueError("this is not a quarter hour")
        return super().step(view, artifact, state)


class Fickle(SteadyBox):
    """Says whether it has been asked the same before."""

    asked = None

    def step(self, view, artifact, state):
        again, self.asked = self.asked == view.as_of, view.as_of
        report, state = super().step(view, artifact, state)
        return _says(report, again=again), state


class Secretive(SteadyBox):
    """Remembers on itself whether it was asked a quarter hour ago."""

    asked = None

    def step(self, view, artifact, state):
        follows, self.asked = self.asked == view.as_of - QUARTER_HOUR, view.as_of
        report, state = super().step(view, artifact, state)
        return _says(report, follows=follows), state


class Scribbling(SteadyBox):
    """Marks the signals ahead that it has seen, and tries to write into the frame."""

    def __init__(self, config, context):
        super().__init__(config, context)
        self.card = replace(self.card, needs=(*self.card.needs, Need("temp_c", ahead=timedelta(days=1), mode=Mode.OPTIONAL)))

    def step(self, view, artifact, state):
        with suppress(ValueError):
            view.frame.values[-1] = 0.0
        if "temp_c" in view.ahead:
            view.ahead["temp_c"].values = np.zeros(view.ahead["temp_c"].shape)
        return super().step(view, artifact, state)


class Peeping(SteadyBox):
    """Reads the frame past the view."""

    def step(self, view, artifact, state):
        report, state = super().step(view, artifact, state)
        return _says(report, last=float(np.nansum(view.frame.values[-1]))), state


class Slow(SteadyBox):
    """Takes longer than its deadline."""

    def __init__(self, config, context):
        super().__init__({**config, "deadline_s": 0.1}, context)

    def step(self, view, artifact, state):
        time.sleep(0.15)
        return super().step(view, artifact, state)


class Fertile(SteadyBox):
    """Leaves a process behind."""

    def step(self, view, artifact, state):
        if os.fork() == 0:
            time.sleep(3600)
        return super().step(view, artifact, state)


class Local(SteadyBox):
    """Says in which process it is."""

    def step(self, view, artifact, state):
        report, state = super().step(view, artifact, state)
        return _says(report, process=os.getpid()), state


class Careless(TrainedBox):
    """Learns something else each time."""

    fits = 0

    def fit(self, view, *, seed):
        Careless.fits += 1
        return super().fit(view, seed=seed) + b" " * Careless.fits


class Studious(TrainedBox):
    """Learns for longer than it said."""

    def __init__(self, config, context):
        super().__init__({**config, "fit_deadline_s": 1.0}, context)

    def fit(self, view, *, seed):
        time.sleep(1.2)
        return super().fit(view, seed=seed)
