"""A futures data set made by hand: two futures a chunk, one line overloaded in every second of them, known sums."""

import numpy as np

from scenarios.futures.schema import data_set

ELEMENTS = ("line:0", "line:1", "trafo:0", "bus:0", "bus:1", "bus:2")


def made_futures(futures=8, hours=2, *, per_chunk=2, **more):
    """Futures with odd numbers overload ``line:1`` by 10 % (0.25 MVAh a quarter hour) in every step of the plan, by 20 %
    with nobody deciding; everything imports 3 MW at 0.1 CHF/kWh; future 3 has ``line:0`` out and 1 MW unserved at ``bus:2``.

    Args:
        more: variables that replace these.
    """
    steps, chunks = 4 * hours, -(-futures // per_chunk)
    time = np.datetime64("2016-01-25T17:00", "ns") + np.arange(steps) * np.timedelta64(15, "m")
    number = np.arange(futures)
    odd, dark = number % 2 == 1, number == 3
    by_chunk = np.bincount(number // per_chunk, weights=odd, minlength=chunks)
    path, per_element = (2, futures, steps), (2, chunks, len(ELEMENTS), steps)
    excess = np.array([10.0, 20.0])
    over = np.zeros(per_element)
    over[:, :, 1] = by_chunk[None, :, None]
    unserved = np.zeros(per_element)
    unserved[:, 3 // per_chunk, 5] = float(dark.any())
    values = {
        "import_p_mw": np.full(path, 3.0),
        "loss_mw": np.full(path, 0.1),
        "unserved_mw": np.broadcast_to(dark[:, None] * 1.0, path),
        "loading_percent_max": np.broadcast_to(np.where(odd, 100.0 + excess[:, None], 80.0)[..., None], path),
        "vm_pu_min": np.full(path, 0.97),
        "vm_pu_max": np.full(path, 1.03),
        "overload_percent": np.broadcast_to((odd * excess[:, None])[..., None], path),
        "voltage_violation_pu": np.zeros(path),
        "price_chf_per_kwh": np.full(steps, 0.1),
        "import_co2_g_per_kwh": np.full(steps, 120.0),
        "import_renewable_share": np.full(steps, 0.5),
        "violating": over,
        "excess": over * excess[:, None, None, None],
        "excess_mwh": over * 0.25 * (excess / 10.0)[:, None, None, None],
        "unserved": unserved,
        "unserved_mwh": 0.25 * unserved,
        "futures_in_chunk": np.bincount(number // per_chunk, minlength=chunks),
        "outage": np.where(dark, "line:0", ""),
        "n1_margin_percent": np.broadcast_to(np.where(odd, -5.0, 15.0)[None, :, None], (2, futures, hours)),
        "n1_unsupplied_mw": np.full((2, futures, hours), 0.5),
    }
    coords = {"future": number, "time": time, "hour": time[::4], "chunk": np.arange(chunks), "element": ELEMENTS}
    return data_set({**values, **more}, coords, site="made", mode="futures", seed=1)
