# The two main commands are `make demo` and `make test`. Both install missing packages first, and say so.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --scratch-path .build-release
BIN = .build-release/release/tocsin

.PHONY: demo test conformance simulate mutants soak bench build docs format lint dependencies install deb

# Where `make install` puts files. DESTDIR goes before every path.
DESTDIR =
PREFIX = /usr

demo: build
	$(BIN) demo

build: dependencies
	$(RELEASE) --product tocsin

# `make test SEEDS=200` runs more seeds of the simulation than the 100 of `make test`.
test: dependencies
	SWIFT="$(SWIFT)" SEEDS="$(SEEDS)" scripts/test

# Compares the quality tests with the reference implementation of QARTOD, on hundreds of series.
conformance: dependencies
	SWIFT="$(SWIFT)" scripts/conformance/run

# Runs the whole gateway in a simulated world: `make simulate SEEDS=1000`. `make simulate SEED=17` prints the story of one run.
SEEDS =
FROM = 1
simulate: dependencies
	$(RELEASE) --product Simulator
	.build-release/release/Simulator $(if $(SEED),--seed $(SEED),--seeds $(or $(SEEDS),1000) --from $(FROM))

# Breaks the code on purpose, and checks that the simulation finds it.
mutants: dependencies
	scripts/mutants

# Ends the gateway's own process 150 times, in the middle of all kinds of work.
soak: dependencies
	$(SWIFT) build --build-tests
	TOCSIN_SOAK_ENDS=150 $(SWIFT) test --skip-build --no-parallel --filter SoakTests

bench: dependencies
	scripts/bench

# Builds the DocC pages about how the modules work into one website, .build-docs/site. Needs the toolchain only.
docs:
	scripts/docs

dependencies:
	@scripts/install-dependencies

# Installs the command, the unit, and the files that they need; a configuration only if there is none. Afterwards, as root:
# systemd-sysusers && systemd-tmpfiles --create && systemctl enable --now tocsin
install:
	@test -x $(BIN) || { echo "build first: make build" >&2; exit 1; }
	scripts/install "$(BIN)" "$(DESTDIR)" "$(PREFIX)"

# Makes a Debian package in .build-release, with the Swift libraries that the command needs.
deb: build
	scripts/make-deb "$(BIN)"

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
