import json
import re
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pytest

from forecasts.backtest.record import record_of
from forecasts.experts.floor import DayType, LastWeek, Yesterday
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import rehearse
from forecasts.report.look import NIGHT
from forecasts.report.write import write_report


@pytest.fixture
def results(series, record, summary):
    def make(**how):
        values = 10.0 + np.sin(np.arange(24 * 14))
        made = record(
            series(values, **how), horizon=24, every=24, first=24, offsets={"champion": 0.4, "last_week": -2.0, "ridge": 0.5}
        )
        return [SimpleNamespace(record=made, summary=summary(made), peers={}, quality=("48 rows of feeder.csv.",))]

    return make


class Outside(HTMLParser):
    """Collects what a page would fetch, and how its elements nest."""

    def __init__(self):
        super().__init__()
        self.fetched, self.open = [], []

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.fetched += [named[key] for key in ("src", "srcset") if key in named]
        self.fetched += [named["href"] for key in ("href",) if key in named and not named[key].startswith("#")]
        if tag not in {"meta", "br", "link"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def figures_of(text):
    found = re.findall(r'<script type="application/json">(.*?)</script>', text, re.S)
    return [json.loads(one) for one in found]


def written(results, tmp_path):
    path = tmp_path / "report.html"
    write_report(results, path)
    return path.read_text(encoding="utf-8")


def test_the_report_is_one_file_that_fetches_nothing(results, tmp_path):
    text = written(results(), tmp_path)
    outside = Outside()
    outside.feed(text)
    assert outside.fetched == []
    assert outside.open == []
    assert "default-src 'none'" in text
    assert [found.name for found in tmp_path.iterdir()] == ["report.html"]


def test_plotly_stands_in_it_once_for_many_series(results, tmp_path):
    one, two = len(written(results(), tmp_path)), len(written(results() * 2, tmp_path))
    assert one > 4_000_000  # plotly.js itself
    assert two - one < 500_000


def test_every_picture_parses_and_says_its_title_to_a_screen_reader(results, tmp_path):
    text = written(results(), tmp_path)
    assert len(figures_of(text)) == text.count('class="plot" role="img" aria-label="') == 13


def test_measured_weather_is_called_perfect_in_every_caption(results, tmp_path):
    text = written(results(weather={"temp_c": np.full(24 * 14, 5.0)}, source="measured"), tmp_path)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text)
    assert captions
    assert all("perfect weather" in caption for caption in captions)


def test_a_run_without_weather_does_not_speak_of_perfect_weather(results, tmp_path):
    text = written(results(), tmp_path)
    body = text[: text.index('id="night"')]
    assert "perfect weather" not in body


def test_captions_say_how_many_figures_they_are_made_of(results, tmp_path):
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", written(results(), tmp_path))
    assert all(re.search(r"\d+ (truth|origin|error)s?", caption) for caption in captions)


def test_a_name_from_a_file_is_shown_and_not_run(results, tmp_path):
    text = written(results(name="</script><script>alert(1)</script>"), tmp_path)
    assert "<script>alert(1)" not in text


def test_colours_of_every_picture_are_known_at_night(results, tmp_path):
    text = written(results(), tmp_path)
    inks = [one["layout"]["font"]["color"] for one in figures_of(text)]
    assert set(inks) <= set(NIGHT)


def test_a_small_feeder_is_shown_in_kilowatts(series, record, summary, tmp_path):
    made = record(
        series(np.full(24 * 9, 0.05)), horizon=24, every=24, first=24, offsets={"champion": 0.001, "last_week": 0.002}
    )
    found = summary(made)
    found["experts"]["champion"]["mae"] = 0.00123
    text = written([SimpleNamespace(record=made, summary=found, peers={}, quality=("48 rows of feeder.csv.",))], tmp_path)
    assert "MAE [kW]" in text
    assert ">1.23<" in text.replace("<strong>", "").replace("</strong>", "")


def test_a_rehearsal_without_a_scored_origin_still_gives_a_page(series, record, summary, tmp_path):
    made = record(
        series(np.full(24 * 3, 10.0)), horizon=24, every=24, first=24, offsets={"champion": 1.0, "last_week": 2.0}, warm=9
    )
    found = summary(
        made, experts={}, problems=[{"place": "feeder", "value": "1 day", "limit": "2 weeks", "remedy": "give more"}]
    )
    text = written([SimpleNamespace(record=made, summary=found, peers={}, quality=("48 rows of feeder.csv.",))], tmp_path)
    assert "feeder: 1 day; expected 2 weeks; give more" in text


def test_missing_figures_are_dashes(results, tmp_path):
    found = results()
    found[0].summary["experts"]["ridge"]["fit_s"] = None
    assert '<td data-v="">–</td>' in written(found, tmp_path)


def test_the_same_results_give_the_same_bytes(results, tmp_path):
    assert written(results(), tmp_path) == written(results(), tmp_path)


def test_the_data_quality_report_is_on_the_page(results, tmp_path):
    assert "<li>48 rows of feeder.csv.</li>" in written(results(), tmp_path)


def test_warnings_are_shown_with_their_reliability_drawn(results, tmp_path):
    found = results()
    curve = [[0.1, 0.2, 5], [0.8, 0.6, 10]]
    found[0].summary["peaks"] = {
        "days": 15,
        "hour_hit_rate": 0.8,
        "above_month_peak": {"cases": 15, "brier": 0.1, "curve": curve},
    }
    found[0].summary["ramps"] = {"1h_up": {"threshold_mw": 0.5, "cases": 30, "brier": None, "curve": []}}
    text = written(found, tmp_path)
    assert "met within one hour on 80 % of 15 days" in text
    assert "1h up" in text
    drawn = [one for one in figures_of(text) if one["layout"]["xaxis"]["title"]["text"] == "probability said [%]"]
    assert [trace["name"] for trace in drawn[0]["data"][1:]] == ["the month's peak"]


def test_the_correction_of_the_tick_is_shown_by_lead(results, tmp_path):
    found = results()
    found[0].summary["tick"] = {"mae_ratio": {"0.25": 0.4, "6": 1.01}}
    text = written(found, tmp_path)
    assert "It helps up to 0.25 h, and harms at 6 h." in text
    assert "0.25 h" in text


@pytest.mark.parametrize("issue_every", [24, 6])
def test_a_real_rehearsal_over_a_clock_change_becomes_a_page(series, summary, tmp_path, issue_every):
    rng = np.random.default_rng(8)
    values = 10.0 + 3.0 * np.sin(2 * np.pi * np.arange(24 * 60) / 24) + rng.normal(size=24 * 60)
    values[24 * 40 + 3] = np.nan
    feeder = series(values, start="2019-09-01T22:00")
    names = ("last_week", "yesterday", "day_type")
    plan = Plan(
        train_days=30,
        refit_days=7,
        issue_every=issue_every,
        horizon=48,
        warm_from=24 * 21,
        scored_from=24 * 42,
        end=24 * 56,
        experts=names,
    )
    made = record_of(rehearse(feeder, plan, {"last_week": LastWeek(), "yesterday": Yesterday(), "day_type": DayType()}, seed=0))
    text = written([SimpleNamespace(record=made, summary=summary(made), peers={}, quality=())], tmp_path)
    assert len(figures_of(text)) == 13
    assert ("champion_day_ahead" in text) == (issue_every < 24)
    assert "clock change, 25 h" in text
