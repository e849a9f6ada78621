# Two commands matter: `make demo` and `make test`. Everything else is a part of them.
#
#   make demo ARGS="--port 9000 --reset"     options of `jetto demo` go through ARGS
#
# What is compiled lies outside of the checkout, so that every clone shares it. CARGO_TARGET_DIR moves it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help

export CARGO_TARGET_DIR ?= $(HOME)/.cache/jetto/target
# Playwright drives the system's Chromium and must not fetch one of its own.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD := 1

ARGS ?=
WEB := gateway/inbox
WEB_SOURCES := $(shell find $(WEB)/src $(WEB)/public $(WEB)/*.html $(WEB)/*.ts $(WEB)/*.json -type f 2>/dev/null)
INSTALLED := $(WEB)/node_modules/.package-lock.json
# The binaries that are tried out; copies, because the build with deliberate bugs has the same file names.
TRIED := $(CARGO_TARGET_DIR)/tried
# Where services.sh keeps what it fetched, and what runs.
SERVICES := $(or $(JETTO_SERVICES_CACHE),$(HOME)/.cache/jetto/services)
step := printf '\n== %s\n'

.PHONY: help demo build web fmt types screenshots clean-demo test test-tools test-format test-deploy test-web test-types \
	test-lint test-rust test-seeded-bugs test-browser test-torture test-cluster

help:
	@echo 'make demo         build everything and run the demo (options: ARGS="--port 9000 --reset")'
	echo 'make build        the binary, with the web app in it'
	echo 'make test         everything that must hold; CI runs the same'
	echo 'make fmt          format Rust and the web app'
	echo 'make types        derive the types of the web app from the server again'
	echo 'make screenshots  take the pictures in $(WEB)/screenshots again'
	echo 'make clean-demo   forget what was done in the demo'

demo: build
	@exec "$(CARGO_TARGET_DIR)/release/jetto" demo $(ARGS)

build: web
	@.ci/tools.sh rust
	$(step) 'the binary'
	cargo build --release --locked --package gateway
	echo 'built $(CARGO_TARGET_DIR)/release/jetto'

web: $(WEB)/dist/index.html

$(INSTALLED): $(WEB)/package-lock.json $(WEB)/package.json
	@.ci/tools.sh node
	$(step) 'packages of the web app'
	cd $(WEB)
	npm ci --no-audit --no-fund
	touch node_modules/.package-lock.json

# The binary embeds dist, and cargo does not see files that were not there before: the touch makes it look.
$(WEB)/dist/index.html: $(INSTALLED) $(WEB_SOURCES)
	@$(step) 'the web app'
	(cd $(WEB) && npm run build)
	touch $@ gateway/src/inbox.rs

fmt: $(INSTALLED)
	@cargo fmt --all
	cd $(WEB)
	npm run format

types: $(INSTALLED)
	@cargo build --locked --package gateway --bin jetto
	.ci/types.sh write "$(CARGO_TARGET_DIR)/debug/jetto"

screenshots: $(INSTALLED)
	@.ci/tools.sh chromium
	cd $(WEB)
	npm run screenshots

clean-demo:
	@rm -rf data/demo

# In this order: what fails fast comes first, and what is compiled once is used by everything after it.
test: test-tools test-format test-deploy test-web test-types test-lint test-rust test-seeded-bugs test-browser test-torture
	@$(step) 'everything holds'

test-tools:
	@$(step) 'tools'
	.ci/tools.sh rust node chromium pebble compose kustomize kubernetes-validate promtool

test-format:
	@$(step) 'format of the Rust code'
	cargo fmt --all --check

test-deploy:
	@$(step) 'deploy: accepted by compose, Prometheus and the schemas of Kubernetes'
	.ci/deploy.sh

test-web:
	@$(step) 'web app: packages as locked'
	cd $(WEB)
	npm ci --no-audit --no-fund
	touch node_modules/.package-lock.json
	$(step) 'web app: format, lint, types'
	npm run check
	$(step) 'web app: unit tests'
	npm test
	$(step) 'web app: build, first load within its limit'
	npm run build
	npm run size

test-types: $(INSTALLED)
	@$(step) 'web app: the types are those of the server'
	.ci/types.sh check

# Besides the whole, whatever a feature changes: the deliberate bugs, a binary without the demo, the rules by themselves.
test-lint:
	@$(step) 'clippy'
	cargo clippy --locked --workspace --all-targets -- -D warnings
	$(step) 'clippy: with the deliberate bugs'
	cargo clippy --locked --workspace --all-targets --features gateway/seeded-bugs -- -D warnings
	$(step) 'clippy: the binary without the demo'
	cargo clippy --locked --package gateway --no-default-features -- -D warnings
	$(step) 'clippy: the rules by themselves'
	cargo clippy --locked --package engine -- -D warnings

test-rust:
	@$(step) 'services for the tests'
	# In a folder of their own: what somebody else has running goes on.
	mkdir -p "$(SERVICES)"
	export JETTO_SERVICES_RUN=$$(mktemp -d "$(SERVICES)/run.XXXXXX")
	trap 'deploy/services/services.sh stop; rmdir "$$JETTO_SERVICES_RUN"' EXIT
	services=$$(deploy/services/services.sh start cassandra redis s3 cassandra_locked)
	export $$services
	$(step) 'Rust: tidy, unit, property, conformance and integration tests'
	cargo build --locked --workspace --all-targets
	mkdir -p "$(TRIED)"
	cp "$(CARGO_TARGET_DIR)/debug/jetto" "$(CARGO_TARGET_DIR)/debug/jetto-load" "$(TRIED)/"
	JETTO_TEST_PEBBLE=$$(.ci/tools.sh pebble) cargo test --locked --workspace

test-seeded-bugs:
	@$(step) 'Rust: the same promises with deliberate bugs compiled in'
	cargo build --locked --workspace --all-targets --features gateway/seeded-bugs
	mkdir -p "$(TRIED)"
	cp "$(CARGO_TARGET_DIR)/debug/jetto" "$(TRIED)/jetto-seeded-bugs"
	# The whole workspace: with one package alone, other features of the dependencies are compiled once more.
	cargo test --locked --workspace --features gateway/seeded-bugs --test it -- poison log_search seeded

test-browser: $(INSTALLED)
	@$(step) 'browser: the running demo in Chromium'
	.ci/browser-tests.sh "$(TRIED)/jetto"

test-torture:
	@$(step) 'torture: kill -9 under load, three times'
	load="$(TRIED)/jetto-load"
	"$$load" torture --binary "$(TRIED)/jetto" --rounds 3
	for bug in answer_before_commit send_before_claim log_the_body; do
	  $(step) "torture: the deliberate bug $$bug is caught"
	  "$$load" torture --binary "$(TRIED)/jetto-seeded-bugs" --rounds 10 --bug "$$bug" --expect-violation
	done
	$(step) 'torture: a broadcast through five kills'
	"$$load" broadcast --binary "$(TRIED)/jetto" --recipients 2000 --kill 5
	$(step) 'torture: the deliberate bug forget_claims doubles a broadcast, which is caught'
	"$$load" broadcast --binary "$(TRIED)/jetto-seeded-bugs" --recipients 2000 --kill 25 --bug forget_claims --expect-violation

# Starts and stops its own servers. Not part of `test`: it holds take-overs to a time, which wants the machine for itself.
test-cluster:
	@$(step) 'torture: three nodes on real servers, every fault once'
	load="$(TRIED)/jetto-load"
	"$$load" torture --cluster --binary "$(TRIED)/jetto"
	$(step) 'torture: a deliberate bug of several nodes is caught'
	"$$load" torture --cluster --binary "$(TRIED)/jetto-seeded-bugs" --only Kill --rounds 4 --settle 30 \
	  --bug leave_claims_of_the_dead --expect-violation
