"""Words of one order in one language, with local time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard import format as formats
from dashboard.format import Texts, texts
from twin.contracts.work_order import Change, Step, Why, WorkOrder

_SHOWN = 4
"""Names of a step that are written out; the rest is counted."""


@dataclass(frozen=True)
class OrderWords:
    """How an order speaks; causes, actions and unknown facts are said as the ranking says them."""

    own: Texts
    timezone: str

    @classmethod
    def of(cls, language: str, timezone: str = "UTC") -> OrderWords:
        """Words of one language in one time zone."""
        return cls(texts(language, "maintenance"), timezone)

    @property
    def language(self) -> str:
        """Two-letter code."""
        return self.own.language

    def __call__(self, code: str, **params: Any) -> str:
        """The words of ``order.<code>``."""
        return self.own.get(f"order.{code}", params, timezone=self.timezone)

    def moment(self, instant: datetime, near: datetime | None = None) -> str:
        """Local day and time; the time alone on the day of ``near``."""
        return formats.moment(instant, timezone=self.timezone, language=self.language, near=near)

    def action(self, order: WorkOrder) -> str:
        """What is to be done."""
        return self._ranked(f"action.{order.action}")

    def site(self, order: WorkOrder) -> str:
        """The site's title."""
        return order.site_title.get(self.language) or order.site_title.get("en") or order.site

    def asset(self, order: WorkOrder) -> str:
        """The asset's title."""
        return order.titles.get(self.language, order.title)

    def why(self, said: Why) -> str:
        """A cause or a piece of evidence."""
        return self._ranked(said.code, **said.params)

    def unknown(self, facts: Sequence[str]) -> str:
        """Facts that are missing or typical."""
        return ", ".join(self._ranked(f"unknown.{fact}") for fact in facts)

    def skill(self, skill: str) -> str:
        """Who does it, as in "work by ..."."""
        return self(f"skill.{skill}") if skill else formats.MISSING

    def part(self, part: str) -> str:
        """Something to take along; what the site calls otherwise stays as it is written."""
        code = f"order.part.{part.lower().replace(' ', '_')}"
        return self.own.get(code) if self.own.has(code) else part

    def fault(self, fault: Why) -> str:
        """Why a report is not taken."""
        states = {name: self(f"state.{fault.params[name]}") for name in ("state", "asked") if name in fault.params}
        return self(f"refused.{fault.code}", **{**fault.params, **states})

    def window(self, order: WorkOrder) -> str:
        """When it may be done."""
        if order.window is None:
            return self("no_window" if order.needs_outage else "any_hour")
        start, end = order.window.start, order.window.end
        return self("window", start=self.moment(start), end=self.moment(end, near=start))

    def change(self, change: Change) -> str:
        """One entry of the history."""
        line = self("change.line", state=self(f"state.{change.state}"), by=change.by, at=self.moment(change.at))
        return _begun(line)

    # --------------------------------------------------------------------------------------------- steps

    def step(self, step: Step, order: WorkOrder) -> str:
        """What to do."""
        params = {
            "switch": self._switches(step),
            "switches": self._switches(step),
            "at": self._names([f"{name}{self._kv(step, i)}" for i, name in enumerate(step.at)]),
            "p_kw": None if step.p_mw is None else 1000.0 * step.p_mw,
            "action": self.action(order),
        }
        return self(f"step.{step.code}", **params)

    def after(self, step: Step) -> str | None:
        """The grid after a switching, as computed; None where nothing of it changes."""
        state = step.state
        if state is None:
            return None
        if state.unsupplied_mw > 0.0 and not state.holds:
            return self("step.after_dark", p_kw=1000.0 * state.unsupplied_mw)
        if state.loading_percent is None or state.vm_pu is None:
            return self("step.after_unknown")
        code = "step.after" if state.holds else "step.after_limit"
        return self(code, loading=state.loading_percent, vm=state.vm_pu)

    def objections(self, step: Step) -> list[str]:
        """What speaks against a step."""
        found = []
        for said in step.objections:
            kw = {name.replace("mw", "kw"): 1000.0 * value for name, value in said.params.items() if name.endswith("mw")}
            found.append(self(f"objection.{said.code}", **{**said.params, **kw}))
        return found

    def proof(self, order: WorkOrder) -> str:
        """What was computed, or why nothing is proven."""
        plan = order.switching
        if not order.needs_outage:
            return self("live")
        if not plan.proven:
            return self(f"unproven.{plan.reason}")
        return self("proven_file") if plan.at is None else self("proven", at=self.moment(plan.at))

    def _switches(self, step: Step) -> str:
        kinds = [self(f"kind.{kind}") if self.own.has(f"order.kind.{kind}") else "" for kind in step.kinds]
        if len(kinds) != len(step.switches):
            return self._names(step.switches)
        return self._names([f"{name} ({kind})" if kind else name for name, kind in zip(step.switches, kinds, strict=True)])

    def _kv(self, step: Step, position: int) -> str:
        if position >= len(step.vn_kv):
            return ""
        kv = step.vn_kv[position]
        decimals = 0 if kv == round(kv) else 1
        return f" ({formats.number(kv, 'kV', language=self.language, decimals=decimals)})"

    def _names(self, names: Sequence[str]) -> str:
        if not names:
            return self("step.unnamed")
        if len(names) <= _SHOWN + 1:
            return ", ".join(names)
        return self("step.more", names=", ".join(names[:_SHOWN]), count=len(names) - _SHOWN)

    def _ranked(self, code: str, **params: Any) -> str:
        return _begun(self.own.get(f"rank.{code}", params, timezone=self.timezone))


def _begun(text: str) -> str:
    """With a capital at its beginning."""
    return text[:1].upper() + text[1:]
