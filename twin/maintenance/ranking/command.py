"""``regie maintenance rank`` from arguments to exit code."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from dashboard.format import LANGUAGES
from twin.domain.problems import BadInput, Problems
from twin.maintenance.ranking.gather import Files, maintenance_of
from twin.maintenance.ranking.ranked import Ranked, path_in
from twin.maintenance.ranking.run_site import site_of

RANKED = 0
LONGEST_YEARS = 30


@dataclass(frozen=True)
class Asked:
    """What is ranked. ``at``: the instant to rank for without a run; None: this moment."""

    site: str | None = None
    state: Path | None = None
    files: Files = field(default_factory=Files)
    crew_h: float | None = None
    budget_chf: float | None = None
    years: int = 1
    at: str | None = None


@dataclass(frozen=True)
class Output:
    """What is written where. ``why``: an asset to speak about. ``out``: the ranking as JSON."""

    json_line: bool = False
    report: Path | None = None
    language: str = "en"
    why: str | None = None
    out: Path | None = None


def rank(asked: Asked, output: Output) -> int:
    """Rank and write; words go to standard error, figures to standard output. Returns the exit code."""
    from twin.maintenance.ranking.run import rank_site

    try:
        now = _check(asked, output)
        site = site_of(asked.site, asked.state)
        maintenance_of(site)
        ranked = rank_site(
            site, asked.state, asked.files, now=now, crew_h=asked.crew_h, budget_chf=asked.budget_chf, years=asked.years
        )
        _known_asset(ranked, output.why)
        _write(ranked, asked, output)
    except BadInput as error:
        for problem in error.problems:
            _say(str(problem))
        return error.exit_code
    for line in ranked.problems:
        _say(line)
    if output.json_line:
        sys.stdout.write(json.dumps(ranked.to_json(), separators=(",", ":"), allow_nan=False) + "\n")
        return RANKED
    from twin.maintenance.ranking.table import show

    show(ranked, output.language, why=output.why)
    return RANKED


def _check(asked: Asked, output: Output) -> datetime:
    """The instant to rank for, once the flags are found to make sense."""
    problems = Problems()
    now = _instant(asked.at, problems)
    if asked.at is not None and asked.state is not None:
        problems.add("--at", asked.at, "only without --state: a run is ranked for its last tick", "leave one of them out")
    if output.language not in LANGUAGES:
        problems.add("--lang", output.language, f"one of {', '.join(LANGUAGES)}", "choose one")
    if not 1 <= asked.years <= LONGEST_YEARS:
        problems.add("--years", asked.years, f"1 to {LONGEST_YEARS}", "choose fewer years")
    for flag, value in (("--crew-h", asked.crew_h), ("--budget", asked.budget_chf)):
        if value is not None and not 0.0 <= value < 1e12:
            problems.add(flag, value, "a number from 0", "correct it")
    _check_files(asked, output, problems)
    problems.raise_if_any()
    return now


def _instant(text: str | None, problems: Problems) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = datetime.min  # noqa: DTZ901 - without a zone it is refused below
    if instant.tzinfo is None:
        problems.add("--at", text, "an instant with an offset", "write 2016-01-25T12:00+01:00")
    return instant


def _check_files(asked: Asked, output: Output, problems: Problems) -> None:
    for flag, file in (("--fleet", asked.files.fleet), ("--gas", asked.files.gas), ("--failures", asked.files.failures)):
        if file is not None and not file.is_file():
            problems.add(flag, file, "a CSV file", "correct the path")
    for flag, path in (("--report", output.report), ("--out", output.out)):
        if path is not None and (path.is_dir() or not path.parent.is_dir()):
            problems.add(flag, path, "a file in a folder that exists", "create the folder, or name a file")


def _known_asset(ranked: Ranked, why: str | None) -> None:
    problems = Problems()
    known = [asset.asset for asset in ranked.assets]
    if why is not None and why not in known:
        left = {one.asset: one.reason.code.partition(".")[2] for one in ranked.not_assessed}
        value = f"{why!r}: not assessed ({left[why]})" if why in left else repr(why)
        problems.add("--why", value, f"one of {', '.join(sorted(known))}", "choose one")
    problems.raise_if_any()


def _write(ranked: Ranked, asked: Asked, output: Output) -> None:
    problems = Problems()
    targets = [path for path in (output.out, None if asked.state is None else path_in(asked.state)) if path is not None]
    text = json.dumps(ranked.to_json(), indent=1, allow_nan=False)
    for path in targets:
        try:
            path.parent.mkdir(exist_ok=True)
            partial = path.with_name(f".{path.name}.{os.getpid()}")
            partial.write_text(text, encoding="utf-8")
            partial.replace(path)
        except OSError as error:
            problems.add(
                str(path), f"cannot be written ({error.strerror})", "a folder that can be written", "free it, or give --out"
            )
    if output.report is not None:
        from twin.maintenance.ranking.report import write_report

        try:
            write_report(ranked, output.report, output.language)
            _say(f"report: {output.report}")
        except OSError as error:
            problems.add("--report", f"{output.report} cannot be written ({error.strerror})", "a file", "choose another")
    problems.raise_if_any()


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
