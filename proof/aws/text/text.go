// Package text makes what somebody else wrote harmless to print: names that
// users of AWS chose, and what a server answered. On a terminal it stays on one
// line, moves no cursor and turns no letters around.
package text

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Line is a message on one line: runs of spaces and line ends become one space,
// and other characters that do not show are escaped as in Go.
func Line(message string) string {
	return escape(strings.Join(strings.Fields(message), " "), func(r rune) string {
		quoted := strconv.QuoteRune(r)
		return quoted[1 : len(quoted)-1]
	})
}

// Name is a name as it is, or as a quoted Go string if it holds anything that
// does not show, such as a line end, an escape sequence or a change of writing
// direction, or begins or ends with a space or a quote.
func Name(name string) string {
	if name == "" || !utf8.ValidString(name) || strings.ContainsFunc(name, hidden) || strings.Trim(name, ` "`) != name {
		return strconv.Quote(name)
	}
	return name
}

// JSON is a value as JSON on one line. Characters that do not show are escaped,
// which reads as the same value.
func JSON(value any) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return strconv.Quote(err.Error()) // a value of no type that this project has
	}
	return escape(strings.TrimSuffix(encoded.String(), "\n"), func(r rune) string {
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			return fmt.Sprintf(`\u%04x\u%04x`, high, low)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// hidden reports whether a character does not show. Only U+0020 is a space that
// is printed.
func hidden(r rune) bool { return !unicode.IsPrint(r) }

func escape(s string, as func(rune) string) string {
	var b strings.Builder
	for _, r := range s {
		if hidden(r) {
			b.WriteString(as(r))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
