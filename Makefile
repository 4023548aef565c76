# Thin targets; the work is done by `python -m tabbook` and pytest.

# All, or the one that is named: `make book FRAMEWORK=jax` installs it alone, and builds
# the book with its tab.
FRAMEWORK ?=
ALL := $(filter-out base,$(basename $(notdir $(wildcard requirements/*.txt))))
CHOSEN := $(or $(FRAMEWORK),$(ALL))
THERE := $(patsubst .venv/.stamp-%,%,$(wildcard .venv/.stamp-*))
ALONE := requirements/mxnet.txt
ifneq ($(filter-out $(ALL),$(FRAMEWORK)),)
$(error there is no framework '$(FRAMEWORK)': use one of $(ALL))
endif

# Where commands run. `make nbval PY=python3` uses an environment of your own.
PY := .venv/bin/python
STAMP := .venv/.stamp-$(or $(FRAMEWORK),all)
PIP = $(PY) -m pip install --quiet --disable-pip-version-check
READY := $(if $(filter .venv/bin/python,$(PY)),$(STAMP))

# The Python that .venv is made from: the first of these that is 3.11 or 3.12.
PYTHON ?= $(shell for python in python3.11 python3.12 python3; do \
	$$python -c 'import sys; sys.exit(sys.version_info[:2] not in [(3, 11), (3, 12)])' \
	2>/dev/null && echo $$python && break; done)

NAME ?=
DEVICE ?= cpu
LATEST ?=
TESTS ?=
TESTING := -m pytest --numprocesses 4
PORT ?= 8000
LANGUAGE ?=
PAGES ?=

.PHONY: help setup book pdf test test-latest test-assignments coverage links parity
.PHONY: results translate
.PHONY: check notebooks nbval assignments grader-image bench serve clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

setup: $(READY) ## .venv with all frameworks, or one: FRAMEWORK=jax

book: export D2L_PROFILE ?= quick
book: export D2L_TABS := $(or $(FRAMEWORK),$(D2L_TABS))
book: $(READY) ## run what is stale, build the pages: all tabs or FRAMEWORK=jax
	$(PY) -m tabbook run
	$(PY) -m tabbook html

pdf: book ## the pages on paper, of all or one: FRAMEWORK=jax LANGUAGE=en
	$(PY) -m tabbook pdf $(if $(FRAMEWORK),--tab $(FRAMEWORK)) \
		$(if $(LANGUAGE),--language $(LANGUAGE))

test: check node_modules/.stamp ## check, then every test, or those of FRAMEWORK=jax
	$(PY) $(TESTING) --timeout=2700 $(if $(FRAMEWORK),--framework $(FRAMEWORK))

coverage: export D2L_PROFILE := smoke
coverage: $(READY) ## which lines the tests run, into _build/coverage: TESTS=tests/shim
	$(PY) -m coverage erase
	$(PY) -m coverage run $(TESTING) --timeout=3600 $(TESTS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage html --quiet
	$(PY) -m coverage report

links: export D2L_PROFILE ?= quick
links: $(READY) ## whether the links of the pages to other sites still lead somewhere
	$(PY) -c 'from jupyter_book.cli.main import main; main()' build . \
		--builder linkcheck --path-output _build/links

test-latest: export D2L_PROFILE ?= smoke
test-latest: $(READY) ## the notebooks, each framework in a fresh, newest environment
	$(PY) -m tabbook latest $(if $(FRAMEWORK),--tab $(FRAMEWORK)) $(LATEST)

test-assignments: $(READY) ## every solution, right and wrong, and a class of 300
	$(PY) -m pytest --timeout=3600 --durations=25 tests/assignments/every_solution.py tests/assignments/whole_class.py

results: $(READY) ## the reference runs that are not there yet, in full: NAME=densenet
	nice -n 19 $(PY) -m tabbook results $(NAME) $(if $(FRAMEWORK),--tab $(FRAMEWORK)) --device $(DEVICE)

parity: $(READY) ## measure how far apart the frameworks are, into book/results
	$(PY) -m parity.measure

bench: $(READY) ## images a second: the loader; a step by hand, and fit: FRAMEWORK=jax
	$(PY) -m tools.bench_data
	$(PY) -m tools.bench $(FRAMEWORK)

check: $(READY) ## lint the code, its types, who imports whom, and the sections
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(if $(FRAMEWORK),,$(PY) -m basedpyright --pythonpath $(PY))
	$(PY) -c 'from importlinter.cli import lint_imports_command as lint; lint()'
	$(PY) -m tabbook check

translate: export D2L_PROFILE ?= quick
translate: $(READY) ## bring translations up to date: LANGUAGE=ko PAGES="index notation"
	$(PY) -m tabbook translate $(PAGES) $(if $(LANGUAGE),--language $(LANGUAGE))

notebooks: $(READY) ## one plain notebook a framework, into _build/notebooks
	$(PY) -m tabbook notebooks

nbval: export D2L_PROFILE ?= $(if $(filter gpu,$(DEVICE)),full,smoke)
nbval: notebooks ## run them under nbval: FRAMEWORK=jax DEVICE=gpu
	$(PY) -m tabbook nbval $(if $(FRAMEWORK),--tab $(FRAMEWORK)) --device $(DEVICE)

assignments: $(READY) ## student notebooks, autograders: FRAMEWORK=jax NAME=pooling
	$(PY) -m tabbook assignments $(if $(FRAMEWORK),--tab $(FRAMEWORK)) $(if $(NAME),--name $(NAME))

grader-image: ## the Docker image that grades where there is no bubblewrap
	docker build --tag densenet-book-grader --file tabbook/grading/Dockerfile .

serve: $(READY) ## show _build/html on http://localhost:8000 (or PORT=...)
	@test -f _build/html/index.html || { echo 'No book in _build/html: run make book.'; exit 1; }
	$(PY) -m http.server $(PORT) --bind localhost --directory _build/html

clean: ## remove _build (pages, notebooks, stored outputs); .venv stays
	rm -rf _build

# What is installed leaves a stamp each, which comes last: a setup that was interrupted
# starts afresh. One whose requirements changed, or to which a framework is added, is
# brought up to date as a whole.
FILES = $(patsubst %,requirements/%.txt,$(sort $(CHOSEN) $(filter $(ALL),$(THERE))))
$(STAMP): requirements/base.txt $(CHOSEN:%=requirements/%.txt) pyproject.toml tabbook/pyproject.toml
	@test -n '$(PYTHON)' || { echo 'No Python 3.11 or 3.12 is on the PATH:' \
		'install one, or name it with make setup PYTHON=/path/to/python3.11.'; exit 1; }
	@echo 'Installing $(CHOSEN) into .venv (4 GB for all four, a minute or two) ...'
	@$(PYTHON) -m venv $(if $(THERE),,--clear) .venv
	@rm -f .venv/.stamp-*
	@$(PIP) -r requirements/base.txt $(patsubst %,-r %,$(filter-out $(ALONE),$(FILES)))
	@$(PIP) --no-deps $(patsubst %,-r %,$(filter $(ALONE),$(FILES))) -e . -e tabbook
	@touch $(FILES:requirements/%.txt=.venv/.stamp-%) $@

# Node tools are for tests alone; without npm those tests skip (and fail in CI).
node_modules/.stamp: package.json package-lock.json
	@if command -v npm >/dev/null; then npm ci --silent && touch $@; \
		else echo 'npm is not installed: tests that need Node tools will skip.'; fi
