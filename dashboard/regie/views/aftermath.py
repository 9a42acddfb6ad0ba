"""What a refusal did: that the plan is being made anew without it, and then what the new plan does instead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from dashboard.regie.words import Words
from twin.contracts.snapshot import Horizon, RecommendationView, Snapshot


def aftermath(
    item: RecommendationView, snapshot: Snapshot, what: Callable[[RecommendationView], str], words: Words
) -> str | None:
    """One or two sentences below a refused recommendation; None below others.

    Args:
        what: a recommendation in one line.
    """
    if item.state != "refused":
        return None
    refused_at, horizon = _refused_at(item, snapshot), snapshot.horizon
    if horizon is None or (refused_at is not None and horizon.start < refused_at):
        return words("ui.replanning")
    instead = [
        other
        for other in snapshot.recommendations
        if other.state in ("open", "accepted") and refused_at is not None and _made_at(other) >= refused_at
    ]
    told = words("ui.instead", what="; ".join(map(what, instead))) if instead else words("ui.nothing_instead")
    return f"{words('ui.replanned', at=horizon.start)} {told} {_ahead(horizon, words)}".strip()


def _refused_at(item: RecommendationView, snapshot: Snapshot) -> datetime | None:
    """When, by the running journal; None when its line has left the screen: then a plan has long been made."""
    found = (line.at for line in snapshot.journal if line.code == "recommendation_refused" and line.params.get("id") == item.id)
    return next(found, None)


def _made_at(item: RecommendationView) -> datetime:
    """When it was first made, as its id says ("cars@20160125T1645Z")."""
    try:
        return datetime.strptime(item.id.rpartition("@")[2], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def _ahead(horizon: Horizon, words: Words) -> str:
    """The highest loading that the new plan leaves."""
    loadings = [value for value in horizon.loading_after_percent if value is not None]
    if not loadings:
        return ""
    return words("ui.replanned_loading", loading=words.number(max(loadings), "%", decimals=1))
