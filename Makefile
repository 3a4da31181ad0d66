# The two commands: `make demo` (a running outbreak in the browser) and `make test` (everything that is checked).
# Each step runs again only when what it reads has changed; its stamp is in .setup/.

PYTHON ?= python3
WORKERS ?= 2
export PYTHON

BIN := .venv/bin
STAMP := .setup
NPM = PATH="$$(tools/node.sh):$$PATH" npm
RUN_TESTS := $(BIN)/python -m pytest -q -n $(WORKERS)
WEB := $(shell find web -type f 2>/dev/null)
CATALOGUES := $(shell find src -name '*.po' 2>/dev/null)
TEMPLATES := $(shell find src -type d -name templates 2>/dev/null)

.PHONY: help demo test setup lint format bench recovery docs lock clean system-demo system-test pytest sizes

help:  ## say what each command does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

demo: run-ready system-demo  ## set up, then run the demonstration province on 127.0.0.1:8000
	@$(BIN)/tongzhou demo

test: setup lint pytest  ## set up, lint, and run every test (SQLite, PostgreSQL, browser)

setup: run-ready $(STAMP)/dev system-test  ## install everything that development needs

.PHONY: run-ready
run-ready: $(STAMP)/server $(STAMP)/web $(STAMP)/areas $(STAMP)/messages

# First what touches the database, on PostgreSQL; then everything, on SQLite.
ON_POSTGRES := $(wildcard tests/server tests/access tests/budgets tests/parity)
pytest:
	$(if $(PYTEST),,TONGZHOU_TEST_DATABASE=postgresql $(RUN_TESTS) -m "not slow and not journey" $(ON_POSTGRES))
	$(RUN_TESTS) -m "not slow" $(PYTEST)

lint: $(STAMP)/dev $(STAMP)/node  ## check style, types, templates, layers and sizes
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(if $(TEMPLATES),$(BIN)/djlint --quiet --lint $(TEMPLATES))
	$(BIN)/lint-imports --no-cache
	$(if $(WEB),$(NPM) run --silent check)
	$(if $(WEB),$(NPM) run --silent test)
	$(BIN)/python tools/messages.py --missing
	$(BIN)/python tools/sizes.py

format: $(STAMP)/dev  ## put the source into its one layout
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Minutes each; ledger_format needs DuckDB's extensions and is run by hand (bench/README.md). BENCHES="epi" chooses.
BENCHES ?= epi results simulate trace chain_page
bench: setup  ## measure the figures of bench/ on this machine (BENCHES="epi trace" chooses)
	@set -e; for name in $(BENCHES); do echo "== $$name"; $(BIN)/tongzhou bench $$name; done

# RECOVERY="delays chain" chooses; other rows of the table stay.
recovery: setup  ## simulate with known truth, estimate, compare; write docs/epi/recovery.md
	$(RUN_TESTS) -m slow
	$(BIN)/python tools/recovery.py $(RECOVERY)

docs: $(STAMP)/dev  ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lock: $(STAMP)/dev  ## write the lock files anew (UPGRADE=1: newest versions)
	tools/lock.sh

clean:  ## remove what set-up and builds made (records in var/ stay)
	rm -rf .venv $(STAMP) node_modules site src/tongzhou/server/static/dist src/tongzhou/server/areas/built
	find src -name '*.mo' -delete

system-demo:
	@tools/system.sh fonts-noto-cjk

system-test:
	@tools/system.sh chromium fonts-noto-cjk

$(STAMP)/venv: requirements/build.txt requirements/uv.txt tools/venv.sh tools/install.sh
	@mkdir -p $(STAMP)
	@echo "Making .venv"
	@tools/venv.sh
	@touch $@

$(STAMP)/server: $(STAMP)/venv requirements/server.txt pyproject.toml
	@echo "Installing the locked Python packages"
	@tools/install.sh -r requirements/server.txt
	@tools/install.sh --no-deps --no-build-isolation -e .
	@touch $@

$(STAMP)/dev: $(STAMP)/server requirements/dev.txt
	@echo "Installing the locked development packages"
	@tools/install.sh -r requirements/dev.txt
	@touch $@

$(STAMP)/node: $(STAMP)/venv package.json package-lock.json .npmrc tools/node.sh
	@echo "Installing the locked front-end packages"
	@$(NPM) ci --ignore-scripts --silent
	@touch $@

$(STAMP)/web: $(STAMP)/node vite.config.ts tsconfig.json $(WEB)
	@echo "Building the front end"
	@$(if $(WEB),$(NPM) run --silent build -- --logLevel warn)
	@touch $@

$(STAMP)/areas: $(STAMP)/server $(STAMP)/node tools/build_areas.py tools/area_names.py
	@echo "Building the area tree and the outlines"
	@$(BIN)/python tools/build_areas.py
	@touch $@

$(STAMP)/messages: $(STAMP)/venv tools/messages.py $(CATALOGUES)
	@$(BIN)/python tools/messages.py --compile
	@touch $@
