"""What goes on air: a site ready, its window, where its state lies, and who builds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from twin.adapters.ready import Ready
from twin.check import ready_site
from twin.domain.problems import BadInput
from twin.live.options import Options, state_directory, window_of
from twin.live.progress import Progress
from twin.regie.chain import JournalDamaged, open_readonly, read_meta
from twin.site import Site
from twin.wiring import Window, Wired, site_sha256

Wire = Callable[..., Wired]
"""Builds everything, as `twin.wiring.wire` does."""


@dataclass(frozen=True)
class Show:
    """A run that is about to begin, or to go on.

    Attributes:
        file_sha256: of what the files say; a rehearsal changes the site. ``wire``: None: `twin.wiring.wire`.
        recheck: module that looks at the files again, and its argument (`twin.live.recheck`); None: at the site's.
    """

    ready: Ready
    window: Window
    state: Path
    file_sha256: str
    wire: Wire | None = None
    recheck: tuple[str, str] | None = None


def site_show(options: Options, progress: Progress) -> Show:
    """A site as its file says.

    Raises:
        BadInput: with every fault of it, and for a state that cannot be read.
    """
    ready = ready_site(options.site, progress=progress.step)
    window, state = _resumed_window(options, ready.site, datetime.now(UTC))
    return Show(ready, window, state, site_sha256(ready.site))


def _resumed_window(options: Options, site: Site, now: datetime) -> tuple[Window, Path]:
    """The window and its directory; without ``--start`` a state that exists goes on where it is."""
    state = state_directory(options, site, None)
    if options.start is None and (state / "journal.sqlite").exists():
        db = open_readonly(state)
        try:
            start = datetime.fromisoformat(read_meta(db)["identity"]["start"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, BadInput):
                raise
            raise JournalDamaged(f"{state / 'journal.sqlite'}: meta", f"start is unreadable ({error})") from error
        finally:
            db.close()
        return Window(start, options.ticks), state
    window = window_of(options, site, now)
    return window, state_directory(options, site, None if options.start is None else window.start)
