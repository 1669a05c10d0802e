package torture

import (
	"bytes"
	"fmt"
	"io"
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

// revealing are the files below dir that hold the secret, and how; size is that
// of all of them in bytes.
func revealing(dir string) (found []string, size int64, err error) {
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		how, n, err := revealedBy(name)
		size += n
		if how != nil {
			found = append(found, fmt.Sprintf("%s (%s)", entry.Name(), strings.Join(how, ", ")))
		}
		return err
	})
	return found, size, err
}

// revealedBy are the spellings in which a file holds the secret. It is read in
// pieces that overlap, as it may be large.
func revealedBy(name string) (how []string, size int64, err error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	const overlap = 1 << 10
	piece, kept := make([]byte, 256<<10), 0
	for {
		n, err := f.Read(piece[kept:])
		size += int64(n)
		for _, spelling := range Reveals(piece[:kept+n]) {
			if !slices.Contains(how, spelling) {
				how = append(how, spelling)
			}
		}
		switch {
		case err == io.EOF:
			return how, size, nil
		case err != nil:
			return how, size, err
		}
		from := max(0, kept+n-overlap)
		kept = copy(piece, piece[from:kept+n])
	}
}
