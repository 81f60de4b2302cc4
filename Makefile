# The front door. Each target installs what it needs; `make run` and `make test` are all that a fresh machine needs.

SOURCES := $(shell find src zk -name '*.ts' -o -name '*.yaml' | grep -v node_modules)
INSTALLED := node_modules/.package-lock.json
NPM := npm --no-audit --no-fund --no-update-notifier --loglevel=error
COMPOSE = $$(docker compose version >/dev/null 2>&1 && echo docker compose || echo docker-compose)
# Test files run side by side in so many processes; their longest waits are for other processes.
JOBS ?= 2

.DEFAULT_GOAL := all
.PHONY: all build run check lint test sim sim-mutants chaos conformance bench docs zk image up down logs pack clean help

all: check lint test

$(INSTALLED): package.json package-lock.json
	$(NPM) ci
	@touch $@

dist/zurau.mjs: $(INSTALLED) $(SOURCES) package.json
	$(NPM) run --silent build

build: dist/zurau.mjs ## one bundled file, dist/zurau.mjs

run: dist/zurau.mjs ## a broker on localhost:9092 with its metadata service inside
	exec node dist/zurau.mjs dev

check: $(INSTALLED) ## types
	$(NPM) run --silent check

lint: $(INSTALLED) ## rules, layers, dead code, format
	$(NPM) run --silent lint

# Not prerequisites: what fails is counted, and all the rest runs all the same.
test: ## everything, real ZooKeeper and real clients included; ends in "N passed, N failed, N skipped"
	@node test/support/run-tests.mjs \
	  --check 'install and build=$(MAKE) --no-print-directory build' \
	  --check 'types=$(MAKE) --no-print-directory check' \
	  --check 'lint=$(MAKE) --no-print-directory lint' \
	  --check 'tools for the tests=test/support/install.sh' \
	  -- $(NPM) test --silent -- --parallel --jobs $(JOBS)

sim: $(INSTALLED) ## the simulation: make sim SEED=7, or make sim SEEDS=1000
	$(NPM) run --silent sim

sim-mutants: $(INSTALLED) ## bugs that we plant, one at a time: each must be found
	$(NPM) run --silent sim-mutants

chaos: dist/zurau.mjs ## real processes and real faults, with a ledger: make chaos MINUTES=30
	$(NPM) run --silent chaos -- --minutes $(or $(MINUTES),5)

conformance: $(INSTALLED) ## the questions that a real Kafka has answered, against brokers of ours: make conformance SCRIPTS='configs fetch'
	$(NPM) run --silent conformance -- $(SCRIPTS)

bench: dist/zurau.mjs ## ratios to a real Kafka, side by side
	$(NPM) run --silent bench

docs: $(INSTALLED) ## docs/*.md from the tables
	$(NPM) run --silent docs

zk: ## a real ZooKeeper on localhost:2181 (needs Java)
	zk/ensemble/run.sh

image: dist/zurau.mjs ## the container image, zurau
	docker build -t zurau .

up: dist/zurau.mjs ## three ZooKeepers and three brokers in containers, until all of them are healthy
	$(COMPOSE) up -d --build
	@src/tools/image/wait-healthy.sh

down: ## ends them; their data stay in volumes (with VOLUMES=1 they go)
	$(COMPOSE) down $(if $(VOLUMES),--volumes)

logs: ## what they log
	$(COMPOSE) logs -f --tail=100

pack: dist/zurau.mjs ## the package as npm publishes it
	$(NPM) pack

clean:
	rm -rf dist coverage .cache

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 16
