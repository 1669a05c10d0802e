package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest is the word that the user most likely meant, or empty where none is
// near.
func nearest(given string, words []string) string {
	// Half of a word replaced is another word; and who types 40 characters
	// meant none of ours.
	if len(given) > 40 {
		return ""
	}
	best, least := "", max(1, len(given)/3)+1
	for _, w := range words {
		d := levenshtein.ComputeDistance(strings.ToLower(given), strings.ToLower(w))
		if d < least && d < len(w) {
			best, least = w, d
		}
	}
	return best
}

// unknown is the end of a message about a word that is none of ours.
func unknown(given string, words []string) string {
	if w := nearest(given, words); w != "" {
		return fmt.Sprintf("did you mean %q?", w)
	}
	return "want " + oneOf(words)
}

// oneOf is a list for people: a, b or c.
func oneOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// word turns the text into one of the words, or says which there are.
func word[T ~string](s string, words []T) (T, error) {
	if slices.Contains(words, T(s)) {
		return T(s), nil
	}
	return "", fmt.Errorf("%s is unknown; %s", quote(s), unknown(s, textsOf(words)))
}

func textsOf[T ~string](words []T) []string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = string(w)
	}
	return plain
}
