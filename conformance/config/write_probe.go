package config

import (
	"regexp"
	"strings"
)

func (w *writer) probe(p Probe) {
	w.line("probe: # how the receiver's state is read")
	switch {
	case p.SQL != nil:
		w.sql(*p.SQL)
	case p.Exec != nil:
		w.line("  exec: # prints the state of the message whose key is in its environment, as JSON")
		w.line("    argv: %s", list(p.Exec.Argv, quoted))
		w.values(4, "env", p.Exec.Env, "")
	case p.HTTP != nil:
		w.http(*p.HTTP)
	default:
		w.http(HTTPProbe{})
	}
	w.line("")
}

// sql writes a query over several lines as it is.
func (w *writer) sql(p SQLProbe) {
	w.line("  sql:")
	w.key(4, "driver", string(p.Driver), "")
	w.key(4, "dsn", yamlText(hidden(string(p.DSN), w.secret)), "where the database is")
	query := strings.ReplaceAll(p.Query, "${", "$${")
	if !blockText.MatchString(query) {
		w.key(4, "query", yamlText(query), "")
		return
	}
	body, ended := strings.CutSuffix(query, "\n")
	head := "|-"
	if ended {
		head = "|"
	}
	w.line("    query: %s", head)
	for line := range strings.SplitSeq(body, "\n") {
		w.line("%s", strings.TrimRight("      "+line, " "))
	}
}

// blockText is what can stand in a YAML file as it is, over several lines: none
// of them empty or with spaces at its end, the first without spaces before it.
var blockText = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?(\n[ -~]*[!-~])+\n?$`)

func (w *writer) http(h HTTPProbe) {
	w.line("  http:")
	w.key(4, "path", quotedOr(h.Path, defaultProbe), "GET …?campaign_id=…&user_id=…&idempotency_key=…[&device_token=…]: 200 and JSON, or 404")
	if h.URL != "" {
		w.key(4, "url", quoted(h.URL), "of another server")
	}
	w.option(4, h.Bulk != "", "bulk", quotedOr(h.Bulk, builtInBulk), "POST [key, …] → [state or null, …]: many times faster, and more orders are explored")
	if len(h.Headers) > 0 {
		w.values(4, "headers", h.Headers, "")
	} else {
		w.line(`    # headers: {Authorization: "Bearer ${TOKEN}"}`)
	}
	if h.JQ != "" && h.JQ != "." {
		w.key(4, "jq", quoted(h.JQ), "from the answer to a state")
	} else {
		w.line("    # jq: .data # from the answer to {delivery_status: …}")
	}
}
