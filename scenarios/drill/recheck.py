"""SIGHUP while a scenario is on air: its file and its site's are looked at once more, as a start looks at them."""

from __future__ import annotations

import io
import json
import os
import sys

_NICE = 10


def main() -> None:
    """A process of its own (`twin.live.recheck`); the options are its argument, JSON its answer."""
    os.nice(_NICE)
    from scenarios.drill.on_air import scenario_show
    from twin.domain.problems import BadInput
    from twin.live.options import Options
    from twin.live.progress import Progress

    try:
        show = scenario_show(Options.from_text(sys.argv[1]), Progress(io.StringIO()))
        problems, sha256 = [], show.file_sha256
    except BadInput as error:
        problems, sha256 = [str(problem) for problem in error.problems], None
    answer = {"problems": problems, "sha256": sha256}
    sys.stdout.write(json.dumps(answer))
