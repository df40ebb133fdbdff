.POSIX:
.PHONY: all build test e2e lint actions generate docs bench check

GOLANGCI_LINT = .ci/bin/golangci-lint

all: build

build:
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o bin/ ./cmd/...

test:
	go test ./...
	$(MAKE) e2e

# The binaries that these tests build and run are unknown to Go's test cache, so nothing is cached.
e2e:
	.ci/install.sh act gitleaks
	cd .ci/e2e && go test -count=1 ./...

lint:
	@bad=$$(find . -name '*.go' -not -path '*/testdata/*' -not -path './.ci/bin/*' -not -path '*/node_modules/*' -exec gofmt -l {} +) && \
	if [ -n "$$bad" ]; then echo "not formatted (gofmt -w):"; echo "$$bad"; exit 1; fi
	go vet ./...
	cd .ci/e2e && go vet ./...
	.ci/install.sh golangci-lint
	$(GOLANGCI_LINT) run ./...
	cd .ci/e2e && ../bin/golangci-lint run --config ../../.golangci.yml ./...

# The scripts, workflows and actions.
actions:
	.ci/shellcheck.sh
	.ci/npm/validate-workflows.sh

generate:
	go generate ./...

# Compares with what was there before, and not with the last commit, so that it also serves while editing.
docs:
	@was=$$(mktemp -d) && trap 'rm -rf "$$was"' EXIT && cp -R docs/. "$$was" && \
	$(MAKE) generate && \
	{ diff -ru "$$was" docs || { echo "docs/ had drifted: commit what make generate writes" >&2; exit 1; }; }

bench:
	go test -run '^$$' -bench . -benchmem ./...
	.ci/install.sh gitleaks
	cd .ci/e2e && go test -run '^$$' -bench . -benchtime 3x ./...

check: lint actions test docs
