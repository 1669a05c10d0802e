package mocksender

import (
	"fmt"
	"strings"
)

// Bodies up to this size stand on curl's command line; a system's limit for one
// argument can be 128 KiB.
const curlArgument = 32 << 10

// Curl is a POSIX shell command that sends the request again, without the fault.
// The secret is taken from the environment, as CTXPUSH_SECRET.
func (a Attempt) Curl() string {
	var pipe, data string
	body := string(a.Request.Body)
	switch {
	case isBinary(body):
		pipe, data = printfBytes(body)+" | ", " --data-binary @-"
	case len(body) > curlArgument:
		// printf is part of the shell, so the limit does not hold for it.
		pipe, data = "printf %s "+shellQuote(body)+" | ", " --data-binary @-"
	default:
		data = " --data-raw " + shellQuote(body)
	}

	var b strings.Builder
	b.WriteString(pipe)
	b.WriteString("curl -sS --http1.1 -X POST")
	if strings.ContainsAny(a.URL, "[]{}") {
		b.WriteString(" --globoff")
	}
	if strings.Contains(a.URL, "/.") {
		b.WriteString(" --path-as-is")
	}
	b.WriteString(" " + shellQuote(a.URL))
	// What curl would send of its own accord.
	unwanted := []string{"User-Agent", "Accept", "Content-Type"}
	if len(body) >= 1<<20 {
		unwanted = append(unwanted, "Expect")
	}
	for _, name := range unwanted {
		if !a.Request.has(name) {
			fmt.Fprintf(&b, " -H '%s:'", name)
		}
	}
	for _, f := range a.Request.Fields {
		if f.Value == "" {
			fmt.Fprintf(&b, " -H %s", shellQuote(f.Name+";")) // how curl spells an empty value
		} else {
			fmt.Fprintf(&b, " -H %s", shellQuote(f.Name+": "+f.Value))
		}
	}
	b.WriteString(data)
	return b.String()
}

// has tells whether there is a field of that name, in any spelling.
func (r Request) has(name string) bool {
	for _, f := range r.Fields {
		if strings.EqualFold(f.Name, name) {
			return true
		}
	}
	return false
}

// shellQuote is s as one word of a POSIX shell. Only the secret's variable is
// left to the shell to fill in.
func shellQuote(s string) string {
	parts := strings.Split(s, SecretVariable)
	for i, p := range parts {
		parts[i] = "'" + strings.ReplaceAll(p, "'", `'\''`) + "'"
	}
	return strings.Join(parts, `"`+SecretVariable+`"`)
}

// isBinary tells whether s has bytes that a command line can't carry, or that a
// terminal would act on.
func isBinary(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\n' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

// printfBytes is a shell command that writes s, whatever bytes it has.
func printfBytes(s string) string {
	var format strings.Builder
	secrets := 0
	for i, part := range strings.Split(s, SecretVariable) {
		if i > 0 {
			format.WriteString("%s")
			secrets++
		}
		for j := range len(part) {
			switch c := part[j]; {
			case c == '%':
				format.WriteString("%%")
			case c == '\\' || c == '\'' || c < 0x20 || c >= 0x7f:
				fmt.Fprintf(&format, `\%03o`, c)
			default:
				format.WriteByte(c)
			}
		}
	}
	return "printf '" + format.String() + "'" + strings.Repeat(` "`+SecretVariable+`"`, secrets)
}
