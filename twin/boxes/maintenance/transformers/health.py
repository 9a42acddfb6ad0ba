"""What the box remembers of its transformers, and how a stretch of telemetry moves them on.

Temperatures run in three lanes: *best*, *low* and *high*. With good telemetry all three see the same load
and ambient, and the lanes close at the pace of the oil; through a gap the best lane holds the last good value
while low and high take the extremes lately seen. So the statement widens with the gap and stays wide as long
as the oil remembers it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from twin.boxes.maintenance.thermal.gaps import BEST, bridged
from twin.boxes.maintenance.thermal.iec60076 import ThermalState, loss_of_life_h, roll, steady_state
from twin.boxes.maintenance.thermal.plates import Plates
from twin.boxes.maintenance.transformers.telemetry import LOAD_WINDOW, Telemetry, ambient_lanes
from twin.boxes.maintenance.watch.observe import observe
from twin.boxes.maintenance.watch.reference import with_budget
from twin.boxes.maintenance.watch.state import Watch, WatchSettings, new_watch
from twin.domain.pack import pack, unpack
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S

STEP_MIN = QUARTER_HOUR_S / 60.0
NOT_BEGUN = -1
"""Instant of a transformer of which no quarter hour could be followed yet."""
CHUNK = 192
"""Quarter hours rolled at once: bounds the memory of the first nine weeks of a thousand transformers."""
FORMAT = 2
_STATES = ("top_oil_c", "fast_k", "slow_k")


@dataclass(frozen=True)
class Health:
    """The transformers, each at its instant.

    Attributes:
        at_s: the instant, `NOT_BEGUN` where there is none yet. ``since_s``: where the count of lost life began. Epoch
            seconds, dims (trafo,).
        thermal: the three states, dims (lane, trafo).
        lost_h: life used up since then [h at normal ageing], best lane, dims (season, trafo), see `seasons`.
        counted_h: hours that this took, dims (season, trafo).
        load_factor, ambient_c: last good values, dims (trafo,); ambient without surcharge, NaN where none was measured.
        watch: on measured against modelled temperatures.
    """

    at_s: np.ndarray
    since_s: np.ndarray
    thermal: ThermalState
    lost_h: np.ndarray
    counted_h: np.ndarray
    load_factor: np.ndarray
    ambient_c: np.ndarray
    watch: Watch

    @property
    def begun(self) -> np.ndarray:
        """Where there is something to say, dims (trafo,)."""
        return self.at_s != NOT_BEGUN

    def take(self, columns: np.ndarray) -> Health:
        """Some transformers, the watch left out."""
        thermal = ThermalState(*(getattr(self.thermal, name)[:, columns] for name in _STATES))
        return Health(thermal=thermal, watch=self.watch, **{n: getattr(self, n)[..., columns] for n in _PLAIN})

    def put(self, columns: np.ndarray, other: Health) -> Health:
        """Some transformers replaced by ``other``, the watch left as it is."""
        thermal = ThermalState(*(_put(getattr(self.thermal, n), columns, getattr(other.thermal, n)) for n in _STATES))
        changed = {name: _put(getattr(self, name), columns, getattr(other, name)) for name in _PLAIN}
        return Health(thermal=thermal, watch=self.watch, **changed)

    def to_bytes(self, names: Sequence[str]) -> bytes:
        """Packed, for the journal; ``names`` of the transformers."""
        arrays = {name: getattr(self, name) for name in _PLAIN}
        arrays["thermal"] = np.stack([getattr(self.thermal, name) for name in _STATES])
        arrays |= {f"watch.{name}": array for name, array in self.watch.to_arrays().items()}
        return pack({"format": FORMAT, "trafos": list(names)}, arrays)

    @classmethod
    def from_bytes(cls, data: bytes, names: Sequence[str], settings: WatchSettings) -> Health | None:
        """Inverse of `to_bytes` for ``names``: those that were not there begin anew, those no longer there are dropped.

        A watch that had another budget of false alarms keeps its references and gets other bars.

        None for another format, whose history must be rolled over again.
        """
        meta, arrays = unpack(data)
        if meta.get("format") != FORMAT:
            return None
        old = list(meta["trafos"])
        watch = Watch.from_arrays({n.removeprefix("watch."): np.array(a) for n, a in arrays.items() if n.startswith("watch.")})
        thermal = ThermalState(*np.array(arrays["thermal"]))
        plain = {name: np.array(arrays[name]) for name in _PLAIN}
        watch = new_watch(len(old), settings) if watch is None else watch
        watch = with_budget(watch, alarms_per_asset_month=settings.alarms_per_asset_month)
        health = cls(thermal=thermal, watch=watch, **plain)
        return health if old == list(names) else _of(health, old, names)


_PLAIN = tuple(field.name for field in fields(Health) if field.name not in ("thermal", "watch"))
"""Attributes that are arrays with the transformers last."""


def new_health(count: int, settings: WatchSettings) -> Health:
    """Transformers of which nothing is known yet."""
    blank = np.full(count, np.nan)
    return Health(
        at_s=np.full(count, NOT_BEGUN),
        since_s=np.full(count, NOT_BEGUN),
        thermal=ThermalState(*(np.full((3, count), np.nan) for _ in _STATES)),
        lost_h=np.zeros((4, count)),
        counted_h=np.zeros((4, count)),
        load_factor=blank,
        ambient_c=blank.copy(),
        watch=new_watch(count, settings),
    )


def forget_temperatures(health: Health, *, before_s: int) -> Health:
    """Transformers last followed before ``before_s`` begin anew, their lost life and their watch kept."""
    return replace(health, at_s=np.where(health.at_s < before_s, NOT_BEGUN, health.at_s))


def seasons(label_s: np.ndarray) -> np.ndarray:
    """Season of each quarter hour: 0 December to February, 1 March to May, 2 June to August, 3 September to November.

    Meteorological seasons by the UTC month: the hour or two at their ends that local time counts elsewhere do not matter.
    """
    month = label_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    result: np.ndarray = (month % 12) // 3
    return result


def move_on(health: Health, telemetry: Telemetry, plates: Plates) -> Health:
    """The transformers at the end of ``telemetry``. In one go or in pieces: the same bits.

    Args:
        health: at instants within ``telemetry``; who has not begun begins at the first quarter hour that allows it.
        telemetry: from `LOAD_WINDOW` before those instants on, where there is so much.
        plates: of the transformers.
    """
    health = _begin(health, telemetry, plates)
    count = len(health.at_s)
    first = int(telemetry.row(int(health.at_s[health.begun].min()))) if health.begun.any() else telemetry.rows
    if first >= telemetry.rows:
        return health
    modelled_c = np.full((telemetry.rows - first, count), np.nan)
    for at_s in np.unique(health.at_s[health.begun]).tolist():
        columns = np.flatnonzero(health.at_s == at_s)
        whole = len(columns) == count
        group, of = (health, plates) if whole else (health.take(columns), plates.take(columns))
        load = telemetry.load_factor if whole else telemetry.load_factor[:, columns]
        for row in range(telemetry.row(at_s), telemetry.rows, CHUNK):
            last = min(row + CHUNK, telemetry.rows)
            group, states = _roll(group, telemetry, load, of, row, last)
            top_oil_c = states.top_oil_c[:, BEST]
            # the mean of the quarter hour, as telemetry reports it
            modelled_c[row - first : last - first, columns] = 0.5 * (top_oil_c[:-1] + top_oil_c[1:])
        health = group if whole else health.put(columns, group)
    return replace(health, watch=_look(health.watch, telemetry, plates, first, modelled_c))


def _begin(health: Health, telemetry: Telemetry, plates: Plates) -> Health:
    """Whoever can begin settled in the load and air of the first quarter hour that can be followed."""
    # not before the others, whose quarter hours the watch has seen
    start = telemetry.row(int(health.at_s[health.begun].min())) if health.begun.any() else 0
    row = telemetry.first_good(start)
    new = np.flatnonzero(~health.begun & (row >= 0))
    if not new.size:
        return health
    at_s = telemetry.start_s + row[new] * QUARTER_HOUR_S
    load = telemetry.load_factor[row[new], new]
    ambient = telemetry.ambient_c[row[new]]
    air = np.concatenate([ambient_lanes(telemetry.ambient_c, at, at + 1, np.nan)[0] for at in row[new].tolist()], axis=1)
    settled = steady_state(plates.take(new).parameters, np.broadcast_to(load, air.shape), air + plates.ambient_surcharge_k[new])
    begun = health.take(new)
    since_s = np.where(begun.since_s == NOT_BEGUN, at_s, begun.since_s)
    begun = replace(begun, at_s=at_s, since_s=since_s, thermal=settled, load_factor=load, ambient_c=ambient)
    return health.put(new, begun)


def _roll(
    group: Health, telemetry: Telemetry, load_factor: np.ndarray, plates: Plates, row: int, last: int
) -> tuple[Health, ThermalState]:
    """Transformers at one instant over rows ``row`` to ``last``: where they are then, and the states in between."""
    load = bridged(load_factor, row, last, group.load_factor, LOAD_WINDOW)
    outside = ambient_lanes(telemetry.ambient_c, row, last, float(group.ambient_c[0]))
    air = outside + plates.ambient_surcharge_k
    states = roll(plates.parameters, group.thermal, load, air, minutes=STEP_MIN)
    best = ThermalState(*(getattr(states, name)[:, BEST] for name in _STATES))
    lost_h = loss_of_life_h(plates.parameters, best, load[:, BEST], air[:, BEST], minutes=STEP_MIN, paper=plates.upgraded)
    label_s = telemetry.start_s + np.arange(row, last) * QUARTER_HOUR_S
    measured = np.flatnonzero(np.isfinite(telemetry.ambient_c[row:last]))
    ambient_c = np.full_like(group.ambient_c, telemetry.ambient_c[row + measured[-1]]) if measured.size else group.ambient_c
    lost, counted = _counted(group, lost_h, seasons(label_s))
    moved = replace(
        group,
        at_s=np.full_like(group.at_s, telemetry.start_s + last * QUARTER_HOUR_S),
        thermal=states.at(-1),
        lost_h=lost,
        counted_h=counted,
        load_factor=load[-1, BEST],
        ambient_c=ambient_c,
    )
    return moved, states


def _counted(group: Health, lost_h: np.ndarray, season: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lost life and hours with those of the quarter hours added, each to its season."""
    lost, counted = group.lost_h.copy(), group.counted_h.copy()
    for one in np.unique(season).tolist():
        rows = season == one
        # one by one and in order, so that pieces add up to the same bits as the whole
        lost[one] = np.add.accumulate(np.concatenate([lost[one][None], lost_h[rows]]), axis=0)[-1]
        counted[one] += np.count_nonzero(rows) * HOURS_PER_STEP
    return lost, counted


def _look(watch: Watch, telemetry: Telemetry, plates: Plates, first: int, modelled_c: np.ndarray) -> Watch:
    """Every quarter hour from ``first`` on into the watch: measured against modelled, NaN where either is missing."""
    for row in range(first, telemetry.rows):
        at_s = telemetry.start_s + row * QUARTER_HOUR_S
        if len(plates.reference_since_s):
            begun_s = np.where(plates.reference_since_s <= at_s, plates.reference_since_s, 0.0)
            watch = watch.renewed(begun_s.max(axis=0))
        modelled = modelled_c[row - first]
        load_factor, measured_c = telemetry.load_factor[row], telemetry.top_oil_c[row]
        air_c = telemetry.ambient_c[row] + plates.ambient_surcharge_k
        known = np.isfinite(load_factor)  # what is modelled from a held load says nothing of the cooling
        watch = observe(
            watch,
            at_s=at_s,
            modelled_rise_k=modelled - air_c,
            residual_k=np.where(known, measured_c - modelled, np.nan),
            measured_c=measured_c,
            load_factor=load_factor,
            ambient_c=air_c,
        )
    return watch


def _put(array: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    result = array.copy()
    result[..., columns] = values
    return result


def _of(health: Health, old: Sequence[str], names: Sequence[str]) -> Health:
    """The transformers ``names`` out of those remembered."""
    to = np.array([i for i, name in enumerate(names) if name in old], dtype=np.int64)
    source = np.array([old.index(names[i]) for i in to.tolist()], dtype=np.int64)
    fresh = new_health(len(names), health.watch.settings)
    # the newcomers begin in the block that is open for the others
    number = health.watch.open.number
    beside = replace(fresh.watch, at_s=health.watch.at_s, open=replace(fresh.watch.open, number=number))
    return replace(fresh.put(to, health.take(source)), watch=beside.put(to, health.watch, source))
