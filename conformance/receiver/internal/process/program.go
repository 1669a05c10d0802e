package process

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Look finds a program: a name without a slash in the PATH, a relative path from
// dir.
func Look(name, dir string) (string, error) {
	if strings.ContainsAny(name, `/\`) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if _, err := os.Stat(name); err != nil {
			return "", fmt.Errorf("the program %s: %w", name, ReasonOf(err))
		}
		return name, nil
	}
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("the program %q is not in the PATH", name)
	}
	return path, nil
}

// ReasonOf is an error without the operation and path that the caller names.
func ReasonOf(err error) error {
	if e := (*os.PathError)(nil); errors.As(err, &e) {
		return e.Err
	}
	return err
}

// CheckFolder says what is wrong with a path that should be a folder's.
func CheckFolder(path string) error {
	switch info, err := os.Stat(path); {
	case os.IsNotExist(err):
		return fmt.Errorf("%s does not exist: want a folder", path)
	case err != nil:
		return fmt.Errorf("%s can't be read: %w", path, ReasonOf(err))
	case !info.IsDir():
		return fmt.Errorf("%s is a file: want a folder", path)
	}
	return nil
}
