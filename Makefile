# The two that a newcomer needs: make demo, make test.

GO ?= go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: build demo test lint unit bench stress docker clean

build: ## the program, at bin/ctxpush
	CGO_ENABLED=0 $(GO) build -o bin/ctxpush ./cmd/ctxpush

demo: build ## certify the built-in receiver; no Docker needed
	bin/ctxpush certify

test: lint docker unit ## everything

lint:
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...

docker:
	@if docker info >/dev/null 2>&1; then \
		echo "container engine: found, container tests run"; \
	elif [ -n "$$CTXPUSH_REQUIRE_DOCKER" ]; then \
		echo "container engine: NOT FOUND, and CTXPUSH_REQUIRE_DOCKER wants one"; exit 1; \
	else \
		echo "###################################################################"; \
		echo "# container engine: NOT FOUND. Container tests will be SKIPPED.   #"; \
		echo "###################################################################"; \
	fi

unit:
	$(GO) test -race -timeout 30m ./...

stress: ## what is concurrent, again and again
	$(GO) test -race -count=20 -timeout 60m ./mocksender/... ./conformance/probe ./conformance/report ./fixtures/receiver

bench: ## timings; never part of the tests
	$(GO) test -run '^$$' -bench . -benchmem ./...

clean:
	rm -rf bin ctxpush-report
