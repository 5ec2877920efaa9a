# `make help` lists the targets. Everything is installed into .venv/, everything generated goes to var/.

PYTHON ?= python3
RISKS ?= 1000
READS ?= 100000
ORGANIZATIONS ?= 1
SEED ?= 1
FAULT ?= all
SCENARIO ?= warm_cache
CASES ?= 5000
DATABASE ?= sqlite

BIN := .venv/bin
PIP = $(PYTHON) -m pip --disable-pip-version-check
DRILL := tests/deployment/monitoring/test_drill.py
MANAGE := $(BIN)/python manage.py
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate \
	--custom-compile-command "make lock"

# Compiled modules are kept, or each start would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run fuzz test test-monitoring test-deployment mutate-rules lint types bench hammer slow-clients load \
	report stack drill seed serve secrets lock pin-images schema shell clean doctor
.DELETE_ON_ERROR:

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1 /p' Makefile | while read -r target text; do \
		printf '  %-15s %s\n' "$$target" "$$text"; done

run: .venv/runtime ## Install, migrate, create demo data once, serve on http://127.0.0.1:8000 (PORT=)
	@exec $(MANAGE) serve --demo

test: .venv/development ## Run the tests: on SQLite, then on PostgreSQL and Valkey
	@$(BIN)/python -m tests

test-monitoring: .venv/development ## Test every alert, and the whole stack with faults (needs Debian's packages)
	@$(BIN)/python -m pytest -q -n 2 tests/deployment/monitoring --ignore $(DRILL)
	@$(BIN)/python -m pytest -q $(DRILL)

test-deployment: .venv/development ## Test pgbouncer, backup and restore, traces, restarts behind a proxy
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder tests/deployment \
		--ignore tests/deployment/monitoring

mutate-rules: .venv/development ## Change each rule in many ways and see that a test fails; takes half an hour
	@$(BIN)/python -m tests.deployment.monitoring.mutants

lint: .venv/development ## Check style, import rules and that no migration is missing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run

# Django's plugin does not always notice that a cached module is outdated: an error counts without it.
types: .venv/development ## Check types
	@$(BIN)/mypy || { echo "Checking again, without the cache of .mypy_cache ..."; \
		rm -rf .mypy_cache; $(BIN)/mypy; }

hammer: .venv/development ## Prove on real servers that no read is stale while faults are injected (READS=)
	@$(BIN)/python -m tests.proofs.hammer --reads $(READS)

fuzz: .venv/development ## Ask the API what its schema allows, and what not, as every role (CASES= DATABASE=postgresql)
	@$(BIN)/python -m tests.proofs.fuzz --cases $(CASES) --database $(DATABASE)

bench: .venv/development ## Measure the cache against its targets, in under ten minutes (docs/cache-performance.md)
	@$(BIN)/python -m tests.proofs.benchmarks.cache

slow-clients: .venv/development ## See that 50 users do not notice 100 slow bodies and 100 slow readers (KEEP=1)
	@$(BIN)/python -m tests.proofs.slow_clients $(if $(KEEP),--keep)

load: .venv/development ## Put load on OpenRisk and judge it: warm_cache, peak_load, ... (SCENARIO= USERS= RATE= TIME= KEEP=1)
	@$(BIN)/python -m locustfiles.harness $(SCENARIO) $(if $(USERS),--users $(USERS)) $(if $(RATE),--rate $(RATE)) \
		$(if $(TIME),--time $(TIME)) $(if $(KEEP),--keep)

report: .venv/development ## Write docs/performance.md from the figures in docs/data
	@$(BIN)/python -m locustfiles.harness.report

stack: .venv/development ## Run OpenRisk with Prometheus, Alertmanager and exporters as local processes
	@$(BIN)/python -m deployment.local

drill: .venv/development ## Cause a fault and time its alert: slow-queries, cache, ... (FAULT=)
	@$(BIN)/python -m deployment.local.drill $(FAULT)

secrets: ## Write what the compose files mount into deployment/secrets (SLACK_WEBHOOK_URL=, ROTATE=)
	@$(PYTHON) deployment/make_secrets.py $(if $(SLACK_WEBHOOK_URL),--slack-webhook-url $(SLACK_WEBHOOK_URL)) $(if $(ROTATE),--rotate $(ROTATE))

lock: .venv/development ## Write requirements.lock and requirements-dev.lock: every package, with its hashes
	@$(LOCK) --output-file requirements.lock requirements.txt
	@$(LOCK) --output-file requirements-dev.lock --constraint requirements.lock requirements-dev.txt

pin-images: ## Pin the images of the compose files and the Dockerfile by digest (needs docker and a network)
	@$(PYTHON) deployment/pin_images.py

seed: .venv/runtime ## Fill organizations with invented risks (RISKS= ORGANIZATIONS= SEED=)
	$(MANAGE) migrate --verbosity 0
	$(MANAGE) seed_demo --risks $(RISKS) --organizations $(ORGANIZATIONS) --seed $(SEED)

serve: .venv/runtime ## Serve, without touching the data
	@exec $(MANAGE) serve

shell: .venv/runtime ## Open a Python shell with the models loaded
	@exec $(MANAGE) shell

schema: .venv/runtime ## Write the OpenAPI schema to docs/openapi.json, and the tables of a new SQLite database
	$(MANAGE) spectacular --format openapi-json --validate --fail-on-warn --file docs/openapi.json
	@$(BIN)/python -m openrisk.database.template

clean: ## Remove what tools leave behind; keeps .venv/ and var/
	rm -rf .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

doctor: .venv/runtime ## Say what is configured, reachable and complete, and what to do
	@$(MANAGE) doctor

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null || { \
		echo "OpenRisk needs Python 3.11, 3.12 or 3.13. '$(PYTHON)' is something else:"; \
		$(PYTHON) --version 2>&1 | head -1; \
		echo "Name another one: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -m venv --without-pip .venv

# The files mark what is installed, so that the second time takes no time.
.venv/runtime: requirements.lock | .venv/bin/python
	$(call install,requirements.lock)
	@touch $@

.venv/development: requirements-dev.lock .venv/runtime
	$(call install,requirements-dev.lock)
	@touch $@

# pip installs uv, which installs the rest several times faster; pip does where uv fails. Both refuse
# a package that is not the one in the lock. Some systems have a pip without the option --python.
define install
	@[ -x $(BIN)/uv ] || { \
		echo "Installing uv ..."; \
		sed -n '/^uv==/,/[^\]$$/p' requirements-dev.lock > .venv/uv.lock; \
		$(PIP) --python $(BIN)/python install --quiet --require-hashes --requirement .venv/uv.lock || \
		{ $(PYTHON) -m venv .venv && $(BIN)/pip install --quiet --require-hashes --requirement .venv/uv.lock; } || \
		echo "There is no uv: pip takes its place, and some minutes."; }
	@echo "Installing $$(grep -c == $(1)) packages of $(1) into .venv ..."
	@$(BIN)/uv pip install --python $(BIN)/python --require-hashes --requirement $(1) || \
		$(PIP) --python $(BIN)/python install --require-hashes --requirement $(1) || \
		$(BIN)/python -m pip install --require-hashes --requirement $(1)
endef
