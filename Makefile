# Two commands do everything: `make run` and `make test`. The rest is for people who work on the code.

PYTHON ?= python3
PORT ?= 8000
ENGINE ?= $(firstword $(foreach engine,docker podman buildah,$(if $(shell command -v $(engine)),$(engine))))
VENV := .venv
BIN := $(VENV)/bin
STATIC_SOURCES := $(shell find static -type f) clinic_site/staticfiles_storage.py
# An address in .env wins over the one made from the port.
SITE_URL_IN_ENV := $(shell grep -s '^SITE_URL=' .env)

.DEFAULT_GOAL := help
.PHONY: help run test test-postgres dev check lint validate browser lock manager machines guide-pictures lighthouse image load soak observatory scan drill supply-chain licences sbom audit faults bench bench-data

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: $(VENV)/.run-ready .env var/static/.ready ## Start the site at http://127.0.0.1:8000 (PORT=8123 chooses the port)
	@$(call on_site,$(BIN)/python manage.py prepare)
	@$(call on_site,PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/honcho start --port $(PORT))

test: $(VENV)/.test-ready browser ## Run the whole test suite on SQLite
	@mkdir -p var/db
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-postgres: $(VENV)/.test-ready browser ## Run the suite on the PostgreSQL of TEST_DATABASE_URL
	@DATABASE_URL="$${TEST_DATABASE_URL:-postgres://clinic:clinic@127.0.0.1:5432/clinic}" $(BIN)/python -m pytest -n auto $(ARGS)

dev: $(VENV)/.test-ready .env ## Start with reload and the debug toolbar
	@mkdir -p var/db
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py load_content
	@$(BIN)/python manage.py reindex_search --if-incomplete
	@$(BIN)/python manage.py runserver 127.0.0.1:$(PORT)

check: ## Exactly what CI runs
	@bash .ci/run

lint: $(VENV)/.test-ready ## Style, import rule, migrations and system checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@git ls-files 'templates/*.html' | xargs $(BIN)/djade --check --target-version 5.2
	@$(BIN)/lint-imports --no-cache
	@DJANGO_SETTINGS_MODULE=clinic_site.settings.test $(BIN)/python manage.py makemigrations --check --dry-run
	@mkdir -p var  # bandit finds a lot to say of a line it was told to let be; that goes to a file
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive clinic_site consults articles locations manage.py \
	  2>var/bandit.log || { cat var/bandit.log; exit 1; }
	@$(BIN)/pip check --disable-pip-version-check

supply-chain: lint licences sbom ## What the site is made of: code, licences, packages that fit each other, bill of materials

licences: $(VENV)/.test-ready ## Fail on a package whose licence pyproject.toml does not allow
	@$(BIN)/pip-licenses --summary --order=count

sbom: $(VENV)/.test-ready ## Write var/sbom.json: what the site runs on, with versions and licences (CycloneDX)
	@mkdir -p var
	@$(BIN)/python -m tests.sbom var/sbom.json

audit: ## Ask for known faults in every package that is pinned (needs the network)
	@$(PYTHON) -m venv var/audit && var/audit/bin/pip install --quiet --disable-pip-version-check pip-audit
	@for name in requirements requirements-extras requirements-dev; do echo "$$name.txt"; \
	  var/audit/bin/pip-audit --strict --require-hashes --disable-pip --requirement $$name.txt || exit 1; done

validate: $(VENV)/.test-ready ## Check every page with the Nu HTML validator (needs Java and npm)
	@$(BIN)/python -m tests.validate_html

lighthouse: $(VENV)/.test-ready browser ## Six pages through Lighthouse: 100 in every category (needs npm)
	@$(BIN)/python -m tests.lighthouse

guide-pictures: $(VENV)/.test-ready browser ## Take the screenshots of the staff guide anew
	@$(BIN)/python -m tests.guide_pictures

bench-data: $(VENV)/.test-ready ## Fill the databases that `make bench` measures (SCALE=0.01: a hundredth)
	@$(BIN)/python -m tests.bench.data

image: ## Build the container image (ENGINE=docker, podman or buildah; BASE=an image with Python 3.11)
	@$(ENGINE) build --file deploy/Dockerfile $(if $(BASE),--build-arg BASE=$(BASE)) --tag clinic-site $(IMAGE_OPTIONS) .

load: $(VENV)/.test-ready ## The deployment under load, with its bars, on both databases (needs nginx and wrk)
	@$(BIN)/python -m tests.load $(ARGS)

soak: $(VENV)/.test-ready ## Ten minutes of load; memory must stay (needs nginx)
	@$(BIN)/python -m tests.soak $(ARGS)

observatory: $(VENV)/.test-ready ## The MDN HTTP Observatory on the deployment (needs nginx and npm)
	@$(BIN)/python -m tests.observatory

scan: $(VENV)/.test-ready ## wapiti and sqlmap on the deployment, as stranger and as editor (needs nginx; --postgres in ARGS)
	@$(BIN)/python -m tests.scan $(ARGS)

faults: $(VENV)/.test-ready ## Break a running site in 22 ways, on both databases (N=2000: requests under each; ARGS for pytest)
	@mkdir -p var/db
	@FAULT_REQUESTS="$(or $(N),200)" FAULT_FULL=1 FAULT_DATABASES="sqlite postgresql" \
	  $(BIN)/python -m pytest -n 2 -m faults tests/faults $(ARGS)

bench: $(VENV)/.test-ready browser ## Measure speed beside yardsticks (PART=post: one part; needs wrk and nginx)
	@$(BIN)/python -m tests.bench $(PART)

machines: $(VENV)/.test-ready ## Fail two web nodes, two workers, the database and the store under load (needs root)
	@$(BIN)/python -m tests.machines $(ARGS)

drill: $(VENV)/.test-ready ## Back up, wreck and restore a site under load, with 10,000 requests; PostgreSQL too with TEST_DATABASE_URL
	@$(BIN)/python -m tests.drill

manager: $(VENV)/.run-ready .env ## Make a new one-time password for the manager account
	@$(call on_site,$(BIN)/python manage.py make_manager)

lock: ## Pin requirements*.in anew, with hashes
	@$(PYTHON) -m venv var/lock && var/lock/bin/pip install --quiet pip-tools
	@for name in requirements requirements-extras requirements-dev; do \
	  var/lock/bin/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
	    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --output-file $$name.txt $$name.in; done

define on_site
DJANGO_SETTINGS_MODULE=clinic_site.settings.production $(if $(SITE_URL_IN_ENV),,SITE_URL=http://127.0.0.1:$(PORT)) $(1)
endef

# Set-up: each step runs once, and again only when what it depends on changes -------------------

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	  || { echo "This site needs Python 3.11 or newer; try: make run PYTHON=python3.12"; exit 1; }
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) \
	  || { rm -rf $(VENV); echo "Python's venv module is missing; on Debian: apt-get install python3-venv"; exit 1; }

$(VENV)/.run-ready: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the site needs (a minute or two, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.test-ready: requirements-dev.txt $(VENV)/.run-ready
	@echo "Installing what the tests need (a minute or two, once) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.env: | $(VENV)/.run-ready
	@$(BIN)/python -m clinic_site.write_env

var/static/.ready: $(STATIC_SOURCES) $(VENV)/.run-ready | .env
	@echo "Preparing style sheets, fonts and pictures ..."
	@DJANGO_SETTINGS_MODULE=clinic_site.settings.production $(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@

browser: $(VENV)/.test-ready
	@$(BIN)/python -c 'from tests.chromium import chromium_path as found; exit(not found())' || { \
	  echo "Installing a browser for the tests ..."; \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium-headless-shell fonts-liberation >/dev/null; \
	  else $(BIN)/playwright install chromium; fi; }
