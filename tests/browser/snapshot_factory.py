"""A busy evening on a published grid (mv_oberrhein) with a low-voltage street added, solved by pandapower."""

import json
import math
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from twin.contracts.diagram import DiagramBus, DiagramEdge, DiagramFacts, DiagramSwitch
from twin.contracts.snapshot import (
    AlarmView,
    Band,
    BoxCardView,
    BoxFacts,
    Curve,
    GridValues,
    Horizon,
    JournalLine,
    KpiTriple,
    OnCallView,
    OrderLifeView,
    OrderView,
    RecommendationView,
    SiteFacts,
    Snapshot,
    Strip,
    SwitchOrderView,
)

AS_OF = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)  # 18:00 in Zurich
QUARTER = timedelta(minutes=15)
TITLES = {
    "zone:town": {"fr": "Ville", "de": "Stadt", "it": "Città", "en": "Town"},
    "zone:neighbourhood": {"fr": "Quartier", "de": "Quartier", "it": "Quartiere", "en": "Neighbourhood"},
    "zone:school_roof": {"fr": "Toit de l'école", "de": "Schulhausdach", "it": "Tetto della scuola", "en": "School roof"},
    "group:home_batteries": {
        "fr": "Batteries domestiques",
        "de": "Heimbatterien",
        "it": "Batterie domestiche",
        "en": "Home batteries",
    },
    "group:community_battery": {
        "fr": "Batterie de quartier",
        "de": "Quartierbatterie",
        "it": "Batteria di quartiere",
        "en": "Community battery",
    },
    "group:cars": {"fr": "Voitures électriques", "de": "Elektroautos", "it": "Auto elettriche", "en": "Electric cars"},
}
STREET_TRAFO = {
    "fr": "Transformateur de la rue",
    "de": "Strassentrafo",
    "it": "Trasformatore della via",
    "en": "Street transformer",
}


@lru_cache(maxsize=1)
def solved_grid():
    """The net with a power flow of the evening: the street's transformer is overloaded and its end is low."""
    import pandapower as pp
    import pandapower.networks

    net = pandapower.networks.mv_oberrhein(scenario="load")
    hv_bus = int(net.load.bus.iloc[17])
    lv = pp.create_bus(net, 0.4, name="Street LV busbar")
    pp.create_transformer(net, hv_bus, lv, "0.25 MVA 20/0.4 kV", name="Street transformer")
    for feeder in range(5):
        before = lv
        for house in range(8):
            bus = pp.create_bus(net, 0.4, name=f"Street {feeder + 1}.{house + 1}")
            pp.create_line(net, before, bus, 0.045, "NAYY 4x50 SE", name=f"Cable {feeder + 1}.{house + 1}")
            pp.create_load(net, bus, 0.0066 if feeder else 0.0085, 0.001)
            before = bus
    pp.runpp(net, numba=False)
    return net


@lru_cache(maxsize=1)
def facts():
    net = solved_grid()
    bands = {True: (0.94, 1.05), False: (0.95, 1.05)}
    places = {int(i): tuple(json.loads(geo)["coordinates"]) for i, geo in net.bus["geo"].items() if isinstance(geo, str)}
    buses = tuple(
        DiagramBus(
            index=int(i),
            name=str(row["name"]),
            vn_kv=row.vn_kv,
            low_pu=bands[row.vn_kv < 1][0],
            high_pu=1.05,
            x=places.get(int(i), (None, None))[0],
            y=places.get(int(i), (None, None))[1],
        )
        for i, row in net.bus.iterrows()
    )
    lines = tuple(
        DiagramEdge(index=int(i), name=str(row["name"]), from_bus=row.from_bus, to_bus=row.to_bus, limit_percent=100.0)
        for i, row in net.line.iterrows()
    )
    trafos = tuple(
        DiagramEdge(index=int(i), name=str(row["name"]), from_bus=row.hv_bus, to_bus=row.lv_bus, limit_percent=100.0)
        for i, row in net.trafo.iterrows()
    )
    return DiagramFacts(
        buses=buses,
        lines=lines,
        trafos=trafos,
        couplers=(),
        sources=tuple(int(b) for b in net.ext_grid.bus),
        devices={"battery_street": int(net.bus.index[-1]), "battery_town": int(net.load.bus.iloc[3])},
        switches=switches(net),
    )


def switches(net):
    """Every switch of the grid; those that stand open in normal operation can be moved from the control room."""
    tables = {"b": "bus", "l": "line", "t": "trafo"}
    return tuple(
        DiagramSwitch(
            index=int(i),
            name=str(row["name"]),
            bus=int(row.bus),
            table=tables[row.et],
            element=int(row.element),
            type=str(row.type or ""),
            closed_in_file=bool(row.closed),
            remote=not row.closed,
            permitted=True,
        )
        for i, row in net.switch.iterrows()
    )


def open_lines():
    net = solved_grid()
    return tuple(sorted({int(e) for e in net.switch[(net.switch.et == "l") & ~net.switch.closed].element}))


def _values(table, column):
    return tuple(None if math.isnan(v) else round(float(v), 5) for v in table[column])


def grid_values():
    net = solved_grid()
    return GridValues(
        vm_pu=_values(net.res_bus, "vm_pu"),
        line_loading_percent=_values(net.res_line, "loading_percent"),
        trafo_loading_percent=_values(net.res_trafo, "loading_percent"),
        open_lines=open_lines(),
        closed_couplers=(),
        quality=("estimated",),
        open_switches=tuple(int(i) for i in net.switch.index[~net.switch.closed]),
    )


def day_curve(level, swing, phase=0.0, steps=96, start=AS_OF - timedelta(hours=24)):
    return Curve(
        start=start,
        values=tuple(
            round(level + swing * math.sin(2 * math.pi * (i / 96 + phase)) + 0.03 * swing * (i % 5), 4) for i in range(steps)
        ),
    )


def band(level, swing, phase=0.0):
    median = day_curve(level, swing, phase, start=AS_OF).values
    spread = [0.1 * swing * math.sqrt(i / 24) for i in range(96)]
    return Band(
        start=AS_OF,
        low=tuple(m - s for m, s in zip(median, spread, strict=True)),
        median=median,
        high=tuple(m + s for m, s in zip(median, spread, strict=True)),
    )


def box_facts():
    about = {
        "load_town": ("load", "zone:town"),
        "load_neighbourhood": ("load", "zone:neighbourhood"),
        "pv_town": ("pv", "zone:town"),
        "pv_school": ("pv", "zone:school_roof"),
        "transformer_neighbourhood": ("transformer", f"trafo:{facts().trafos[-1].index}"),
        "transformer_main_1": ("transformer", None),
        "tariff": ("tariff", None),
        "flexibility": ("flexibility", None),
    }
    champions = {name: BoxFacts(kind=kind, role="champion", subject=subject) for name, (kind, subject) in about.items()}
    return champions | {"load_town_profile": BoxFacts(kind="load", role="standby", subject="zone:town")}


def _card(instance, box, label, value, unit, **more):
    told = {
        "instance": instance,
        "box": box,
        "version": "1.0",
        "owner": "forecasting",
        "role": "champion",
        "label": label,
        "value": value,
        "unit": unit,
        "quality": ("forecast",),
        "service": "fresh",
        "outcome": "ok",
        "fallback": None,
        "as_of": AS_OF,
        "reason": "ok",
        "params": {},
        "problems": (),
    }
    return BoxCardView(**(told | more))


def thermal(trafo, *, line, binding, room_percent):
    """What the card of a transformer says of its room, in both directions."""
    return {
        "trafo": trafo,
        "line": line,
        "room_h": 2.0,
        "room_percent": room_percent,
        "binding": binding,
        "relieve_mw": 0.05,
        "relieve_from": (AS_OF + timedelta(minutes=45)).isoformat(),
        "relieve_h": 1.5,
        "hot_spot_low_c": 50.0,
        "hot_spot_high_c": 104.0,
        "hot_spot_limit_c": 120.0,
    }


def boxes():
    peak = {
        "peak_p_mw": 31.42,
        "peak_p05_mw": 29.8,
        "peak_p95_mw": 33.0,
        "peak_at": (AS_OF + timedelta(hours=1)).isoformat(),
        "peak_within_1h": 0.91,
        "ramp_threshold_mw": 2.4,
        "ramp_mw": -3.1,
        "ramp_at": (AS_OF + timedelta(hours=4)).isoformat(),
        "ramp_probability": 0.78,
        "history_days": 60,
    }
    return (
        _card(
            "load_town",
            "load",
            "load_forecast",
            29.84,
            "MW",
            reason="load_peak",
            params=peak,
            past=day_curve(24, 6),
            forecast=band(24, 6),
        ),
        _card(
            "load_neighbourhood", "load", "load_forecast", 0.391, "MW", past=day_curve(0.25, 0.12), forecast=band(0.25, 0.12)
        ),
        _card("pv_town", "pv", "pv_forecast", 0.0, "MW", past=day_curve(3, 3, 0.25), forecast=band(3, 3, 0.25)),
        _card(
            "transformer_neighbourhood",
            "transformer",
            "hot_spot",
            103.4,
            "degC",
            owner="maintenance",
            quality=("estimated",),
            reason="thermal_state",
            params=thermal("neighbourhood", line="thermal_relief", binding="hot_spot", room_percent=96.0),
            past=day_curve(70, 25),
            forecast=band(70, 25),
        ),
        _card(
            "transformer_main_1",
            "transformer",
            "hot_spot",
            51.2,
            "degC",
            owner="maintenance",
            quality=("good",),
            reason="thermal_state",
            params=thermal("main_1", line="thermal_room", binding="bushing", room_percent=128.0),
            past=day_curve(45, 8),
        ),
        _card(
            "pv_school",
            "pv",
            "pv_forecast",
            0.0,
            "MW",
            service="fallback",
            outcome="deadline",
            fallback="last_good",
            quality=("forecast", "substituted"),
            problems=("no answer within 2.0 s",),
            past=day_curve(0.02, 0.02, 0.25),
            forecast=band(0.02, 0.02, 0.25),
        ),
        _card(
            "tariff",
            "tariff",
            "grid_tariff",
            0.1327,
            "CHF/kWh",
            owner="tariffs",
            past=day_curve(0.11, 0.03),
            forecast=band(0.11, 0.03),
        ),
        _card(
            "flexibility",
            "flexibility",
            "shifted_energy",
            412.0,
            "kWh",
            owner="flexibility",
            quality=("good",),
            past=day_curve(300, 200),
        ),
        _card(
            "load_town_profile",
            "load",
            "load_forecast",
            30.1,
            "MW",
            role="standby",
            past=day_curve(24, 6),
            forecast=band(24, 6),
        ),
        _card("oil_leak_watch", "oil_leak", "drip_rate", 0.2, "l/h", reason="drip_seen", params={"drops": 3}),
    )


def _alarm(key, priority, code, params, element, **more):
    told = {
        "key": key,
        "priority": priority,
        "code": code,
        "params": params,
        "element": element,
        "since": AS_OF - timedelta(minutes=30),
        "at": AS_OF,
        "act_before": AS_OF + timedelta(minutes=15),
        "owner": "grid_operation",
        "parent": None,
        "acknowledged_by": None,
        "acknowledged_at": None,
        "cleared_at": None,
    }
    return AlarmView(**(told | more))


def alarms():
    trafo = facts().trafos[-1]
    loading = round(grid_values().trafo_loading_percent[-1], 1)
    name = {"name": trafo.name}
    low = min((v, b.index, b.name) for v, b in zip(grid_values().vm_pu, facts().buses, strict=True) if v is not None)
    return (
        _alarm(
            f"now:overload:trafo:{trafo.index}",
            2,
            "overload_now",
            {"loading_percent": loading, "limit_percent": 100.0, **name},
            f"trafo:{trafo.index}",
        ),
        _alarm(
            "now:voltage:low:0.4kV",
            3,
            "voltage_now",
            {"vm_pu": round(low[0], 4), "limit_pu": 0.94, "name": low[2]},
            f"bus:{low[1]}",
            parent=f"now:overload:trafo:{trafo.index}",
        ),
        _alarm(
            "box:pv_school",
            3,
            "box_failing",
            {"instance": "pv_school", "outcome": "deadline", "fallback": "last_good", "reason": "no answer within 2.0 s"},
            "pv_school",
            owner="forecasting",
            acknowledged_by="Desk 2",
            acknowledged_at=AS_OF - timedelta(minutes=15),
        ),
        _alarm("oil:leak", 4, "oil_leak", {"drops": 3, "where": "<b>sump</b>"}, "neighbourhood", owner="maintenance"),
        _alarm(
            "ahead:overload:line:4",
            3,
            "overload_forecast",
            {"loading_percent": 104.0, "limit_percent": 100.0, "name": "Line 4", "hours": 0.75},
            "line:4",
            cleared_at=AS_OF - timedelta(minutes=15),
        ),
        shelved_alarm(),
        escalated_alarm(),
    )


def shelved_alarm():
    """Out of sight for another hour and a half."""
    return _alarm(
        "ahead:overload:line:7",
        3,
        "overload_forecast",
        {"loading_percent": 103.0, "limit_percent": 100.0, "name": "Line 7", "hours": 0.5},
        "line:7",
        since=AS_OF - timedelta(hours=1),
        shelved_until=AS_OF + timedelta(minutes=90),
        shelved_by="Desk 2",
        shelved_motive="Known, the line is reinforced in spring",
    )


def escalated_alarm():
    """Nobody acknowledged it: the second on the roster has been called."""
    return _alarm(
        "orders:delivery",
        2,
        "orders_not_delivered",
        {"count": 3},
        "site",
        owner="system_operation",
        since=AS_OF - timedelta(minutes=45),
        act_before=AS_OF,
        escalation_level=2,
        escalated_to="Duty manager",
        escalated_at=AS_OF - timedelta(minutes=15),
    )


def _recommendation(id_, group, state, **more):
    told = {
        "id": id_,
        "group": group,
        "devices": 8,
        "device_ids": tuple(f"{group}_{number}" for number in range(more.get("devices", 8))),
        "reason": "relieve_trafo",
        "params": {
            "element": "neighbourhood",
            "row": "import:trafo:neighbourhood",
            "paths_share": 0.82,
            "limit": 100.0,
            "unit": "%",
            "at_h": 0.5,
            "without": 113.6,
            "energy_kwh": 58.0,
            "spread_chf_per_kwh": 0.04,
        },
        "p_mw_now": -0.0312,
        "effect": {
            "chf": -6.4,
            "co2_kg": -2.1,
            "energy_mwh": 0.058,
            "loading_percent_before": 113.6,
            "loading_percent_after": 97.8,
            "element": f"trafo {facts().trafos[-1].index}",
        },
        "confidence": 0.82,
        "decide_before": AS_OF + timedelta(minutes=30),
        "until": AS_OF + timedelta(hours=4),
        "planned_at": AS_OF,
        "state": state,
        "by": None,
        "motive": None,
    }
    return RecommendationView(**(told | more))


def recommendations():
    return (
        _recommendation("home_batteries@20160125T1700Z", "home_batteries", "open"),
        _recommendation(
            "cars@20160125T1645Z",
            "cars",
            "open",
            devices=30,
            reason="cheap_hours",
            p_mw_now=-0.121,
            confidence=1.0,
            params={"energy_kwh": 184.0, "from_h": 0.0, "to_h": 5.5, "spread_chf_per_kwh": 0.0731},
        ),
        _recommendation(
            "community_battery@20160125T1600Z",
            "community_battery",
            "accepted",
            devices=1,
            by="contract",
            p_mw_now=-1.0,
            reason="peak_shaving",
            params={"peak_mw": 33.1, "at_h": 1.0, "paths_share": 0.64},
        ),
        _recommendation(
            "boilers@20160125T1500Z",
            "boilers",
            "refused",
            devices=12,
            by="Desk 2",
            motive="Owner's wish",
            reason="warm_water_later",
            params={},
        ),
    )


def switch_orders():
    """One on its way and one that the field refused, on switches that can be moved from afar."""
    remote = [switch.index for switch in facts().switches if switch.remote]
    told = {"by": "Desk 2", "closed": True}
    return (
        SwitchOrderView(
            key="switch-2", switch=remote[0], start=AS_OF, expires=AS_OF + timedelta(minutes=5), state="sent", **told
        ),
        SwitchOrderView(
            key="switch-1",
            switch=remote[1],
            start=AS_OF - QUARTER,
            expires=AS_OF - timedelta(minutes=10),
            state="failed",
            reason="switch_did_not_move",
            **told,
        ),
    )


def order_lives():
    """One recommendation whose orders go their way, one of which failed; one that is only beginning."""
    return (
        OrderLifeView(
            recommendation="community_battery@20160125T1600Z", start=AS_OF, p_mw=-1.0, counts={"sent": 1, "confirmed": 3}
        ),
        OrderLifeView(
            recommendation="cars@20160125T1645Z",
            start=AS_OF - 2 * QUARTER,
            p_mw=0.0037,
            counts={"confirmed": 6, "failed": 1, "expired": 1},
            failed=(("car_17", 0.0),),
        ),
    )


def horizon():
    loading = [60 + 55 * math.exp(-(((i - 6) / 10) ** 2)) + 25 * math.exp(-(((i - 55) / 8) ** 2)) for i in range(96)]
    return Horizon(
        start=AS_OF,
        loading_before_percent=tuple(loading),
        loading_after_percent=tuple(min(v, 97.8) for v in loading),
        vm_min_pu=tuple(0.985 - 0.0005 * v for v in loading),
        vm_max_pu=tuple(1.02 + 0.0001 * v for v in loading),
        worst_element=(f"trafo {facts().trafos[-1].index}",) * 96,
    )


def snapshot(tick=41, *, interval_s=10.0, published_at=None, **changes):
    """One snapshot of the busy evening; ``changes`` replace whole fields."""
    published = published_at or datetime.now(UTC)
    fields = {
        "site": SiteFacts(
            name="demo",
            title={
                "fr": "Ville de démonstration 2035",
                "de": "Demostadt 2035",
                "it": "Città dimostrativa 2035",
                "en": "Demo town 2035",
            },
            timezone="Europe/Zurich",
            notes=("benchmark_town", "synthetic_outside"),
            titles=TITLES | {f"trafo:{facts().trafos[-1].index}": STREET_TRAFO},
            trafos={"neighbourhood": facts().trafos[-1].index},
            boxes=box_facts(),
            devices={"battery_street": "home_batteries", "battery_town": "community_battery"},
            roster=(
                OnCallView(who="Shift lead", after_minutes=15),
                OnCallView(who="Duty manager", after_minutes=30),
                OnCallView(who="Chief of forecasting", after_minutes=30, owner="forecasting"),
            ),
        ),
        "since": AS_OF - timedelta(hours=18),
        "tick": tick,
        "kind": "regular",
        "as_of": AS_OF,
        "interval": AS_OF - QUARTER,
        "published_at": published,
        "next_at": published + timedelta(seconds=interval_s),
        "mode": "live",
        "speed": "90",
        "tick_ms": 412.0,
        "telemetry": "normal",
        "coverage": 0.97,
        "quality": ("estimated",),
        "max_vm_error_pu": 2e-9,
        "engine": "batch",
        "kpis": {
            "economic": KpiTriple(
                value={"energy_chf": 51234.5, "peak_chf": 1204.0, "total_chf": 52438.5},
                baseline={"energy_chf": 51301.1, "peak_chf": 1260.0, "total_chf": 52561.1},
                difference={"energy_chf": -66.6, "peak_chf": -56.0, "total_chf": -122.6},
            ),
            "grid": KpiTriple(
                value={"losses_mwh": 4.21, "overload_percent_h": 3.4, "max_loading_percent": 108.2},
                baseline={"losses_mwh": 4.3, "overload_percent_h": 9.9, "max_loading_percent": 113.6},
                difference={"losses_mwh": -0.09, "overload_percent_h": -6.5, "max_loading_percent": -5.4},
            ),
            "climate": KpiTriple(
                value={"co2_t": 38.12, "renewable_share": 0.62},
                baseline={"co2_t": 38.3, "renewable_share": 0.61},
                difference={"co2_t": -0.18, "renewable_share": 0.01},
            ),
        },
        "renewable_share": 0.62,
        "import_p_mw": 28.9,
        "boxes": boxes(),
        "grid": grid_values(),
        "alarms": alarms(),
        "recommendations": recommendations(),
        "orders": tuple(
            OrderView(
                key=f"order-{i}", device=device, p_mw=p_mw, start=AS_OF - i * QUARTER, expires=AS_OF + QUARTER, state=state
            )
            for i, (device, p_mw, state) in enumerate(
                (
                    ("battery_town", -1.0, "sent"),
                    ("battery_street", -0.0048, "confirmed"),
                    ("car_17", 0.0, "failed"),
                    ("car_21", 0.0037, "expired"),
                )
            )
        ),
        "switch_orders": switch_orders(),
        "order_lives": order_lives(),
        "order_counts": {"proposed": 12, "accepted": 12, "sent": 11, "confirmed": 9, "failed": 1, "expired": 1, "refused": 0},
        "strip": Strip(
            price_chf_per_kwh=0.1123,
            grid_tariff_chf_per_kwh=0.1327,
            battery_soc_percent=63.4,
            battery_p_mw=-0.412,
            charger_p_mw=0.287,
            chargers_connected=41,
            flexibility_on_call_mw=0.36,
            interval=AS_OF - QUARTER,
            quality=("good",),
        ),
        "horizon": horizon(),
        "journal": (
            JournalLine(at=AS_OF, code="orders_sent", params={"count": 3}),
            JournalLine(at=AS_OF - QUARTER, code="alarm_acknowledged", params={"by": "Desk 2", "key": "box:pv_school"}),
            JournalLine(
                at=AS_OF - QUARTER,
                code="recommendation_refused",
                params={"by": "Desk 2", "id": "boilers@20160125T1500Z", "motive": "Owner's wish"},
            ),
            JournalLine(at=AS_OF - 2 * QUARTER, code="kettle_boiled", params={"cups": 4}),
        ),
        "head": "3f9a1c77aa02de41",
    }
    return Snapshot(**(fields | changes))


def write(state, model, name="regie.json"):
    """Atomically, as the loop does."""
    folder = Path(state) / "snapshots"
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f".{name}.new"
    draft.write_text(model.model_dump_json())
    draft.replace(folder / name)
