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
	return "want " + OneOf(known)
}

// Nearest is the known word that was probably meant; empty where none is near.
func Nearest(word string, known []string) string {
	// A word of which all is replaced is another word; and who types 60
	// characters meant none of ours.
	if len(word) > most {
		return ""
	}
	best, distance := "", 1+max(2, len(word)/3)
	for _, k := range known {
		d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k))
		if d < distance && d < len(k) && d < len(word) {
			best, distance = k, d
		}
	}
	return best
}

// OneOf is a list for people: a, b or c.
func OneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Word turns a text into one of the words. The error says which there are.
func Word[T ~string](s string, words []T) (T, error) {
	known := make([]string, len(words))
	for i, w := range words {
		if known[i] = string(w); s == known[i] {
			return w, nil
		}
	}
	return "", fmt.Errorf("%s is not known; %s", Quote(s), Suggest(s, known))
}
