# One command to run ClientNest: `make run`. Needs Python 3.11 or newer and make; everything else is installed in here.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help install run stop doctor status clean

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
	@exec $(BIN)/python -m clientnest.cli status

doctor: install ## Explain what is wrong with this installation
	@exec $(BIN)/python -m clientnest.cli doctor

clean: ## Remove the environment and caches; data is kept
	rm -rf .venv .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis dbt_project/target dbt_project/logs
