package owner

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
)

// tempPrefix begins the names of the temporary folders, the rest of which is the
// mark of their owner.
const tempPrefix = "ctxpush-store-"

// NewTemp makes a temporary folder.
func NewTemp() (string, error) {
	dir := filepath.Join(os.TempDir(), tempPrefix+Self().Mark(strings.ToLower(rand.Text())))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err // none is there to be removed
	}
	return dir, nil
}

// RemoveStaleTemps removes the folders that runs which were killed have left.
func RemoveStaleTemps(in string) {
	entries, err := os.ReadDir(in)
	if err != nil {
		return
	}
	for _, e := range entries {
		if mark, ours := strings.CutPrefix(e.Name(), tempPrefix); ours && e.IsDir() && OfMark(mark).IsGone() {
			_ = os.RemoveAll(filepath.Join(in, e.Name()))
		}
	}
}
