# Everything that is built or started lives in .cache, and nowhere else.
SHELL := /bin/bash -euo pipefail
BIN := $(CURDIR)/.cache/bin
TOOLS := $(BIN)/crossplane $(BIN)/crossplane-core $(BIN)/golangci-lint $(BIN)/kustomize
GO_FILES := $(shell find fn apis input test -name '*.go' -not -path 'test/tools/*')

# The linters' cache remembers files by their full path, also those of another
# checkout of the same content, which may be gone.
export GOLANGCI_LINT_CACHE := $(CURDIR)/.cache/golangci-lint

# What rendering a claim takes.
RENDER := $(addprefix $(BIN)/, render function-xplatform crossplane crossplane-core kustomize)

# The claim "make render" shows.
CLAIM ?= examples/platform-smallest.yaml

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: render
render: $(RENDER) ## Show how a claim becomes a platform, stage by stage: make render CLAIM=my-claim.yaml, or a folder with a kustomization
	@$(BIN)/render $(CLAIM)

.PHONY: test
test: lint unit render-test ## Run everything that must pass: lint, generated code, unit tests, renders.

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters.
	@echo "Linting (about 2 min the first time)" >&2
	@$(BIN)/golangci-lint run ./...

.PHONY: unit
unit: ## Run the tests that need no binaries, the check of generated files among them.
	@echo "Running the unit tests (building them takes about 4 min the first time)" >&2
	@go test $$(go list ./... | grep -v /test/render)

.PHONY: render-test
render-test: $(RENDER) ## Render every example, and run every command of the README.
	@go test ./test/render

.PHONY: generate
generate: ## Write everything that is generated: deep copies, XRD, input schema, reference, golden files, the graph.
	@go run ./apis/generate
	@go test ./fn -run 'TestStages|TestGraphInDocs' -update >/dev/null || go test ./fn -run 'TestStages|TestGraphInDocs'

.PHONY: bench
bench: ## Measure the function on ready platforms, beside what no function can avoid.
	@go test ./fn -run '^$$' -bench . -benchmem

.PHONY: image
image: ## Build the runtime image (needs Docker).
	docker build --tag function-xplatform .

.PHONY: clean
clean: ## Remove everything that was built.
	rm -rf .cache

$(BIN)/function-xplatform: $(GO_FILES) go.mod go.sum
	@echo "Building the function (about 3 min the first time)" >&2
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $@ ./fn

$(BIN)/render: $(GO_FILES) test/aws/status.yaml go.mod go.sum
	@go build -trimpath -o $@ ./test/render

# Tools have a module each, so that their dependencies neither meet each other's
# nor ours. They are rebuilt when their pins change.
$(BIN)/crossplane: test/tools/crossplane-cli/go.mod test/tools/crossplane-cli/go.sum
$(BIN)/crossplane-core: test/tools/crossplane-core/go.mod test/tools/crossplane-core/go.sum
$(BIN)/kustomize: test/tools/kustomize/go.mod test/tools/kustomize/go.sum
$(BIN)/golangci-lint: test/tools/golangci-lint/go.mod test/tools/golangci-lint/go.sum

$(TOOLS):
	@echo "Building $(@F) (up to 3 min, once)" >&2
	@mkdir -p $(BIN) && go build -C $(<D) -trimpath -ldflags='-s -w' -o $@ "$$(go list -C $(<D) -f '{{.ImportPath}}' tool)"
