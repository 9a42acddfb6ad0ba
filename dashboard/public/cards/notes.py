"""The honest labels: what of the town is made up, whose time it is, which published figure has been corrected."""

from __future__ import annotations

from dashboard import format as fmt
from dashboard.public.pages.places import Places
from dashboard.public.telling import DAY, QUARTER_HOUR, REAL_TIME, Telling

NOTE_PLACES = 8


def fill(telling: Telling) -> None:
    """One line above everything for a demonstration, and the notes below."""
    facts = _facts(telling)
    telling.put("demo", telling.say("demo.line", facts="; ".join(facts)) if facts else "")
    notes = [*_corrected(telling), *_about(telling)]
    for index in range(NOTE_PLACES):
        telling.put(f"note{index}", notes[index] if index < len(notes) else "")


def _facts(telling: Telling) -> list[str]:
    speed = telling.snapshot.speed
    facts = [telling.say(f"demo.{code}") for code in telling.snapshot.notes if telling.has(f"demo.{code}")]
    if speed is None:
        facts.append(telling.say("demo.full_speed"))
    elif speed != REAL_TIME:
        factor = fmt.number(speed, language=telling.language, decimals=0 if speed.is_integer() else 2)
        facts.append(telling.say("demo.speed", factor=factor))
    elif telling.own_date:
        facts.append(telling.say("demo.calendar"))
    return facts


def _about(telling: Telling) -> list[str]:
    snapshot = telling.snapshot
    notes = [telling.say(f"about.{code}" if telling.has(f"about.{code}") else f"note.{code}") for code in snapshot.notes]
    if telling.own_date:
        notes.append(telling.say("about.own_clock", day=telling.day(snapshot.interval)))
    if snapshot.speed is not None and snapshot.speed != REAL_TIME:
        quarter, day = (telling.lasting(length / snapshot.speed) for length in (QUARTER_HOUR, DAY))
        notes.append(telling.say("about.own_speed", quarter=quarter, day=day))
    return notes


def _corrected(telling: Telling) -> list[str]:
    """The newest correction; all of them stand with the figures."""
    corrections = telling.release.corrections if telling.release else ()
    if not corrections:
        return []
    newest = max(corrections, key=lambda correction: correction.at)
    shares = {"before": telling.percent(newest.before), "after": telling.percent(newest.after)}
    period = fmt.period(newest.period, language=telling.language)
    return [telling.say("about.corrected", period=period, day=telling.day(newest.at), **shares)]


def markup(put: Places) -> str:
    """A list, and the way to the method; an unknown code is shown readably rather than left out."""
    rows = "".join(put("li", f"note{index}") for index in range(NOTE_PLACES))
    how = f'<p class="more"><a href="how/">{put.say("card.how")}</a></p>'
    return put.card("notes", put.title("notes"), f"<ul>{rows}</ul>{how}")
