# Two commands matter: make run, make test.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test bench mutants fuzz audit lint lock clean help

help:
	@echo "make run    the whole system with a demo fleet, at http://127.0.0.1:8000"
	@echo "make test   every test"
	@echo "make bench  what this machine carries, and the scores on the recordings (RECORDINGS=$(or $(RECORDINGS),../shared/data))"
	@echo "make mutants  up to 200 small faults planted in the core, and which of them the tests notice (at most an hour)"
	@echo "make fuzz   a million made-up payloads and a hundred thousand damaged feeds (hours; FUZZ=\"--payloads 1000\" for less)"
	@echo "make audit  known faults of what we need (asks a service on the Internet)"
	@echo "make lint   style and types"
	@echo "make lock   write requirements/*.txt anew from requirements/*.in"

run: .venv/run.stamp
	@exec $(BIN)/python app.py run --demo

test: .venv/dev.stamp
	@sh tests/tools.sh
	@sh tests/node/install.sh
	@exec $(BIN)/python -m pytest -n 2 --dist loadfile

bench: .venv/dev.stamp
	@exec $(BIN)/python -m benchmarks

mutants: .venv/dev.stamp
	@exec $(BIN)/python -m benchmarks.mutants

fuzz: .venv/dev.stamp
	@exec $(BIN)/python -m benchmarks.fuzz $(FUZZ)

audit: .venv/dev.stamp
	@$(BIN)/pip-audit --strict --disable-pip --require-hashes $(foreach lock,$(wildcard requirements/*.txt),-r $(lock))
	@exec npm audit --prefix tests/node --package-lock-only

lint: .venv/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy

lock: .venv/dev.stamp
	@sh requirements/lock.sh

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis

.venv/run.stamp: requirements/run.txt requirements/bootstrap.txt requirements/install.sh
	@PYTHON=$(PYTHON) sh requirements/install.sh run

.venv/dev.stamp: requirements/dev.txt requirements/bootstrap.txt requirements/install.sh
	@PYTHON=$(PYTHON) sh requirements/install.sh dev
