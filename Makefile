# The front door. Each target installs what it needs; `make run` and `make test` are all that a fresh machine needs.

SOURCES := $(shell find src zk -name '*.ts' -o -name '*.yaml' | grep -v node_modules)
INSTALLED := node_modules/.package-lock.json
NPM := npm --no-audit --no-fund --loglevel=error

.DEFAULT_GOAL := all
.PHONY: all check lint test run zk up down logs bench sim docs build clean

all: check lint test

$(INSTALLED): package.json package-lock.json
	$(NPM) ci
	@touch $@

dist/zurau.mjs: $(INSTALLED) $(SOURCES)
	$(NPM) run --silent build

build: dist/zurau.mjs ## one bundled file, dist/zurau.mjs

run: dist/zurau.mjs ## a broker on localhost:9092 with its metadata service inside
	exec node dist/zurau.mjs dev

check: $(INSTALLED) ## types
	$(NPM) run --silent check

lint: $(INSTALLED) ## rules, layers, dead code, format
	$(NPM) run --silent lint

test: dist/zurau.mjs check lint ## everything, real ZooKeeper and real clients included
	test/support/install.sh
	$(NPM) test --silent

sim: $(INSTALLED) ## the simulation: make sim SEED=7, or make sim SEEDS=1000
	$(NPM) run --silent sim

zk: ## a real ZooKeeper on localhost:2181 (needs Java)
	zk/ensemble/run.sh

bench: dist/zurau.mjs ## ratios to a real Kafka, side by side
	$(NPM) run --silent bench

docs: $(INSTALLED) ## docs/*.md from the tables
	$(NPM) run --silent docs

up: ## three ZooKeepers and three brokers in containers
	docker-compose up -d --build

down:
	docker-compose down

logs:
	docker-compose logs -f

clean:
	rm -rf dist coverage .cache
