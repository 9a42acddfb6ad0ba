"""What stands in the mail to somebody whom the roster calls: the alarm as on the screen, in their language."""

from __future__ import annotations

from dashboard.regie.messages import about
from dashboard.regie.names import Names
from dashboard.regie.views.alarm_item import sentence
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramFacts
from twin.contracts.snapshot import Snapshot


def call_text(
    snapshot: Snapshot, diagram: DiagramFacts, language: str, *, key: str, who: str, level: int, others: int
) -> tuple[str, str]:
    """(subject, text) of one call.

    Args:
        key: of the most urgent alarm that waits. ``others``: how many wait beside it.

    An alarm that has left the list since is named by its key.
    """
    words = Words.of(language, snapshot.site.timezone, snapshot.as_of, "call")
    names = Names(words, snapshot.site, diagram)
    site = snapshot.site.title[language]
    alarm = next((alarm for alarm in snapshot.alarms if alarm.key == key), None)
    lines = [words("ui.called", who=who, level=level), ""]
    if alarm is None:
        lines.append(names.asked(key))
    else:
        lines += [f"P{alarm.priority} {names.of(about(alarm))} ({words('ui.since', at=alarm.since)})"]
        lines += [sentence(alarm, part, names) for part in ("cause", "consequence", "action")]
        lines += [words("ui.act_before", at=alarm.act_before)]
    lines += [words("ui.others", count=others)] if others else []
    lines += ["", words("ui.acknowledge"), words("ui.as_of", at=words.moment(snapshot.as_of))]
    subject = words("ui.subject", site=site, alarm=names.asked(key) if alarm is None else names.of(about(alarm)))
    return (f"P{alarm.priority} " if alarm is not None else "") + subject, "\n".join(lines) + "\n"
