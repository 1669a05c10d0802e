// Package kinds links all kinds of receivers and of databases into a program. One
// whose receivers are urls and commands does without it, and without what a
// container engine and databases need.
package kinds

import (
	_ "github.com/ctxpush/ctxpush/conformance/probe/mysql"
	_ "github.com/ctxpush/ctxpush/conformance/probe/postgres"
	_ "github.com/ctxpush/ctxpush/conformance/probe/sqlite"
	_ "github.com/ctxpush/ctxpush/conformance/receiver/builtin"
	_ "github.com/ctxpush/ctxpush/conformance/receiver/compose"
	_ "github.com/ctxpush/ctxpush/conformance/receiver/container"
)
