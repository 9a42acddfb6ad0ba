"""A blind drill of a past hour: what led there is told, what was decided and came is sealed.

The seal is the journal's own chain value at the drill's end: it follows from every decision and reading and tells none.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scenarios.drill.led import led_to
from scenarios.file.scenario import Drill
from scenarios.replay.journalled import Journalled
from scenarios.replay.window import local, moment_of, on_air
from twin.adapters.ready import Ready
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR_S
from twin.domain.whole_file import write_whole

LONGEST_HOURS = 24.0
_TITLE = {
    "de": "Übung: {site}, {at}",
    "fr": "Exercice : {site}, {at}",
    "it": "Esercitazione: {site}, {at}",
    "en": "Drill: {site}, {at}",
}
_TEACHES = {
    "de": "Eine vergangene Stunde entscheiden, ohne zu wissen, was kam; danach die eigenen Zahlen neben denen des Plans sehen",
    "fr": "Décider une heure passée sans savoir ce qui est arrivé ; voir ensuite ses chiffres à côté de ceux du plan",
    "it": "Decidere un'ora passata senza sapere che cosa è accaduto; vedere poi le proprie cifre accanto a quelle del piano",
    "en": "Deciding a past hour without knowing what came; then seeing one's own figures beside the plan's",
}


@dataclass(frozen=True)
class Asked:
    """What a drill is drawn from.

    Attributes:
        site, scenario: as given for the run, None where the journal's own site serves. ``at``: text of the first quarter hour.
        out: where the file goes; None: here, named after site and hour.
    """

    run: Journalled
    ready: Ready
    site: str | None
    scenario: str | None
    at: str
    hours: float
    out: Path | None


def flag_problems(at: str, hours: float, out: Path | None) -> list[Problem]:
    """What is wrong with a drill's hours and place, whatever the run."""
    problems = Problems()
    moment_of("--at", at, ZoneInfo("UTC"), problems)
    if not _length_fits(hours):
        limit = f"more than 0 and at most {LONGEST_HOURS:g}, whole quarter hours"
        problems.add("--hours", f"{hours:g}", limit, "a drill of three hours is long")
    if out is not None and out.exists():
        problems.add(f"--out {out}", "is there already", "a new file", "choose another place")
    elif out is not None and not out.parent.is_dir():
        problems.add(f"--out {out}", f"no folder {out.parent}", "a folder that is there", "make it, or choose another place")
    return problems.found


def _length_fits(hours: float) -> bool:
    return 0.0 < hours <= LONGEST_HOURS and not timedelta(hours=hours).total_seconds() % QUARTER_HOUR_S


def drawn(asked: Asked) -> Path:
    """Write the drill's file and return its place.

    Raises:
        BadInput: for hours that were not on air, and a place that is taken.
        OSError: when the disk does not take it.
    """
    zone, run = ZoneInfo(asked.ready.site.timezone), asked.run
    out = asked.out or Path(f"drill-{asked.ready.site.name}-{asked.at.replace(':', '').replace('/', '-')}.toml")
    problems = Problems()
    begin = moment_of("--at", asked.at, zone, Problems())
    length = timedelta(hours=asked.hours) if _length_fits(asked.hours) else None
    if begin is not None and length is not None and not run.earliest <= begin <= run.end - length:
        limit = f"with the {asked.hours:g} hours after it within {on_air(run, zone)}"
        problems.add("--at", local(begin, zone), limit, "choose hours that were on air")
    problems.found += flag_problems(asked.at, asked.hours, out)
    if problems or begin is None or length is None:
        raise BadInput(problems)
    beside = out.parent.resolve()
    drill = Drill(
        state=Path(os.path.relpath(run.state.resolve(), beside)),
        scenario=_from(asked.scenario, beside),
        head=run.head_at(begin),
        seal=run.head_at(begin + length),
        hidden=("what was decided from here on", "what grid, weather, telemetry, boxes and people did from here on"),
        led=led_to(run, asked.ready.site, begin),
    )
    window = {"start": begin.isoformat(), "hours": asked.hours}
    words = {"site": None, "at": f"{begin.astimezone(zone):%d.%m.%Y %H:%M}"}
    titles = asked.ready.site.about.title.model_dump()
    scenario = {
        "name": f"drill_{asked.ready.site.name}_{begin.astimezone(zone):%Y%m%dt%H%M}",
        "title": {lang: text.format(**{**words, "site": titles[lang]}) for lang, text in _TITLE.items()},
        "teaches": _TEACHES,
    }
    sites = [_from(asked.site, beside) or run.site]
    write_whole(out, _toml(sites, scenario, window, drill).encode())
    return out


def _from(name: str | None, folder: Path) -> str | None:
    """A file's path from ``folder``; a packaged name stays what it is."""
    if name is None or not Path(name).is_file():
        return name
    return os.path.relpath(Path(name).resolve(), folder)


def _toml(sites: Sequence[str], scenario: Mapping[str, Any], window: Mapping[str, Any], drill: Drill) -> str:
    lines = [
        "# A blind drill: regie live --scenario FILE puts it on air, regie drill FILE --played STATE tells how it went.",
        f"sites = {_value(sites)}",
        *_table("scenario", scenario),
        "",
        "[window]",
        f"start = {window['start']}",
        f"hours = {float(window['hours'])}",
        *_table("drill", drill.model_dump(mode="json", exclude={"led"}, exclude_none=True)),
    ]
    for led in drill.led:
        lines += ["", "[[drill.led]]", f"at = {led.at.isoformat()}", f"kind = {_value(led.kind)}", f"what = {_value(led.what)}"]
    return "\n".join(lines) + "\n"


def _table(name: str, entries: Mapping[str, Any]) -> list[str]:
    return ["", f"[{name}]", *(f"{key} = {_value(value)}" for key, value in entries.items())]


def _value(value: Any) -> str:
    """A text, list or table of texts, as TOML: its basic strings are JSON's."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_value(held)}" for key, held in value.items()) + " }"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return "[" + ", ".join(map(_value, value)) + "]"
