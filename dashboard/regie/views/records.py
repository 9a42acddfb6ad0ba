"""The last lines of the journal, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.format import readable
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import about, facts, told
from dashboard.regie.names import Names
from twin.contracts.snapshot import AlarmView, JournalLine


def journal_lines(lines: Sequence[JournalLine], head: str, alarms: Sequence[AlarmView], names: Names) -> Markup:
    """Newest first; the head says which chain these lines belong to."""
    words = names.words
    known = {alarm.key: names.of(about(alarm)) for alarm in alarms}
    newest = sorted(lines, key=lambda line: line.at, reverse=True)
    items = [
        tag(
            "li",
            tag("time", words.moment(line.at), datetime=line.at.isoformat()),
            " ",
            line_in_words(line, known, names),
            data_tip=words("ui.technical", text=line.params["channels"]) if "channels" in line.params else None,
        )
        for line in newest
    ]
    body = tag("ol", *items) if items else tag("p", words("ui.no_journal"), class_="empty")
    return tag(
        "div",
        tag("h2", words("ui.journal")),
        tag("p", words("ui.head", head=head[:12]), class_="meta") if head else None,
        tag("div", body, class_="scroll", tabindex=0, role="group", data_focus="journal", aria_label=words("ui.journal")),
        class_="filled",
    )


def line_in_words(line: JournalLine, alarms: Mapping[str, str], names: Names) -> str:
    """One line in words; a code without words shows itself and its parameters.

    Args:
        alarms: key of an alarm on the list -> what it is about.
    """
    code = f"journal.{line.code}"
    if not names.words.known(code):
        came = facts(line.params)
        return f"{readable(line.code)}: {came}" if came else readable(line.code)
    listed = {name: alarms[ref] for name in ("key", "target") if (ref := str(line.params.get(name))) in alarms}
    return names.words.fill(code, told(line.params, names) | listed)
