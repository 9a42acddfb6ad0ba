"""How a hamlet is asked to be looked at before air."""

from dataclasses import replace

from hamlet import SUMMER

from twin.live.options import Options


def options(site, state, **changes):
    """As ``regie live`` would be asked; without screens unless ``changes`` say so."""
    here = "127.0.0.1"
    return replace(
        Options(str(site), SUMMER.isoformat(), None, "max", False, here, 8050, here, 8080, str(state), False), **changes
    )


def silent(*_told):
    """Nobody watches."""
