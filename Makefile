# Each command does its own set-up: Python 3.11 or newer, make and a network are all it needs.
#
# .tools holds uv, apart from .venv: `uv pip sync` removes whatever the lock does not name.

UV := UV_PYTHON_DOWNLOADS=never .tools/bin/uv
BIN := .venv/bin
# Each of the two begins with a half of its own, so that what tests share is made once, and ends by helping the other.
PYTEST := $(BIN)/pytest -q -n 2 --dist worksteal
SOURCES := console sync data tests
PYTHONS ?= python3.14 python3.13 python3.12 python3.11 python3

.PHONY: help demo check test soak mutants test-duckdb2 clients bench lock clean lint chromium node

help:
	@echo "make demo    stand-ins of the three systems, runner and console on http://localhost:8501"
	@echo "make check   format, lint, types, import rules and the fast tests"
	@echo "make test    everything CI runs: the same rules and all tests but those of make soak, with a browser"
	@echo "make test-duckdb2  the store's tests on DuckDB 2.0, in an environment of its own"
	@echo "make mutants bugs planted in a copy of the source, each of which the tests must find (ONLY=part of a name)"
	@echo "make soak    the random histories again, sixty of the mirror and five thousand of the sync; each module's tests backwards"
	@echo "make clients other people's Salesforce clients against the stand-in, in an environment of their own"
	@echo "make bench   speed and memory beside what else could be used"
	@echo "make lock    bring the lock files up to pyproject.toml and tests/clients/requirements.in"
	@echo "make clean   remove what these commands made; stores are left alone"

demo: .venv/.ready
	@$(BIN)/fieldline demo

check: lint
	$(PYTEST) -m "not slow and not browser and not clients and not soak"

test: lint chromium node
	$(PYTEST) -m "not clients and not soak"

soak: .venv/.ready
	FIELDLINE_SEEDS=$$(seq -s, 0 59) $(PYTEST) tests/scenarios tests/engine --ignore tests/scenarios/test_sync_stories.py
	FIELDLINE_SEEDS=$$(seq -s, 0 4999) $(PYTEST) tests/scenarios/test_sync_stories.py
	FIELDLINE_BACKWARDS=1 $(PYTEST) tests/syncs tests/store tests/configuration tests/sandbox tests/connectors

# A suite that lets planted bugs pass proves little; what survives is a test that is missing.
mutants: .venv/.ready
	$(BIN)/python -m tests.mutants $(ONLY)

lint: .venv/.ready
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

# The lock holds DuckDB at 1.5, for which the extensions of a lake are published; the store is written to what 2.0 shares.
test-duckdb2: .venv-duckdb2/.ready
	.venv-duckdb2/bin/python -m pytest -q tests/store

.venv-duckdb2/.ready: requirements.lock pyproject.toml | .tools/bin/uv
	@$(UV) venv --quiet --clear --python .tools/bin/python .venv-duckdb2
	@$(UV) pip sync --quiet --require-hashes --python .venv-duckdb2/bin/python requirements.lock
	@$(UV) pip install --quiet --python .venv-duckdb2/bin/python 'duckdb>=2,<3'
	@$(UV) pip install --quiet --no-deps --python .venv-duckdb2/bin/python --editable .
	@touch $@

# The clients come as they are published; what they need beside them is theirs to choose, so it is not in .venv.
clients: .venv/.ready .venv-clients/.ready
	$(BIN)/pytest -q -m clients tests/clients

.venv-clients/.ready: tests/clients/requirements.lock tests/clients/package-lock.json | .tools/bin/uv node
	@$(UV) venv --quiet --clear --python .tools/bin/python .venv-clients
	@$(UV) pip sync --quiet --require-hashes --python .venv-clients/bin/python tests/clients/requirements.lock
	@cp tests/clients/package.json tests/clients/package-lock.json .venv-clients
	@npm ci --prefix .venv-clients --no-audit --no-fund --silent
	@touch $@

bench: .venv/.ready
	$(BIN)/python -m tests.bench

lock: .tools/bin/uv
	$(UV) pip compile pyproject.toml --extra dev -c constraints.txt --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 --universal --quiet -o requirements.lock
	$(UV) pip compile tests/clients/requirements.in --generate-hashes --no-emit-index-url \
		--no-header --python-version 3.11 --universal --quiet -o tests/clients/requirements.lock

clean:
	rm -rf .venv .venv-clients .venv-duckdb2 .tools .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.ready: requirements.lock pyproject.toml | .tools/bin/uv
	@echo "Setting up .venv from requirements.lock."
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| $(UV) venv --quiet --clear --python .tools/bin/python .venv
	@$(UV) pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@$(UV) pip install --quiet --no-deps --python $(BIN)/python --editable .
	@touch $@

.tools/bin/uv:
	@for python in $(PYTHONS); do \
		if $$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Setting up .tools with $$($$python --version)."; \
			rm -rf .tools && $$python -m venv .tools \
				&& .tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'; \
			exit; \
		fi; \
	done; \
	echo "Fieldline needs Python 3.11 or newer with venv (Debian, Ubuntu: apt-get install python3-venv);" \
		"none of these will do: $(PYTHONS)." >&2; \
	exit 1

# $(call installed,programs of which one will do,packages of which one will do,brew's arguments,which tests are skipped without)
define installed
@for name in $(1); do \
	if command -v $$name >/dev/null; then exit; fi; \
done; \
if command -v brew >/dev/null; then brew install --quiet $(3) && exit; fi; \
if [ "$$(id -u)" = 0 ]; then root=; elif sudo -n true 2>/dev/null; then root=sudo; else root=none; fi; \
if [ "$$root" != none ]; then \
	echo "Installing $(2) for $(4)."; \
	if command -v apt-get >/dev/null; then \
		$$root apt-get -qq update; \
		install="$$root env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y"; \
	elif command -v dnf >/dev/null; then install="$$root dnf install -q -y"; \
	else install="$$root apk add -q"; \
	fi; \
	for package in $(2); do \
		if $$install $$package >/dev/null; then exit; fi; \
	done; \
fi; \
echo "$(2) could not be installed here, so $(4) are skipped." >&2
endef

BROWSERS := chromium-headless-shell chromium chromium-browser google-chrome

# Without a browser the tests marked `browser` are skipped, which the run says; nothing else needs one.
chromium:
	$(call installed,$(BROWSERS),chromium-headless-shell chromium,--cask chromium,the browser tests)

# The provider against which the sign-in is tested runs on Node; the tests fetch it from its lock file.
node:
	$(call installed,npm,npm,node,the tests of the sign-in)
