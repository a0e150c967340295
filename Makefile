# For every day: `make synth` and `make test`. `make` lists all targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export CDK_DISABLE_CLI_TELEMETRY := true
export NPM_CONFIG_UPDATE_NOTIFIER := false
unexport CDK_VALIDATION # false would turn the guard off

CDK := node_modules/.bin/cdk
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.0
ERRCHECK := go run github.com/kisielk/errcheck@v1.20.0
ACTIONLINT := go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7

# The packages with no jsii in them, which is not safe for concurrent use.
PURE := ./address ./policy ./spec ./cmd/... ./internal/app/settings ./internal/assembly ./internal/problem ./internal/verify ./proof/...

# npm writes this file at the end of an installation; make compares it with the lockfile.
NODE_MODULES := node_modules/.package-lock.json

.PHONY: help synth demo test recipes snapshots access bench lint race fuzz clean build tools

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

synth: build ## write the CloudFormation templates to cdk.out
	@echo "Synthesizing …"
	@$(CDK) synth --quiet --ci --app bin/shared-queue >/dev/null
	@bin/templates

demo: build ## see it hold in a simulation on this computer; DEMO=serve stays up for your own clients
	@bin/demo $(if $(filter serve,$(DEMO)),-serve)

test: build ## run all tests
	@echo "Testing: two minutes, if much has changed …"
	@go test -v ./... 2>&1 | grep -v -E '^(=== |PASS$$|\?|testing: warning: no tests|go: downloading )|^ *--- (PASS|SKIP)'

recipes: build ## judge each recipe of docs/constructs.md by the guard, and compute who can do what (about a minute)
	@WHOLE_RECIPES=1 go test ./docs/recipes

snapshots: build ## update templates, schema and settings table after an intended change
	@go test . -run 'TestSnapshots$$' -update
	@go test ./internal/app -run 'TestFixture$$' -update
	@go test ./internal/app/settings -run 'TestSchema$$|TestTableOfSettings$$' -update
	@git --no-pager status --short testdata internal/fixture settings.schema.json docs

access: build ## compute who can do what, and write it to ACCESS.md
	@bin/access -markdown testdata >bin/ACCESS.md
	@mv bin/ACCESS.md ACCESS.md
	@git --no-pager status --short ACCESS.md

lint: tools ## check formatting, vet, staticcheck, unchecked errors and workflows
	@files=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$files" ] || { echo "gofmt would change:"; echo "$$files"; exit 1; }
	@go vet ./...
	@$(STATICCHECK) ./...
	@$(ERRCHECK) -ignoretests -exclude <(printf '%s\n' fmt.Fprint fmt.Fprintf fmt.Fprintln) ./...
	@$(ACTIONLINT) .github/workflows/*.yml docs/*.yml

race: build ## run the tests of the packages without CDK under the race detector (needs a C compiler)
	@go test -race -short $(PURE)

bench: build internal/bench/peer/node_modules/.package-lock.json ## measure the app against the same stacks in JavaScript (about ten minutes); BENCH='-rounds 3 -row process' for some rows
	@go run ./internal/bench $(BENCH)
	@go test ./internal/app ./proof/access ./guard -run '^$$' -bench . -benchtime 5x

internal/bench/peer/node_modules/.package-lock.json: internal/bench/peer/package-lock.json | tools
	@echo "Installing the peer …"
	@npm ci --prefix internal/bench/peer --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

fuzz: ## fuzz the parsers of paths and settings for 30 seconds each
	@go test ./address -run '^$$' -fuzz FuzzParsePath -fuzztime 30s
	@go test ./internal/app/settings -run '^$$' -fuzz FuzzParse -fuzztime 30s

clean: ## remove what these targets made
	@rm -rf bin cdk.out node_modules internal/bench/peer/node_modules

build: $(NODE_MODULES) ## compile the app and the commands to bin, and install the CDK CLI and the evaluator
	@[ -e node_modules/.built ] || echo "Building: the first time takes a minute (80 MB of modules to fetch, 20 s to compile) …"
	@go build -o bin/ ./... 2> >(grep -v '^go: downloading ' >&2)
	@[ -e node_modules/.built ] || touch node_modules/.built

$(NODE_MODULES): package-lock.json | tools
	@echo "Installing the CDK CLI and the evaluator …"
	@npm ci --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

tools:
	@for tool in go node npm; do \
		command -v $$tool >/dev/null || { echo "$$tool is not installed: install Go 1.26 and Node.js 22 or later" >&2; exit 1; }; \
	done
