# The commands of Aftercare. `make` alone lists them.
PY := .venv/bin/python
# Whatever Python starts the set-up; it finds a newer one by itself when this is too old.
PYTHON ?= $(shell command -v python3 || command -v python3.13 || command -v python3.12 || command -v python3.11)

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev demo dev test e2e test-commerce check format api contracts fuzz-orders kill-orders bench bench-screens lock clean

help: ## list the commands
	@grep -E '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z0-9-]+):.*## /  make \1\t/' | expand -t 18

setup: ## install everything, start nothing
	@PYTHON='$(PYTHON)' '$(PYTHON)' -m scripts.install

setup-dev: ## setup, and what tests and checks need
	@PYTHON='$(PYTHON)' '$(PYTHON)' -m scripts.install --dev

demo: setup ## the demo shop on http://127.0.0.1:8000 (PORT, AFTERCARE_DATA)
	@exec .venv/bin/aftercare demo

dev: setup-dev ## the same with code reload, and the front end by Vite
	@exec $(PY) -m scripts.dev

test: setup-dev ## all tests; make test ARGS="tests/tickets -k reply" for some of them
	@exec $(PY) -m scripts.test $(ARGS)

e2e: setup-dev ## only the browser tests
	@exec $(PY) -m scripts.test --only browser $(ARGS)

test-commerce: setup-dev ## the store connectors against a real Medusa shop, from npm (ARGS="-k lost")
	@exec $(PY) -m scripts.commerce $(ARGS)

check: setup-dev ## format, lint, types, import contracts, drift, front end
	@exec $(PY) -m scripts.check $(ARGS)

format: setup-dev ## let ruff and prettier put the code in order
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .
	@if [ -f frontend/package.json ]; then npm --prefix frontend run --if-present format; fi

api: setup-dev ## write openapi.json, catalog.json and the TypeScript made from them
	@exec $(PY) -m scripts.api

contracts: setup-dev ## what connectors ask of vendors, judged by the vendors' own contracts
	@exec $(PY) -m scripts.contracts $(ARGS)

fuzz-orders: setup-dev ## 10,000 orders with races, crashes and lost answers (ARGS="10000 seed")
	@exec $(PY) -m tests.orders.run_fuzz $(ARGS)

kill-orders: setup-dev ## workers killed while they change orders (KILLS=1000)
	@KILLS=$(or $(KILLS),1000) exec $(PY) -m scripts.test tests/torture/test_order_kills.py

bench: setup ## the numbers, a JSON line each
	@exec .venv/bin/aftercare bench --json

bench-screens: setup-dev ## the numbers of the agent app, in Chromium (ARGS="list thread", "soak")
	@exec $(PY) -m tests.bench.screens $(ARGS)

lock: ## compile requirements/*.in to requirements/*.txt
	@exec $(PY) -m scripts.lock $(ARGS)

clean: ## remove what was installed and built; var/ (your data) stays
	rm -rf .venv frontend/node_modules frontend/*/node_modules frontend/*/build frontend/*/dist frontend/*/.svelte-kit frontend/.made .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .medusa
