# Two commands matter: `make live` and `make test`. Each does all of its own set-up. `make help` lists the rest.

ARGS ?=
bin := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup live test check soak format lock clean

help:  ## Say what each command does
	@echo 'Régie: a digital twin of a local electricity grid'
	@echo
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | while IFS='	' read -r name text; do \
	    printf '  make %-8s %s\n' "$$name" "$$text"; done
	@echo
	@echo 'Pass options through ARGS:   make live ARGS="--speed max"   make test ARGS="-k tariff"'
	@echo 'Choose the interpreter:      make setup PYTHON=python3.12'

setup:  ## Make .venv and install everything from the lock (seconds when done)
	@PYTHON='$(PYTHON)' ./.ci/setup

live: setup  ## Put the demo town on air: régie on port 8050, public page on 8080
	@$(bin)/regie live $(ARGS)

# A suite starts hundreds of processes, and many tests wait: one worker more than the two cores of CI keeps both busy, and threads of
# linear algebra would only wait for each other. No process shall compile the project anew, whatever this machine says about caches.
test: export PYTHONDONTWRITEBYTECODE =
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: export MKL_NUM_THREADS = 1
test: setup  ## Run the test suite (it needs Debian's chromium and nginx, installed here if root)
	@./.ci/browser
	@./.ci/nginx
	$(bin)/pytest -n 3 --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup  ## Check style, types and the direction of imports
	$(bin)/ruff check .
	$(bin)/ruff format --check .
	$(bin)/mypy
	$(bin)/lint-imports --no-logo

soak: setup  ## Run the long tests: many kills, many days
	$(bin)/pytest -m soak -o faulthandler_timeout=0 $(ARGS)

format: setup  ## Put the code into shape
	$(bin)/ruff check --fix .
	$(bin)/ruff format .

# --no-config: whatever this machine says about package indexes stays on this machine.
lock: setup  ## Resolve requirements.lock anew from pyproject.toml (ARGS="--upgrade" takes newer versions)
	$(bin)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --fork-strategy fewest \
	    --generate-hashes --only-binary :all: --no-config --custom-compile-command 'make lock' --quiet \
	    --output-file requirements.lock $(ARGS)
	@! grep -nE 'https?://|file:|^ *--(index|extra|find)' requirements.lock

clean:  ## Remove .venv, caches and screenshots; state directories stay
	rm -rf .venv .regie-setup.lock .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis screenshots dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
