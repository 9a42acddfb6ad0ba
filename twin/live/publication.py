"""Month and year figures of a state directory's journal, read on from where the last reader stopped."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from twin.contracts.desk_ports import Unavailable
from twin.contracts.publication import FILE, FOLDER, Drafts, HourFigure, PublicationFacts
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s
from twin.publication.months import Totals, drafts_of, hours_of
from twin.publication.periods import Period, months_between
from twin.publication.quarters import Quarter, Quarters, Run
from twin.publication.tellings import first_told, restated_by_many, tellings_of
from twin.regie.chain import genesis, open_readonly, read_meta, read_metas
from twin.regie.heeded import Heeded

_BATCH = 500
"""Records between two commits: a reader that is stopped loses no more."""


class JournalFigures:
    """What one state directory gives for publication. Implements `twin.contracts.desk_ports.Figures`."""

    def __init__(self, state: Path, *, keep: bool = True) -> None:
        """``keep``: write down how far the journal was read; without, every process reads it all."""
        self._state = state
        self._store = Quarters(state / FOLDER if keep else None)
        self._lock = threading.Lock()
        self._months: dict[Period, Totals] = {}
        self._read_to: Run | None = None
        self._summed: tuple[PublicationFacts, Run] | None = None

    def facts(self) -> PublicationFacts:
        """As the port says."""
        path = self._state / "snapshots" / FILE
        try:
            return _read_facts(path, path.stat().st_mtime_ns)
        except (OSError, ValueError) as error:
            why = f"{path.name}: no facts of the publication yet ({type(error).__name__})"
            raise Unavailable(f"{why}; let the loop run on this state, of a site with a public page") from error

    def follow(self, limit: int) -> None:
        """As the port says."""
        facts = self.facts()
        with self._lock:
            self._read_on(facts, limit)

    def drafts(self, limit: int | None = None) -> Drafts:
        """As the port says."""
        facts = self.facts()
        with self._lock:
            behind = self._read_on(facts, limit)
            return self._drafts(facts, behind)

    def hours(self, period: str) -> tuple[HourFigure, ...]:
        """As the port says."""
        facts = self.facts()
        with self._lock:
            self._read_on(facts, 0)
            asked = Period.of(period, facts.timezone)
            return hours_of(first_told(self._tellings(facts, asked)), asked, facts)

    def _read_on(self, facts: PublicationFacts, limit: int | None) -> int:
        """Read at most ``limit`` records more; returns how many are left."""
        heed, zone = _heeded(facts.rulebook, facts.metered), ZoneInfo(facts.timezone)
        try:
            with closing(open_readonly(self._state)) as db:
                begin = genesis(read_meta(db)["identity"])

                def head_before(seq: int) -> str | None:
                    query = "SELECT head FROM tick WHERE seq = ?1 UNION ALL SELECT head FROM expunged WHERE seq = ?1"
                    row = db.execute(query, (seq - 1,)).fetchone()
                    return begin if seq == 0 else None if row is None else str(row[0])

                (count,) = db.execute("SELECT coalesce(max(seq), -1) + 1 FROM tick").fetchone()
                (held_from,) = db.execute("SELECT coalesce(min(seq), 0) FROM tick").fetchone()
                run = self._store.run_of(facts.site, begin, head_before, held_from)
                wanted = count if limit is None else min(count, run.next_seq + limit)
                while run.next_seq < wanted:
                    told: list[tuple[int, Quarter]] = []
                    next_seq, head, first_seq = run.next_seq, run.head, None
                    for seq, kind, _, after, meta in read_metas(db, next_seq, min(_BATCH, wanted - next_seq)):
                        label_s = to_epoch_s(datetime.fromisoformat(meta["interval"])) if kind == "regular" else None
                        told += [(seq, quarter) for quarter in tellings_of(meta, label_s, facts.root, heed, zone)]
                        first_seq = seq if first_seq is None else first_seq
                        next_seq, head = seq + 1, after
                    run = self._store.take(run, told, next_seq, head, first_seq)
        except BadInput as error:
            raise Unavailable(str(error)) from error
        self._read_to = run
        return int(count) - run.next_seq

    def _drafts(self, facts: PublicationFacts, behind: int) -> Drafts:
        """The months' sums are kept; what was told since the last call has its months summed anew, and no others."""
        span, run = self._store.span(facts.site), self._read_to
        if span is None or run is None:
            return drafts_of({}, None, facts, behind, self._store.unread(facts.site))
        periods = months_between(from_epoch_s(span[0]), from_epoch_s(span[1]), facts.timezone)
        kept, stale = self._months, set[str]()
        if self._summed is None or self._summed[0] != facts or self._summed[1].id != run.id:
            kept = {}
        elif self._summed[1] != run:
            zone = ZoneInfo(facts.timezone)
            stale = {f"{from_epoch_s(label).astimezone(zone):%Y-%m}" for label in self._store.told_since(self._summed[1])}
        self._months = {
            period: self._totals(facts, period) if period not in kept or period.name in stale else kept[period]
            for period in periods
        }
        self._summed = (facts, run)
        return drafts_of(self._months, from_epoch_s(span[1]) + QUARTER_HOUR, facts, behind, self._store.unread(facts.site))

    def _totals(self, facts: PublicationFacts, period: Period) -> Totals:
        return Totals.of(restated_by_many(self._tellings(facts, period)))

    def _tellings(self, facts: PublicationFacts, period: Period) -> list[Quarter]:
        return self._store.between(facts.site, to_epoch_s(period.start), to_epoch_s(period.end))


_heeded = lru_cache(maxsize=4)(Heeded)


@lru_cache(maxsize=4)
def _read_facts(path: Path, _: int) -> PublicationFacts:
    return PublicationFacts.model_validate_json(path.read_bytes())
