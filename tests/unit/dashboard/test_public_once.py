"""What every surface has in common stands in one place: the same protection, the same words of an embargo, the same names."""

import json
import re
import sys
from html import unescape
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from public_town import EMBARGO, LANGUAGES, PUBLISHED, ask, publish, release, town

import dashboard.public
from dashboard.public.app import PublicApp

CODE = Path(dashboard.public.__file__).parent
FRAMES = re.compile(r"frame-ancestors .*")
SCRIPT = re.compile(r'<script src="(?:\.\./)+(assets/[^"]+(?:page|board)\.js)"')


@pytest.fixture
def app(tmp_path):
    publish(tmp_path, town())
    (tmp_path / "tariff.json").write_text('{"grid": []}')
    (tmp_path / "open").mkdir()
    (tmp_path / "open" / "schema-months.json").write_text('{"fields": []}')
    return PublicApp(tmp_path, lambda: PUBLISHED)


def test_every_answer_is_protected_by_one_policy_and_only_who_may_frame_it_differs(app):
    policies = {FRAMES.sub("", ask(app, path).headers["content-security-policy"]) for path in (*app.addresses(), "/nothing")}
    assert len(policies) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_surface_tells_of_an_embargo_in_the_same_words(app, tmp_path, language):
    publish(tmp_path, release(embargo=EMBARGO))
    said = json.loads(ask(app, f"/{language}/live.json").body)["text"]["embargo_since"]
    for below in ("", "hours/", "figures/", "widget/", "tv/", "board.json", "green.rss", "share.svg", "green.ics"):
        body = ask(app, f"/{language}/{below}").body
        shown = re.sub(r"\r\n ", "", body) if below.endswith("ics") else unescape(unescape(body))
        shown = re.sub(r"(<text[^>]*>|</text>)+", " ", shown).replace("  ", " ")
        assert said in shown, below


@pytest.mark.parametrize("words", ["Italiano", "default-src", "max-age=31536000", '"text/javascript"'])
def test_what_holds_everywhere_is_written_once(words):
    assert [path.name for path in CODE.rglob("*.py") if words in path.read_text(encoding="utf-8")] != []
    assert sum(path.read_text(encoding="utf-8").count(words) for path in CODE.rglob("*.py")) == 1


@pytest.mark.parametrize("below", ["", "widget/", "tv/"])
def test_page_widget_and_screen_renew_themselves_by_one_script(app, below):
    [script] = SCRIPT.findall(ask(app, f"/en/{below}").body)
    poll = (CODE / "assets" / "live.js").read_text(encoding="utf-8").splitlines()
    beside = next(CODE.rglob(script.partition(".")[2])).read_text(encoding="utf-8").splitlines()
    served = ask(app, f"/{script}").body.splitlines()
    assert served == [line for line in poll + beside if not line.lstrip().startswith("//")]
    assert [word for word in ("fetch(", "setTimeout", "data-k", "visibilitychange") if word in "".join(beside)] == []
