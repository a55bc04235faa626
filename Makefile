# Everything a developer does has a target here, and CI runs nothing but these targets.
# Each target installs what it needs into .venv once; a stamp in .venv tells what is there.

PYTHON ?= python3
# Processes for the tests; each has an etcd of its own.
JOBS ?= 2
# More options for pytest or the benchmarks, as in: make test ARGS="-k selector"
ARGS ?=
# Strict: a broken link or anchor fails. Always from scratch: a page that is not read again repeats no warning.
SPHINX = $(BIN)/python -m sphinx --fail-on-warning --nitpicky --keep-going --fresh-env --quiet docs docs/_build/html

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --root-user-action=ignore

.DEFAULT_GOAL := menu
.PHONY: menu demo demo-stop test soak test-matrix ci-check check prose format docs man bench build dist dist-check \
	lock clean
# A recipe that fails leaves no half-made stamp.
.DELETE_ON_ERROR:

menu:  ## print this menu
	@echo "calicoctl: make TARGET, where TARGET is"
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/  \1\t\2/p' Makefile | expand -t 14

demo: .venv/run.stamp  ## try calicoctl out: start an etcd of its own, apply the examples, show them
	@sh examples/demo.sh

demo-stop:  ## stop the etcd of the demo; its data stays in .demo
	@if [ -x $(BIN)/calicoctl ]; then $(BIN)/calicoctl etcd stop --data-dir .demo/etcd; fi

test: .venv/test.stamp  ## run all tests, against a real etcd
	$(BIN)/python -m pytest -n $(JOBS) --dist worksteal $(ARGS)

soak: .venv/test.stamp  ## disturb writes and feed mutated inputs for minutes; more by ARGS="--seed 2 --rounds 90"
	$(BIN)/python -m tests.soak $(ARGS)

# Environments in .matrix; some of the tests, or those of ARGS="tests/unit".
test-matrix:  ## run some tests with each Python, and with the lowest versions of the dependencies
	PYTHON='$(PYTHON)' .ci/test-matrix $(ARGS)

# The suite runs the same commands without the installation.
ci-check: .venv/test.stamp .venv/pre-commit.stamp  ## run pre-commit, the GitHub action and the GitLab jobs as CI services do
	$(BIN)/python -m tests.ci_check

check: .venv/dev.stamp .venv/vale.stamp  ## format, lint, types, layers, schemas, known vulnerabilities, documents and their English
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python docs/generate.py --check
	$(SPHINX)
	$(BIN)/python -m docs.prose
	$(BIN)/python -m calicoctl.selector.build_tables --check
	$(BIN)/python .ci/audit
	@echo "schemas/*.json against the JSON Schema metaschema"
	@$(BIN)/python -c "$$CHECK_SCHEMAS"

prose: .venv/dev.stamp .venv/vale.stamp  ## check the English of all texts by docs/style.md; less by ARGS="README.md"
	$(BIN)/python -m docs.prose $(ARGS)

format: .venv/dev.stamp  ## format the code, and repair what can be repaired
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: .venv/dev.stamp  ## build the documentation as a web site into docs/_build/html
	$(BIN)/python docs/generate.py
	$(SPHINX)
	@echo "open docs/_build/html/index.html"

man: .venv/dev.stamp  ## write the manual pages into build/man
	$(BIN)/python -m docs.generators.manpages build/man

# The other calicoctl to compare with is named by the variable CALICOCTL_PEER.
bench: .venv/test.stamp  ## measure speed; less by ARGS="--single" or "--bulk 1 100"
	$(BIN)/python -m bench $(ARGS)

build: .venv/test.stamp  ## build the wheel and the sdist into dist/
	$(BIN)/python -m build

dist: .venv/dist.stamp  ## build all artefacts into dist/, with the programs of `.ci/install-programs dist`
	$(BIN)/python -m release

dist-check: .venv/test.stamp .venv/dist.stamp  ## build all artefacts twice, compare them, and install and run each
	$(BIN)/python -m release --twice
	$(BIN)/python -m pytest -n 0 tests/project/check_artefacts.py $(ARGS)

lock: .venv/dist.stamp  ## update the versions of the dependencies in the artefacts, release/requirements.txt
	$(BIN)/python -m release.lock

clean: demo-stop  ## remove all that was made, .venv and the demo's data too
	rm -rf .venv .matrix .demo build dist docs/_build *.egg-info .*_cache .coverage .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

define CHECK_SCHEMAS
import json, pathlib, sys
from jsonschema import Draft202012Validator as Validator
from jsonschema.exceptions import best_match
wrong = 0
for path in sorted(pathlib.Path("schemas").glob("*.json")):
    schema = json.loads(path.read_text(encoding="utf-8"))
    error = best_match(Validator(Validator.META_SCHEMA).iter_errors(schema))
    if error:
        wrong += 1
        print(f"{path}: {error.json_path}: {error.message}", file=sys.stderr)
sys.exit(bool(wrong))
endef
export CHECK_SCHEMAS

# --- What is installed -------------------------------------------------------------------------------------

.venv/run.stamp: EXTRAS := etcd
.venv/test.stamp: EXTRAS := etcd,test
.venv/dev.stamp: EXTRAS := dev
.venv/dist.stamp: EXTRAS := dist
.venv/%.stamp: setup.cfg pyproject.toml | $(BIN)/python
	@echo "installing calicoctl[$(EXTRAS)] into .venv"
	@$(PIP) --editable '.[$(EXTRAS)]'
	@touch $@

.venv/pre-commit.stamp: | $(BIN)/python
	@$(PIP) 'pre-commit>=4'
	@touch $@

.venv/vale.stamp: .ci/install-vale | $(BIN)/python
	@PYTHON=$(BIN)/python .ci/install-vale $(BIN)
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "calicoctl needs Python 3.10 or later; $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Name another one, such as: make PYTHON=python3.12" >&2; exit 1; }
	@PYTHON='$(PYTHON)' sh .ci/make-venv .venv
