package strictyaml

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Suggest is the end of an error about an unknown word: the nearest known one
// where one is near, else all of them.
func Suggest(word string, known []string) string {
	if best := Nearest(word, known); best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	if len(known) == 0 {
		return "none is known here"
	}
	return "known are " + strings.Join(known, ", ")
}

// Nearest is the known word that was probably meant; empty where none is near.
func Nearest(word string, known []string) string {
	best, distance := "", 1+max(2, len(word)/3)
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k)); d < distance {
			best, distance = k, d
		}
	}
	return best
}
