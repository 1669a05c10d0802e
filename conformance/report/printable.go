package report

// Printable is a text of others, such as a receiver's, as one line that does
// nothing to a terminal or a CI server.
func Printable(s string) string { return printable(s) }
