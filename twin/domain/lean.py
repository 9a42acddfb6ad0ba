"""Processes without dask.

xarray looks for dask with the first array that it makes, and loads all of it where it is installed: a third of a second and
28 MB in every process, for arrays that none of them has. Only futures at scale need it, and they import it themselves.
"""

from __future__ import annotations


def lean_main(module: str) -> str:
    """Code for ``python -c`` that runs ``main`` of a module where dask cannot be imported.

    It must be said before xarray is imported, which notes then what is installed. None in ``sys.modules`` makes ``import``
    raise.
    """
    return f"import sys; sys.modules['dask'] = None; from {module} import main; main()"
