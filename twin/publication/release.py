"""What is approved now, as the public process reads it: standing revisions alone, and no figure while an embargo lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from twin.contracts.public_release import PeriodFigure, PublicRelease
from twin.contracts.publication import PublicationFacts
from twin.publication.standing import Published, Revision

STORIES = 20
"""On air at once: the public file stays small, and the newest are the ones that somebody still looks for."""


def release_of(published: Published, facts: PublicationFacts, now: datetime) -> PublicRelease | None:
    """The release at ``now`` (wall clock), the same for the same deeds; None before the first deed.

    What the privacy rule withholds today is withheld whenever it was approved.
    """
    made_at, embargo = published.changed_at(now), published.embargo_at(now)
    if made_at is None:
        return None
    untold = _untold(published, facts, now)
    newest = [] if untold else [masked(revisions[-1].figure, facts) for revisions in published.revisions.values()]
    newest.sort(key=lambda figure: figure.period, reverse=True)
    stories = [told.written.story(name) for name, told in published.stories.items() if told.state == "on_air"]
    return PublicRelease(
        site=facts.site,
        made_at=made_at,
        licence=published.licence,
        attribution=attribution_of(published, facts),
        months=tuple(figure for figure in newest if "-" in figure.period),
        years=tuple(figure for figure in newest if "-" not in figure.period),
        corrections=() if untold else published.corrections(),
        stories=() if embargo is not None else tuple(sorted(stories, key=lambda story: story.start, reverse=True)[:STORIES]),
        embargo=embargo,
        declared=None if embargo is not None else published.declared,
    )


def _untold(published: Published, facts: PublicationFacts, now: datetime) -> bool:
    """Whether no figure is told: during an embargo, and where the privacy rule withholds the share itself."""
    return published.embargo_at(now) is not None or not facts.share_public


def attribution_of(published: Published, facts: PublicationFacts) -> str:
    """Whom to name: as the publisher chose, else as the site says."""
    return published.attribution or facts.attribution


def masked(figure: PeriodFigure, facts: PublicationFacts) -> PeriodFigure:
    """The figure without what the privacy rule withholds."""
    withheld: dict[str, object] = {}
    if not facts.share_public:
        withheld["share"] = None
    if not facts.powers_public:
        withheld["consumption_mwh"] = None
    if not facts.parts_public:
        withheld["parts"] = {}
    if not facts.co2_public:
        withheld["co2_g_per_kwh"] = None
    return figure.model_copy(update=withheld) if withheld else figure


def revision_log(published: Published, facts: PublicationFacts, now: datetime) -> list[tuple[Revision, bool]]:
    """Every revision in the order of approval, and whether it is the one that holds; nothing while no figure is told."""
    if _untold(published, facts, now):
        return []
    found: list[tuple[Revision, bool]] = [
        (replace(revision, figure=masked(revision.figure, facts)), revision is revisions[-1])
        for revisions in published.revisions.values()
        for revision in revisions
    ]
    return sorted(found, key=lambda each: (each[0].figure.approved_at, each[0].figure.period))
