package probe

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ctxpush/ctxpush/conformance/event"
	"github.com/ctxpush/ctxpush/conformance/state"
	"github.com/ctxpush/ctxpush/mocksender"
)

var errSeveral = errors.New("found several rows for one message: want one, or none for a message that is not known; probe.sql.query can order them and LIMIT 1")

// table is where a state's members stand in the rows of a result. Columns of
// other names are not looked at.
type table struct {
	from    int // columns before it are ours
	members [len(textMembers) + 1]int
	columns []any
}

// tableOf finds the columns, in whatever case of their letters.
func tableOf(rows *sql.Rows, from int) (*table, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	t := &table{from: from, columns: make([]any, len(names))}
	for m, member := range append(textMembers[:], "content") {
		t.members[m] = -1
		for i, name := range names[from:] {
			if !strings.EqualFold(name, member) {
				continue
			}
			if t.members[m] >= 0 {
				return nil, fmt.Errorf("finds two columns %s: want one", member)
			}
			t.members[m] = from + i
		}
	}
	if t.members[0] < 0 {
		return nil, fmt.Errorf("finds no column delivery_status but %s: want one, such as SELECT status AS delivery_status",
			plain(strings.Join(names[from:], ", "), 100))
	}
	return t, nil
}

func (t *table) scan(rows *sql.Rows) ([]any, error) {
	values := make([]any, len(t.columns))
	for i := range values {
		t.columns[i] = &values[i]
	}
	return values, rows.Scan(t.columns...)
}

// state is a row's. A row of NULLs alone is what aggregates find where there is
// nothing: a message that is not known.
func (t *table) state(r *reader, values []any) (*event.State, error) {
	var texts [len(textMembers)]string
	for m := range textMembers {
		i := t.members[m]
		if i < 0 {
			continue
		}
		text, null, err := textOf(values[i])
		if err != nil {
			return nil, fmt.Errorf("the column %s %w", textMembers[m], err)
		}
		if m == 0 && text == "" {
			if null && !slices.ContainsFunc(values[t.from:], func(v any) bool { return v != nil }) {
				return nil, nil
			}
			what := "empty"
			if null {
				what = "NULL"
			}
			return nil, fmt.Errorf("delivery_status is %s: want one of %s", what, words(mocksender.Statuses))
		}
		texts[m] = text
	}
	texts[3] = withOffset(texts[3])
	var content json.RawMessage
	if i := t.members[len(textMembers)]; i >= 0 {
		var err error
		if content, err = jsonOf(r, values[i]); err != nil {
			return nil, fmt.Errorf("the column content %w", err)
		}
	}
	var s event.State
	if err := r.judge(&s, texts, content); err != nil {
		return nil, err
	}
	return &s, nil
}

// textOf is a value as text; a time is in UTC.
func textOf(v any) (text string, null bool, err error) {
	switch v := v.(type) {
	case nil:
		return "", true, nil
	case string:
		text = v
	case []byte:
		text = string(v)
	case int64:
		text = strconv.FormatInt(v, 10)
	case float64:
		text = strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		text = strconv.FormatBool(v)
	case time.Time:
		text = v.UTC().Format(time.RFC3339Nano)
	default:
		return "", false, fmt.Errorf("is a %T: want text; probe.sql.query can convert it", v)
	}
	if len(text) > maxAnswer {
		return "", false, fmt.Errorf("has more than %d MiB", maxAnswer>>20)
	}
	return text, false, nil
}

// The forms of times without an offset, and that in which Go's time.Time prints
// itself and some drivers store it.
var zoneless = []string{"2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 -0700 MST"}

// withOffset is a time of a database as RFC 3339: one without an offset is in
// UTC. What is none stays as it is.
func withOffset(text string) string {
	if _, ok := state.ParseInstant(text); ok || text == "" {
		return text
	}
	for _, layout := range zoneless {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC().Format(time.RFC3339Nano)
		}
	}
	return text
}

// jsonOf is a column of JSON, whether the database knows it as JSON, as text or
// as bytes; empty for NULL.
func jsonOf(r *reader, v any) (json.RawMessage, error) {
	if t, ok := v.(time.Time); ok {
		return nil, fmt.Errorf("is the time %s: want JSON", t.UTC().Format(time.RFC3339Nano))
	}
	text, null, err := textOf(v)
	if err != nil || null {
		return nil, err
	}
	raw := json.RawMessage(bytes.TrimSpace([]byte(text)))
	if !json.Valid(raw) {
		return nil, fmt.Errorf("is %s: want JSON", r.redact.cut(text, 80))
	}
	return raw, nil
}

// isConnectionLost tells a connection that failed or broke from a database's answer.
func isConnectionLost(err error) bool {
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &network)
}
