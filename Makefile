# Entry points; `make help` lists them. The work is in CMake and in .ci/.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
SEEDS ?= 2000
SEED ?=
BENCH ?=
FIFOQ_BOOTSTRAP_DIR ?=
ARCHS := x86_64 aarch64
PYTHON := build/venv/bin/python

.PHONY: all help demo check check-peers check-threads kill-sweep soak mutants quick lint lint-changed words fuzz bench bench-update install clean bootstraps venv

all: bootstraps ## build build/fifoq; installs missing packages on Debian and Ubuntu
	@.ci/step configure cmake -S . -B build -G Ninja -DFIFOQ_WERROR=ON -DCMAKE_BUILD_TYPE=Release -DFIFOQ_TESTS=OFF \
	    "-DFIFOQ_BOOTSTRAP_DIR=$(FIFOQ_BOOTSTRAP_DIR)"
	@.ci/step build cmake --build build
	@echo "build/fifoq is ready"

help: ## print this list
	@sed -n 's/^\([a-z -]*\):.*## /\1\t/p' Makefile | expand -t 19

demo: all venv ## run the whole pipeline on this machine: moto, a small API, 30 items
	@$(PYTHON) tests/demo/demo.py build/fifoq

check: all venv ## run all checks: unit tests with sanitizers, fuzz corpora, lint, static and end-to-end tests
	@.ci/check

quick: ## while coding: build with sanitizers, unit tests, lint of the changed files
	@.ci/quick

check-peers: all venv ## test against other programs: ElasticMQ, event-ruler, AWS's Lambda emulator, another DynamoDB, MiniStack
	@.ci/peers

check-threads: all venv ## find data races: unit tests and commands with ThreadSanitizer
	@.ci/threads

kill-sweep: all venv ## kill up and down before and after every request; 'check' runs a sample
	@cd tests && FIFOQ_KILL_SWEEP=all ../$(PYTHON) -m pytest -q e2e/test_kill_sweep.py

soak: ## test order and loss in a simulation: SEEDS (2000) runs; SEED=n traces one run
	@.ci/setup check
	@.ci/step configure-soak cmake -S . -B build/soak -G Ninja -DFIFOQ_WERROR=ON -DFIFOQ_ARCHS= -DCMAKE_BUILD_TYPE=RelWithDebInfo
	@.ci/step build-soak cmake --build build/soak --target soak
	@if [ "$(SEED)" ]; then build/soak/tests/soak --trace $(SEED); else build/soak/tests/soak 1 $(SEEDS); fi

mutants: ## break the runtime on purpose, and check that the soak test detects it
	@.ci/setup check
	@python3 tests/soak/mutants.py build/mutants

lint lint-changed: ## run clang-format, clang-tidy, shellcheck, and check banned functions, layers, links; lint-changed: files that differ from main
	@.ci/setup check
	@.ci/step configure-quick cmake -S . -B build/quick -G Ninja -DFIFOQ_WERROR=ON -DFIFOQ_ARCHS= -DCMAKE_BUILD_TYPE=Debug \
	    -DFIFOQ_SANITIZE=address,undefined
	@.ci/lint build/quick $(patsubst lint-%,%,$(filter lint-%,$@))

words: ## list unusual wording in messages, comments and docs, with replacements
	@.ci/words

fuzz: ## run every fuzz driver for FUZZ_SECONDS (60), with clang and libFuzzer
	@.ci/setup fuzz
	@.ci/fuzz $(FUZZ_SECONDS)

bench: all venv ## measure fifoq beside its peers: docs/reference/benchmarks.md; BENCH=runtime|provisioning|growth|startup: a part
	@$(PYTHON) tests/bench/bench.py $(BENCH)

bench-update: all venv ## write the instruction counts that 'make check' allows: tests/data/instructions.json
	@cd tests && FIFOQ_UPDATE_INSTRUCTIONS=1 ../$(PYTHON) -m pytest -q e2e/test_instructions.py

install: all ## install fifoq into PREFIX/bin (/usr/local/bin)
	@cmake --install build --prefix "$(PREFIX)" --strip

clean: ## delete build/; the built libraries stay in ~/.cache/fifoq
	@rm -rf build

# Building the libraries of the bootstraps takes minutes the first time, so this step prints its progress.
bootstraps:
	@.ci/setup build
	@[ "$(FIFOQ_BOOTSTRAP_DIR)" ] || for arch in $(ARCHS); do runtime/static/build.sh $$arch || exit 1; done

venv:
	@.ci/setup demo
	@.ci/venv
