# What you can do here. Plain `make` lists the targets.
PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo run test check npm tools sbom format bench clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(BIN)/monitor: pyproject.toml
	@$(PYTHON) -m venv $(VENV)
	@echo "Installing monitor into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable . && touch $@

$(VENV)/.dev: pyproject.toml $(BIN)/monitor
	@echo "Installing what the tests need ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[postgresql,dev]' && touch $@

demo: $(BIN)/monitor  ## Run the whole way on a bundled newsroom, without internet
	@$(BIN)/monitor demo

run: $(BIN)/monitor  ## Run the service with ./config.toml
	@$(BIN)/monitor run

test: $(VENV)/.dev  ## Install what the tests need and run them all, with coverage
	@$(BIN)/pytest -n auto --maxprocesses 4 --cov --cov-report=
	@$(BIN)/python -m tests.coverage_bars

npm: $(BIN)/monitor  ## Install what tests of mails and pages need, where npm is there
	@command -v npm > /dev/null || { echo "npm is not there; its tests are skipped."; exit 0; }; \
	npm install --silent --no-audit --no-fund --no-save --prefix $(VENV)/npm caniemail@1.0.5 axe-core@4.10.3

tools: $(BIN)/monitor  ## Install what tests of the JSON interface need, apart from our own
	@$(PYTHON) -m venv $(VENV)/tools
	@$(VENV)/tools/bin/pip install --quiet --disable-pip-version-check 'schemathesis>=4,<5'

sbom: tools  ## Write the list of libraries in CycloneDX form to dist/sbom.json
	@$(VENV)/tools/bin/pip install --quiet --disable-pip-version-check 'cyclonedx-bom>=6,<8'
	@mkdir -p dist
	@$(VENV)/tools/bin/cyclonedx-py requirements --pyproject pyproject.toml --output-format JSON \
	    --output-file dist/sbom.json deploy/requirements.txt
	@echo "Wrote dist/sbom.json"

check: $(VENV)/.dev  ## Formatting, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev  ## Format and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.dev  ## Measure what we promise
	$(BIN)/python -m benchmarks

clean:  ## Remove everything that was made here
	rm -rf $(VENV) demo build dist .coverage* .mypy_cache .pytest_cache .ruff_cache
