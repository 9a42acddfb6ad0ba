"""A hamlet of nine buses as any utility would bring it: pandapower JSON, a folder of CSV telemetry, a site file.

The powers are drawn from a seed; voltages and flows come from the power flow of the same grid: everything fits together.
"""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from twin.domain.grid import NORMAL
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s

ZURICH = ZoneInfo("Europe/Zurich")
SUMMER = datetime(2024, 6, 12, 22, 0, tzinfo=UTC)
"""Local midnight of a Thursday: where the hamlet's window begins."""
LOADS, PLANTS = 6, 2
_KWP = (30.0, 20.0)

SITE = (Path(__file__).parent / "hamlet.toml").read_text(encoding="utf-8")


CAP_MW = 0.005
"""What the curtailer leaves the roof."""

_RIGHTS = """
[[devices]]
group = "roof"
id = "roof"
kind = "pv_plant"
zone = "hamlet"
sgens = [0]
kwp = 30.0
annual_mwh = 0.2
rights = { right = "guaranteed", acceptance = "automatic", price_chf_per_kwh = 0.1 }

[[devices]]
group = "pumps"
id = "pumps"
kind = "heat_pumps"
zone = "hamlet"
loads = [0, 1]
p_kw = 3.0
ripple = { customers = 20, longest_block_h = 0.5, calls_per_day = 2, rest_h = 0.5, rebound_share = 0.9, rebound_h = 1.5 }
rights = { right = "contract", acceptance = "automatic", price_chf_per_kwh = 0.08, channel = "ripple" }

[[telemetry.channels]]
table = "device"
quantities = ["p_mw"]
elements = ["roof", "pumps"]
sigma = 1.0

[[telemetry.channels]]
table = "device"
quantities = ["limit_mw"]
elements = ["roof"]
minimum = 0.0
maximum = 0.1
"""


@dataclass(frozen=True)
class Reading:
    """A line of telemetry. ``known_min``: minutes from the quarter hour's start until it was known, None: when it is over."""

    label_s: int
    channel: str
    value: float
    known_min: int | None = None

    @property
    def label(self) -> datetime:
        return from_epoch_s(self.label_s)


@dataclass
class Hamlet:
    """A hamlet's folder before it is written: change text and readings, then `write`.

    Attributes:
        window: readings from ``start`` on. ``history``: CSV text of the weeks before. ``grid``: pandapower JSON, "" for the
            hamlet's own. ``local_stamps``: write Swiss local time without offset.
    """

    start: datetime
    history: str
    window: list[Reading]
    site: str = SITE
    local_stamps: bool = False
    grid: str = ""

    def replace(self, channel: str, label: datetime, value: float | None) -> "Hamlet":
        """Another value for one reading; None takes it away."""
        at = to_epoch_s(label)
        found = [i for i, r in enumerate(self.window) if (r.channel, r.label_s) == (channel, at)]
        assert found, f"no reading of {channel} at {label}"
        for i in reversed(found):
            if value is None:
                del self.window[i]
            else:
                self.window[i] = Reading(at, channel, value)
        return self

    def with_planner(self, acceptance: str = "automatic") -> "Hamlet":
        """The box of ``hamlet_boxes.py`` moves the battery; ``acceptance``: by contract, or by the dispatcher."""
        self.site = self.site.replace('"tariff"]', '"tariff", "hamlet_boxes:Planner"]')
        self.site = self.site.replace('acceptance = "automatic"', f'acceptance = "{acceptance}"')
        self.site += '\n[[boxes]]\nname = "planner"\nuse = "hamlet_boxes:Planner"\n'
        return self

    def with_curtailer(self) -> "Hamlet":
        """The box of ``hamlet_boxes.py`` curtails the roof of ``sgen.0`` and blocks heat pumps, which both obey from the second
        quarter hour on. The roof's guarantee is 6 kWh, so that a noon uses it up.
        """
        self.site = self.site.replace("boxes_allowed = [", 'boxes_allowed = ["hamlet_boxes:Curtailer", ')
        self.site = self.site.replace("[[telemetry.channels]]", f"{_RIGHTS}\n\n[[telemetry.channels]]", 1)
        self.site += '\n[[boxes]]\nname = "curtailer"\nuse = "hamlet_boxes:Curtailer"\n'
        first = to_epoch_s(self.start) + 900
        limit = [Reading(r.label_s, r.channel, min(r.value, CAP_MW)) for r in self.window if r.channel == "sgen.0.p_mw"]
        for roof in limit:
            if roof.label_s >= first:
                self.replace(roof.channel, roof.label, roof.value)
                names = {"roof.p_mw": -roof.value, "roof.limit_mw": CAP_MW, "pumps.p_mw": 0.0}
                self.window += [Reading(roof.label_s, f"device.{name}", value) for name, value in names.items()]
        return self

    def with_learner(self, fit_s: float = 0.0) -> "Hamlet":
        """The box of ``hamlet_boxes.py`` learns every hour."""
        self.site = self.site.replace("boxes_allowed = [", 'boxes_allowed = ["hamlet_boxes:Learner", ')
        self.site += f'\n[[boxes]]\nname = "learner"\nuse = "hamlet_boxes:Learner"\nconfig = {{ fit_s = {fit_s} }}\n'
        return self

    def with_moody(self, mood: str, first: int, last: int) -> "Hamlet":
        """The box of ``hamlet_boxes.py`` fails in ticks ``first`` to ``last``."""
        begin, end = (to_epoch_s(self.start + (number + 1) * QUARTER_HOUR) for number in (first, last + 1))
        self.site = self.site.replace("boxes_allowed = [", 'boxes_allowed = ["hamlet_boxes:Moody", ')
        self.site += '\n[[boxes]]\nname = "moody"\nuse = "hamlet_boxes:Moody"\n'
        self.site += f'config = {{ mood = "{mood}", from_s = {begin}, until_s = {end} }}\n'
        return self

    def with_shadow(self, champion: str = "", shadow: str = "", rule: str = "") -> "Hamlet":
        """A load forecast in the shadow of another: TOML keys for the config of either, and for ``[promote]``."""
        begin, end = 'name = "load"\nuse = "load"\nconfig = { ', '[[boxes]]\nname = "pv"'
        before, after = self.site.split(begin)
        config, others = after.split(end)
        use = 'use = "hamlet_boxes:Skewed"\nconfig = { '
        tuned = f'[[boxes]]\nname = "load_tuned"\nrole = "shadow"\nshadows = "load"\n{use}{shadow}{config}'
        self.site = f'{before}name = "load"\n{use}{champion}{config}{tuned}{end}{others}\n[promote]\n{rule}\n'
        self.site = self.site.replace("boxes_allowed = [", 'boxes_allowed = ["hamlet_boxes:Skewed", ')
        return self

    def with_believer(self) -> "Hamlet":
        """The load forecast of ``hamlet_boxes.py`` believes whatever was measured last, as the house's own does not."""
        self.site = self.site.replace('name = "load"\nuse = "load"', 'name = "load"\nuse = "hamlet_boxes:Believer"')
        self.site = self.site.replace("boxes_allowed = [", 'boxes_allowed = ["hamlet_boxes:Believer", ')
        return self

    def scale(self, factor: float, label: datetime) -> "Hamlet":
        """Every power of one quarter hour multiplied: consumption, feeders, transformer."""
        at = to_epoch_s(label)
        for i, r in enumerate(self.window):
            if r.label_s == at and r.channel.startswith(("trafo.", "line.")):
                self.window[i] = Reading(at, r.channel, factor * r.value)
        return self

    def write(self, folder: Path) -> Path:
        """The site file's path."""
        (folder / "telemetry").mkdir(parents=True)
        (folder / "grid.json").write_text(self.grid or grid_json())
        (folder / "telemetry" / "history.csv").write_text(self.history)
        with (folder / "telemetry" / "window.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["time", "channel", "value", "known_time"])
            for reading in self.window:
                known = "" if reading.known_min is None else (reading.label + timedelta(minutes=reading.known_min)).isoformat()
                value = "" if reading.value != reading.value else repr(reading.value)
                writer.writerow([self._stamp(reading.label), reading.channel, value, known])
        path = folder / "hamlet.toml"
        path.write_text(self.site)
        return path

    def _stamp(self, label: datetime) -> str:
        if not self.local_stamps:
            return label.isoformat()
        return label.astimezone(ZURICH).replace(tzinfo=None).isoformat()


def hamlet(start: datetime = SUMMER, days: float = 2.0, *, weeks: int = 2, local_stamps: bool = False) -> Hamlet:
    """A hamlet with ``weeks`` of telemetry before ``start`` and ``days`` after it."""
    history, window = _readings(start, days, weeks)
    return Hamlet(start, history, list(window), local_stamps=local_stamps)


@cache
def grid_json() -> str:
    """10 kV line, 400 kVA transformer, two low-voltage feeders with an open tie between their ends."""
    import pandapower as pp

    net = pp.create_empty_network(name="hamlet")
    for number in range(9):
        pp.create_bus(net, vn_kv=10.0 if number < 2 else 0.4, name=f"Knoten {number}")
    pp.create_ext_grid(net, 0, vm_pu=1.02, s_sc_max_mva=200.0, rx_max=0.1)
    pp.create_line(net, 0, 1, length_km=1.2, std_type="NA2XS2Y 1x95 RM/25 12/20 kV", name="Zuleitung")
    pp.create_transformer(net, 1, 2, std_type="0.4 MVA 10/0.4 kV", name="Trafostation")
    for begin, end in ((2, 3), (3, 4), (4, 5), (2, 6), (6, 7), (7, 8), (5, 8)):
        pp.create_line(net, begin, end, length_km=0.12, std_type="NAYY 4x150 SE", name=f"Strang {begin}-{end}")
    for bus in range(3, 9):
        pp.create_load(net, bus, p_mw=0.012, q_mvar=0.003, name=f"Häuser {bus}")
    for bus, kwp in zip((4, 8), _KWP, strict=True):
        pp.create_sgen(net, bus, p_mw=0.0, sn_mva=kwp / 1000.0, name=f"Dach {bus}", type="PV")
    pp.create_switch(net, bus=2, element=4, et="l", closed=True, type="CB", name="Abgang Ost")
    pp.create_switch(net, bus=5, element=7, et="l", closed=False, type="LBS", name="Trennstelle")
    text: str = pp.to_json(net, filename=None)
    return text


@cache
def _readings(start: datetime, days: float, weeks: int) -> tuple[str, tuple[Reading, ...]]:
    past = timedelta(weeks=weeks)
    steps = int((past + timedelta(days=days)) / QUARTER_HOUR)
    labels = to_epoch_s(start - past) + 900 * np.arange(steps)
    values = _measured(labels)
    begin = int(past / QUARTER_HOUR)
    seldom = {name for name in values if name.startswith(("bus.", "switch."))}  # no box reads the past of these
    lines = ["time,channel,value"]
    stamps = [from_epoch_s(s).isoformat() for s in labels]
    for name, series in values.items():
        since = begin - 96 if name in seldom else 0
        lines += [f"{stamps[i]},{name},{series[i]:.6g}" for i in range(since, begin)]
    window = [
        Reading(int(labels[i]), name, float(f"{series[i]:.6g}")) for i in range(begin, steps) for name, series in values.items()
    ]
    return "\n".join(lines) + "\n", tuple(window)


def _measured(labels: np.ndarray) -> dict[str, np.ndarray]:
    """Channel -> values: drawn powers, and what the power flow makes of them, with 0.5 % of noise."""
    from twin.adapters.overlay import build_batteries
    from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
    from twin.engines import make_engine

    rng = np.random.default_rng(7)
    hour = (labels / 3600.0 + 1.5) % 24.0
    weekday = ((labels // 86400) + 4) % 7
    habit = 0.45 + 0.35 * np.exp(-(((hour - 7.5) / 1.8) ** 2)) + 0.75 * np.exp(-(((hour - 19.0) / 2.5) ** 2))
    habit = habit * np.where(weekday >= 5, 1.12, 1.0)
    wander = _smooth(rng, len(labels), LOADS, 0.12)
    load_p = 0.012 * habit[:, None] * (1.0 + wander)
    elevation = np.clip(np.sin((hour - 5.0) / 15.0 * np.pi), 0.0, None) * ((hour > 5.0) & (hour < 20.0))
    cloud = np.clip(0.75 + _smooth(rng, len(labels), 1, 0.25)[:, 0], 0.1, 1.0)
    ghi = 880.0 * elevation**1.3 * cloud
    sgen_p = ghi[:, None] / 1000.0 * 0.85 * np.array(_KWP) / 1000.0
    battery = 0.004 * np.sign(np.sin((hour - 8.0) / 24.0 * 2.0 * np.pi))
    since = (hour - 8.0) % 24.0  # charges for twelve hours, then gives back as long: 48 of its 100 kWh
    soc_percent = 25.0 + np.where(since < 12.0, 4.0 * (since + 0.25), 48.0 - 4.0 * (since + 0.25 - 12.0))
    temp_c = 12.0 + 5.0 * np.sin((hour - 9.0) / 24.0 * 2.0 * np.pi) + 2.0 * _smooth(rng, len(labels), 1, 1.0)[:, 0]

    import pandapower as pp

    net = pp.from_json_string(grid_json())
    right = RightOfUse(Right.CONTRACT, Acceptance.AUTOMATIC, 0.05)
    build_batteries(net, [Device("battery", "battery", "battery", "storage", 0, 5, "hamlet", -0.01, 0.01, 0.1, 0.95, right)])
    model = make_engine("batch", net).model(NORMAL)
    powers = {
        "load_p_mw": (("time", "load"), load_p),
        "load_q_mvar": (("time", "load"), 0.25 * load_p),
        "sgen_p_mw": (("time", "sgen"), sgen_p),
        "storage_p_mw": (("time", "storage"), battery[:, None]),
    }
    grid = model.grid
    coords = {"time": np.arange(len(labels)), "load": grid.load, "sgen": grid.sgen, "storage": grid.storage}
    want = ("vm_pu", "trafo_p_hv_mw", "trafo_q_hv_mvar", "line_p_from_mw", "line_q_from_mvar")
    flow = model.solve(xr.Dataset(powers, coords=coords), want=want)
    found = {"trafo.0.p_mw": flow["trafo_p_hv_mw"].values[:, 0], "trafo.0.q_mvar": flow["trafo_q_hv_mvar"].values[:, 0]}
    for line in (1, 4):
        found[f"line.{line}.p_mw"] = flow["line_p_from_mw"].values[:, line]
        found[f"line.{line}.q_mvar"] = flow["line_q_from_mvar"].values[:, line]
    found |= {f"bus.{bus}.vm_pu": flow["vm_pu"].values[:, bus] for bus in (2, 5, 8)}
    found |= {f"sgen.{i}.p_mw": sgen_p[:, i] for i in range(PLANTS)}
    noise = {name: 1.0 + rng.normal(0.0, 0.0005 if "vm_pu" in name else 0.005, len(labels)) for name in found}
    found = {name: series * noise[name] for name, series in found.items()}
    found |= {"switch.0.closed": np.ones(len(labels)), "switch.1.closed": np.zeros(len(labels))}
    found |= {"device.battery.p_mw": battery, "device.battery.soc_percent": soc_percent}
    found |= {"device.battery.available": np.ones(len(labels))}
    found |= {"weather.site.temp_c": temp_c, "weather.site.ghi_w_m2": ghi}
    price = 0.08 + 0.03 * np.sin((hour - 12.0) / 12.0 * 2.0 * np.pi)
    steady = {"price_chf_per_kwh": price, "import_renewable_share": 0.6, "import_co2_g_per_kwh": 110.0}
    return found | {f"market.site.{name}": np.broadcast_to(value, len(labels)) for name, value in steady.items()}


def _smooth(rng: np.random.Generator, steps: int, columns: int, spread: float) -> np.ndarray:
    """First-order autoregressive noise with a memory of about two hours, dims (time, column)."""
    from scipy.signal import lfilter

    memory = 0.9
    drawn = rng.normal(0.0, spread * np.sqrt(1.0 - memory**2), (steps, columns))
    noise: np.ndarray = lfilter([1.0], [1.0, -memory], drawn, axis=0)
    return noise
