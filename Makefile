# Everything that is built or started lives in .cache, and nowhere else.
SHELL := /bin/bash -euo pipefail
BIN := $(CURDIR)/.cache/bin
GO_FILES := $(shell find fn apis input test -name '*.go' -not -path 'test/tools/*' -not -path 'test/externaldns/*' -not -path 'test/gitops/*')

# Everything is built alike, so that nothing is compiled twice: what differs in
# one of these the go command compiles anew.
export CGO_ENABLED := 0
export GOFLAGS := -trimpath

# The programs a control plane takes are one module, so that they share one set
# of versions. Provider-helm is a module of its own: it takes an older library
# of Crossplane's. Of all others it takes the same, and so do we.
TOOLS := $(addprefix $(BIN)/, etcd kwok kube-apiserver kube-controller-manager kube-scheduler kubectl crossplane crossplane-core provider-kubernetes xpkg)
HELM := $(addprefix $(BIN)/, provider-helm charts helm)

# The linters' cache remembers files by their full path, also those of another
# checkout of the same content, which may be gone.
export GOLANGCI_LINT_CACHE := $(CURDIR)/.cache/golangci-lint

# The packages: the function's, for each architecture, and the Configuration.
PACKAGES := $(CURDIR)/.cache/packages
FUNCTIONS := $(PACKAGES)/function-xplatform-amd64.xpkg $(PACKAGES)/function-xplatform-arm64.xpkg

HOST := $(shell go env GOARCH)

# What a control plane takes, beside the function's package.
CONTROLPLANE := $(addprefix $(BIN)/, etcd kwok kube-apiserver kube-controller-manager kube-scheduler kubectl crossplane-core provider-kubernetes xpkg function-xplatform) $(HELM)
DEMO := $(BIN)/demo $(CONTROLPLANE) $(PACKAGES)/function-xplatform-$(HOST).xpkg

# What the suite upgrades platforms from is the commit before: HEAD, as long as the
# checkout differs from it, or what is being written would be compared with nothing; or
# as long as the one before can't be installed as docs/install.md says.
PREVIOUS ?= $(shell if test -n "$$(git status --porcelain)" || { git rev-parse --quiet --verify HEAD^ && ! git cat-file -e HEAD^:examples/install/kustomization.yaml; } >/dev/null 2>&1; then echo HEAD; else echo HEAD^; fi)
BEFORE := $(CURDIR)/.cache/previous

# What publishing a release takes. It is as old as the commit it is made of.
RELEASE := $(BIN)/release $(BIN)/xpkg $(FUNCTIONS) $(PACKAGES)/configuration-xplatform.xpkg
RELEASING = SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/release
RELEASED := .cache/release
REGISTRY = $$(sed -n 's|^  package: \([^/]*\)/.*|\1|p' examples/install/function.yaml)
VERSION ?=
VULNDB ?=
CHARTS := test/charts/manifests.yaml

# What rendering a claim takes.
RENDER := $(addprefix $(BIN)/, render function-xplatform crossplane crossplane-core kubectl)

# The claim "make demo" and "make render" show.
CLAIM ?= examples/platform-smallest.yaml

# Each step of a build says which of how many it is. How many there are, a dry
# run counts beforehand.
ifdef COUNT
step = : step
else
ALL_STEPS := $(shell $(MAKE) --no-print-directory --dry-run COUNT=1 $(MAKECMDGOALS) 2>/dev/null | grep -c '^: step')
BEGUN := $(shell date +%s)
step = $(eval STEP := $(shell echo $$(($(STEP)+1))))@echo "[$(STEP)/$(ALL_STEPS), $$(($$(date +%s)-$(BEGUN))) s] $(1)" >&2
ifeq ($(shell test $(ALL_STEPS) -gt 10 && echo many),many)
$(info $(ALL_STEPS) steps. From an empty build cache they take about a quarter of an hour on two cores.)
endif
endif

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(DEMO) ## Bring a claim up on a control plane of its own: make demo CLAIM=my-claim.yaml, or a folder with a kustomization
	$(call step,Everything is built)
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
test: lint unit render-test suite release-dry-run vulnerabilities ## Run everything that must pass: lint, generated code, unit tests, renders, the suite on control planes, a rehearsed release, and the check for known vulnerabilities.

.PHONY: lint
lint: $(BIN)/golangci-lint ## Run the linters.
	$(call step,Linting (about 2 min the first time))
	@$(BIN)/golangci-lint run ./...
	@cd test/tools/release && $(BIN)/golangci-lint run
	@cd test/tools/provider-helm && $(BIN)/golangci-lint run ./manifests

.PHONY: unit
unit: ## Run the tests that need no binaries, the check of generated files among them.
	$(call step,Running the unit tests (building them takes about 4 min the first time))
	@go test $$(go list ./... | grep -v -e /test/render -e /test/suite)
	@go test -C test/tools ./xpkg
	@go test -C test/tools/release ./...
	@go test -C test/tools/provider-helm ./manifests
	@go test -C test/externaldns ./...
	@go test -C test/gitops ./...

.PHONY: render-test
render-test: $(RENDER) $(DEMO) ## Render every example, and run every command of the README.
	$(call step,Rendering every example and running the commands of the README)
	@go test ./test/render

.PHONY: suite
suite: $(DEMO) packages previous ## Run platforms through their lives on control planes of their own.
	$(call step,Running the suite on control planes (about 20 min))
	@go test -timeout 60m -parallel 3 ./test/suite

# A checkout of the commit before, with its own function and packages, and our tools.
.PHONY: previous
previous: $(CONTROLPLANE)
	$(call step,Building the packages of $(PREVIOUS))
	@git rev-parse --quiet --verify "$(PREVIOUS)^{commit}" >/dev/null || \
		{ echo "cannot find $(PREVIOUS), whose packages the suite upgrades platforms from: a shallow clone gets it by git fetch --unshallow" >&2; exit 1; }
	@rm -rf $(BEFORE) && mkdir -p $(BEFORE)/.cache/bin $(BEFORE)/.cache/packages
	@git archive $(PREVIOUS) | tar x -C $(BEFORE)
	@go build -C $(BEFORE) -ldflags='-s -w' -o .cache/bin/function-xplatform ./fn
	@$(BIN)/xpkg build --binary $(BEFORE)/.cache/bin/function-xplatform --architecture $(HOST) $(BEFORE)/package $(BEFORE)/.cache/packages/function-xplatform-$(HOST).xpkg
	@ln -s $(filter-out %/function-xplatform,$(CONTROLPLANE)) $(BEFORE)/.cache/bin

.PHONY: suite-bench
suite-bench: $(CONTROLPLANE) $(FUNCTIONS) ## Measure what platforms cost a control plane: calls, writes, tokens of the circuit breaker, time beside AWS's own (an hour).
	@go test ./test/suite -run '^$$' -bench . -benchtime 1x -timeout 2h

.PHONY: generate
generate: ## Write everything that is generated: deep copies, XRD, input schema, reference, what changes do, golden files, the list of the API, the activation policy, the graph, what goes together.
	@go run ./apis/generate
	@go test ./fn/function ./fn/lifecycle ./fn/platform -run 'TestStages|TestAPI|TestActivation|InDocs' -update >/dev/null || go test ./fn/function ./fn/lifecycle ./fn/platform -run 'TestStages|TestAPI|TestActivation|InDocs'

.PHONY: bench
bench: ## Measure the function on ready platforms, beside what no function can avoid.
	@go test ./fn/function -run '^$$' -bench . -benchmem

# How far the torture goes, and from where: a failure says how to repeat it.
STEPS ?= 10000000
SEED ?= $(shell date +%s)

.PHONY: torture
torture: ## Let everything happen to graphs and platforms that can, ten million steps of it (an hour or two): make torture STEPS=1000000 SEED=1
	@nice go test ./fn/plan -run Journeys -steps $$(($(STEPS)/2)) -seed $(SEED) -timeout 0
	@nice go test ./fn/lifecycle -run 'TestStories$$' -stories $$(($(STEPS)/5000)) -story-seed $(SEED) -timeout 0
	@nice go test ./fn/function -run 'TestMutatedRequests|TestEditJourneys' -mutations $$(($(STEPS)/500)) -mutation-seed $(SEED) -edit-journeys $$(($(STEPS)/50000)) -edit-seed $(SEED) -timeout 0

FUZZTIME ?= 10m

.PHONY: fuzz
fuzz: ## Ask the function what nobody would, and keep what it does not take: make fuzz FUZZTIME=1h
	@nice go test ./fn/function -run '^$$' -fuzz FuzzRunFunction -fuzztime $(FUZZTIME)

# What is changed, in a copy of the checkout: a program that copies a folder for each of
# its workers should not copy what was built. Each change is tested by what "go test
# -short" of its own package does.
ROOMS ?= plan lifecycle
MUTANTS := $(CURDIR)/.cache/mutants

.PHONY: mutants
mutants: $(BIN)/gremlins ## Change the code that decides, a word at a time, and show what no test minds (hours): make mutants ROOMS=plan
	@rm -rf $(MUTANTS) && mkdir -p $(MUTANTS)/src
	@git ls-files -z --cached --others --exclude-standard | tar c --null --files-from - | tar x -C $(MUTANTS)/src
	@for room in $(ROOMS); do \
		(cd $(MUTANTS)/src && TMPDIR=$(MUTANTS) GOFLAGS='$(GOFLAGS) -short -vet=off' nice $(BIN)/gremlins unleash ./fn/$$room --invert-logical --workers 2 --timeout-coefficient 10 --output-statuses lt); \
	done

.PHONY: packages
packages: $(FUNCTIONS) $(PACKAGES)/configuration-xplatform.xpkg ## Build the packages, for all architectures.

.PHONY: release
release: $(RELEASE) ## Publish the packages, and write all that belongs to them to .cache/release: make release VERSION=v0.1.0
	@$(RELEASING) publish "$(VERSION)"

.PHONY: release-dry-run
release-dry-run: $(RELEASE) ## Do the same with a registry that ends with it.
	$(call step,Rehearsing the release)
	@$(RELEASING) dry-run

.PHONY: vulnerabilities
vulnerabilities: $(BIN)/release $(FUNCTIONS) ## Look for known vulnerabilities in what the function is built of, by what was recorded, or by a database: make vulnerabilities VULNDB=https://vuln.go.dev
	$(call step,Looking for known vulnerabilities)
	@VULNDB="$(VULNDB)" $(BIN)/release vulnerabilities

.PHONY: vulnerabilities-record
vulnerabilities-record: $(BIN)/release ## Record what a database knows of them: make vulnerabilities-record VULNDB=file://$PWD/vulndb
	@VULNDB="$(VULNDB)" $(BIN)/release vulnerabilities --record

.PHONY: licences
licences: ## Look how what the function is built of is licensed, and record it.
	@go test -C test/tools/release -run 'TestLicences$$' . -update >/dev/null || go test -C test/tools/release -run 'TestLicences$$' .

# The pins and the values are read off the golden files. What was recorded before tells
# which versions those were.
.PHONY: charts
charts: generate $(BIN)/manifests ## Fetch the controllers' charts, show what a moved version changes, and record what they make of our values in test/charts.
	@git show $(PREVIOUS):$(CHARTS) > .cache/charts.yaml 2>/dev/null || echo '{}' > .cache/charts.yaml
	@$(BIN)/manifests fn/testdata/platform-production .cache/charts.yaml $(CHARTS) .cache/manifests
	@{ echo '```diff'; git --no-pager diff --no-index .cache/manifests/before .cache/manifests/after || true; echo '```'; } | tee -a "$${GITHUB_STEP_SUMMARY:-/dev/null}"
	@git diff --exit-code $(CHARTS) || { echo "commit $(CHARTS): it has what the charts make now" >&2; exit 1; }

# What only the workflow of a release can do: it has an identity, and credentials.
.PHONY: release-login release-sign release-notes
release-login:
	@cosign login $(REGISTRY) --username "$$REGISTRY_USER" --password-stdin <<< "$$REGISTRY_TOKEN"
release-sign:
	@xargs -n 1 cosign sign --yes --recursive < $(RELEASED)/digests.txt
	@for materials in $(RELEASED)/*.spdx.json; do grep /function-xplatform@ $(RELEASED)/digests.txt | xargs -n 1 cosign attest --yes --type spdxjson --predicate "$$materials"; done
release-notes:
	@cd $(RELEASED) && gh release create --repo "$$GITHUB_REPOSITORY" --verify-tag --notes-file notes.md "$(VERSION)" *.xpkg *.json *.txt

.PHONY: image
image: ## Build the runtime image by Docker. The packages have one already.
	docker build --tag function-xplatform .

.PHONY: clean
clean: ## Remove everything that was built.
	rm -rf .cache

$(BIN)/function-xplatform: $(GO_FILES) go.mod go.sum
	$(call step,Building the function)
	@go build -ldflags='-s -w' -o $@ ./fn

# The runtime image is made by a library, so no container runtime is needed. What the
# go command notes of git in a binary would make it another one in a copy without git.
$(PACKAGES)/function-xplatform-%.xpkg: $(GO_FILES) go.mod go.sum package/crossplane.yaml $(wildcard package/input/*) $(BIN)/xpkg
	$(call step,Building the function's package for $*)
	@mkdir -p $(@D)
	@GOOS=linux GOARCH=$* go build -buildvcs=false -ldflags='-s -w' -o $(@D)/$*/function-xplatform ./fn
	@$(BIN)/xpkg build --binary $(@D)/$*/function-xplatform --architecture $* package $@

$(PACKAGES)/configuration-xplatform.xpkg: $(wildcard compositions/*) $(BIN)/xpkg
	$(call step,Building the Configuration's package)
	@mkdir -p $(@D)
	@$(BIN)/xpkg build compositions $@

$(BIN)/render $(BIN)/demo: $(GO_FILES) test/aws/status.yaml go.mod go.sum
	$(call step,Building $(@F))
	@go build -o $@ ./test/$(@F)

# Where the main packages of the tools are.
PACKAGE_etcd := go.etcd.io/etcd/server/v3
PACKAGE_kwok := sigs.k8s.io/kwok/cmd/kwok
PACKAGE_crossplane := github.com/crossplane/cli/v2/cmd/crossplane
PACKAGE_crossplane-core := github.com/crossplane/crossplane/v2/cmd/crossplane
PACKAGE_provider-kubernetes := github.com/crossplane-contrib/provider-kubernetes/cmd/provider
PACKAGE_provider-helm := github.com/crossplane-contrib/provider-helm/cmd/provider
PACKAGE_xpkg := ./xpkg
PACKAGE_charts := ./charts
PACKAGE_helm := helm.sh/helm/v3/cmd/helm
PACKAGE_manifests := ./manifests
$(foreach tool, kube-apiserver kube-controller-manager kube-scheduler kubectl, $(eval PACKAGE_$(tool) := k8s.io/kubernetes/cmd/$(tool)))

# pinned is the version of a module that a tool takes.
pinned = $$(go list -C test/tools -m -f '{{.Version}}' $(1))

# Without a version the API server reports a development one, which charts'
# version constraints refuse.
$(BIN)/kube-apiserver $(BIN)/kubectl: LDFLAGS = -X k8s.io/component-base/version.gitVersion=$(call pinned,k8s.io/kubernetes) -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=$$(cut -d. -f2 <<< "$(call pinned,k8s.io/kubernetes)")

# Crossplane refuses packages if it does not know its own version.
$(BIN)/crossplane-core: LDFLAGS = -X github.com/crossplane/crossplane-runtime/v2/pkg/version.version=$(call pinned,github.com/crossplane/crossplane/v2)

# Controller-runtime serves metrics at :8080 unless told otherwise, and neither
# Crossplane's RBAC manager nor this provider before v1.4 has a flag for it. Two control
# planes would meet there.
$(BIN)/crossplane-core $(BIN)/provider-helm: LDFLAGS += -X sigs.k8s.io/controller-runtime/pkg/metrics/server.DefaultBindAddress=0

# The tools are rebuilt when their pins change.
$(TOOLS): FOLDER := test/tools
$(TOOLS): test/tools/go.mod test/tools/go.sum test/tools/xpkg/main.go
$(HELM) $(BIN)/manifests: FOLDER := test/tools/provider-helm
$(HELM): test/tools/provider-helm/go.mod test/tools/provider-helm/go.sum test/tools/provider-helm/charts/main.go
$(BIN)/manifests: test/tools/provider-helm/go.mod test/tools/provider-helm/go.sum $(wildcard test/tools/provider-helm/manifests/*.go)
$(TOOLS) $(HELM) $(BIN)/manifests:
	$(call step,Building $(@F))
	@mkdir -p $(BIN)
	@go build -C $(FOLDER) -ldflags="-s -w $(LDFLAGS)" -o $@ $(PACKAGE_$(@F))

$(BIN)/release: $(wildcard test/tools/release/*)
	$(call step,Building the release command)
	@mkdir -p $(BIN)
	@go build -C $(<D) -o $@ .

$(BIN)/golangci-lint $(BIN)/gremlins: $(BIN)/%: test/tools/%/go.mod test/tools/%/go.sum
	$(call step,Building $(@F))
	@mkdir -p $(BIN)
	@go build -C $(<D) -ldflags='-s -w' -o $@ "$$(go list -C $(<D) -f '{{.ImportPath}}' tool)"
