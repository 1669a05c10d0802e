package report

import "os"

// Shown is a text of others as part of one line for people: cut to limit bytes,
// and without what acts on a terminal or is an order to a CI server.
func Shown(s string, limit int) string { return inert(printable(clip(s, limit))) }

// ReplaceFile writes a file of dir, which is there, as a whole: a reader never
// sees half of it.
func ReplaceFile(dir, name string, data []byte) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return dirError(dir, err)
	}
	defer root.Close()
	if err := replace(root, name, data); err != nil {
		return dirError(dir, err)
	}
	return nil
}
