"""A drafted order as the page's form sends it, read into its content; every fault at once."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.regie.conducteur.day import Day
from dashboard.regie.switching.content import Content
from dashboard.regie.work.refusal import Refused
from twin.contracts.work_order import Why

_KEY = re.compile(r"(?:.* · )?((?:switch|line|trafo|bus|device):[A-Za-z0-9_.-]+)")
MAX_STEPS = 40


class Written(BaseModel):
    """The form: one list per column of the steps.

    Attributes:
        id: of the order that is edited, "" for a new one; ``seen``: its version when it was read.
        planned: local time of day on the grid's clock, "" for none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = ""
    seen: int = 0
    title: str
    reason: str = ""
    planned: str = ""
    operation: list[str] = Field(max_length=MAX_STEPS + 1)
    element: list[str] = Field(max_length=MAX_STEPS + 1)
    how: list[str]
    travel_min: list[str]
    takes_min: list[str]
    tag: list[str]
    tag_text: list[str]
    after: list[str]
    condition: list[str]
    condition_element: list[str]
    condition_limit: list[str]
    note: list[str]


def content_of(written: Written, now: datetime, timezone: str, undoes: str = "") -> Content:
    """The order that was written. Rows without an element are empty ones of the form.

    Raises:
        Refused: with every fault.
    """
    columns = ("operation", "how", "travel_min", "takes_min", "tag", "tag_text", "after", "condition", "condition_element")
    rows = len(written.element)
    if any(len(getattr(written, name)) != rows for name in (*columns, "condition_limit", "note")):
        raise Refused([Why(code="form")])
    used = [i for i in range(rows) if written.element[i].strip()]
    if not used:
        raise Refused([Why(code="no_steps")])
    planned = None if not written.planned.strip() else Day.of(now, timezone).instant(written.planned)
    steps = [_step(written, i) for i in used]
    told = {"title": written.title, "reason": written.reason, "planned_at": planned, "steps": steps, "undoes": undoes}
    try:
        return Content.model_validate(told)
    except ValidationError as error:
        raise Refused(_why(fault) for fault in error.errors(include_url=False, include_context=False)) from None


def _step(written: Written, row: int) -> dict[str, Any]:
    kind = written.condition[row]
    limit = written.condition_limit[row].strip()
    condition = {
        "kind": kind,
        "element": _key(written.condition_element[row]),
        "limit_percent": limit.replace(",", ".") if limit else None,
    }
    return {
        "operation": written.operation[row],
        "element": _key(written.element[row]),
        "how": written.how[row],
        "travel_min": written.travel_min[row].strip() or 0,
        "takes_min": written.takes_min[row].strip() or 0,
        "tag": written.tag[row],
        "tag_text": written.tag_text[row],
        "after": [part for part in re.split(r"[ ,;]+", written.after[row].strip()) if part],
        "condition": condition if kind else None,
        "note": written.note[row],
    }


def _key(text: str) -> str:
    """The element that was meant: its key, or the key behind its name as the list of choices writes it."""
    found = _KEY.fullmatch(text.strip())
    return found[1] if found else text.strip()


def _why(fault: Any) -> Why:
    place = list(fault["loc"])
    step = place[1] + 1 if len(place) > 1 and place[0] == "steps" and isinstance(place[1], int) else None
    field = next((part for part in reversed(place) if isinstance(part, str)), "")
    code = "field_of_step" if step is not None else "field"
    return Why(code=code, params={"step": step, "field": field, "value": str(fault["input"])[:60]})
