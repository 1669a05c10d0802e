package report

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/ctxpush/ctxpush/conformance/event"
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
func Annotations(w io.Writer, r Report) error {
	all := annotations(r)
	if n := len(all) - maxAnnotations + 1; n > 1 {
		rest := all[maxAnnotations-1:]
		all = append(all[:maxAnnotations-1:maxAnnotations-1], annotation{rest[0].command, plural(n, "more finding"), "The others are in the run's summary and in " + jsonFile + "."})
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
func annotations(r Report) []annotation {
	var all []annotation
	if r.Reason != "" || r.Result == Interrupted {
		all = append(all, annotation{"error", string(r.Result), firstLine(cmp.Or(r.Reason, "interrupted"))})
	}
	fails := func(l event.Level, command string) {
		for _, c := range r.Checks {
			if c.failed(l) {
				all = append(all, annotation{command, c.ID, message(c) + "\n" + clip(c.Requirement, maxValue)})
			}
		}
	}
	fails(event.Required, "error")
	for _, c := range r.Checks {
		if c.Result == event.Errored {
			all = append(all, annotation{"error", c.ID, "not judged: " + firstLine(c.Reason)})
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
		ls[i] = printable(ls[i])
	}
	return dataEscapes.Replace(strings.Join(ls, "\n"))
}

// commandProperty is s as the value of a property of a workflow command.
func commandProperty(s string) string { return propertyEscapes.Replace(printable(clip(s, maxLine))) }
