# Each target sets up what it needs. A missing tool is named with how to get it.
.PHONY: setup demo test check kafka-test chaos bench clean
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK := deploy/requirements/development.txt
SET_UP := $(VENV)/.set-up
PAGES := services/pages
PAGES_SET_UP := $(PAGES)/node_modules/.set-up
# Three workers on two cores: much of what the tests of the running system do is waiting. Room by
# room, so that what a room's tests share is there only while they run.
PARALLEL ?= -n 3 --dist loadscope --no-loadscope-reorder

help:
	@echo "make demo | test | check | kafka-test | chaos | bench"

setup: $(SET_UP) $(PAGES_SET_UP)

$(SET_UP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed: set PYTHON=..."; exit 1; }
	test -d $(VENV) || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

# Styles and scripts of the pages; without them pages are plain, and their tests are skipped.
$(PAGES_SET_UP): $(PAGES)/package-lock.json
	@command -v npm >/dev/null || { echo "npm is needed for the pages' styles: apt-get install npm"; exit 0; }; \
	npm ci --silent --prefix $(PAGES) && touch $@

demo: setup
	$(BIN)/throughline demo

test: setup
	$(BIN)/pytest $(PARALLEL) -rs -m "not chaos"

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest tests/store/test_migrations.py tests/unit/deploy

kafka-test: setup
	@why="$$($(BIN)/python -m deploy.kafka.node)"; \
	if [ -n "$$why" ]; then echo "kafka-test skipped: $$why"; \
	else THROUGHLINE_TEST_BROKER=kafka $(BIN)/pytest -rs -m kafka tests/stream; fi

chaos: setup
	$(BIN)/pytest -m chaos

bench: setup
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) $(PAGES)/node_modules .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache
