package ci

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
	"github.com/ctxpush/ctxpush/conformance/report/internal/words"
)

// maxAnnotations is how many annotations of a step GitHub shows.
const maxAnnotations = 10

// annotation is a remark on a run that GitHub shows beside its log and in a pull
// request.
type annotation struct {
	command     string // error or warning
	title, text string
}

// Annotations writes r as workflow commands of GitHub Actions, at most ten: an
// error for each required check that failed or could not be judged and for a run
// that broke off, a warning for each recommended check. They point to the
// receiver.yaml where one is known. GitHub reads them from the standard output.
func Annotations(w io.Writer, r report.Report) error {
	all := annotations(r)
	if n := len(all) - maxAnnotations + 1; n > 1 {
		rest := all[maxAnnotations-1:]
		all = append(all[:maxAnnotations-1:maxAnnotations-1], annotation{rest[0].command, text.Plural(n, "more finding"), "The others are in the run's summary and in " + report.File + "."})
	}
	var b bytes.Buffer
	for _, a := range all {
		properties := "title=" + commandProperty("ctxpush: "+a.title)
		if r.Receiver.File != "" {
			properties += ",file=" + commandProperty(r.Receiver.File)
		}
		fmt.Fprintf(&b, "::%s %s::%s\n", a.command, properties, commandData(a.text))
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report as annotations: %w", err)
	}
	return nil
}

// annotations are all that there is to remark, errors first.
func annotations(r report.Report) []annotation {
	var all []annotation
	if r.Reason != "" || r.Result == report.Interrupted {
		all = append(all, annotation{"error", string(r.Result), words.Line(cmp.Or(r.Reason, "interrupted"))})
	}
	fails := func(l event.Level, command string) {
		for _, c := range r.Checks {
			if c.HasFailed(l) {
				all = append(all, annotation{command, c.ID, words.Message(c) + "\n" + text.Clip(c.Requirement, words.MaxValue)})
			}
		}
	}
	fails(event.Required, "error")
	for _, c := range r.Checks {
		if c.Result == event.Errored {
			all = append(all, annotation{"error", c.ID, "not judged: " + words.Line(c.Reason)})
		}
	}
	fails(event.Recommended, "warning")
	return all
}

var (
	dataEscapes     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	propertyEscapes = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)

// commandData is s as the message of a workflow command.
func commandData(s string) string {
	ls := strings.Split(s, "\n")
	for i := range ls {
		ls[i] = text.Printable(ls[i])
	}
	return dataEscapes.Replace(strings.Join(ls, "\n"))
}

// commandProperty is s as the value of a property of a workflow command.
func commandProperty(s string) string {
	return propertyEscapes.Replace(text.Printable(text.Clip(s, words.MaxLine)))
}
