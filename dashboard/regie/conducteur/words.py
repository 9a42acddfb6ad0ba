"""What a cue says, in one language."""

from __future__ import annotations

from dashboard.format import texts
from dashboard.regie.conducteur.cue import Cue
from dashboard.regie.messages import reference, told
from dashboard.regie.names import Names
from dashboard.regie.words import Words


def title(cue: Cue, words: Words, names: Names) -> str:
    """What it is, in one line; somebody's own words before the draft's."""
    if cue.title:
        return cue.title
    params = dict(cue.params)
    if cue.code == "act_before":
        about = names.of(reference(str(params["element"]), params["alarm_params"]))
        return words("cue.act_before", element=about, what=_cause(cue, names))
    if "group" in params:
        params["group"] = names.group(str(params["group"]))
        params["power"] = words.power(params["p_mw"], signed=True)
    if cue.code == "work":
        params["title"] = params["titles"].get(words.language) or params["title"]
        params["action"] = texts(words.language, "maintenance").get(f"rank.action.{params['action']}")
    params["element"] = names.of(cue.ref)
    if "p_mw" in params and "power" not in params:
        params["power"] = words.power(params["p_mw"])
    code = f"cue.{cue.code}"
    if cue.code in ("overload", "relieved") and not cue.ref:
        code += "_somewhere"
    return words.fill(code, params)


def _cause(cue: Cue, names: Names) -> str:
    code = f"alarm.{cue.params['alarm']}.cause"
    return names.words.fill(code, told(cue.params["alarm_params"], names))


def window(cue: Cue, words: Words) -> str:
    """When: "18:15–19:30", or "11:00"."""
    return words.clock(cue.start) if cue.start == cue.end else f"{words.clock(cue.start)}–{words.clock(cue.end)}"


def described(cue: Cue, words: Words, names: Names) -> str:
    """All of it in one line, for whoever cannot see the drawing."""
    parts = [window(cue, words), words(f"kind.{cue.kind}"), title(cue, words, names)]
    if cue.priority is not None:
        parts.insert(1, f"P{cue.priority}")
    if cue.by:
        parts.append(words("cue.by_hand", by=cue.by))
    return ", ".join(parts)
