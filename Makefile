# The two that a newcomer needs: make demo, make test.

GO ?= go
# The toolchain that go.mod names, also where the machine's own is the only one by default.
ifeq ($(shell $(GO) env GOTOOLCHAIN),local)
export GOTOOLCHAIN = auto
endif
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12

.PHONY: build demo test lint unit torture long cases prove prove-stable bench stress fuzz docker image image-files man release reproducible clean

build: ## the program, at bin/ctxpush
	CGO_ENABLED=0 $(GO) build -o bin/ctxpush ./cmd/ctxpush

DEMO = bin/ctxpush certify fixtures/demo/receiver.yaml --explore quick --skip 'restart/*,outage/*' --shrink 5s
demo: build ## certify a receiver with a bug, then the mended one; needs Go and nothing else
	@mkdir -p bin/demo
	@echo; echo "A receiver with a bug: delivered takes the place of opened."; echo
	@CTXPUSH_MUTANT=delivered-clears-opened $(DEMO) --report-dir '$(CURDIR)/bin/demo/bug'; [ $$? = 1 ]
	@echo; echo "The bug is found: open the report above. Now the receiver is mended."; echo
	@$(DEMO) --report-dir '$(CURDIR)/bin/demo/mended'

test: lint docker unit ## all tests; make prove and make cases play the rest

lint:
	@unformatted="$$(gofmt -l .)"; if [ -n "$$unformatted" ]; then echo "gofmt: $$unformatted"; exit 1; fi
	$(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	$(GO) run $(ACTIONLINT)

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
	$(GO) test -timeout 15m ./mocksender/... # in full volume, which the race detector makes too slow
	$(GO) test -race -timeout 30m ./...

cases: build ## certify receivers as people write them, right and wrong, and compare what is said with what is right
	$(GO) run ./cmd/cases $(if $(CI),-strict) $(CASES)

# In CI all designs' programs must be installed.
prove: ## certify every mutant and every correct design; the README states the counts
	$(GO) run ./cmd/prove $(if $(CI),-strict) -readme README.md

prove-stable: ## the correct designs, with N seeds each and the other core loaded
	$(GO) build -o bin/prove ./cmd/prove
	bin/prove -designs-only -smallest=false -load -seeds $(if $(filter command,$(firstword $(origin N))),$(N),50)

# Alone on the machine: each run must end in time.
torture: ## hostile receivers by every command, runs that are interrupted at random moments, and what surrounds a run
	$(GO) build -o bin/torture ./cmd/torture
	bin/torture -parallel 4
	bin/torture -parallel 3 -signals 200
	$(GO) test -v -run 'Surround|Proxy|Probe|Bridge|Engine' ./cmd/internal/torture

# Takes half an hour or so, less on a machine of its own; TIMES and LONG shorten it.
LONG ?= 10m
TIMES ?= 300
long: ## see that memory, goroutines and files stay flat: load for LONG, certify TIMES in one process; drawn in bin/long
	$(GO) build -o bin/torture ./cmd/torture
	bin/torture -long -long-load $(LONG) -long-certify $(TIMES) -parallel 6 -plots bin/long

# Ginkgo runs a suite once in a process, so the binary is run N times.
N ?= 20
CONCURRENT = ./mocksender ./mocksender/clock ./conformance/probe ./conformance/receiver ./conformance/receiver/builtin ./conformance/receiver/container ./conformance/receiver/compose ./conformance/receiver/internal/lines ./conformance/report ./fixtures/reference ./fixtures/mutants ./mocksender/load ./fixtures/traffic ./conformance/load ./conformance/doctor
stress: ## what is concurrent, N times with the race detector
	@for pkg in $(CONCURRENT); do \
		$(GO) test -race -c -o bin/stress.test $$pkg || exit 1; \
		for i in $$(seq $(N)); do \
			(cd $$pkg && $(CURDIR)/bin/stress.test -test.timeout 10m >$(CURDIR)/bin/stress.log 2>&1) || { cat bin/stress.log; echo "$$pkg: run $$i failed"; exit 1; }; \
		done; \
		echo "$$pkg: $(N) runs passed"; \
	done

TIME ?= 5m
fuzz: ## each fuzz target for TIME
	.ci/fuzz $(TIME)

CERTIFICATES ?= /etc/ssl/certs/ca-certificates.crt
PROGRAM = bin/ctxpush
image-files: # what the image of PROGRAM holds, at bin/image
	rm -rf bin/image
	mkdir -p bin/image/results bin/image/root/tmp
	chmod 1777 bin/image/root/tmp
	install -m 755 '$(PROGRAM)' bin/image/ctxpush
	install -m 644 '$(CERTIFICATES)' bin/image/ca-certificates.crt

image: build image-files ## ctxpush/ctxpush, the program as an image
	docker build -q -t ctxpush/ctxpush -f cmd/ctxpush/Dockerfile bin/image

man: build ## the manual's pages, at bin/man
	bin/ctxpush man bin/man

release: ## what a release holds, at dist: programs for six platforms, their materials, packages, checksums
	.ci/release

reproducible: ## build twice, in two folders, and compare
	.ci/reproducible

bench: ## timings, the load's beside other tools' (BENCH=-help for options); never part of the tests
	$(GO) build -o bin/bench ./cmd/bench
	bin/bench $(BENCH)
	$(GO) test -run '^$$' -bench . -benchmem ./...

clean:
	rm -rf bin dist ctxpush-report ctxpush-load-report
