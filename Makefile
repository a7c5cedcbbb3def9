# Everything that is built or started lives in .cache, and nowhere else.
SHELL := /bin/bash -euo pipefail
BIN := $(CURDIR)/.cache/bin
TOOLS := $(addprefix $(BIN)/, crossplane crossplane-core etcd golangci-lint helm kustomize kwok provider-helm provider-kubernetes)
KUBERNETES := $(addprefix $(BIN)/, kube-apiserver kube-controller-manager kube-scheduler kubectl)
GO_FILES := $(shell find fn apis input package test -name '*.go' -not -path 'test/tools/*')

# The linters' cache remembers files by their full path, also those of another
# checkout of the same content, which may be gone.
export GOLANGCI_LINT_CACHE := $(CURDIR)/.cache/golangci-lint

# The packages: the function's, for each architecture, and the Configuration.
PACKAGES := $(CURDIR)/.cache/packages
FUNCTIONS := $(PACKAGES)/function-xplatform-amd64.xpkg $(PACKAGES)/function-xplatform-arm64.xpkg

HOST := $(shell go env GOARCH)

# What a control plane takes, beside the function's package.
CONTROLPLANE := $(KUBERNETES) $(addprefix $(BIN)/, etcd crossplane crossplane-core function-xplatform helm kwok provider-helm provider-kubernetes)
DEMO := $(BIN)/demo $(CONTROLPLANE) $(PACKAGES)/function-xplatform-$(HOST).xpkg

# What rendering a claim takes.
RENDER := $(addprefix $(BIN)/, render function-xplatform crossplane crossplane-core kustomize)

# The claim "make demo" and "make render" show.
CLAIM ?= examples/platform-smallest.yaml

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(DEMO) ## Bring a claim up on a control plane of its own: make demo CLAIM=my-claim.yaml, or a folder with a kustomization
	@$(BIN)/demo up $(CLAIM)

.PHONY: demo-delete
demo-delete: $(BIN)/demo ## Delete the claim that "make demo" has applied, and show how its platform goes.
	@$(BIN)/demo delete

.PHONY: demo-down
demo-down: $(BIN)/demo ## Stop what "make demo" has left running.
	@$(BIN)/demo down

.PHONY: render
render: $(RENDER) ## Show how a claim becomes a platform, stage by stage: make render CLAIM=my-claim.yaml, or a folder with a kustomization
	@$(BIN)/render $(CLAIM)

.PHONY: test
test: lint unit render-test suite ## Run everything that must pass: lint, generated code, unit tests, renders, and the suite on control planes.

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters.
	@echo "Linting (about 2 min the first time)" >&2
	@$(BIN)/golangci-lint run ./...

.PHONY: unit
unit: ## Run the tests that need no binaries, the check of generated files among them.
	@echo "Running the unit tests (building them takes about 4 min the first time)" >&2
	@go test $$(go list ./... | grep -v -e /test/render -e /test/suite)

.PHONY: render-test
render-test: $(RENDER) $(DEMO) ## Render every example, and run every command of the README.
	@go test ./test/render

.PHONY: suite
suite: $(DEMO) $(FUNCTIONS) ## Run platforms through their lives on control planes of their own.
	@echo "Running the suite on control planes (about 12 min)" >&2
	@go test -timeout 30m -parallel 4 ./test/suite

.PHONY: suite-bench
suite-bench: $(CONTROLPLANE) $(FUNCTIONS) ## Measure what a platform costs a control plane: calls, writes, time beside AWS's own.
	@go test ./test/suite -run '^$$' -bench . -benchtime 1x -timeout 30m

.PHONY: generate
generate: ## Write everything that is generated: deep copies, XRD, input schema, reference, golden files, the graph.
	@go run ./apis/generate
	@go test ./fn -run 'TestStages|TestGraphInDocs' -update >/dev/null || go test ./fn -run 'TestStages|TestGraphInDocs'

.PHONY: bench
bench: ## Measure the function on ready platforms, beside what no function can avoid.
	@go test ./fn -run '^$$' -bench . -benchmem

.PHONY: packages
packages: $(FUNCTIONS) $(PACKAGES)/configuration-xplatform.xpkg ## Build the packages, for all architectures.

.PHONY: image
image: ## Build the runtime image by Docker. The packages have one already.
	docker build --tag function-xplatform .

.PHONY: clean
clean: ## Remove everything that was built.
	rm -rf .cache

$(BIN)/function-xplatform: $(GO_FILES) go.mod go.sum
	@echo "Building the function (about 3 min the first time)" >&2
	@CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o $@ ./fn

# The runtime image is made by a library, so no container runtime is needed.
$(PACKAGES)/function-xplatform-%.xpkg: $(GO_FILES) go.mod go.sum package/crossplane.yaml $(wildcard package/input/*) $(BIN)/crossplane
	@echo "Building the function's package for $* (about 3 min the first time)" >&2
	@mkdir -p $(@D)
	@CGO_ENABLED=0 GOOS=linux GOARCH=$* go build -trimpath -ldflags='-s -w' -o $(@D)/$*/function-xplatform ./fn
	@go run ./package/image --architecture $* $(@D)/$*/function-xplatform $(@D)/$*/image.tar
	@$(BIN)/crossplane xpkg build --package-root package --examples-root none --embed-runtime-image-tarball $(@D)/$*/image.tar --package-file $@ >/dev/null

$(PACKAGES)/configuration-xplatform.xpkg: $(wildcard compositions/*) $(BIN)/crossplane
	@mkdir -p $(@D)
	@$(BIN)/crossplane xpkg build --package-root compositions --examples-root none --package-file $@ >/dev/null

$(BIN)/render $(BIN)/demo: $(GO_FILES) test/aws/status.yaml go.mod go.sum
	@go build -trimpath -o $@ ./test/$(@F)

# Tools have a module each, so that their dependencies neither meet each other's
# nor ours. They are rebuilt when their pins change.
# Controller-runtime serves metrics at :8080 unless told otherwise, and this
# provider has no flag for it. Two control planes would meet there.
$(BIN)/provider-helm: LDFLAGS := -X sigs.k8s.io/controller-runtime/pkg/metrics/server.DefaultBindAddress=0

# Crossplane refuses packages if it does not know its own version.
$(BIN)/crossplane-core: LDFLAGS = -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=$$(go list -C $(<D) -m -f '{{.Version}}' github.com/crossplane/crossplane/v2)

$(TOOLS): $(BIN)/%: test/tools/%/go.mod test/tools/%/go.sum
	@echo "Building $* (up to 3 min, once)" >&2
	@mkdir -p $(BIN) && go build -C $(<D) -trimpath -ldflags="-s -w $(LDFLAGS)" -o $@ "$$(go list -C $(<D) -f '{{.ImportPath}}' tool)"

# Kubernetes is one module of several tools. Without a version the API server
# reports a development one, which charts' version constraints refuse.
$(KUBERNETES) &: test/tools/kubernetes/go.mod test/tools/kubernetes/go.sum
	@echo "Building Kubernetes (about 4 min, once)" >&2
	@mkdir -p $(BIN)
	@version=$$(go list -C $(<D) -m -f '{{.Version}}' k8s.io/kubernetes); minor=$${version#v1.}; \
	go build -C $(<D) -trimpath -o $(BIN)/ \
		-ldflags="-s -w -X k8s.io/component-base/version.gitVersion=$$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$${minor%%.*}" tool
	@touch $(KUBERNETES)
