# SPDX-License-Identifier: GPL-2.0-only
# Needs make, and Python 3.11 or later with its venv module; `make help` lists what there is to make.

# The first Python that will do; set PYTHON=... to choose another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	$$p tools/check_python.py >/dev/null 2>&1 && echo $$p && break; done)
INSTALL_PYTHON := numakit needs Python 3.11 or later: install it (Debian, Ubuntu: apt-get install python3 python3-venv).
BIN := .venv/bin
STAMP := .venv/.requirements.lock.stamp
BROWSER_STAMP := .venv/.requirements-browser.lock.stamp
LESSON ?=
export LESSON
ARGS ?=
# The lessons run in the environment's own Python, and with nobody's own settings for it.
OWN_KERNEL := env -u JUPYTER_PATH JUPYTER_PREFER_ENV_PATH=1 JUPYTER_CONFIG_DIR="$$PWD/.venv/jupyter" \
	IPYTHONDIR="$$PWD/.venv/ipython"
NBVAL := --nbval --nbval-current-env --nbval-cell-timeout=60 -n 2 --dist loadfile

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup lab reset test lint types unit \
	recordings lessons notebooks verdicts picture docs bench chart browser-setup browser dist try-dist lock clean

help: ## list what there is to make
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)$$/make \1	\2/p' Makefile | expand -t 20

setup: $(STAMP) ## build .venv (the second time there is nothing to do, and no network is needed)

$(STAMP): requirements.lock pyproject.toml
	@python='$(strip $(PYTHON))'; python=$${python:-python3}; \
	command -v "$$python" >/dev/null 2>&1 || { echo "$$python was not found. $(INSTALL_PYTHON)" >&2; exit 1; }; \
	"$$python" tools/build_venv.py; status=$$?; case $$status in \
	126 | 127) echo "$$python is there and does not run. $(INSTALL_PYTHON)" >&2; exit 1;; *) exit $$status;; esac

lab: setup ## put the lessons into work/ (never over yours) and open JupyterLab
	@$(BIN)/python -m numakit.lab $(ARGS)

reset: setup ## a fresh copy of a lesson, yours kept beside it: make reset LESSON=03
	@[ -n "$$LESSON" ] || { echo "Say which lesson, by its number: make reset LESSON=03" >&2; exit 1; }
	@$(BIN)/python -m numakit.lab reset "$$LESSON"

test: lint types unit recordings lessons ## all checks that need no browser
	@echo "make test: all passed (ruff, mypy, tests, recordings, lessons)."

lint: setup ## ruff
	@$(BIN)/ruff check .

types: setup ## mypy, strict, on numakit and tools
	@$(BIN)/mypy

unit: setup ## unit and property tests
	@$(OWN_KERNEL) $(BIN)/python -m pytest tests --ignore=tests/browser -q -n 2

recordings: setup ## replay on the model what real kernels were recorded to do
	@$(BIN)/python -m numakit.recordings check

lessons: setup ## run every lesson and compare each output with the stored one
	@$(OWN_KERNEL) $(BIN)/python -m pytest -q $(NBVAL) notebooks

notebooks: setup ## run every lesson anew and store its outputs, in normal form
	@$(OWN_KERNEL) $(BIN)/python tools/normalise.py --run notebooks/*.ipynb

verdicts: setup ## search all designs anew and store what was found (minutes)
	@$(BIN)/python -m numakit.proposals.known

picture: setup ## draw the README's picture anew
	@$(BIN)/python tools/readme_picture.py

docs: setup ## make anew the pages that are made from the tree: sources, timetable
	@$(BIN)/python tools/list_sources.py
	@$(BIN)/python tools/timetable.py

bench: setup ## measure how fast it is, as a table and as benchmarks/results.json
	@$(BIN)/python -m benchmarks

chart: setup ## draw docs/benchmarks.svg from benchmarks/results.json
	@$(BIN)/python -m tools.benchmark_chart

browser-setup: setup ## install Playwright, and Chromium where that can be done from here
	@sh tools/install_chromium.sh
	@$(MAKE) --no-print-directory $(BROWSER_STAMP)

$(BROWSER_STAMP): requirements-browser.lock $(STAMP)
	@$(BIN)/python tools/build_venv.py requirements-browser.lock

browser: setup ## lessons in a real browser (tests say so where they are left out)
	@$(OWN_KERNEL) $(BIN)/python -m pytest tests/browser -rs || { [ $$? = 5 ] && \
	echo "make browser: NO browser test was run; the lines above say why (make browser-setup installs what is needed)."; }

dist: setup ## build the wheel and the sdist into dist/
	@rm -rf dist
	@$(BIN)/python -m hatchling build

try-dist: dist ## install each of the two into a clean environment and run lesson 00 from there
	@$(BIN)/python tools/try_dist.py

lock: ## make both locks anew from pyproject.toml (needs uv)
	@sh tools/lock.sh

clean: ## remove .venv and caches; work/ and what is yours stays
	rm -rf .venv .setup.log .pytest_cache .mypy_cache .ruff_cache .hypothesis dist test-results
	find numakit tools tests notebooks -name __pycache__ -type d -prune -exec rm -rf {} +
