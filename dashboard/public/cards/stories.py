"""Events, challenges and stories that the publisher has approved; without one, what to join in anyway."""

from __future__ import annotations

from dashboard.public.cards.green import advised, when, window_words
from dashboard.public.green_window import best_window
from dashboard.public.pages.places import Places
from dashboard.public.telling import Telling, in_language
from twin.contracts.public_release import Story

STORY_PLACES = 3


def fill(telling: Telling) -> None:
    """What runs now first, then what comes soonest; stories without a date last."""
    stories = on_air(telling)
    for index in range(STORY_PLACES):
        _story(telling, f"s{index}", stories[index] if index < len(stories) else None)
    telling.show("stories", bool(stories))
    telling.show("stories_empty", not stories)
    window = best_window(advised(telling))
    words = "" if window is None else telling.say(f"story.next{when(telling, window)}", **window_words(telling, window))
    telling.text["stories_next"] = words


def on_air(telling: Telling) -> list[Story]:
    """The approved stories that are not over at the snapshot's instant."""
    as_of = telling.snapshot.as_of
    approved = telling.release.stories if telling.release else ()
    live = [story for story in approved if story.end is None or story.end > as_of]
    live = [story for story in live if story.kind != "story" or story.start <= as_of]
    return sorted(live, key=lambda story: (story.kind == "story", story.start > as_of, story.start))


def _story(telling: Telling, place: str, story: Story | None) -> None:
    telling.show(place, story is not None)
    if story is None:
        return
    telling.text[f"{place}_title"] = in_language(story.title, telling.language)
    telling.text[f"{place}_text"] = in_language(story.text, telling.language)
    telling.put(f"{place}_when", _when_words(telling, story))
    telling.put(f"{place}_where", _where_words(telling, story))
    telling.text[f"{place}_kind"] = telling.say(f"story.{story.kind}")


def _where_words(telling: Telling, story: Story) -> str:
    """The part of the town that it is about, by its public title; "" for all of it, or where the page shows no such part."""
    about = next((zone for zone in telling.snapshot.zones if zone.name == story.zone), None)
    return "" if about is None else telling.titled(about.title)


def _when_words(telling: Telling, story: Story) -> str:
    """When it takes place; a challenge under way counts down, in the town's own time."""
    as_of = telling.snapshot.as_of
    if story.kind == "story" or story.end is None:
        return ""
    span = {"start": telling.moment(story.start), "end": telling.moment(story.end)}
    if story.start > as_of:
        return telling.say("story.coming", **span)
    return telling.say("story.running", **span, left=telling.lasting(story.end - as_of))


def markup(put: Places) -> str:
    """The stories, or a calm invitation in their place."""
    items = ""
    for index in range(STORY_PLACES):
        place = f"s{index}"
        head = f"{put('span', f'{place}_kind', class_='chip')}{put('h3', f'{place}_title')}"
        items += put(
            "li",
            place,
            head
            + put("p", f"{place}_where", class_="muted")
            + put("p", f"{place}_when", class_="muted")
            + put("p", f"{place}_text"),
        )
    # A small sun over a line: drawn, so that the empty card looks meant.
    sun = '<svg class="calm" viewBox="0 0 96 44" aria-hidden="true"><circle cx="48" cy="34" r="12"/>'
    sun += '<path d="M8 34h80M48 4v8M24 14l5 6M72 14l-5 6M14 26l8 3M82 26l-8 3"/></svg>'
    empty = sun + f'<p class="lead">{put.say("story.none")}</p>' + put("p", "stories_next")
    content = put("ul", "stories", items, class_="stories") + put("div", "stories_empty", empty, class_="calm-card")
    return put.card("news", put.title("news"), content)
