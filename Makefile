# Everything a developer types. `make demo` and `make test` each work as the first command in a fresh clone.
PYTHON := .venv/bin/python
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# The tests start hundreds of processes: each would compile the sources anew.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help demo test lint smoke interop interop-leaving bench outside fuzz soak-bridge soak-oracle soak-recovery package package-check capabilities setup setup-test lock clean

help:  ## Show this list.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: setup  ## Run a complete sample practice (ARGS=--fresh starts over).
	$(PYTHON) manage.py demo $(ARGS)

test: setup-test  ## Run all tests, in Python, Node and Chromium.
	@tools/with-time "make test" tools/all-tests $(ARGS)

lint: setup-test  ## Check types, style and import directions.
	ruff check . && ruff format --check .
	mypy
	lint-imports
	node_modules/.bin/tsc -p tsconfig.json

smoke: setup-test  ## Drive the demo through Chromium by itself; screenshots in build/smoke.
	@$(PYTHON) tests/journeys/smoke.py

interop: setup-test  ## Exchange messages with OpenSSL, NSS, gpgsm, s-nail, notmuch and Thunderbird, both ways (ARGS=names).
	@tools/system-packages interop
	$(PYTHON) tests/interop/matrix.py $(ARGS)

interop-leaving: setup-test  ## Take a mailbox along and open it in Thunderbird, which knows nothing of Pli.
	@tools/system-packages interop
	$(PYTHON) tests/interop/leaving.py

bench: setup-test  ## Print one JSON line per figure (FIGURE=name for one).
	@tools/system-packages bench
	$(PYTHON) tests/bench/run.py $(FIGURE)

outside: setup-test .venv/.outside  ## Run the suites of others (VECTORS=DIR and NIST PKITS, or WEB_EID=DIR) against our readers.
	@$(if $(WEB_EID),tools/system-packages java)
	$(PYTHON) tests/outside/run.py $(VECTORS) $(addprefix --web-eid ,$(WEB_EID))

fuzz: setup-test  ## Throw damaged input at every parser (SECONDS=60 each, TARGET=name for one).
	$(PYTHON) tests/fuzz/run.py --seconds $(or $(SECONDS),60) $(TARGET)

soak-bridge: setup-test  ## Play random sequences on a virtual card: no try without a keystroke (SEQUENCES=2000, SEED=n).
	$(PYTHON) tests/soak/bridge.py $(addprefix --sequences ,$(SEQUENCES)) $(addprefix --seed ,$(SEED))

capabilities: setup-test  ## Print every capability row and the tests that prove it.
	$(PYTHON) tools/capabilities.py

setup: .venv/.installed static/vendor/HASHES.json  ## Install what the product needs.

setup-test: setup  ## Install what the tests need as well.
	@tools/system-packages test

.venv/.installed: requirements/dev.txt tools/python-environment
	tools/python-environment
	touch $@

.venv/.outside: requirements/outside.txt .venv/.installed
	$(PYTHON) -m pip install --quiet --require-hashes -r requirements/outside.txt
	touch $@

static/vendor/HASHES.json: package-lock.json tools/vendor.js tools/node-modules
	tools/node-modules
	node tools/vendor.js

soak-oracle: setup-test  ## Ask for 100,000 keys with manipulated padding: one shape of answer; times compared (ITEMS=n).
	$(PYTHON) tests/soak/oracle.py $(addprefix --items ,$(ITEMS))

soak-recovery: setup-test  ## Destroy a card, stop the bridge, and open 10,000 old messages by the recovery code (MESSAGES=n).
	$(PYTHON) tests/soak/recovery.py $(addprefix --messages ,$(MESSAGES))

package:  ## Build the bridge with its Python inside (SIGNING_KEY=file.pem signs); see packaging/README.md.
	packaging/build

package-check: setup-test  ## Start what make package built, without a Python in reach; log in, install, uninstall.
	$(PYTHON) packaging/check.py

lock:  ## Renew the hashed requirement files and package-lock.json.
	tools/lock

clean:  ## Remove what the other targets made (not the demo's data in var/).
	rm -rf .venv node_modules static/vendor build .mypy_cache .ruff_cache .pytest_cache
