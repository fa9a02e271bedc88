# The README's two commands are `make demo` and `make test`. Both work on a fresh clone with Python 3.11+, a C compiler and make.

PYTHON ?= python3
BIN := .venv/bin
DICOM ?=
DEMO_OUTPUT ?= demo-output
PLUGINS := $(dir $(wildcard codecs_plugins/*/pyproject.toml))
COMPILED := $(shell find dicomkit codecs_plugins -name '*.pyx' -o -name '*.pxd' -o -name '*.tsv') dicomkit/dictionary/generate_tables.py

.PHONY: demo test plugins lint bench sanitize fuzz docs clean

.make/venv:
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --upgrade pip
	@mkdir -p .make && touch $@

.make/installed: .make/venv setup.py pyproject.toml $(COMPILED) $(wildcard codecs_plugins/*/pyproject.toml)
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable . $(addprefix --editable ,$(PLUGINS))
	@touch $@

.make/test-extras: .make/installed
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable '.[test]'
	@touch $@

.make/dev-extras: .make/installed
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable '.[test,dev]'
	@touch $@

.make/bench-extras: .make/installed
	PYTHONWARNINGS=ignore $(BIN)/pip install --quiet --editable '.[bench]'
	@touch $@

demo: .make/installed
	@$(BIN)/python -m dicomkit.cli.demo --output $(DEMO_OUTPUT) $(DICOM)

test: .make/test-extras
	$(BIN)/python -m pytest $(TESTS)

# What has to do with codecs, where other plugins are installed: none, each alone, two for one syntax, one that cannot be imported.
PLUGIN_SETTINGS := none $(patsubst codecs_plugins/%/,%,$(PLUGINS)) two broken
PLUGIN_TESTS := codecs_plugins tests/unit/codecs tests/unit/pixels tests/unit/cli tests/unit/testing tests/unit/test_comparison.py \
    tests/contract tests/hostile tests/interop/test_peer_codecs.py tests/interop/test_peer_lossy.py tests/interop/test_peer_transcode.py
plugins: .make/test-extras
	@set -e; for setting in $(PLUGIN_SETTINGS); do \
	    echo "plugins: $$setting"; rm -rf .make/plugins; \
	    python=$$($(BIN)/python -m tests.environments $$setting .make/plugins); \
	    $$python -m pytest -p no:cacheprovider $(or $(TESTS),$(PLUGIN_TESTS)); \
	done; rm -rf .make/plugins

lint: .make/dev-extras
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --concise --allowlist tests/stubtest_allowlist.txt --ignore-unused-allowlist --mypy-config-file pyproject.toml \
	    $$(find dicomkit -name '*.pyx' | sed 's/\.pyx$$//; s|/|.|g')

bench: .make/bench-extras
	$(BIN)/python -m benchmarks $(BENCH)

# The extensions under AddressSanitizer and UndefinedBehaviorSanitizer: the tests of the compiled modules, and the mutation fuzzer.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1
.make/sanitized: .make/test-extras .make/dev-extras $(COMPILED) setup.py
	CFLAGS='$(SANITIZE)' LDFLAGS='-fsanitize=address,undefined' $(BIN)/python setup.py --quiet build \
	    --build-base .make/sanitize --build-lib .make/sanitize/lib
	cd codecs_plugins/rle && CFLAGS='$(SANITIZE)' LDFLAGS='-fsanitize=address,undefined' ../../$(BIN)/python setup.py --quiet build \
	    --build-base ../../.make/sanitize --build-lib ../../.make/sanitize/lib
	@touch $@

SANITIZED := PYTHONSAFEPATH=1 PYTHONPATH=.make/sanitize/lib:. \
    LD_PRELOAD="$$(gcc -print-file-name=libasan.so) $$(gcc -print-file-name=libubsan.so)" \
    ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 UBSAN_OPTIONS=print_stacktrace=1 PYTHONMALLOC=malloc
sanitize: .make/sanitized
	$(SANITIZED) $(BIN)/python -m pytest -p no:cacheprovider codecs_plugins/rle tests/unit/core tests/unit/encoding tests/unit/values
	$(SANITIZED) $(BIN)/python -m tests.fuzz --mutants $(or $(MUTANTS),3000) --seed $(or $(SEED),1)

fuzz: .make/test-extras
	$(BIN)/python -m tests.fuzz --mutants $(or $(MUTANTS),100000) --seed $(or $(SEED),1)

clean:
	rm -rf .venv .make build demo-output fuzz-findings *.egg-info
	find dicomkit -name '*.so' -delete
