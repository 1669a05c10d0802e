// Package html writes a report as a page.
package html

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"

	"github.com/ctxpush/ctxpush/conformance/internal/text"
	"github.com/ctxpush/ctxpush/conformance/report"
)

//go:embed *.html style.css script.js
var htmlFiles embed.FS

// How much of a report its page shows. report.json has it all.
const (
	maxProblems    = 60      // likely causes with their evidence
	maxCards       = 40      // checks under one cause
	maxRows        = 1500    // checks in the table
	maxPageBytes   = 700_000 // of evidence: requests, logs, diagrams
	maxTraceBytes  = 500_000 // of diagrams of what passed
	maxShown       = 4000    // bytes of one text that a receiver or an author wrote
	maxCopied      = 60_000  // bytes of one text that is there to be copied
	maxSequence    = 60      // rows of a diagram
	maxNotes       = 200     // notes about the run
	maxShownGroups = 4       // ways in which one check failed for one cause
)

// htmlPage is parsed once: the files are part of the program.
var htmlPage = sync.OnceValue(func() *template.Template {
	t := template.New("").Funcs(template.FuncMap{
		"shown":  shown,
		"count":  text.Thousands[int],
		"plural": text.Plural[int],
	})
	return template.Must(t.ParseFS(htmlFiles, "*.html"))
})

// Write writes r as one page that needs nothing else: no network, no other file,
// no script to be read. Its policy lets the browser run and load only what is in
// it, and whatever a receiver wrote stands in it as text.
func Write(w io.Writer, r report.Report) error {
	var b bytes.Buffer
	style, styleHash := inline("style")
	script, scriptHash := inline("script")
	p := newPage(r)
	p.Style, p.Script = style, script
	p.Policy = fmt.Sprintf("default-src 'none'; style-src %s; script-src %s; img-src data:; base-uri 'none'; form-action 'none'", styleHash, scriptHash)
	if err := htmlPage().ExecuteTemplate(&b, "page.html", p); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("report as HTML: %w", err)
	}
	return nil
}

// inline is the style or the script as an element, and the source by which the
// page's policy knows it.
func inline(tag string) (element template.HTML, source string) {
	name := map[string]string{"style": "style.css", "script": "script.js"}[tag]
	content, err := htmlFiles.ReadFile(name)
	if err != nil {
		panic(err) // it is embedded
	}
	sum := sha256.Sum256(content)
	return template.HTML("<" + tag + ">" + string(content) + "</" + tag + ">"), "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// shown is a text as a page shows it: on one line, every character seen, and not
// endless.
func shown(s string) string { return text.Visible(text.Clip(s, maxShown)) }

// shownLines is the same of a text of several lines.
func shownLines(s string, limit int) string {
	ls := text.Lines(text.Clip(s, limit))
	for i, l := range ls {
		ls[i] = text.Visible(l)
	}
	return strings.Join(ls, "\n")
}

// sentence is s with a capital in front and a full stop behind.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.ContainsAny(s[len(s)-1:], ".!?…") {
		s += "."
	}
	return s
}
