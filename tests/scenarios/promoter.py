"""``regie live`` with a dispatcher who answers promotions, and a moment at which the process kills itself.

    python -c "import sys, promoter; sys.exit(promoter.run(*sys.argv[1:]))" ANSWERS DIE OPTIONS

ANSWERS: JSON, state of a promotion -> what the dispatcher does about it at the next regular tick: {"open": "accept"}. DIE:
records in the journal when the process kills itself before the next commit, -1 never. OPTIONS: as `twin.live.options.Options`
travel.
"""

import json
import os
import signal
from datetime import UTC, datetime, timedelta

from twin.contracts.messages import Command

ISSUED = datetime(2024, 6, 1, tzinfo=UTC)
"""Whenever it is asked: the journal keeps it, and two runs shall have one head."""


def run(answers, die, options):
    """Exit code of the run."""
    from twin.live import on_air
    from twin.regie.promotion import is_promotion
    from twin.wiring import wire

    wanted = json.loads(answers)

    def equipped(*arguments):
        wired = wire(*arguments)
        journal, commit = wired.parts.journal, wired.parts.journal.commit

        def watched(*content, **named):
            if journal.acked == int(die):
                os.kill(os.getpid(), signal.SIGKILL)
            return commit(*content, **named)

        journal.commit = watched
        return wired

    def answered(_on_air, loop):
        for item in loop.memory.decision.recommendations.values():
            if is_promotion(item) and item.state in wanted:
                kind = wanted[item.state]
                motive = "Other" if kind == "refuse" else None
                return [
                    Command(loop.memory.command_offset + 1, kind, item.id, "Desk 2", ISSUED, ISSUED + timedelta(days=1), motive)
                ], []
        return [], []

    on_air.wire = equipped
    on_air.OnAir._commands = answered
    return on_air.main(options)
