"""The command's words: the same codes in four languages, all of them asked for, and what they say."""

import ast
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from dashboard.format import LANGUAGES, texts
from twin.boxes.flexibility.document.accounts import Missing
from twin.boxes.flexibility.document.document import DEVICE_TABLES
from twin.boxes.flexibility.lp.conflict import Kind
from twin.boxes.flexibility.why.prices import PARTS
from twin.dispatch.words import Words

ROOM = Path(__file__).parents[3] / "twin" / "dispatch"


def plain(text):
    return text.replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_the_same_with_the_same_figures(language):
    english, other = (texts(each, "dispatch").templates for each in ("en", language))
    fields = re.compile(r"\{(\w+)")
    assert {code: sorted(fields.findall(text)) for code, text in other.items()} == {
        code: sorted(fields.findall(text)) for code, text in english.items()
    }


def test_everything_that_can_happen_has_words():
    known = texts("en", "dispatch").templates
    wanted = [f"class.{table}" for table in DEVICE_TABLES] + [f"conflict.{kind}" for kind in get_args(Kind)]
    wanted += [f"report.part.{part}" for part in PARTS]
    wanted += [f"missing.{what}" for what in get_args(get_type_hints(Missing)["what"])]
    assert [code for code in wanted if code not in known] == []


def test_no_word_is_orphaned():
    asked = set()
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                asked.add(re.escape(node.value))
            if isinstance(node, ast.JoinedStr):
                asked.add("".join(re.escape(p.value) if isinstance(p, ast.Constant) else ".+" for p in node.values))
    known = re.compile("|".join(pattern for pattern in asked if "\\." in pattern and pattern != ".+"))
    shared = ("count.", "quality.", "note.")  # bent by a number; the screens' own, in every room
    codes = [code for code in texts("en", "dispatch").templates if not code.startswith(shared)]
    assert [code for code in codes if not known.fullmatch(code)] == []


def test_a_device_that_nobody_may_move_says_why(answer):
    assert Words.of(answer, "de").reason(answer["devices"][1]) == "Nicht bewegt: niemand hat ein Recht dazu gegeben"


def test_a_reason_is_told_in_the_loops_words_with_local_times(answer):
    params = {"energy_kwh": 5.0, "from_at": "2026-01-25T17:00+00:00", "to_at": "2026-01-25T16:15+00:00"}
    found = {"code": "cheap_hours", "params": {**params, "spread_chf_per_kwh": 0.3}}
    told = plain(Words.of(answer, "en").reason({**answer["devices"][0], "reason": found}))
    assert told == "5 kWh moved from 18:00 to 17:15: 0.3000 CHF/kWh cheaper"


def test_a_limits_unit_is_told_with_its_figures(answer):
    params = {"element": "Mill Lane 4", "without": 1.088, "limit": 1.05, "unit": "pu", "at": "2026-01-25T17:00+00:00"}
    told = plain(Words.of(answer, "en").reason({**answer["devices"][0], "reason": {"code": "voltage", "params": params}}))
    assert "1.088 pu expected at 18:00" in told
    assert "limit 1.050 pu" in told


def test_a_contradiction_is_told_in_the_documents_units(answer):
    conflict = {"kind": "store_high", "device": "Lake", "at_h": 2.0, "step": 2, "amount": 0.0045, "unit": "MWh", "bound": 0.01}
    words = Words.of({**answer, "rung": "rules", "status": "infeasible", "conflicts": [conflict]}, "en")
    assert plain(words.rules()[1]) == "Lake: exceeds its highest level 10.0 kWh by 4.5 kWh in the step 2.0 h after the start"


def test_what_is_missing_is_told_with_its_amount(answer):
    assert plain(Words.of(answer, "it").missing()[0]) == "Car: mancano 3.3 kWh alla partenza"
