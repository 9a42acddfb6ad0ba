"""One series from file to figures: read it, plan, rehearse, score."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace

from forecasts.backtest.clocked import Clock
from forecasts.backtest.job import Job, OnStep, Step
from forecasts.backtest.plan import make_plan
from forecasts.backtest.record import record_of
from forecasts.backtest.result import BacktestResult, Judged, naive_of, summarise
from forecasts.backtest.store import Store, run_key
from forecasts.data.reading import read_series
from forecasts.expert import Blender, Expert
from forecasts.experts.registry import experts_for
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import Block, rehearse
from forecasts.series import Series
from twin.domain.problems import Problem, Problems

EXPERTS = "experts"
"""What the steps of everything that is aggregated are called; a peer's are called by its name."""


def run_job(job: Job, on_step: OnStep) -> BacktestResult:
    """Backtest one series; blocks that an earlier run left are not run again.

    Raises:
        BadInput: for a file, a flag or a span that cannot be rehearsed, all faults at once.
    """
    _check(job)
    loaded = read_series(job.spec)
    series = loaded.series
    experts = _experts(job, series)
    plan = make_plan(job.options, series, tuple(experts))
    judged = _rehearse(job, series, plan, experts, EXPERTS, on_step)
    peers, missing = _peers(job, series, plan, on_step)
    summary = summarise(judged, peers, quality=loaded.quality.to_json(), problems=missing, seed=job.options.seed)
    others = {name: peer.record for name, peer in peers.items()}
    return BacktestResult(judged.record, others, summary, tuple(loaded.quality.lines()))


def _check(job: Job) -> None:
    problems = Problems()
    job.spec.check(problems)
    job.options.check(problems)
    problems.raise_if_any()


def _experts(job: Job, series: Series) -> Mapping[str, Expert | Blender]:
    """The experts asked for, and the naive forecast that they are measured against."""
    names = job.options.names
    return experts_for(series.kind, (naive_of(series.kind), *names) if names else None)


def _rehearse(
    job: Job, series: Series, plan: Plan, experts: Mapping[str, Expert | Blender], what: str, on_step: OnStep
) -> Judged:
    store = Store(job.base, run_key(series, plan, job.options.seed))
    done = store.blocks()
    blocks = dict(done)

    def on_block(number: int, total: int, block: Block) -> None:
        store.keep(number, block)
        blocks[number] = block
        on_step(Step(what, len(blocks), total, len(done)))

    campaign = rehearse(series, plan, experts, seed=job.options.seed, done=done, on_block=on_block)
    on_step(Step(what, len(blocks), len(blocks), len(done)))
    begun = time.perf_counter()
    record = record_of(campaign)
    return Judged(record, Clock.of(campaign, blocks.values(), weighing_s=time.perf_counter() - begun))


def _peers(job: Job, series: Series, plan: Plan, on_step: OnStep) -> tuple[dict[str, Judged], list[Problem]]:
    """Every peer on the scored origins, with its own window and cadence of training."""
    if not job.options.peers:
        return {}, []
    from forecasts.backtest.peers import missing_peers, peers_of

    found = {}
    for name, peer in peers_of(series).items():
        own = replace(
            plan, train_days=peer.window_days, refit_days=peer.refit_days, warm_from=plan.scored_from, experts=(name,)
        )
        found[name] = _rehearse(job, series, own, {name: peer}, name, on_step)
    return found, missing_peers()
