package torture

import (
	"bytes"
	"os"
	"path/filepath"
)

// tellingProcesses are the processes that show the secret: in the command line of
// any, or in the environment of one that is neither the program nor one that it
// has started.
func tellingProcesses() []string {
	var found []string
	dirs, _ := filepath.Glob("/proc/[0-9]*") // the pattern is right
	for _, dir := range dirs {
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline")) // it may have ended meanwhile
		if Reveals(command) != nil {
			found = append(found, "the command line of "+dir)
		}
		env, _ := os.ReadFile(filepath.Join(dir, "environ"))
		// The program's own holds it as its user gave it, and so do its children's:
		// the receivers'. Other runs may go on beside this one.
		if Reveals(env) != nil && !bytes.Contains(env, []byte(markVariable+"=")) {
			found = append(found, "the environment of "+dir)
		}
	}
	return found
}
