package torture

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ctxpush/ctxpush/fixtures/hostile"
)

// Secret is what must be seen nowhere. Each way to write it down is another
// text.
const Secret = `T0rture/se+cret"&<pl\ain>=%9Zq`

// traces are the texts by which the secret is known again, by their spelling, in
// lower case.
var traces = func() map[string][]byte {
	all := map[string][]byte{}
	for name, text := range hostile.Spellings(Secret) {
		switch name {
		// Of a longer text in base64 the secret's part stands between what its
		// neighbours have a share in.
		case "basic", "bearer":
			text = text[8 : len(text)-4]
		}
		all[name] = bytes.ToLower([]byte(text))
	}
	return all
}()

// Reveals are the spellings in which a text holds the secret.
func Reveals(text []byte) []string {
	low := bytes.ToLower(text)
	var found []string
	for _, name := range slices.Sorted(maps.Keys(traces)) {
		if bytes.Contains(low, traces[name]) {
			found = append(found, name)
		}
	}
	return found
}

// revealing are the files below dir that hold the secret, and how.
func revealing(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if how := Reveals(data); how != nil {
			found = append(found, fmt.Sprintf("%s (%s)", entry.Name(), strings.Join(how, ", ")))
		}
		return nil
	})
	return found, err
}
