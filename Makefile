# make demo | test | lint | bench: each from a fresh clone, each making .venv if needed.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip install -q --disable-pip-version-check -c constraints.txt

.PHONY: demo test lint docs bench clean

.venv/core: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) -e .
	touch $@

.venv/dev: .venv/core
	$(PIP) -e ".[train,forms,serve,postgres,dev]"
	touch $@

demo: .venv/core
	$(BIN)/handsum read --as digit examples/handwriting
	$(BIN)/handsum read examples/numbers
	@echo
	@echo "Next: $(BIN)/handsum read YOUR-PICTURE.png --overlay looked-at/"
	@echo "      $(BIN)/handsum read --help        $(BIN)/handsum doctor"

test: .venv/dev
	$(BIN)/pytest

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/dev
	$(BIN)/python docs/make.py

bench: .venv/dev
	$(BIN)/handsum bench --all

clean:
	rm -rf .venv build dist
