"""Golden runs: a case is a folder with the run's arguments, its expected figures, and a tolerance with a reason for each.

python tests/scenarios/golden.py CASE      writes CASE/expected.json anew from a run of the command
"""

import json
import sys
import tempfile
import tomllib
from fnmatch import fnmatch
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from on_air import Place


def case_input(case: Path) -> dict:
    """Site, first quarter hour and number of ticks."""
    return tomllib.loads((case / "input.toml").read_text(encoding="utf-8"))


def place_of(case: Path, state: Path) -> Place:
    """Where to run a case."""
    wanted = case_input(case)
    return Place(wanted["site"], state, wanted["start"])


def flat(value, path: str = "") -> dict[str, object]:
    """Dotted paths of every figure."""
    if not isinstance(value, dict):
        return {path: value}
    return {key: item for name, inner in value.items() for key, item in flat(inner, f"{path}.{name}" if path else name).items()}


def differences(case: Path, figures: dict) -> list[str]:
    """What lies outside its tolerance, one line per figure; a figure without a rule must be equal."""
    rules = tomllib.loads((case / "tolerance.toml").read_text(encoding="utf-8"))["rules"]
    expected = flat(json.loads((case / "expected.json").read_text(encoding="utf-8")))
    found = flat(figures)
    lines = []
    for path in sorted({*expected, *found}):
        rule = next((rule for rule in rules if fnmatch(path, rule["figure"])), {})
        if rule.get("ignore"):
            continue
        if path not in expected or path not in found:
            lines.append(f"{path}: {'not expected' if path in found else 'missing'}")
        elif not within(rule, expected[path], found[path]):
            lines.append(f"{path}: {found[path]}, expected {expected[path]} within {rule or 'equality'}")
    return lines


def within(rule: dict, expected, found) -> bool:
    """True inside ``abs`` or ``rel`` of what is expected, or of the ``other`` figure measured; or at most ``maximum``."""
    if "maximum" in rule:
        return found <= rule["maximum"]
    if not rule:
        return found == expected
    wanted = {expected, rule.get("other", expected)}
    return any(abs(found - one) <= max(rule.get("abs", 0.0), rule.get("rel", 0.0) * abs(one)) for one in wanted)


def write(case: Path) -> None:
    """Run the case and keep its figures."""
    with tempfile.TemporaryDirectory() as folder:
        ended = place_of(case, Path(folder) / "state").run(case_input(case)["ticks"])
    if ended.code:
        raise SystemExit(ended.err)
    (case / "expected.json").write_text(json.dumps(ended.figures, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
