# The front door; `make help` says what there is. What a target does stands in CMake and in .ci/.

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60
SEEDS ?= 2000
SEED ?=
FIFOQ_BOOTSTRAP_DIR ?=
ARCHS := x86_64 aarch64
PYTHON := build/venv/bin/python

.PHONY: all help demo check check-peers check-threads kill-sweep soak mutants quick lint lint-changed words fuzz bench install clean bootstraps venv

all: bootstraps ## build/fifoq (installs what is missing on Debian and Ubuntu)
	@.ci/step configure cmake -S . -B build -G Ninja -DFIFOQ_WERROR=ON -DCMAKE_BUILD_TYPE=Release -DFIFOQ_TESTS=OFF \
	    "-DFIFOQ_BOOTSTRAP_DIR=$(FIFOQ_BOOTSTRAP_DIR)"
	@.ci/step build cmake --build build
	@echo "build/fifoq is ready"

help: ## this list
	@sed -n 's/^\([a-z -]*\):.*## /\1\t/p' Makefile | expand -t 19

demo: all venv ## the whole pipeline at work on this machine: moto, a small API, thirty items
	@$(PYTHON) tests/demo/demo.py build/fifoq

check: all venv ## everything: unit tests under sanitizers, corpora, lint, static checks, end to end
	@.ci/check

quick: ## the loop while coding: sanitized build, unit tests, lint of what changed
	@.ci/quick

check-peers: all venv ## against programs of others: ElasticMQ, event-ruler, AWS's Lambda emulator, another DynamoDB, MiniStack
	@.ci/peers

check-threads: all venv ## data races: unit tests and commands under ThreadSanitizer
	@.ci/threads

kill-sweep: all venv ## kills up and down at every request, before and after it; check takes a sample
	@cd tests && FIFOQ_KILL_SWEEP=all ../$(PYTHON) -m pytest -q e2e/test_kill_sweep.py

soak: ## order and loss in a simulated world: SEEDS (2000) runs; SEED=n shows one of them
	@.ci/setup check
	@.ci/step configure-soak cmake -S . -B build/soak -G Ninja -DFIFOQ_WERROR=ON -DFIFOQ_ARCHS= -DCMAKE_BUILD_TYPE=RelWithDebInfo
	@.ci/step build-soak cmake --build build/soak --target soak
	@if [ "$(SEED)" ]; then build/soak/tests/soak --trace $(SEED); else build/soak/tests/soak 1 $(SEEDS); fi

mutants: ## breaks the runtime in ways that matter, and sees whether the soak finds out
	@.ci/setup check
	@python3 tests/soak/mutants.py build/mutants

lint lint-changed: ## clang-format, clang-tidy, shellcheck, banned functions, layers, links; lint-changed: what differs from main
	@.ci/setup check
	@.ci/step configure-quick cmake -S . -B build/quick -G Ninja -DFIFOQ_WERROR=ON -DFIFOQ_ARCHS= -DCMAKE_BUILD_TYPE=Debug \
	    -DFIFOQ_SANITIZE=address,undefined
	@.ci/lint build/quick $(patsubst lint-%,%,$(filter lint-%,$@))

words: ## places where messages, comments and docs use words of our own, with better ones
	@.ci/words

fuzz: ## every fuzz driver for FUZZ_SECONDS (60) each, with clang and libFuzzer
	@.ci/setup fuzz
	@.ci/fuzz $(FUZZ_SECONDS)

bench: all venv ## what the bootstrap weighs and how fast it starts
	@$(PYTHON) tests/bench/bench.py build

install: all ## one file into PREFIX/bin (/usr/local)
	@cmake --install build --prefix "$(PREFIX)" --strip

clean: ## remove build/ (the built libraries stay in ~/.cache/fifoq)
	@rm -rf build

# The libraries beneath the bootstraps: minutes the first time, so this part is not silent.
bootstraps:
	@.ci/setup build
	@[ "$(FIFOQ_BOOTSTRAP_DIR)" ] || for arch in $(ARCHS); do runtime/static/build.sh $$arch || exit 1; done

venv:
	@.ci/setup demo
	@.ci/venv
