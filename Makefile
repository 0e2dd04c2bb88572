# One command to run ClientNest: `make run`. Needs Python 3.11 or newer and make; everything else is installed in here.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install run stop doctor status clean setup test test-long lint format types imports dbt-build bench hooks

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1|/' | column -t -s '|' 2>/dev/null \
		|| grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST)

install: ## Install what running needs into .venv (done once, and again when the lock changed)
	@$(PYTHON) clientnest/stack/install.py

run: install ## Install, start everything, show the addresses; Ctrl-C stops it
	@exec $(BIN)/python -m clientnest.cli run $(ARGS)

stop: install ## Stop what `make run` started, from another terminal
	@exec $(BIN)/python -m clientnest.cli stop

status: install ## Show what runs, and where
	@$(BIN)/python -m clientnest.cli status || true

doctor: install ## Explain what is wrong with this installation
	@$(BIN)/python -m clientnest.cli doctor || true

clean: ## Remove the environment and caches; data is kept
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs

# --- for developers -------------------------------------------------------------------------------------------------

setup: ## Install what the tests need: tools, Chromium, a TimescaleDB server, Node packages
	@$(PYTHON) clientnest/stack/install.py --dev
	@$(BIN)/python -m tests.services

lint: ## Style of Python and SQL, and the shape of generated files
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfluff lint --disable-progress-bar -p 1 dbt_project/models dbt_project/tests
	$(BIN)/clientnest metrics seed --check

format: ## Put Python into the house style
	$(BIN)/ruff check --fix --exit-zero .
	$(BIN)/ruff format .

types: ## Static types (strict on the kernel, ml and api)
	$(BIN)/mypy

imports: ## Who may import whom
	$(BIN)/lint-imports --no-logo

test: setup ## Everything that has to hold, in at most 15 minutes after set-up
	@$(MAKE) --no-print-directory -j 3 lint types imports
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: setup ## Hundreds of kills and other tests that take long; writes its report into benchmarks/
	$(BIN)/python -m pytest tests/long -m long $(ARGS)

dbt-build: install ## Build and test every model on the running database
	$(BIN)/clientnest dbt build

bench: setup ## Measure everything again and write the table in benchmarks/README.md
	@$(PYTHON) clientnest/stack/install.py --dev --group bench
	$(BIN)/python -m benchmarks

hooks: setup ## Run the checks before every commit
	$(BIN)/pre-commit install
