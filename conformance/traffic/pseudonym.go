package traffic

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"

	"github.com/google/uuid"
)

// pseudonyms stand in the place of users, device tokens and contents: the same for
// the same, different ones for different ones, of the same shape, and not to be
// turned back by who does not know the key.
type pseudonyms struct{ key []byte }

// changes are the members of an entry that get pseudonyms.
func (p pseudonyms) changes() map[string]func(json.RawMessage) json.RawMessage {
	return map[string]func(json.RawMessage) json.RawMessage{
		"user_id":      texts(p.user),
		"device_token": texts(p.token),
		"content":      p.content,
	}
}

func (p pseudonyms) sum(kind, text string) []byte {
	h := hmac.New(sha256.New, p.key)
	fmt.Fprintf(h, "%s\x00%s", kind, text)
	return h.Sum(nil)
}

// user is long enough that no two users get one name.
func (p pseudonyms) user(id string) string {
	sum := p.sum("user", id)
	switch {
	case uuid.Validate(id) == nil && len(id) == 36:
		return uuid.NewSHA1(uuid.NameSpaceOID, sum).String()
	case strings.Trim(id, "0123456789") == "" && id != "":
		return fmt.Sprint(1e14 + binary.BigEndian.Uint64(sum)%9e14) // fifteen digits, as numbers hold them
	}
	return "user-" + hex.EncodeToString(sum[:8])
}

func (p pseudonyms) token(token string) string {
	sum := hex.EncodeToString(p.sum("token", token))
	if _, err := hex.DecodeString(token); err == nil {
		return sum // as long as Apple's
	}
	return "token-" + sum[:32]
}

// content has other letters in its texts and other digits in its texts and
// numbers; the names of its members stay.
func (p pseudonyms) content(raw json.RawMessage) json.RawMessage {
	var out []byte
	text := string(raw)
	for at := 0; at < len(text); {
		switch c := text[at]; {
		case c == '"':
			end := at + 1
			for text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			s := text[at : end+1]
			at = end + 1
			if isName := strings.HasPrefix(strings.TrimLeft(text[at:], " \t\r\n"), ":"); !isName {
				s = string(texts(p.words)(json.RawMessage(s)))
			}
			out = append(out, s...)
		case c >= '0' && c <= '9':
			end := at
			for end < len(text) && strings.IndexByte("0123456789.eE+-", text[end]) >= 0 {
				end++
			}
			out = append(out, p.number(text[at:end])...)
			at = end
		default:
			out = append(out, c)
			at++
		}
	}
	return out
}

// words is a text of the same shape: letters for letters, digits for digits.
func (p pseudonyms) words(text string) string {
	r := p.random("text", text)
	return strings.Map(func(c rune) rune {
		switch {
		case unicode.IsDigit(c):
			return '0' + r.Int32N(10)
		case unicode.IsUpper(c):
			return 'A' + r.Int32N(26)
		case unicode.IsLetter(c):
			return 'a' + r.Int32N(26)
		}
		return c
	}, text)
}

// number has other digits, but for zeros in front and the exponent.
func (p pseudonyms) number(text string) string {
	r := p.random("number", text)
	digits, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	changed := strings.Map(func(c rune) rune {
		if c >= '1' && c <= '9' {
			return '1' + r.Int32N(9)
		}
		return c
	}, digits)
	if exponent != "" {
		changed += "e" + exponent
	}
	return changed
}

func (p pseudonyms) random(kind, text string) *rand.Rand {
	return rand.New(rand.NewChaCha8([32]byte(p.sum(kind, text))))
}
