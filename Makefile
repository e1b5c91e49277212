# Two commands matter: `make demo` and `make test`. Both install what is missing first, and say so.

SWIFT ?= swift
RELEASE = $(SWIFT) build -c release --scratch-path .build-release
BIN = .build-release/release/tocsin

.PHONY: demo test bench build format lint dependencies

demo: build
	$(BIN) demo

build: dependencies
	$(RELEASE) --product tocsin

# One at a time: tests that wait for real processes are not starved by those that calculate.
test: dependencies
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --no-parallel

bench: dependencies
	scripts/bench

dependencies:
	@scripts/install-dependencies

format:
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests Benchmarks

lint:
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests Benchmarks
