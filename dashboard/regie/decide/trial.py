"""A simulated recommendation in words and figures: the coming hours with it and without, and the buttons that decide."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from dashboard.format import MISSING
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.views.recommendations import answers
from dashboard.regie.views.spark import path
from dashboard.regie.words import Words
from twin.contracts.preview import Course, RecommendationAnswer
from twin.contracts.snapshot import RecommendationView

_WIDTH, _HEIGHT = 400.0, 90.0
_LIMIT_PERCENT = 100.0


def trial(item: RecommendationView, answer: RecommendationAnswer, names: Names, *, may_see_money: bool) -> Markup:
    """What stands in the dialog."""
    words = names.words
    end = answer.start + timedelta(seconds=answer.step_s * len(answer.p_mw))
    rests = words("trial.rests_on", at=answer.as_of, quality=", ".join(words(f"quality.{word}") for word in answer.quality))
    warnings = [
        tag("p", "▲ ", words("trial.stale"), class_="warn") if answer.stale else None,
        tag("p", "▲ ", words("trial.harms"), class_="warn") if answer.harms else None,
    ]
    left_out = [words(f"not_covered.{code}") for code in dict.fromkeys((*answer.kpi.not_covered, *answer.not_covered))]
    return tag(
        "div",
        tag("p", words("trial.window", start=answer.start, end=end), class_="muted"),
        *warnings,
        _table(answer, names, may_see_money=may_see_money),
        _chart(answer, words),
        tag("p", rests, class_="meta"),
        tag("p", words("trial.left_out", what="; ".join(left_out)), class_="meta") if left_out else None,
        tag("div", *answers(item, names, may_see_money=may_see_money, only_answers=True), class_="buttons"),
    )


def _table(answer: RecommendationAnswer, names: Names, *, may_see_money: bool) -> Markup:
    """Figures without, with, and the difference."""
    words = names.words
    heads = [tag("th", text, scope="col") for text in ("", words("trial.without"), words("trial.with_it"))]
    without, with_it = answer.without, answer.with_it
    rows = [
        (words("trial.loading"), _worst(without, answer, names), _worst(with_it, answer, names)),
        (words("trial.vm_min"), _extreme(without.vm_min_pu, min, words), _extreme(with_it.vm_min_pu, min, words)),
        (words("trial.vm_max"), _extreme(without.vm_max_pu, max, words), _extreme(with_it.vm_max_pu, max, words)),
    ]
    changes = [(words("kpi.climate"), words.number(answer.kpi.co2_kg, "kg", signed=True))]
    if may_see_money:
        changes.insert(0, (words("kpi.economic"), words.number(answer.kpi.chf, "CHF", signed=True)))
    body = [
        *(tag("tr", tag("th", name, scope="row"), tag("td", before), tag("td", after)) for name, before, after in rows),
        *(tag("tr", tag("th", name, scope="row"), tag("td", ""), tag("td", value)) for name, value in changes),
    ]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *body), class_="trial")


def _worst(course: Course, answer: RecommendationAnswer, names: Names) -> str:
    """The highest loading, where and when."""
    known = [(value, step) for step, value in enumerate(course.worst_loading_percent) if value is not None]
    if not known:
        return MISSING
    value, step = max(known, key=lambda one: (one[0], -one[1]))
    figure = names.words.number(value, "%", decimals=1)
    at = answer.start + timedelta(seconds=answer.step_s * step)
    return names.words("trial.worst", loading=figure, element=names.of(course.worst_element[step]), at=at)


def _extreme(values: Sequence[float | None], pick: Callable[[Iterable[float]], float], words: Words) -> str:
    known = [value for value in values if value is not None]
    return words.number(pick(known), "pu") if known else MISSING


def _chart(answer: RecommendationAnswer, words: Words) -> Markup:
    """Highest loading over the hours: without it dotted, with it solid, the limit dashed."""
    both = (answer.without.worst_loading_percent, answer.with_it.worst_loading_percent)
    top = 1.05 * max((value for one in both for value in one if value is not None), default=_LIMIT_PERCENT)
    top = max(top, 1.1 * _LIMIT_PERCENT)
    limit_y = _y(_LIMIT_PERCENT, top)
    plot = tag(
        "svg",
        tag("path", d=f"M0 {limit_y:.1f}H{_WIDTH:.0f}", class_="limit"),
        tag("path", d=path(_points(both[0], top)), class_="before"),
        tag("path", d=path(_points(both[1], top)), class_="after"),
        viewBox=f"0 0 {_WIDTH:.0f} {_HEIGHT:.0f}",
        preserveAspectRatio="none",
        class_="chart trial",
        role="img",
        aria_label=words("trial.chart"),
    )
    legend = [
        tag("span", tag("i", class_="key before"), words("trial.without")),
        tag("span", tag("i", class_="key after"), words("trial.with_it")),
        tag("span", tag("i", class_="key limit"), words("ui.legend_limit")),
    ]
    return tag("div", tag("p", *legend, class_="legend", aria_hidden="true"), plot)


def _points(values: Sequence[float | None], top: float) -> list[tuple[float, float] | None]:
    last = max(len(values) - 1, 1)
    return [None if value is None else (_WIDTH * step / last, _y(value, top)) for step, value in enumerate(values)]


def _y(percent: float, top: float) -> float:
    return _HEIGHT * (1.0 - percent / top)
