# make run | test | bench | screenshots | clean. Each sets itself up; only Python 3.11 or newer has to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/requirements.stamp
# looked up when it is used, so that one installed on the way is found
CHROMIUM ?= $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.PHONY: run test bench screenshots chromium clean
.DEFAULT_GOAL := run

run: $(STAMP)
	$(BIN)/python -m streamlit run app.py

test: $(STAMP) chromium
	CHROMIUM="$(CHROMIUM)" $(BIN)/python -m pytest $(ARGS)

bench: $(STAMP) chromium
	$(BIN)/python tests/benchmarks/bench.py $(ARGS)
	CHROMIUM="$(CHROMIUM)" $(BIN)/python tests/benchmarks/player.py

screenshots: $(STAMP) chromium
	CHROMIUM="$(CHROMIUM)" $(BIN)/python tests/browser/screenshots.py $(ARGS)

$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
	f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}. Use PYTHON=python3.12, say.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

# The browser tests need a Chromium of the system. As root on Debian or Ubuntu it is installed here.
chromium:
	@if [ -n "$(CHROMIUM)" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null; then \
		apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium; \
	else \
		echo "The browser tests need Chromium. Install it (Debian: sudo apt-get install chromium)," >&2; \
		echo "or name one: make test CHROMIUM=/path/to/chrome. Without it these tests are skipped." >&2; \
	fi

clean:
	rm -rf $(VENV) build .pytest_cache
