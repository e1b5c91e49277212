# Two commands matter: `make demo` and `make test`. Both install what is missing first, and say so.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --scratch-path .build-release
BIN = .build-release/release/tocsin

.PHONY: demo test simulate mutants soak bench build format lint dependencies install deb

# Where `make install` puts things; DESTDIR stands before all of it.
DESTDIR =
PREFIX = /usr

demo: build
	$(BIN) demo

build: dependencies
	$(RELEASE) --product tocsin

# One at a time: tests that wait for real processes are not starved by those that calculate.
test: dependencies
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --no-parallel

# The whole gateway in a simulated world: `make simulate SEEDS=1000`; `make simulate SEED=17` tells the story of one.
SEEDS = 1000
FROM = 1
simulate: dependencies
	$(RELEASE) --product Simulator
	.build-release/release/Simulator $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --from $(FROM))

# Breaks the code on purpose, and sees that the simulation finds it.
mutants: dependencies
	scripts/mutants

# Ends the gateway's own process 150 times, in the middle of everything at once.
soak: dependencies
	$(SWIFT) build --build-tests
	TOCSIN_SOAK_ENDS=150 $(SWIFT) test --skip-build --no-parallel --filter SoakTests

bench: dependencies
	scripts/bench

dependencies:
	@scripts/install-dependencies

# The command, the unit, and what they need; a configuration only where there is none. As root, then:
# systemd-sysusers && systemd-tmpfiles --create && systemctl enable --now tocsin
install:
	@test -x $(BIN) || { echo "build first: make build" >&2; exit 1; }
	scripts/install "$(BIN)" "$(DESTDIR)" "$(PREFIX)"

# A Debian package in .build-release, which brings the Swift libraries that it runs on.
deb: build
	scripts/make-deb "$(BIN)"

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
