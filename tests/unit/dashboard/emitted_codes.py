"""Codes that the house's code can emit, read from its source: what words must exist for."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]


@cache
def modules():
    """Syntax trees of everything that can emit."""
    files = [path for room in ("twin", "forecasts") for path in sorted((ROOT / room).rglob("*.py"))]
    return tuple(ast.parse(path.read_text(encoding="utf-8")) for path in files)


@cache
def _all_calls():
    """(name, call, enclosing function or module, module) of every call."""
    return tuple(
        (getattr(node.func, "id", getattr(node.func, "attr", "")), node, function, module)
        for module in modules()
        for function in ast.walk(module)
        if isinstance(function, (ast.FunctionDef, ast.Module))
        for node in _own(function)
        if isinstance(node, ast.Call)
    )


def _calls(*names):
    return [where for name, *where in _all_calls() if name in names]


def _own(function):
    """Nodes of a function without those of functions inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)
        elif isinstance(function, ast.Module) and isinstance(node, ast.ClassDef):
            waiting += [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.FunctionDef)]


def _strings(node, function, module):
    """Every string that an expression can be; what comes from elsewhere is found where it is made."""
    match node:
        case ast.Constant(value=str() as text):
            return {text}
        case ast.IfExp():
            return _strings(node.body, function, module) | _strings(node.orelse, function, module)
        case ast.Tuple():
            return set().union(*(_strings(part, function, module) for part in node.elts))
        case ast.Call(func=ast.Name(id=name)):
            return _returned(name, module)
        case ast.Name(id=name):
            return _assigned(name, function, module) | _handed(name, function, module)
    return set()


def _returned(name, module):
    """What a function of the module returns."""
    made = [f for f in module.body if isinstance(f, ast.FunctionDef) and f.name == name]
    values = [(r.value, f) for f in made for r in ast.walk(f) if isinstance(r, ast.Return)]
    return set().union(*(_strings(value, f, module) for value, f in values))


def _assigned(name, function, module):
    """What a name is set to in the function, or as a constant of whatever module."""
    found = set()
    homes = modules() if name.isupper() else ()
    for node in (*_own(function), *(node for home in homes for node in home.body)):
        if isinstance(node, ast.Assign) and name in {
            n.id for n in ast.walk(ast.Tuple(node.targets)) if isinstance(n, ast.Name)
        }:
            found |= _strings(node.value, function, module)
    return found


def _handed(name, function, module):
    """What the module's calls hand to a parameter by its name."""
    if not isinstance(function, ast.FunctionDef) or name not in {
        a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)
    }:
        return set()
    found = set()
    for caller in ast.walk(module):
        if isinstance(caller, ast.FunctionDef) and caller is not function:
            for call in (node for node in _own(caller) if isinstance(node, ast.Call)):
                found |= set().union(*(_strings(k.value, caller, module) for k in call.keywords if k.arg == name))
    return found


def _argument(call, position, keyword):
    named = {k.arg: k.value for k in call.keywords}
    return named.get(keyword, call.args[position] if len(call.args) > position else None)


def _all(names, position, keyword):
    return set().union(*(_strings(_argument(call, position, keyword), *where) for call, *where in _calls(*names)))


@cache
def alarms():
    """Codes of findings, and of the host's own alarms."""
    return _all(("Finding", "_finding", "Alarm"), 2, "code")


@cache
def owners():
    """Teams that act on a finding or look after a box."""
    return {team.replace(" ", "_") for team in _all(("Finding", "Alarm"), 7, "owner") | _all(("BoxCard",), 99, "owner")}


@cache
def reasons():
    """Reasons of cards and of recommendations."""
    rows = _all(("GridRow",), 1, "kind") - {"trafo"}  # a limit's kind is its reason; a transformer's has a name of its own
    given = _all(("Report", "Proposal", "Recommendation", "report", "_report"), 99, "reason")
    return rows | given | _all(("Move",), 0, "code")


@cache
def labels():
    """What a card's figure is."""
    return _all(("Headline",), 0, "label") | _all(("report",), 99, "label")


@cache
def journal_lines():
    """Codes of lines: pairs of a code and its parameters, and rulings on commands."""
    found = _all(("Ruling",), 2, "code")
    for module in modules():
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef) and _makes_lines(function):
                for node in _own(function):
                    if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[1], ast.Dict):
                        found |= _strings(node.elts[0], function, module)
    return found


def _makes_lines(function):
    """True when the function returns or collects (code, parameters) pairs by its annotations."""
    pair = "tuple[str, Mapping[str, object]]"
    return any(
        pair in ast.unparse(annotation)
        for annotation in (function.returns, *(n.annotation for n in ast.walk(function) if isinstance(n, ast.AnnAssign)))
        if annotation is not None
    )


@cache
def verdicts():
    """How a shadow can stand against its champion."""
    return _all(("replace",), 99, "code")


@cache
def recommendation_states():
    """States that a recommendation can be in."""
    return _all(("replace", "Recommendation"), 99, "state")
