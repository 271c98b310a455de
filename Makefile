# `make run` starts the dashboard, `make test` runs every check; both make .venv first where needed.
# Only Python ≥ 3.11 (with its venv module) and make have to be there.

# The first Python that is new enough and can make environments; PYTHON=… names another.
ifeq ($(origin PYTHON), undefined)
PYTHON := $(shell for python in python3.14 python3.13 python3.12 python3.11 python3; do \
	"$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1 && { echo "$$python"; break; }; done)
endif
VENV := .venv/bin
LOCK_VENV := .lock-venv
LOCK_OPTIONS := --universal --generate-hashes --python-version 3.11 --no-header --no-annotate \
	--no-emit-index-url --extra install

.PHONY: help run test setup setup-test screenshots bench lock clean python
.DEFAULT_GOAL := help

help:
	@echo "make run     start the dashboard (ARGS=\"--port 8600\" passes options on)"
	@echo "make test    run every check and test, a real browser included"
	@echo "make setup   only make .venv (make setup-test: with what the tests need)"
	@echo "make screenshots  take docs/screenshots anew, on the simulated market"
	@echo "make bench   measure speed and write it into docs/performance.md (ARGS=--quick: a smoke run)"
	@echo "make lock    pin requirements.lock and requirements-test.lock anew from pyproject.toml"
	@echo "make clean   remove .venv and what tools left behind; stored markets stay"

run: setup
	@$(VENV)/plimsoll dashboard $(ARGS)

test: setup-test
	@$(VENV)/python scripts/run_checks.py

setup: python
	@$(PYTHON) scripts/setup_env.py run

setup-test: python
	@$(PYTHON) scripts/setup_env.py test

python:
	@test -n "$(PYTHON)" || { \
	echo "Plimsoll needs Python 3.11 or newer with its venv module, and found none on the PATH." >&2; \
	echo "Install one (on Debian: apt install python3 python3-venv), or name it: make run PYTHON=…" >&2; \
	exit 1; }

screenshots: setup-test
	@$(VENV)/python tests/browser/chromium.py
	@$(VENV)/python -m scripts.screenshots docs/screenshots

bench: setup-test
	@$(VENV)/python tests/browser/chromium.py
	@$(VENV)/python -m benchmarks $(ARGS)

# uv resolves for every platform and Python at once; it lives in an environment of its own. The
# tests' lock comes first: the program is tested with the versions that it is run with.
lock: python
	$(PYTHON) -m venv --clear $(LOCK_VENV)
	$(LOCK_VENV)/bin/python -m pip --quiet --disable-pip-version-check install uv
	$(LOCK_VENV)/bin/uv pip compile $(LOCK_OPTIONS) --extra test pyproject.toml \
		-o requirements-test.lock
	$(LOCK_VENV)/bin/uv pip compile $(LOCK_OPTIONS) -c requirements-test.lock \
		pyproject.toml -o requirements.lock
	rm -rf $(LOCK_VENV)

clean:
	rm -rf .venv $(LOCK_VENV) .bench-venv build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache test-results
	find core data dashboard scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +
