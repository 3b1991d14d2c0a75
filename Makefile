# The chores of landsim, one name each.  A fresh machine needs Python >= 3.11 and make; the rest is made here.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(firstword $(shell command -v python3.11 python3 python))
VENV := .venv
BIN := $(VENV)/bin
CORE := $(VENV)/.core
ALL := $(VENV)/.all
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt

# Compiled once while installing, so that every start is quick, whatever this shell says about bytecode.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
unexport PYTHONPATH

# Real land-cover histories, where they stand beside the checkout.
ifndef LANDSIM_DATA
ifneq ($(wildcard ../shared/data/.),)
export LANDSIM_DATA := $(abspath ../shared/data)
endif
endif

.PHONY: help demo test studies bench bench-baseline check format docs clean

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 16

demo: $(CORE)  ## run the demo city and print its main indicators
	rm -rf runs/demo
	$(BIN)/landsim run demo --out runs/demo
	@echo "The results are in $(abspath runs/demo)"

test: $(ALL)  ## run every test on two cores (installs a browser, fonts and SLURM from Debian where it can)
	@tests/install.sh
	$(BIN)/python -m pytest -n 2 -m "not study"

studies: $(ALL)  ## run and judge the real cities at full size (needs LANDSIM_DATA)
	@test -n "$${LANDSIM_DATA:-}" || { echo "studies: set LANDSIM_DATA to the folder of real histories"; exit 1; }
	$(BIN)/python -m pytest -m study

bench: $(CORE)  ## measure speed and memory, and show them beside their targets (some minutes)
	@$(BIN)/python benchmarks/table.py

bench-baseline: $(CORE)  ## renew benchmarks/baseline.json, which a test holds the code against
	@$(BIN)/python benchmarks/baseline.py --renew

check: $(ALL)  ## lint, layout and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(ALL)  ## mend what lint and layout can mend
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: $(ALL)  ## the documentation as a site, in build/site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo "Open build/site/index.html; for the search, too: $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site"

clean:  ## remove the environment, runs and caches
	rm -rf $(VENV) runs dist build .pytest_cache .hypothesis .mypy_cache .ruff_cache
	find landsim tests benchmarks -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# --- the environment: made once, made again when the dependencies change ---

$(BIN)/uv:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "landsim needs Python 3.11 or newer")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt uv

$(CORE): pyproject.toml constraints.txt | $(BIN)/uv
	@echo "Installing landsim into $(VENV) ..."
	$(INSTALL) --editable .
	@touch $@

$(ALL): pyproject.toml constraints.txt | $(BIN)/uv
	@echo "Installing landsim and all extras into $(VENV) ..."
	$(INSTALL) --editable ".[all,dev]"
	@touch $(CORE) $@
