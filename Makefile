# Everything here needs Node (any version npm 10+ runs on), npm and make; npm brings the Node that Tailwater runs on.
.PHONY: install build run logs test lint unit app e2e screenshots bench soak conformance docs clean

NPX := PATH="$(CURDIR)/node_modules/.bin:$$PATH"

install: node_modules/.installed

# Not `npm ci`: it refuses a lock file that lacks the optional binaries of other platforms, and a registry mirror may not
# have those. --no-save takes exactly what the lock file says and leaves it alone.
node_modules/.installed: package-lock.json package.json $(wildcard packages/*/package.json)
	npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

build: install
	npm run --silent build

run: build
	@$(NPX) exec node packages/cli/dist/main.js serve $(if $(DATA_DIR),--data-dir $(DATA_DIR)) $(ARGS)

# Events of the running server as they come, for people. URL names another server, ARGS takes what `tailwater tail` does.
logs: build
	@$(NPX) exec node packages/cli/dist/main.js tail $(if $(URL),--url $(URL)) $(ARGS)

# What CI runs: format and lint, dead code, then every test that fits into eight minutes on two cores.
test: build lint unit app e2e

lint: install
	npm run --silent lint
	npm run --silent knip

# Servers are started some hundred times: what V8 made of their code is kept from one to the next.
unit app: export NODE_COMPILE_CACHE := $(CURDIR)/node_modules/.cache/node

unit: build
	npm run --silent test:unit

app: build
	npm run --silent test:app

# The web UI in Debian's Chromium.
e2e: build
	npm run --silent test:e2e

# Makes docs/screenshots/ anew, from the same tests.
screenshots: build
	SCREENSHOTS=1 npm run --silent test:e2e

bench: build
	npm run --silent bench -- $(ARGS)

# Long runs with a printed seed: simulation, fuzzing, random outcomes, kill -9, tailed files, full disk. SEED=… repeats one.
soak: build
	$(NPX) node packages/server/test/soak/main.ts $(ARGS)

# Loki's own tests of LogQL, fetched at run time: needs a network, or LOKI_SOURCE=<a checkout or bare repository of Loki>.
# ARGS="--loki http://localhost:3100" asks a running Loki the same queries instead.
conformance: build
	$(NPX) node packages/server/test/conformance/main.ts $(ARGS)

docs: build
	npm run --silent docs

clean:
	rm -rf packages/*/dist packages/*/*.tsbuildinfo node_modules
