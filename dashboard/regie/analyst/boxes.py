"""The boxes of the site with their roles, how shadows stand against their champions, and what can be done with each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.regie.book import Line
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.page import ROOT
from dashboard.regie.views.records import line_in_words
from dashboard.regie.views.wall import trial
from twin.contracts.snapshot import BoxCardView, BoxFacts, JournalLine, Snapshot

ROOM = "analyst/"
CASTING = ("command.promote", "command.withdraw", "command.shadow")
"""Lines of the book about roles."""
_EARNS = ("champion", "shadow", "reserve")


def box_table(snapshot: Snapshot, names: Names, *, may: bool, money: bool) -> Markup:
    """Every box: its role, how it serves, its trial, its deeds."""
    words = names.words
    cards = {card.instance: card for card in snapshot.boxes}
    tried = {card.shadow.champion for card in snapshot.boxes if card.shadow is not None}
    rows = [
        tag(
            "tr",
            tag("th", names.of(f"box:{box}"), tag("span", box, class_="meta"), scope="row"),
            tag("td", words(f"role_in.{facts.role}")),
            tag("td", _service(cards.get(box), names)),
            tag("td", _trial(cards.get(box), names)),
            tag("td", *_deeds(box, facts, names, tried=box in tried, money=money), class_="task-buttons") if may else None,
        )
        for box, facts in _by_role(snapshot.site.boxes)
    ]
    heads = ("box", "role", "service", "trial", "deeds") if may else ("box", "role", "service", "trial")
    top = tag("tr", *(tag("th", words(f"boxes.{head}"), scope="col") for head in heads))
    return tag("table", tag("thead", top), tag("tbody", *rows), class_="tasks cast-of-boxes")


def _by_role(boxes: Mapping[str, BoxFacts]) -> Sequence[tuple[str, BoxFacts]]:
    order = ("champion", "shadow", "standby", "reserve")
    return sorted(boxes.items(), key=lambda item: (order.index(item[1].role) if item[1].role in order else len(order), item[0]))


def _service(card: BoxCardView | None, names: Names) -> str:
    if card is None:
        return names.words("boxes.not_asked")
    rung = names.rung(card.fallback)
    return names.words(f"service.{card.service}", rung=rung or "")


def _trial(card: BoxCardView | None, names: Names) -> Markup | None:
    """In words, and the two errors that the words compare."""
    if card is None or card.shadow is None:
        return None
    shadow, words = card.shadow, names.words
    pinball = words(
        "boxes.pinball",
        own=words.power(shadow.pinball_mw),
        champion=words.power(shadow.champion_pinball_mw),
        name=names.of(f"box:{shadow.champion}"),
    )
    known = shadow.pinball_mw is not None and shadow.champion_pinball_mw is not None
    return tag("span", trial(shadow, names), tag("span", pinball, class_="meta") if known else None)


def _deeds(box: str, facts: BoxFacts, names: Names, *, tried: bool, money: bool) -> list[Markup]:
    found = []
    if facts.role == "reserve":
        found.append(_cast("shadow", box, names))
    if facts.role == "shadow":
        found.append(_cast("promote", box, names))
    if facts.role == "shadow" or tried:
        found.append(_cast("withdraw", box, names))
    if money and facts.role in _EARNS:
        words = names.words
        button = tag("button", words("worth.ask"), type="submit", class_="button", aria_label=f"{words('worth.ask')} {box}")
        hidden = tag("input", type="hidden", name="box", value=box)
        found.append(tag("form", hidden, button, data_post=f"{ROOT}{ROOM}worth?lang={words.language}"))
    return found


def _cast(kind: str, box: str, names: Names) -> Markup:
    """A change of role folds out into its motive, so that nothing is changed by one press."""
    words, name = names.words, names.of(f"box:{box}")
    form = tag(
        "form",
        tag("input", type="hidden", name="box", value=box),
        tag("input", type="hidden", name="kind", value=kind),
        tag("label", words("cast.motive"), tag("input", name="motive", required=True, maxlength=200)),
        tag("button", words(f"cast.{kind}"), type="submit", class_="button strong"),
        data_post=f"{ROOT}{ROOM}cast?lang={words.language}",
        data_confirm=words(f"cast.{kind}_sure", box=name),
        class_="casting",
    )
    return tag(
        "details", tag("summary", words(f"cast.{kind}"), aria_label=f"{words(f'cast.{kind}')}: {name}"), form, class_="cast"
    )


def history(lines: Sequence[Line], journal: Sequence[JournalLine], names: Names) -> Markup:
    """Who asked for which change of roles and why, and what the loop made of it; newest first."""
    words = names.words
    asked = [
        (
            line.at,
            words(
                f"history.{line.kind.partition('.')[2]}",
                by=line.by,
                box=names.of(f"box:{line.target}"),
                motive=line.params.get("motive", ""),
            ),
        )
        for line in lines
        if line.kind in CASTING
    ]
    done = [(line.at, line_in_words(line, {}, names)) for line in journal if line.code.startswith("box_")]
    if not asked and not done:
        return tag("p", words("history.none"), class_="empty")
    parts = []
    for title, rows in (("history.asked", asked), ("history.journal", done)):
        items = [tag("li", tag("span", words.moment(at), class_="meta"), " ", said) for at, said in sorted(rows, reverse=True)]
        parts.append(
            tag("div", tag("h3", words(title)), tag("ol", *items) if items else tag("p", words("history.none"), class_="empty"))
        )
    return tag("div", *parts, class_="two")
