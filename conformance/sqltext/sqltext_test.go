package sqltext_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ctxpush/ctxpush/conformance/sqltext"
)

var names = []string{"campaign_id", "user_id"}

func numbered(t *testing.T, d sqltext.Dialect, text string) string {
	t.Helper()
	q, err := sqltext.Parse(d, text, names)
	if err != nil {
		t.Fatalf("%s: %s: %v", d, text, err)
	}
	return q.Render(func(name string) string { return "<" + name[:1] + ">" })
}

func TestParametersAreFoundWhereTheyAreSome(t *testing.T) {
	for _, c := range []struct {
		in, want string
		only     string // dialects; empty: all
	}{
		{"SELECT a FROM t WHERE c = :campaign_id AND u=:user_id", "SELECT a FROM t WHERE c = <c> AND u=<u>", ""},
		{"select :user_id,:user_id;\n -- end\n", "select <u>,<u>", ""},
		{" /* ; :x */ (SELECT :user_id)", " /* ; :x */ (SELECT <u>)", ""},
		{"WITH x AS (SELECT 1) SELECT ':x' , \":x\", 'it''s :x', :user_id -- :x", "WITH x AS (SELECT 1) SELECT ':x' , \":x\", 'it''s :x', <u> -- :x", ""},
		{"SELECT a::text, '{\"a\":1}'::jsonb, :user_id::uuid, :campaign_id ::int", "SELECT a::text, '{\"a\":1}'::jsonb, <u>::uuid, <c> ::int", "postgres"},
		{"SELECT a[1:2], $$ :x $$, $b$ :x $$ $b$, E'\\':x', a ? 'b', a$1, :user_id", "SELECT a[1:2], $$ :x $$, $b$ :x $$ $b$, E'\\':x', a ? 'b', a$1, <u>", "postgres"},
		{"SELECT /* /* */ :x */ :user_id", "SELECT /* /* */ :x */ <u>", "postgres"},
		{"SELECT '\\', :user_id, '\\'", "SELECT '\\', <u>, '\\'", "postgres sqlite"},
		{"SELECT /* /* */ :user_id", "SELECT /* /* */ <u>", "mysql sqlite"},
		{"SELECT `:x``:x`, :user_id", "SELECT `:x``:x`, <u>", "mysql sqlite"},
		{"SELECT [:x], :user_id /* open", "SELECT [:x], <u> /* open", "sqlite"},
		{"SELECT 'it\\'s :x', \"\\\":x\", `\\`, 1--1, :user_id # :x", "SELECT 'it\\'s :x', \"\\\":x\", `\\`, 1--1, <u> # :x", "mysql"},
		{"SELECT @a:=1, :user_id -- :x", "SELECT @a:=1, <u> -- :x", "mysql"},
		{"SELECT 'é👑', é, :user_id", "SELECT 'é👑', é, <u>", ""},
	} {
		for _, d := range sqltext.Dialects {
			if c.only != "" && !strings.Contains(c.only, string(d)) {
				continue
			}
			if got := numbered(t, d, c.in); got != c.want {
				t.Errorf("%s: %q became %q, want %q", d, c.in, got, c.want)
			}
		}
	}
}

func TestMistakesAreNamedWithTheirPlace(t *testing.T) {
	const pg, my, lite = sqltext.Postgres, sqltext.MySQL, sqltext.SQLite
	for _, c := range []struct {
		d        sqltext.Dialect
		in, want string
	}{
		{pg, "", `column 1: is empty: want a SELECT`},
		{pg, " -- nothing", `column 1: is empty: want a SELECT`},
		{pg, "SELECT 1", `column 1: names none of :campaign_id, :user_id: it would find the same for every message`},
		{pg, "DELETE FROM t WHERE c = :campaign_id", `column 1: begins with "DELETE": want a SELECT`},
		{pg, "\n\t:user_id", `line 2, column 2: begins with ":user_id": want a SELECT`},
		{pg, "SELECT é,\n  :campain_id", `line 2, column 3: the parameter :campain_id is not known; did you mean ":campaign_id"?`},
		{pg, "SELECT :whatever_else", `column 8: the parameter :whatever_else is not known; want :campaign_id or :user_id`},
		{pg, "SELECT $1", `column 8: the parameter $1 has no value: want named ones, :campaign_id, :user_id`},
		{my, "SELECT ?", `column 8: the parameter ? has no value: want named ones, :campaign_id, :user_id`},
		{lite, "SELECT ?12", `column 8: the parameter ?12 has no value: want named ones, :campaign_id, :user_id`},
		{pg, "SELECT :user_id; SELECT 2", `column 18: text after the semicolon: want one statement`},
		{pg, "SELECT :user_id;;", `column 17: text after the semicolon: want one statement`},
		{pg, "SELECT 'a", `column 8: a ' without the one that ends it`},
		{my, "SELECT 'a\\", `column 8: a ' without the one that ends it`},
		{pg, "SELECT\n \"a", `line 2, column 2: a " without the one that ends it`},
		{lite, "SELECT [a", `column 8: a [ without the one that ends it`},
		{pg, "SELECT $a$ $", `column 8: a $a$ without the one that ends it`},
		{my, "SELECT /* a", `column 8: a comment without its end */`},
	} {
		_, err := sqltext.Parse(c.d, c.in, names)
		var own *sqltext.Error
		if !errors.As(err, &own) || err.Error() != c.want {
			t.Errorf("%s: %q: got %v, want %s", c.d, c.in, err, c.want)
		}
	}
}

// Whatever the text: no panic, and what is no parameter stays as it is.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"SELECT :user_id", "SELECT $a$", "SELECT E'\\", "/*/*", "[", "select :user_id;", "--", "#", "é:"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, d := range sqltext.Dialects {
			q, err := sqltext.Parse(d, s, names)
			if err != nil {
				var own *sqltext.Error
				if !errors.As(err, &own) || own.Line < 1 || own.Column < 1 {
					t.Fatalf("%s: %q: %#v", d, s, err)
				}
				continue
			}
			if back := q.Render(func(name string) string { return ":" + name }); !strings.HasPrefix(s, back) || len(q.Params()) == 0 {
				t.Fatalf("%s: %q became %q", d, s, back)
			}
		}
	})
}
