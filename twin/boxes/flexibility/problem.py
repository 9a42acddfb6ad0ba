"""What is to be planned, in field terms: devices, the site's prices, rows of the grid. No solver, no Box."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

NOT_PRICED_MW = -1e6
"""Peak lift of a step outside the priced month: no peak reaches it, and the row stays in the matrix."""


@dataclass(frozen=True)
class Storage:
    """A battery, or a car that may feed back. Power at the grid side, drawing positive; energy inside the cells.

    Attributes:
        efficiency: one way, charge and discharge each, 0..1.
        charge_max_mw, discharge_max_mw: limits, both >= 0, dims (step,).
        e0_mwh: energy at the start. ``e_min_mwh``, ``e_max_mwh``: bounds at the end of each step, dims (step,).
        own_p_mw: what it would do by itself, dims (step,).
        movable: False where it must do just that (refused by the dispatcher), dims (step,).
        moving_chf_per_mwh: what its owner earns per shifted MWh, half where it draws less than by itself, half where more.
        wear_chf_per_mwh: of the site's own cells, half for a MWh in, half for a MWh out.
        end_value_chf_per_mwh: worth of the energy left at the end.
        target_mwh: energy wanted at departure, None for a battery. Charge limits are zero after departure.
    """

    id: str
    efficiency: float
    charge_max_mw: np.ndarray
    discharge_max_mw: np.ndarray
    e0_mwh: float
    e_min_mwh: np.ndarray
    e_max_mwh: np.ndarray
    own_p_mw: np.ndarray
    movable: np.ndarray
    moving_chf_per_mwh: float = 0.0
    wear_chf_per_mwh: float = 0.0
    end_value_chf_per_mwh: float = 0.0
    target_mwh: float | None = None

    @property
    def reference_p_mw(self) -> np.ndarray:
        """What is paid for is measured against this, dims (step,)."""
        return self.own_p_mw

    @property
    def more_or_less_chf_per_mwh(self) -> tuple[float, float]:
        """What its owner earns for a MWh above and for one below the reference."""
        return 0.5 * self.moving_chf_per_mwh, 0.5 * self.moving_chf_per_mwh


@dataclass(frozen=True)
class Charger:
    """A car that draws only.

    Attributes:
        charge_max_mw: zero while it is away, dims (step,). ``efficiency``: grid to car.
        required_mwh: energy wanted in the car before departure.
        later_max_mwh: part of it that fits between the plan's end and departure; ``later_chf_per_mwh``: its price.
        own_p_mw, movable: as for `Storage`.
        reference_p_mw: what it would draw now had nobody ever held it back, dims (step,).
        moving_chf_per_mwh: what its owner earns per MWh withheld from that.
    """

    id: str
    efficiency: float
    charge_max_mw: np.ndarray
    required_mwh: float
    own_p_mw: np.ndarray
    movable: np.ndarray
    reference_p_mw: np.ndarray
    moving_chf_per_mwh: float = 0.0
    later_max_mwh: float = 0.0
    later_chf_per_mwh: float = 0.0

    @property
    def more_or_less_chf_per_mwh(self) -> tuple[float, float]:
        """What its owner earns for a MWh above and for one below the reference: what is withheld once is paid once."""
        return 0.0, self.moving_chf_per_mwh


@dataclass(frozen=True)
class Site:
    """The connection whose tariff is paid.

    Attributes:
        net_p_mw: net import without the planned devices, dims (step,).
        import_chf_per_mwh, export_chf_per_mwh: price of energy at the connection, dims (step,).
        peak_chf_per_mw: price of the month's highest quarter-hour mean import.
        peak_so_far_mw: month-to-date peak; only what exceeds it costs.
        peak_lift_mw: how far the worst quarter hour of a step may stand above the step's mean, dims (step,);
            `NOT_PRICED_MW` where the step belongs to a month that is not priced here.
    """

    net_p_mw: np.ndarray
    import_chf_per_mwh: np.ndarray
    export_chf_per_mwh: np.ndarray
    peak_chf_per_mw: float
    peak_so_far_mw: float
    peak_lift_mw: np.ndarray


@dataclass(frozen=True)
class GridRow:
    """One one-sided limit of the grid: ``sum(weight * p_mw) <= room_mw``, softened in two tiers.

    A transformer is two rows (weights +1 and -1); a voltage is a row whose weights are sensitivities divided by the
    largest one, so that its slack reads in MW of the most effective device.

    Attributes:
        name: "import:trafo:T", "export:trafo:T", "high_voltage:bus:458" ...; stable, it keys findings.
        kind: "trafo", "site" or "voltage". ``element``: the element's name. ``limit``: in ``unit``, for messages.
        weights: device id -> weight; devices that are absent have no effect.
        room_mw: what the planned devices may add up to, dims (step,), margin already deducted.
        margin_mw: part of the limit held back for the forecast's error, dims (step,), >= 0.
        unit_per_mw: one MW of excess in ``unit`` (percent of rating, pu; negative below a lower limit).
        paths_mw: how far each of the forecast's paths uses more of the row than the median, dims (quantile, step).
    """

    name: str
    kind: str
    element: str
    limit: float
    unit: str
    weights: tuple[tuple[str, float], ...]
    room_mw: np.ndarray
    margin_mw: np.ndarray
    unit_per_mw: float
    paths_mw: np.ndarray | None = None


@dataclass(frozen=True)
class Penalties:
    """Prices of what should not happen, each tier at least ten times the next [CHF/MWh].

    Attributes:
        excess: the grid's limit itself. ``departure``: energy missing in a car. ``margin``: using the margin held
            back for the forecast's error.
    """

    excess: float
    departure: float
    margin: float

    @classmethod
    def above(cls, money_chf_per_mwh: float) -> Penalties:
        """Tiers above the dearest MWh that money can save (a quarter hour of the monthly peak, usually)."""
        return cls(1000.0 * money_chf_per_mwh, 100.0 * money_chf_per_mwh, 10.0 * money_chf_per_mwh)


@dataclass(frozen=True)
class Structure:
    """What decides the LP's shape and matrix; equal structures share one compiled model.

    Attributes:
        hours: length of each step. ``storages``, ``chargers``: (id, efficiency). ``departing``: storages with a target.
        rows: (name, weights over all devices: storages, then chargers).
    """

    hours: tuple[float, ...]
    storages: tuple[tuple[str, float], ...]
    chargers: tuple[tuple[str, float], ...]
    departing: tuple[int, ...]
    rows: tuple[tuple[str, tuple[float, ...]], ...]

    @property
    def devices(self) -> tuple[str, ...]:
        """Ids in the LP's order: storages, then chargers."""
        return tuple(name for name, _ in (*self.storages, *self.chargers))


@dataclass(frozen=True)
class Problem:
    """A planning problem. Arrays over ``hours``; all powers [MW], energies [MWh], money [CHF]."""

    hours: tuple[float, ...]
    storages: tuple[Storage, ...]
    chargers: tuple[Charger, ...]
    site: Site
    rows: tuple[GridRow, ...]
    penalties: Penalties
    structure: Structure = field(init=False, compare=False)

    def __post_init__(self) -> None:
        ids = [s.id for s in self.storages] + [c.id for c in self.chargers]
        rows = tuple((row.name, tuple(dict(row.weights).get(i, 0.0) for i in ids)) for row in self.rows)
        structure = Structure(
            hours=self.hours,
            storages=tuple((s.id, s.efficiency) for s in self.storages),
            chargers=tuple((c.id, c.efficiency) for c in self.chargers),
            departing=tuple(i for i, s in enumerate(self.storages) if s.target_mwh is not None),
            rows=rows,
        )
        object.__setattr__(self, "structure", structure)

    @property
    def devices(self) -> tuple[Storage | Charger, ...]:
        """Storages, then chargers: the order of every (device, step) array."""
        return (*self.storages, *self.chargers)
