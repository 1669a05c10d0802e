package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/ctxpush/ctxpush/conformance"
	"github.com/ctxpush/ctxpush/conformance/config"
	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
	"github.com/ctxpush/ctxpush/fixtures/mutants"
	"github.com/ctxpush/ctxpush/fixtures/reference"
	"github.com/ctxpush/ctxpush/scenarios"
	"github.com/ctxpush/ctxpush/scenarios/strictyaml"
)

// loose are the members whose form the schema leaves open.
var loose = map[string]bool{"orders": true, "scenarios": true, "trace": true, "content": true}

// strict closes every object of a schema, so that a member which the schema does
// not describe is found.
func strict(node any) {
	switch n := node.(type) {
	case map[string]any:
		if _, ok := n["properties"]; ok {
			n["additionalProperties"] = false
		}
		for name, below := range n {
			if !loose[name] {
				strict(below)
			}
		}
	case []any:
		for _, below := range n {
			strict(below)
		}
	}
}

func compile(text []byte, change func(any)) *jsonschema.Schema {
	GinkgoHelper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	Expect(err).NotTo(HaveOccurred())
	change(doc)
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	Expect(c.AddResource("file.schema.json", doc)).To(Succeed())
	s, err := c.Compile("file.schema.json")
	Expect(err).NotTo(HaveOccurred())
	Expect(s.DraftVersion).To(Equal(2020))
	return s
}

func asIs(any) {}

// valid holds a JSON text against a schema.
func valid(s *jsonschema.Schema, text []byte) error {
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return s.Validate(instance)
}

// validYAML holds each document of a YAML file against a schema, as editors do.
func validYAML(s *jsonschema.Schema, name string, text []byte) error {
	docs, err := strictyaml.Parse(name, text)
	if err != nil {
		return err
	}
	for _, doc := range docs {
		js, err := doc.JSON()
		if err == nil {
			err = valid(s, []byte(js))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// holdsReport says that all files of a report's folder are as their schemas have
// them, and how many counterexamples there are.
func holdsReport(folder string) (counterexamples int) {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join(folder, "report.json"))
	Expect(err).NotTo(HaveOccurred())
	Expect(valid(compile(report.JSONSchema(), asIs), text)).To(Succeed())
	Expect(valid(compile(report.JSONSchema(), strict), text)).To(Succeed())
	scenario := compile(scenarios.Schema(), asIs)
	files := os.DirFS(folder)
	Expect(fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || path.Ext(name) != ".yaml" {
			return err
		}
		counterexamples++
		text, err := fs.ReadFile(files, name)
		Expect(err).NotTo(HaveOccurred())
		Expect(validYAML(scenario, name, text)).To(Succeed(), name)
		return nil
	})).To(Succeed())
	return counterexamples
}

var _ = Describe("The files of a run", func() {
	// certify is a run of little patience whose report is written.
	certify := func(ctx context.Context, c conformance.Config) (report.Report, string) {
		GinkgoHelper()
		folder := GinkgoT().TempDir()
		c.Explore, c.TimeScale = scenarios.Quick, 1e6
		if c.Shrink == 0 {
			c.Shrink = 2 * time.Second
		}
		r, err := conformance.Certify(ctx, c)
		if ctx.Err() == nil {
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(dir.Write(folder, r)).To(Succeed())
		return r, folder
	}
	settle := 10 * time.Millisecond

	It("are as their schemas have them where all is well", func(ctx SpecContext) {
		r, folder := certify(ctx, conformance.Config{Skip: []string{"restart", "retry"}})
		Expect(r.Result).To(Equal(report.Pass))
		Expect(holdsReport(folder)).To(BeZero())
	})

	for _, mutant := range []string{"last-arrival-wins", "prefix-then-422", "time-of-arrival"} {
		It("are as their schemas have them for the mutant "+mutant, func(ctx SpecContext) {
			opts, err := mutants.New(mutant, reference.Options{})
			Expect(err).NotTo(HaveOccurred())
			r, folder := certify(ctx, conformance.Config{
				Target: config.Config{Settle: settle, Waive: []config.Waiver{{Check: "order/reversed", Why: "x"}, {Check: "gaps/only-cancelled", Why: "y"}}},
				Focus:  []string{"order", "batch", "entry", "explored", "gaps"}, BuiltIn: builtin.With(opts)})
			Expect(r.Result).To(Equal(report.Fail))
			Expect(holdsReport(folder)).To(BeNumerically(">", 0))

			By("being compared with an earlier run")
			r = r.Since(report.Report{Checks: []report.Check{{Check: event.Check{ID: "gaps/only-cancelled", Level: event.Required}, Result: event.Fail}}})
			Expect(dir.Write(folder, r)).To(Succeed())
			holdsReport(folder)
		})
	}

	It("are as their schemas have them when the run is interrupted", func(ctx SpecContext) {
		stopped, stop := context.WithCancel(ctx)
		defer stop()
		r, folder := certify(stopped, conformance.Config{Observers: []event.Observer{event.Func(func(e event.Event) {
			if _, ok := e.(event.CheckFinished); ok {
				stop()
			}
		})}})
		Expect(r.Result).To(Equal(report.Interrupted))
		Expect(holdsReport(folder)).To(BeZero())
	})

	It("are as their schemas have them when the receiver is not there", func(ctx SpecContext) {
		folder := GinkgoT().TempDir()
		r, err := conformance.Certify(ctx, conformance.Config{Target: config.Config{Receiver: config.Receiver{URL: "http://127.0.0.1:1"}, Secret: "s3cret"}})
		Expect(err).To(HaveOccurred())
		Expect(dir.Write(folder, r)).To(Succeed())
		Expect(holdsReport(folder)).To(BeZero())
	})
})

var _ = Describe("The examples of receiver.yaml", func() {
	It("are as the schema has them", func() {
		schema := compile(config.Schema(), asIs)
		n := 0
		for _, root := range []string{"../fixtures", "../conformance", "../cmd"} {
			Expect(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
				base := filepath.Base(name)
				if err != nil || filepath.Ext(base) != ".yaml" || !strings.HasPrefix(base, "receiver") && base != "container.yaml" {
					return err
				}
				n++
				text, err := os.ReadFile(name)
				Expect(err).NotTo(HaveOccurred())
				Expect(validYAML(schema, name, text)).To(Succeed(), name)
				return nil
			})).To(Succeed())
		}
		Expect(n).To(BeNumerically(">=", 3))
	})
})

var _ = Describe("The schema of report.json", func() {
	It("refuses what is no report, and lets later members pass", func() {
		schema := compile(report.JSONSchema(), asIs)
		var b bytes.Buffer
		Expect(report.JSON(&b, report.New().Report())).To(Succeed())
		Expect(valid(schema, b.Bytes())).To(Succeed())
		change := func(name string, value any) []byte {
			var doc map[string]any
			Expect(json.Unmarshal(b.Bytes(), &doc)).To(Succeed())
			doc[name] = value
			if value == nil {
				delete(doc, name)
			}
			text, err := json.Marshal(doc)
			Expect(err).NotTo(HaveOccurred())
			return text
		}
		Expect(valid(schema, change("weather", "sun"))).To(Succeed())
		for name, value := range map[string]any{"schema": "ctxpush.report/v2", "result": "ok", "checks": map[string]any{}, "summary": nil, "started": "today",
			"duration_ms": -1, "not_run": "a/b", "baseline": map[string]any{}} {
			Expect(valid(schema, change(name, value))).NotTo(Succeed(), name)
		}
	})
})
