# `make help` lists the targets. Needed: Python >= 3.11, Node >= 20, make; no AWS account, no docker.
PYTHON ?= python3
PORT ?= 4800
SES_PORT ?= 4801
STAGE ?= dev
EMAILS ?= 10000
PYTEST_ARGS ?=

UV := .venv/bin/uv
NPM := npm --silent --no-audit --no-fund --no-update-notifier
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--no-annotate --python-version 3.11

# aioboto3 pins an older SDK than the other environments have.
SDK := ^(boto3|botocore|botocore-stubs|s3transfer|aiobotocore|types-[a-z0-9-]+)(==|\[)

# Hard links into uv's cache fail between file systems, and an edit would reach every other project.
export UV_LINK_MODE := copy
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Node 20 serves the CDK well; its two notices about newer ones would bury everything else.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20,21,23
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true
export CDK_DISABLE_CLI_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup environments demo local test browser picture check chaos bench cost redrive style types \
	imports template lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

setup:  ## the environments: .venv, .venv-ministack, node_modules
	@$(MAKE) --no-print-directory -j3 environments

environments: .venv/.stamp .venv-ministack/.stamp node_modules/.stamp
	@:

demo: setup  ## deploy into a local AWS, send the samples of events/, show what became of them
	@.venv/bin/python -m local.demo

local: setup  ## the same, kept running for your own calls until Ctrl-C (PORT=, SES_PORT=)
	@.venv/bin/python -m local --port $(PORT) --ses-port $(SES_PORT)

test:  ## unit, contract, infra, browser and e2e tests (PYTEST_ARGS="-k bounce" for some of them)
	@$(MAKE) --no-print-directory -j4 environments browser
	@echo "== pytest"
	@.venv/bin/python -m pytest -n 2 $(PYTEST_ARGS)

browser:
	@$(PYTHON) tests/browser/chromium.py

picture: setup browser  ## take the pictures of the inbox page anew
	@PICTURES=local/inbox .venv/bin/python -m pytest tests/browser/test_picture.py

check: setup  ## ruff, mypy, import-linter, cdk synth with cdk-nag, cfn-lint
	@$(MAKE) --no-print-directory --keep-going style types imports template
	@echo "== all checks passed"

chaos: setup  ## 10,000 emails while SES fails and workers are killed: none lost, none twice (EMAILS=)
	@.venv/bin/python -m local.chaos --emails $(EMAILS)

redrive: setup  ## put the dead letters of a stage deployed on AWS back to work (STAGE=dev)
	@.venv/bin/python -m infra.redrive --stage $(STAGE)

bench: .venv-bench/.stamp .venv-ministack/.stamp  ## speed beside boto3, Anymail, django-ses; cold starts, pace (PART=library)
	@PYTHONPATH=lambdas:. .venv-bench/bin/python -m tests.bench $(PART)

cost: .venv-bench/.stamp  ## dollars for a million emails by part, from counted calls and measured times
	@PYTHONPATH=lambdas:. .venv-bench/bin/python -m tests.bench.cost

style:
	@echo "== ruff check"
	@.venv/bin/ruff check .
	@echo "== ruff format"
	@.venv/bin/ruff format --check .

types:
	@echo "== mypy (strict)"
	@.venv/bin/mypy lambdas infra local tests

imports:
	@echo "== import-linter"
	@PYTHONPATH=lambdas:. .venv/bin/lint-imports --no-logo

template:
	@echo "== cdk synth, with cdk-nag"
	@CI=true node_modules/.bin/cdk synth --quiet --output build/cdk.out
	@echo "== cfn-lint"
	@.venv/bin/cfn-lint -i W3005 -- build/cdk.out/*.template.json

lock: .venv/.uv  ## write the lock files anew from pyproject.toml, package.json and requirements/*.in
	@mkdir -p build
	@echo "== requirements/dev.txt"
	@$(LOCK) --extra ses-current --group lambda --group infra --group local --group dev \
		pyproject.toml -o requirements/dev.txt
	@sed -nE '/^[^ ]/ s/ *\\$$//p' requirements/dev.txt > build/constraints.txt
	@echo "== lambdas/requirements.txt (the same versions)"
	@$(LOCK) --group lambda -c build/constraints.txt pyproject.toml -o lambdas/requirements.txt
	@echo "== requirements/bench.txt (the same versions, with what is compared)"
	@$(LOCK) -c build/constraints.txt requirements/bench.in -o requirements/bench.txt
	@echo "== requirements/aioboto3.txt (the same versions, but for the SDK)"
	@grep -vE '$(SDK)' build/constraints.txt > build/constraints-aioboto3.txt
	@$(LOCK) --extra ses --group local --group test -c build/constraints-aioboto3.txt \
		pyproject.toml -o requirements/aioboto3.txt
	@echo "== requirements/ministack.txt"
	@$(LOCK) requirements/ministack.in -o requirements/ministack.txt
	@echo "== package-lock.json"
	@$(NPM) install --package-lock-only --omit-lockfile-registry-resolved

clean:  ## remove everything that make has made
	rm -rf .venv .venv-ministack .venv-bench node_modules .local build cdk.out .pytest_cache .mypy_cache \
		.ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip fetches only uv, by its hashes in the lock file: uv installs the rest in seconds, pip in minutes.
.venv/.uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11 is needed, \
	$(PYTHON) is " + sys.version.split()[0] + "; choose one: make PYTHON=python3.13 ...")'
	@echo "== .venv: $$($(PYTHON) --version), uv"
	@$(PYTHON) -m venv .venv
	@awk '/^[^ ]/ { keep = /^uv==/ } keep' requirements/dev.txt > .venv/uv.txt
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@touch $@

.venv/.stamp: requirements/dev.txt | .venv/.uv
	@echo "== .venv: requirements/dev.txt"
	@$(UV) pip sync --quiet --python .venv/bin/python --require-hashes requirements/dev.txt
	@.venv/bin/python -c 'import pathlib, sysconfig; \
	pathlib.Path(sysconfig.get_path("purelib"), "amsdal_mail.pth").write_text("$(CURDIR)/lambdas\n")'
	@touch $@

.venv-ministack/.stamp: requirements/ministack.txt | .venv/.uv
	@echo "== .venv-ministack: MiniStack in an environment of its own"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-ministack
	@$(UV) pip sync --quiet --python .venv-ministack/bin/python --require-hashes \
		requirements/ministack.txt
	@touch $@

.venv-bench/.stamp: requirements/bench.txt | .venv/.uv
	@echo "== .venv-bench: django-anymail and django-ses beside what the functions need"
	@$(UV) venv --quiet --allow-existing --python .venv/bin/python .venv-bench
	@$(UV) pip sync --quiet --python .venv-bench/bin/python --require-hashes \
		requirements/bench.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { \
		echo "Node >= 20 is needed for the AWS CDK; found: $$(node --version 2>/dev/null || echo none)"; \
		exit 1; }
	@echo "== node_modules: the AWS CDK command line on Node $$(node --version)"
	@$(NPM) ci
	@touch $@
