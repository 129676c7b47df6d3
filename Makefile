# The only entry point. Needs git, make and Python 3.11 or newer; everything else comes pinned from
# requirements.lock and, for the tests, from the npm packages named in tests/wasm.py.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; \
	done)
endif

BIN := .venv/bin
VENV := .venv/.ready
WASM := build/wasm/.ready
GENERATORS := comb vectors evidence_vectors statement_vectors exports
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=
TOPIC ?=
SEEDS ?= 300

.PHONY: help setup demo test conformity soak check bench size gen gen_check lock clean

help: ## print this list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z_]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(VENV) $(WASM) ## make .venv and build/wasm (the other targets do it when needed)

demo: $(VENV) ## weigh, sign, verify and catch forgeries on a virtual terminal, without hardware
	@$(BIN)/steelyard demo $(ARGS)

test: $(VENV) $(WASM) ## run all tests; ARGS="-k name" picks some
	@$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(ARGS)

conformity: $(VENV) $(WASM) ## run the tests of OIML R 76's rules and print them as a table
	@$(BIN)/python tests/conformity.py

soak: $(VENV) ## 10^5 power cuts, 10^6 lines and sequences of keys (SEEDS, 300; hours), other examples
	@STEELYARD_SOAK=$(SEEDS) $(BIN)/python -m pytest \
		--numprocesses auto --dist worksteal tests/faults tests/property $(ARGS)

check: $(VENV) ## ruff, mypy, the rules of the rooms, spelling, generated files
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/python tests/rooms.py
	@$(BIN)/codespell
	@$(MAKE) --no-print-directory --silent gen_check

bench: $(VENV) $(WASM) ## measure into build/bench.json; TOPIC=size measures one topic
	@PYTHONPATH=tests:tests/unit:firmware $(BIN)/python -m steelyard.bench $(TOPIC)

size: $(VENV) ## bytes of each compiled module for the Pico; fails above the budget
	@$(BIN)/python -m steelyard.size $(ARGS)

gen: $(VENV) ## write the generated files: comb table, vectors
	@for name in $(GENERATORS); do $(BIN)/python -m steelyard.generate.$$name || exit 1; done

gen_check: $(VENV) ## compare the generated files with what would be written
	@for name in $(GENERATORS); do \
		$(BIN)/python -m steelyard.generate.$$name --check || exit 1; done

lock: $(VENV) ## pin the newest dependencies that pyproject.toml allows in requirements.lock
	@CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --upgrade --extra dev \
		--generate-hashes --allow-unsafe --strip-extras --no-emit-index-url \
		--no-emit-find-links --no-emit-trusted-host --no-emit-options \
		--output-file requirements.lock pyproject.toml

clean: ## remove what was made (.venv stays)
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find protocol firmware boards host tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python 3.11 or newer was found as python3.11 or \
	python3. Install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Setting up .venv from requirements.lock (once, about a minute) ..."
	@$(PIP) --version >/dev/null 2>&1 || { rm -rf .venv && $(PYTHON) -m venv .venv; } || { \
	rm -rf .venv; echo "make: $(PYTHON) cannot make a virtual environment (on Debian: apt install \
	python3-venv)" >&2; exit 1; }
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-index --no-deps --no-build-isolation --editable .
	@touch $@

$(WASM): tests/wasm.py | $(VENV)
	@$(BIN)/python tests/wasm.py $(@D)
	@touch $@
