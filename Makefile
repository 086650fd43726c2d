# `make help` lists the targets. Needed: Python >= 3.11, Node >= 20, make; no AWS account, no docker.
# PYTHON=python3.12 chooses the Python of the environments; by itself, make looks for the functions'
# version and takes python3 where that is missing (`make clean` before a change).
PYTHON ?=
PORT ?= 4800
SES_PORT ?= 4801
STAGE ?= dev
EMAILS ?= 10000
PYTEST_ARGS ?=
ROUTES ?=

# The functions run on the first; the second is the oldest that the library supports.
FUNCTIONS_PYTHON := 3.13
OLDEST_PYTHON := 3.11

# The releases of Django that the library supports: those with long-term support, and the newest,
# which needs Python 3.12.
DJANGO = 4.2 5.2 $(shell .venv/bin/python -c 'import sys; print("6" * (sys.version_info >= (3, 12)))' 2>/dev/null)

# Branch coverage of lambdas, in percent, by the unit tests alone and by all tests: it may not fall.
UNIT_COVERAGE := 93
COVERAGE := 97

UV := .venv/bin/uv
UV_VENV = $(UV) venv --quiet --clear --no-project
UV_SYNC = $(UV) pip sync --quiet --require-hashes
NPM := npm --silent --no-audit --no-fund --no-update-notifier
PYTEST := .venv/bin/python -m pytest
LOCK := $(UV) pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	--no-annotate --python-version $(OLDEST_PYTHON)

# aioboto3 pins an older SDK than the other environments have.
SDK := ^(boto3|botocore|botocore-stubs|s3transfer|aiobotocore|types-[a-z0-9-]+)(==|\[)

# Settings of the caller that would move, hide or leave out what is installed here.
unexport PIP_USER PIP_PREFIX PIP_TARGET PIP_ROOT PIP_PYTHON PIP_CONSTRAINT PIP_REQUIREMENT PIP_DRY_RUN
unexport PYTHONPATH PYTHONHOME PYTHONSAFEPATH PYTHONUSERBASE VIRTUAL_ENV CONDA_PREFIX
unexport UV_PYTHON UV_SYSTEM_PYTHON UV_TARGET UV_PREFIX UV_CONSTRAINT UV_OVERRIDE UV_PROJECT_ENVIRONMENT
unexport NODE_ENV NPM_CONFIG_OMIT NPM_CONFIG_ONLY NPM_CONFIG_PRODUCTION NPM_CONFIG_GLOBAL
unexport npm_config_omit npm_config_only npm_config_production npm_config_global
# Hard links into uv's cache fail between file systems, and an edit would reach every other project.
export UV_LINK_MODE := copy
export UV_PYTHON_DOWNLOADS := never
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Node 20 serves the CDK well; its two notices about newer ones would bury everything else.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION := 20,21,23
export AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED := true
export CDK_DISABLE_CLI_TELEMETRY := true

.DEFAULT_GOAL := help
.PHONY: help setup environments demo local test unit contract infra e2e browser test-oldest \
	test-aioboto3 test-django test-all browser-setup picture check chaos bench cost routes docs style types \
	imports template lock clean

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

setup:  ## the environments: .venv, .venv-ministack, node_modules
	@$(MAKE) --no-print-directory -j3 environments

environments: .venv/.stamp .venv-ministack/.stamp node_modules/.stamp
	@:

demo: setup  ## deploy into a local AWS, send the samples of events/, show the result of each
	@.venv/bin/python -m local demo

local: setup  ## the same, kept running for your own calls until Ctrl-C (PORT=, SES_PORT=)
	@.venv/bin/python -m local --port $(PORT) --ses-port $(SES_PORT)

test:  ## all tests, on each Python and SDK (PYTEST_ARGS="-k bounce" for some of them, on one)
	@$(MAKE) --no-print-directory -j4 environments browser-setup
	@$(if $(PYTEST_ARGS),$(MAKE) --no-print-directory test-all,$(test_beside))

# test-all waits for stacks much of the time: the rest runs beside it, one test at a time. The pipe
# keeps the text of test-all until that of the rest is shown, so that its summary is the last.
define test_beside
mkdir -p build; rm -f build/test-all.failed; \
{ $(MAKE) --no-print-directory test-all 2>&1 || touch build/test-all.failed; } | { \
	$(MAKE) --no-print-directory --keep-going test-oldest test-aioboto3 test-django 2>&1; beside=$$?; \
	cat; [ $$beside -eq 0 ] && ! [ -e build/test-all.failed ]; }
endef

unit: .venv/.stamp  ## unit tests, with coverage of lambdas: half a minute
	@$(PYTEST) -n 2 tests/unit tests/docs tests/routes \
		$(if $(PYTEST_ARGS),$(PYTEST_ARGS),--cov --cov-report= --cov-fail-under=$(UNIT_COVERAGE))

contract: .venv/.stamp .venv-ministack/.stamp  ## the backends, stores and samples, with MiniStack
	@$(PYTEST) -n 2 tests/contract $(PYTEST_ARGS)

infra: .venv/.stamp  ## tests of the template that the CDK makes
	@$(PYTEST) -n 2 tests/infra $(PYTEST_ARGS)

e2e: setup  ## tests of the deployed stack in a local AWS
	@$(PYTEST) tests/e2e $(PYTEST_ARGS)

browser: setup browser-setup  ## tests of the inbox and the console in Chromium
	@$(PYTEST) tests/browser $(PYTEST_ARGS)

test-all:
	@echo "== pytest on $$(.venv/bin/python --version)"
	@$(PYTEST) -n 3 $(if $(PYTEST_ARGS),$(PYTEST_ARGS),--cov --cov-report= --cov-fail-under=$(COVERAGE))

test-oldest:
	@if .venv/bin/python -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] != "$(OLDEST_PYTHON)")'; then \
		echo "== .venv has Python $(OLDEST_PYTHON), the oldest supported: all tests run on it"; \
	elif python=$$(sh requirements/python.sh $(OLDEST_PYTHON)); then \
		$(MAKE) --no-print-directory .venv-oldest/.stamp OLDEST="$$python" && \
		echo "== pytest on $$(.venv-oldest/bin/python --version), the oldest supported: library and command line" && \
		.venv-oldest/bin/python -m pytest -q tests/unit/amsdal_mail; \
	else \
		echo "== Python $(OLDEST_PYTHON), the oldest supported, is not on this machine: not tried"; \
	fi

test-aioboto3: .venv-aioboto3/.stamp
	@echo "== pytest with aioboto3: the documented samples, the contract of the backends, the parameters"
	@.venv-aioboto3/bin/python -m pytest -q tests/contract/test_documented_samples.py \
		tests/contract/test_backends.py tests/unit/amsdal_mail/backends/test_requests.py \
		tests/unit/amsdal_mail/backends/test_service_model.py

test-django: .venv/.stamp  ## the backend for Django, with Django's own tests of email backends
	@$(MAKE) --no-print-directory -j3 $(DJANGO:%=.venv-django-%/.stamp)
	@for version in $(DJANGO); do \
		echo "== pytest tests/django with Django $$version"; \
		DJANGO_SOURCE=.venv-django-$$version/source PYTHONPATH=lambdas:. \
		.venv-django-$$version/bin/python -m pytest -q -c tests/django/pytest.ini --rootdir . \
			--confcutdir tests/django tests/django || exit 1; \
	done

browser-setup:  ## find Chromium, or install Debian's: the only step that may want root
	@$(or $(PYTHON),python3) tests/browser/chromium.py

picture: setup browser-setup  ## take the pictures of the inbox and the console anew
	@PICTURES=docs/images $(PYTEST) tests/browser/test_picture.py

check: setup  ## ruff, mypy, import-linter, cdk synth with cdk-nag, cfn-lint
	@$(MAKE) --no-print-directory --keep-going style types imports template
	@echo "== all checks passed"

chaos: setup  ## 10,000 emails while SES fails and workers are killed: none lost, none twice (EMAILS=)
	@.venv/bin/python -m local.chaos --emails $(EMAILS)

bench: .venv-bench/.stamp .venv-ministack/.stamp  ## speed beside boto3, Anymail, django-ses; cold starts, rate (PART=library)
	@PYTHONPATH=lambdas:. .venv-bench/bin/python -m tests.bench $(PART)

docs: .venv-docs/.stamp  ## the documentation as a site in build/site; fails on a broken link
	@rm -rf build/site
	@.venv-docs/bin/zensical build --strict
	@cp docs/*.md build/site/
	@.venv-docs/bin/python tests/docs/check_site.py build/site

cost: .venv-bench/.stamp  ## dollars for a million emails by part, from counted calls and measured times
	@PYTHONPATH=lambdas:. .venv-bench/bin/python -m tests.bench.cost

routes: .venv/.stamp  ## how many files and calls an email passes through, beside the aims (ROUTES=-v)
	@.venv/bin/python -m tests.routes $(ROUTES)

style:
	@echo "== ruff check"
	@.venv/bin/ruff check .
	@echo "== ruff format"
	@.venv/bin/ruff format --check .

types:
	@echo "== mypy (strict)"
	@.venv/bin/mypy lambdas infra local examples tests

imports:
	@echo "== import-linter"
	@.venv/bin/lint-imports --no-logo

template:
	@echo "== cdk synth, with cdk-nag"
	@CI=true node_modules/.bin/cdk synth --quiet --output build/cdk.out
	@echo "== cfn-lint"
	@.venv/bin/cfn-lint -i W3005 -- build/cdk.out/*.template.json

lock: .venv/.uv  ## write the lock files anew from pyproject.toml, package.json and requirements/*.in
	@mkdir -p build
	@echo "== requirements/dev.txt"
	@$(LOCK) --extra ses-current --extra cli --group lambda --group infra --group local --group dev \
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
	@echo "== requirements/django-*.txt (the same versions, with each Django)"
	@$(LOCK) -c build/constraints.txt requirements/django-4.2.in -o requirements/django-4.2.txt
	@$(LOCK) -c build/constraints.txt requirements/django-5.2.in -o requirements/django-5.2.txt
	@$(subst $(OLDEST_PYTHON),3.12,$(LOCK)) -c build/constraints.txt requirements/django-6.in \
		-o requirements/django-6.txt
	@echo "== requirements/ministack.txt"
	@$(LOCK) requirements/ministack.in -o requirements/ministack.txt
	@echo "== requirements/docs.txt"
	@$(LOCK) --group pyproject.toml:docs -o requirements/docs.txt
	@echo "== package-lock.json"
	@$(NPM) install --include=dev --package-lock-only --omit-lockfile-registry-resolved

clean:  ## remove everything that make has made
	rm -rf .venv .venv-* node_modules .local build cdk.out .pytest_cache .mypy_cache .ruff_cache \
		.import_linter_cache .hypothesis .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# pip fetches only uv, by its hashes in the lock file: uv installs the rest in seconds, pip in minutes.
.venv/.uv: requirements/python.sh
	@python="$(PYTHON)"; \
	[ -n "$$python" ] || python=$$(sh requirements/python.sh $(FUNCTIONS_PYTHON)) || { \
		python=python3; \
		echo "== Python $(FUNCTIONS_PYTHON), which the functions run on, is not on this machine"; }; \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python >= 3.11 is needed, this \
	is " + sys.version.split()[0] + "; choose another: make PYTHON=python3.13 ...")' && \
	echo "== .venv: $$("$$python" --version), uv" && \
	"$$python" -m venv --clear .venv
	@awk '/^[^ ]/ { keep = /^uv==/ } keep' requirements/dev.txt > .venv/uv.txt
	@.venv/bin/python -m pip install --quiet --no-user --disable-pip-version-check --require-hashes \
		-r .venv/uv.txt
	@touch $@

# The project itself is built from what the lock file has just installed: nothing is fetched for it.
.venv/.stamp: requirements/dev.txt pyproject.toml .venv/.uv
	@echo "== .venv: requirements/dev.txt, and the packages of lambdas in place"
	@$(UV_SYNC) --python .venv/bin/python requirements/dev.txt
	@$(UV) pip install --quiet --offline --no-deps --no-build-isolation --python .venv/bin/python -e .
	@touch $@

# An environment of its own, with the packages of the first prerequisite.
# $(1): the text to show (without a comma). $(2): the Python, by default that of .venv.
define environment
@echo "== $(@D): $(1)"
@$(UV_VENV) --python $(or $(2),.venv/bin/python) $(@D)
@$(UV_SYNC) --python $(@D)/bin/python $<
@touch $@
endef

# Programs that the tests start find the packages of lambdas too.
in_place = @for folder in $(@D)/lib/python*/site-packages; do echo "$(CURDIR)/lambdas" > $$folder/amsdal_mail.pth; done

# MiniStack runs the functions on its own interpreter: the same as in .venv.
.venv-ministack/.stamp: requirements/ministack.txt .venv/.uv
	$(call environment,MiniStack in an environment of its own)

.venv-aioboto3/.stamp: requirements/aioboto3.txt .venv/.uv
	$(call environment,aioboto3 and the older boto3 that it pins)
	$(in_place)

.venv-oldest/.stamp: requirements/dev.txt .venv/.uv
	$(call environment,requirements/dev.txt on $$($(OLDEST) --version),$(OLDEST))
	$(in_place)

.venv-docs/.stamp: requirements/docs.txt .venv/.uv
	$(call environment,the generator of the documentation)

.venv-bench/.stamp: requirements/bench.txt .venv/.uv
	$(call environment,django-anymail and django-ses beside what the functions need)

# pip alone fetches the source of Django, which has Django's own tests. They are never installed.
.venv-django-%/.stamp: requirements/django-%.txt .venv/.stamp
	$(call environment,Django and its own tests)
	@rm $@
	@mkdir $(@D)/source
	@awk '/^[^ ]/ { keep = /^django==/ } keep' $< > $(@D)/django.txt
	@.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps \
		--no-binary django --require-hashes --dest $(@D) -r $(@D)/django.txt
	@tar -xzf $(@D)/[dD]jango-*.tar.gz -C $(@D)/source --strip-components 1
	@touch $@

node_modules/.stamp: package.json package-lock.json
	@node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || { \
		echo "Node >= 20 is needed for the AWS CDK; found: $$(node --version 2>/dev/null || echo none)"; \
		exit 1; }
	@echo "== node_modules: the AWS CDK command line on Node $$(node --version)"
	@$(NPM) ci --include=dev
	@touch $@
