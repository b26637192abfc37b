# What a newcomer types: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
PY := .venv/bin/python
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --require-hashes
# With their extras: an older pip looks for the newest coverage when a package asks for coverage[toml].
LOCK := $(PY) -m uv pip compile pyproject.toml --quiet --universal --no-strip-extras --generate-hashes --python-version 3.11 --no-header
TEMPLATES = $(shell find templates -name '*.html')

# For what needs settings but no database.
NOWHERE := postgres://nobody@127.0.0.1:1/nowhere

# A stamp is newer than the lock it was installed from.
RUN := .venv/installed-for-run
TEST := .venv/installed-for-test

# Programs for Node, from npm, in a folder of their own each. Not npm ci: Lighthouse asks for a peer’s "latest".
LIGHTHOUSE := var/lighthouse/installed
VALIDATORS := var/validators/installed
NPM := npm install --silent --no-audit --no-fund --ignore-scripts --fetch-retries=1

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run test checks stop bench crash outage lighthouse replica screenshots lock messages format
# Steps share one .venv and one database.
.NOTPARALLEL:

help: ## list these targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18

run: $(RUN) .env ## serve the site on http://127.0.0.1:8000, or on PORT; Ctrl-C stops it
	@$(PY) manage.py develop

test: checks $(VALIDATORS) ## every check and test; ARGS="-k slug -x" goes to pytest
	@$(PY) -m tests.browser.chromium
	@# A server that was not running before is not running afterwards. pytest has the last word.
	@$(PY) -m clinic.private_postgres status --quiet && stop=: || stop="$(PY) -m clinic.private_postgres stop --quiet"; \
	    $(PY) -m pytest --numprocesses=logical --dist=worksteal --cov --cov-branch --cov-report=term $(ARGS) && code=0 || code=$$?; $$stop; exit $$code

checks: $(TEST) .env
	@$(PY) -m ruff check --quiet
	@$(PY) -m ruff format --check --quiet
	@.venv/bin/djade --check $(TEMPLATES)
	@DEBUG=on DATABASE_URL= $(PY) -m mypy --no-error-summary
	@report=$$($(PY) .venv/bin/lint-imports --no-logo) || { echo "$$report"; exit 1; }
	@DATABASE_URL=$(NOWHERE) $(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	@DEBUG=off SECRET_KEY=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))') \
	    ALLOWED_HOSTS=blog.example DATABASE_URL=$(NOWHERE) \
	    $(PY) manage.py check --deploy --fail-level WARNING

stop: ## stop the private PostgreSQL
	@if [ -x $(PY) ]; then $(PY) -m clinic.private_postgres stop; fi

bench: $(TEST) .env ## measure; ARGS go to the benchmark
	@$(PY) -m bench $(ARGS)

crash: $(TEST) .env ## kill the site and its database 200 times, and look for losses; ARGS="--kills 20 --seed 7"
	@$(PY) -m tests.crash $(ARGS)

outage: $(TEST) .env ## what readers see while program or database are away; ARGS="--seconds 60"
	@$(PY) -m bench.outage $(ARGS)

lighthouse: $(TEST) .env $(LIGHTHOUSE) ## what Lighthouse says of article, list and search; ARGS are other paths
	@$(PY) -m tests.browser.chromium
	@$(PY) -m bench.lighthouse $(ARGS)

replica: $(TEST) .env ## read pages under load while the database's primary and its replica go away
	@REPLICA_SECONDS=20 $(PY) -m pytest --quiet --no-header -p no:cacheprovider -s tests/clinic/test_replica.py $(ARGS)

screenshots: $(TEST) .env ## take the pictures in docs/screenshots anew; ARGS go to pytest
	@$(PY) -m tests.browser.chromium
	@$(PY) -m pytest --quiet --no-header -p no:cacheprovider tests/browser/screenshots.py $(ARGS)

lock: $(TEST) ## write the lock files anew from pyproject.toml; ARGS=--upgrade for newer versions
	@$(LOCK) --output-file requirements.txt $(ARGS)
	@$(LOCK) --all-extras --constraint requirements.txt --output-file requirements-extras.txt $(ARGS)
	@$(LOCK) --group dev --constraint requirements.txt --output-file requirements-dev.txt $(ARGS)
	@$(LOCK) --all-extras --group test --constraint requirements-dev.txt --constraint requirements-extras.txt --output-file requirements-test.txt $(ARGS)

messages: $(TEST) .env ## collect and compile the translations
	@$(PY) -m clinic.messages

format: $(TEST) ## format the code and the templates
	@$(PY) -m ruff check --fix --quiet
	@$(PY) -m ruff format --quiet
	@.venv/bin/djade $(TEMPLATES)

$(PY):
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 or newer is needed, and there is no $(PYTHON)."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed: make PYTHON=python3.12, for instance."; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || \
	    if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
	        echo "Installing Debian's python3-venv."; \
	        { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes python3-venv; } > /dev/null; \
	    else echo "Python's venv is missing: as root run apt-get install python3-venv."; exit 1; fi
	@$(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

$(RUN): requirements-dev.txt | $(PY)
	@echo "Installing what the site needs."
	@$(PIP) --requirement requirements-dev.txt
	@touch $@

$(TEST): requirements-test.txt $(RUN)
	@echo "Installing what the tests need."
	@$(PIP) --requirement requirements-test.txt
	@touch $@

$(LIGHTHOUSE): bench/node/package.json bench/node/package-lock.json
	@command -v npm > /dev/null || { echo "Lighthouse needs Node 20 and npm: as root run apt-get install nodejs npm."; exit 1; }
	@echo "Installing Lighthouse."
	@mkdir -p $(@D) && cp $^ $(@D) && $(NPM) --prefix $(@D)
	@touch $@

# The tests do without them where they cannot be had, and say so.
$(VALIDATORS): tests/node/package.json tests/node/package-lock.json
	@command -v npm > /dev/null || exit 0; \
	    echo "Installing what judges HTML."; \
	    mkdir -p $(@D) && cp $^ $(@D) && $(NPM) --prefix $(@D) && touch $@ || \
	    { echo "It could not be installed; HTML is judged without it."; rm -rf $(@D)/node_modules; }

# This machine's settings. Variables of the environment go before those in here.
.env: | $(PY)
	@(umask 077 && $(PY) -c 'import secrets; print(f"DEBUG=on\nSECRET_KEY={secrets.token_urlsafe(50)}")' > $@)
