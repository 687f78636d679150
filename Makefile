# A thin door for machines that have only make and Python 3.11 to 3.13 (with venv and pip).
# It brings nox and uv, by hash from requirements.lock, into .make/ and calls the session of the
# same name; what each session does is in noxfile.py. Words for a session: make test ARGS="-k welch".

PYTHON ?= python3
ARGS ?=

door := .make
nox := $(door)/bin/nox
# Names the interpreter, so that PYTHON=python3.12 makes another door.
ready := $(door)/ready-$(subst /,-,$(PYTHON))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help book test lint typecheck pair format reproduce bench lock clean

help: ## Say what there is
	@echo "make TARGET [PYTHON=python3.12] [ARGS='words for the session']"
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

book: $(ready) ## Build the site: _build/html/index.html
	@$(nox) -s book -- $(ARGS)

test: $(ready) ## Run every test
	@$(nox) -s tests -- $(ARGS)

lint: $(ready) ## Check style, format and notebook pairs
	@$(nox) -s lint

typecheck: $(ready) ## Check types
	@$(nox) -s typecheck -- $(ARGS)

pair: $(ready) ## Write the .ipynb of each chapter
	@$(nox) -s pair

format: $(ready) ## Format the code, the chapters' cells included
	@$(nox) -s format

reproduce: $(ready) ## Build the site twice and compare every byte
	@$(nox) -s reproduce -- $(ARGS)

bench: $(ready) ## Time our work against named alternatives
	@$(nox) -s bench -- $(ARGS)

lock: $(ready) ## Write requirements.lock anew
	@$(nox) -s lock -- $(ARGS)

clean: ## Remove the environments and everything built
	rm -rf $(door) .venv _build

# A newer lock with the same text (a fresh checkout, say) repeats nothing. `ready` is a copy of the
# lock and is written last, so a door left half made is made again.
$(ready): requirements.lock
	@if cmp -s requirements.lock $@; then touch $@; else set -e; \
	$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
	  echo "Known Truth needs Python 3.11, 3.12 or 3.13, and $(PYTHON) is: $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name another: make PYTHON=python3.12 ..." >&2; exit 1; }; \
	$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv or pip. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	echo "Bringing nox and uv into $(door)/ (once, until requirements.lock changes)."; \
	rm -rf $(door); $(PYTHON) -m venv $(door); \
	pin() { sed -n "/^$$1==/,/# via/p" requirements.lock | sed '/# via/d; $$ s/ *\\$$//'; }; \
	pin uv > $(door)/uv.txt; \
	$(door)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --no-deps --only-binary :all: -r $(door)/uv.txt; \
	$(door)/bin/uv pip install --quiet --python $(door)/bin/python --compile-bytecode \
	  --require-hashes -c requirements.lock "$$(sed -n 's/^\(nox==[^ ]*\).*/\1/p' requirements.lock)"; \
	cp requirements.lock $@; fi
