package report_test

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/dir"
)

var _ = Describe("The report's directory", func() {
	var folder string
	BeforeEach(func() { folder = filepath.Join(GinkgoT().TempDir(), "a", "b") })

	write := func(name, text string) {
		file := filepath.Join(folder, filepath.FromSlash(name))
		Expect(os.MkdirAll(filepath.Dir(file), 0o777)).To(Succeed())
		Expect(os.WriteFile(file, []byte(text), 0o666)).To(Succeed())
	}
	names := func() []string {
		var out []string
		Expect(filepath.WalkDir(folder, func(p string, d os.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(folder, p)
				out = append(out, filepath.ToSlash(rel))
			}
			return err
		})).To(Succeed())
		return out
	}
	all := func(more ...string) []string {
		return append([]string{"report.json", "report.html", "junit.xml", "ctrf.json", "summary.md", "attestation.json", "badge.svg"}, more...)
	}
	naming := func(files ...string) report.Report {
		v := event.Verdict{ID: "a/b", Result: event.Fail}
		for _, f := range files {
			v.Failures = append(v.Failures, event.Failure{Kind: event.Lost, Count: 1, Counterexample: f})
		}
		return build(event.CheckFinished{Verdict: v}, event.RunFinished{})
	}

	It("is made, and holds the report", func() {
		r := build(sampleEvents()...)
		Expect(dir.Write(folder, r)).To(Succeed())
		Expect(names()).To(ConsistOf(all()))
		f, err := os.Open(filepath.Join(folder, "report.json"))
		Expect(err).NotTo(HaveOccurred())
		defer f.Close()
		Expect(report.Read(f)).To(Equal(r))
	})

	It("is not where a load's report is", func() {
		write("load.json", `{"schema": "ctxpush.load/v1", "requests": 1}`)
		write("report.html", "the load's")
		Expect(dir.Prepare(folder)).To(MatchError(ContainSubstring("it holds the report of a load: want a directory for certifications alone")))
		Expect(os.ReadFile(filepath.Join(folder, "report.html"))).To(BeEquivalentTo("the load's"))
		for _, other := range []string{`{"schema": "another/v1"}`, "no JSON", "[]"} {
			write("load.json", other)
			Expect(dir.Prepare(folder)).To(Succeed())
		}
	})

	It("holds the counterexamples that the report does, each in its check's folder", func() {
		r := naming("counterexamples/order/reversed.yaml", "counterexamples/../outside.yaml", "counterexamples/kept.yaml")
		for i, text := range []string{"scenario: x\n", "scenario: y\n", ""} {
			r.Checks[0].Failures[i].Scenario = []byte(text)
		}
		Expect(dir.Write(folder, r)).To(Succeed())
		Expect(names()).To(ConsistOf(all("counterexamples/order/reversed.yaml")))
		Expect(os.ReadFile(filepath.Join(folder, "counterexamples/order/reversed.yaml"))).To(BeEquivalentTo("scenario: x\n"))

		Expect(dir.Prepare(folder)).To(Succeed())
		Expect(names()).To(ConsistOf(all("counterexamples/order/reversed.yaml")), "until another takes its place")
		Expect(dir.Write(folder, naming())).To(Succeed())
		Expect(names()).To(ConsistOf(all()))
		Expect(filepath.Join(folder, "counterexamples")).NotTo(BeADirectory())
	})

	It("keeps no counterexample of an earlier run, and all else that is not ours", func() {
		write("counterexamples/old.yaml", "")
		write("counterexamples/both.yaml", "")
		write("counterexamples/mine.yaml", "")
		write("mine.yaml", "")
		write("../outside.yaml", "")
		old := naming("counterexamples/old.yaml", "counterexamples/both.yaml", "counterexamples/gone.yaml",
			"mine.yaml", "../outside.yaml", "counterexamples/../mine.yaml", "counterexamples/../../outside.yaml")
		Expect(dir.Write(folder, old)).To(Succeed())
		Expect(dir.Write(folder, naming("counterexamples/both.yaml"))).To(Succeed())
		Expect(names()).To(ConsistOf(all("mine.yaml", "counterexamples/mine.yaml", "counterexamples/both.yaml")))
		Expect(filepath.Join(folder, "../outside.yaml")).To(BeAnExistingFile())
	})

	It("has a page that shows the counterexamples, also of a report that was read from it", func() {
		r := naming("counterexamples/order/reversed.yaml")
		r.Checks[0].Failures[0].Scenario = []byte("scenario: the one that fails\n")
		Expect(dir.Write(folder, r)).To(Succeed())
		page, err := os.ReadFile(filepath.Join(folder, "report.html"))
		Expect(err).NotTo(HaveOccurred())
		Expect(string(page)).To(ContainSubstring("scenario: the one that fails"))

		f, err := os.Open(filepath.Join(folder, "report.json"))
		Expect(err).NotTo(HaveOccurred())
		defer f.Close()
		stored, err := report.Read(f)
		Expect(err).NotTo(HaveOccurred())
		Expect(dir.Write(folder, stored)).To(Succeed())
		Expect(os.ReadFile(filepath.Join(folder, "report.html"))).To(Equal(page))
	})

	It("keeps an earlier report until a run has ended", func() {
		write("counterexamples/old.yaml", "")
		write("summary.txt", "mine")
		Expect(dir.Write(folder, naming("counterexamples/old.yaml"))).To(Succeed())
		Expect(dir.Prepare(folder)).To(Succeed())
		Expect(names()).To(ConsistOf(all("counterexamples/old.yaml", "summary.txt")))
		Expect(dir.Write(folder, naming())).To(Succeed())
		Expect(names()).To(ConsistOf(all("summary.txt")))
	})

	It("keeps files of our names that somebody else made until there is a report", func() {
		write("report.json", "{}")
		write("junit.xml", "<mine/>")
		Expect(dir.Prepare(folder)).To(Succeed())
		Expect(names()).To(ConsistOf("report.json", "junit.xml"))
		Expect(dir.Write(folder, naming())).To(Succeed())
		Expect(os.ReadFile(filepath.Join(folder, "report.json"))).To(ContainSubstring(report.Schema))
	})

	It("is refused in one clear line where it can't be", func() {
		write("file", "")
		file := filepath.Join(folder, "file")
		for _, f := range []func(string) error{dir.Prepare, func(d string) error { return dir.Write(d, naming()) }} {
			Expect(f(file)).To(MatchError(`report directory "` + file + `": it is a file, want a directory`))
			err := f(filepath.Join(file, "below"))
			Expect(err).To(MatchError(HavePrefix(`report directory "` + filepath.Join(file, "below") + `": `)))
			Expect(err.Error()).NotTo(ContainSubstring("\n"))
			Expect(f("")).NotTo(Succeed())
		}
	})

	It("is left without half a file when one can't be written", func() {
		Expect(os.MkdirAll(filepath.Join(folder, "junit.xml", "in the way"), 0o777)).To(Succeed())
		err := dir.Write(folder, naming())
		Expect(err).To(MatchError(ContainSubstring("junit.xml")))
		Expect(strings.Count(err.Error(), "\n")).To(BeZero())
		Expect(names()).NotTo(ContainElement(HavePrefix(".")), "a temporary file")
		Expect(names()).To(ContainElements("report.json", "report.html", "summary.md"), "they say all that there is to say")
	})
})
