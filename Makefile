# `make demo` and `make test` do all set-up that they need, and may be run again at any time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
CARGO ?= cargo
PYTHON ?= python3
VENV := .venv
PEERS_VENV := .venv-peers
SERVICES_VENV := .venv-services
export TRADEWIND_PYTHON ?= $(CURDIR)/$(VENV)/bin/python

# Debian packages: what the build links against, and the clients that the tests and the demo drive.
BUILD_PACKAGES := gcc pkg-config libssl-dev clang libclang-dev
TEST_PACKAGES := openssh-client gnupg sqlite3 strace mount python3-venv chromium
SERVICES_PACKAGES := rabbitmq-server postgresql openssl python3-venv

.PHONY: help build demo demo-cluster test lint unit interop bench build-tools test-tools docs clean clean-run differential differential-tools fuzz fuzz-tools bench-peers services-up services-down services-tools test-engines

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

build: build-tools ## the program, target/debug/tradewind
	$(CARGO) build --locked

demo: build ## one claim file's trip from SFTP to a payer and back; ends by itself in under a minute
	$(CARGO) run --locked --quiet -- demo

test: lint unit test-engines ## everything: format, lints, unit and integration tests against real clients and engines

lint: build-tools ## format and lints of the default build; test-engines has those of the features
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --exclude tradewind-aws --all-targets -- -D warnings

unit: test-tools ## all tests
	$(CARGO) test --locked --workspace --exclude tradewind-aws

services-up: services-tools ## RabbitMQ, PostgreSQL, SeaweedFS and moto on loopback; `scripts/services env` names them to the tests
	scripts/services up

services-down: ## stop what services-up started
	scripts/services down

test-engines: test-tools services-up ## every backend's contract suite and bad weather against the real servers, and the table of them
	$(CARGO) clippy --locked --workspace --features engines --all-targets -- -D warnings
	scripts/test-engines

demo-cluster: build-tools services-tools ## 20,000 claims over seven processes, RabbitMQ, PostgreSQL, S3 and KMS; workers and the broker are killed on the way
	@scripts/install-packages openssh-client
	$(CARGO) build --locked --features engines
	$(SERVICES_VENV)/bin/python scripts/demo-cluster --program "$${CARGO_TARGET_DIR:-target}/debug/tradewind" $(RUN)

bench: build-tools ## benchmarks; docs/benchmarks.md tells what they measure
	$(CARGO) bench --locked --workspace --exclude tradewind-aws

docs: build ## write the generated pages anew
	UPDATE_EXPECT=1 $(CARGO) test --locked --test it generated_pages

differential: differential-tools ## our engine beside its peers on generated files and mutations; options in RUN="--guide 837P --count 100"
	TRADEWIND_PEERS_PYTHON=$(CURDIR)/$(PEERS_VENV)/bin/python $(PYTHON) differential/run.py --docs $(RUN)

clean-run: differential-tools ## the program on valid and on forbidden files: exit 0 and 1; options in RUN="--guide 837P"
	$(CARGO) build --locked --release
	$(PYTHON) differential/clean_run.py $(RUN)

differential-tools: build-tools $(PEERS_VENV)/.installed
	cd differential && $(CARGO) build --locked --release --workspace

fuzz: fuzz-tools ## every fuzz target for FUZZ_SECONDS (600) each, FUZZ_JOBS (2) at a time; TARGETS="read ack" for some
	fuzz/run.sh $(TARGETS)

fuzz-tools: build-tools target/tools/bin/cargo-fuzz

target/tools/bin/cargo-fuzz:
	@scripts/install-packages g++
	$(CARGO) install --quiet --locked --root target/tools --version 0.13.2 cargo-fuzz

bench-peers: differential-tools ## Tradewind and its peers on the same files in one run; writes the table into docs/benchmarks.md
	$(CARGO) build --locked --release
	command -v npm >/dev/null || scripts/install-packages nodejs npm
	npm install --silent --no-save --prefix target/peers-node node-x12@1.7.1
	TRADEWIND_PEERS_PYTHON=$(CURDIR)/$(PEERS_VENV)/bin/python $(PYTHON) scripts/bench-peers.py $(RUN)

build-tools:
	@scripts/install-packages $(BUILD_PACKAGES)

test-tools: build-tools $(VENV)/.installed
	@scripts/install-packages $(TEST_PACKAGES)

$(VENV)/.installed: tests/requirements.txt
	@scripts/install-packages python3-venv
	$(PYTHON) -m venv --clear $(VENV)
	for try in 1 2 3; do $(VENV)/bin/pip install --quiet -r tests/requirements.txt && break || sleep $$((try * 5)); done
	$(VENV)/bin/python -c 'import aws_encryption_sdk, pika'
	touch $@

services-tools: $(SERVICES_VENV)/.installed
	@scripts/install-packages $(SERVICES_PACKAGES)

$(SERVICES_VENV)/.installed: tests/services-requirements.txt
	@scripts/install-packages python3-venv
	$(PYTHON) -m venv --clear $(SERVICES_VENV)
	for try in 1 2 3; do $(SERVICES_VENV)/bin/pip install --quiet -r $< && break || sleep $$((try * 5)); done
	$(SERVICES_VENV)/bin/moto_server --help >/dev/null && test -x $(SERVICES_VENV)/bin/weed
	touch $@

$(PEERS_VENV)/.installed: differential/requirements.txt
	@scripts/install-packages python3-venv
	$(PYTHON) -m venv --clear $(PEERS_VENV)
	for try in 1 2 3; do $(PEERS_VENV)/bin/pip install --quiet -r $< && break || sleep $$((try * 5)); done
	$(PEERS_VENV)/bin/python -c 'import pyx12, linuxforhealth.x12.io'
	touch $@

clean: services-down ## remove what was built
	$(CARGO) clean
	rm -rf $(VENV) $(PEERS_VENV) $(SERVICES_VENV) differential/target fuzz/target fuzz/corpus fuzz/artifacts
