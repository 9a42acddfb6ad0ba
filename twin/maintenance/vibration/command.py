"""``regie maintenance features`` from flags to exit code: 0 done, 1 bad input."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from twin.boxes.maintenance.machines.bearing import BearingGeometry
from twin.boxes.maintenance.machines.features import Features, features_of
from twin.boxes.maintenance.machines.severity import PUBLISHED, ZONES, zone_of
from twin.domain.problems import BadInput, Problems
from twin.maintenance.vibration.records import M_S2, read_record

DONE, REFUSED = 0, 1
_UNITS = {"_mm_s": "mm/s", "_m_s2": "m/s2"}


def run(
    file: Path,
    *,
    unit: str | None,
    column: str | None,
    sample_hz: float | None,
    full_scale: float | None,
    speed_rpm: float | None,
    bearing: str | None,
    blades: int | None,
    machine_class: str | None,
    json_line: bool,
) -> int:
    """Print what the record says; faults go to standard error."""
    try:
        problems = Problems()
        geometry = _geometry(bearing, problems)
        figures = {"--sample-hz": sample_hz, "--full-scale": full_scale, "--speed-rpm": speed_rpm, "--blades": blades}
        _check(figures, unit, machine_class, problems)
        problems.raise_if_any()
        record = read_record(file, unit=unit, column=column, sample_hz=sample_hz, full_scale=full_scale)
        found = features_of(
            record.acceleration_m_s2,
            sample_hz=record.sample_hz,
            speed_hz=None if speed_rpm is None else speed_rpm / 60.0,
            bearing=geometry,
            blades=blades,
        )
    except BadInput as refused:
        for problem in refused.problems:
            sys.stderr.write(f"regie: {problem}\n")
        return REFUSED
    except OSError as error:
        sys.stderr.write(f"regie: {file}: {error.strerror}; expected a file that can be read; correct the path\n")
        return REFUSED
    answer = _answer(found, record.sample_hz, machine_class)
    for name, value in answer.items():
        if value is not None:
            sys.stdout.write(f"{_told(name, value)}\n")
    if json_line:
        sys.stdout.write(json.dumps(answer, separators=(",", ":")) + "\n")
    return DONE


def _answer(found: Features, sample_hz: float, machine_class: str | None) -> dict[str, Any]:
    """Everything that is known, None where a figure does not apply."""
    answer: dict[str, Any] = {"sample_hz": sample_hz}
    for name, value in asdict(found).items():
        answer[name] = None if isinstance(value, float) and not math.isfinite(value) else value
    if machine_class is not None:
        limits = PUBLISHED[machine_class]
        zone = zone_of(np.array([found.velocity_rms_mm_s]), limits.as_array[None, :])[0]
        answer |= {"zone": ZONES[int(zone)], "source": limits.source}
    return answer


def _told(name: str, value: Any) -> str:
    unit = next((unit for ending, unit in _UNITS.items() if name.endswith(ending)), "Hz" if name.endswith("_hz") else "")
    if isinstance(value, dict):
        return "\n".join(f"{name} {key}: {ratio:.3g}" for key, ratio in value.items()) if value else f"{name}: not asked"
    if isinstance(value, tuple | list):
        text = " to ".join(f"{part:g}" for part in value)
    else:
        text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{name}: {text} {unit}".rstrip()


def _geometry(text: str | None, problems: Problems) -> BearingGeometry | None:
    if text is None:
        return None
    parts = text.split(",")
    try:
        elements, element_mm, pitch_mm, contact_deg = int(parts[0]), *map(float, parts[1:])
        if elements >= 3 and 0.0 < element_mm < pitch_mm and 0.0 <= contact_deg < 90.0:
            return BearingGeometry(elements=elements, element_mm=element_mm, pitch_mm=pitch_mm, contact_deg=contact_deg)
    except ValueError:
        pass  # not four figures: refused below like four that make no bearing
    limit = "elements,element_mm,pitch_mm,contact_deg, for example 9,7.94,39.04,0"
    problems.add("--bearing", repr(text), limit, "take them from the bearing's data sheet")
    return None


def _check(figures: Mapping[str, float | None], unit: str | None, machine_class: str | None, problems: Problems) -> None:
    """Every flag that cannot be true, whatever the file holds."""
    for flag, value in figures.items():
        if value is not None and not 0.0 < value < math.inf:
            problems.add(flag, f"{value:g}", "a figure above 0", "correct it, or leave it out")
    if unit not in M_S2:
        given = "not given" if unit is None else repr(unit)
        problems.add("--unit", given, f"one of {', '.join(M_S2)}", "state the unit of the acceleration; none is guessed")
    if machine_class is not None and machine_class not in PUBLISHED:
        problems.add("--class", repr(machine_class), f"one of {', '.join(PUBLISHED)}", "choose one")
