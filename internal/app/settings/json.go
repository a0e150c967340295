package settings

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// byteOrderMark is what some editors write at the beginning of a file.
const byteOrderMark = "\ufeff"

// unmarshal is json.Unmarshal, but refuses an object that has a name twice, of
// which encoding/json silently keeps the last.
func unmarshal(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return checkNames(d)
}

// decode is the value that the text has, with numbers as they were written.
func decode(text string) (value any, err error) {
	var raw json.RawMessage
	if err := unmarshal([]byte(text), &raw); err != nil {
		return nil, err
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

// checkNames reads one value of JSON that is known to be right.
func checkNames(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	open, _ := token.(json.Delim)
	if open != '{' && open != '[' {
		return nil
	}
	names := map[json.Token]bool{}
	for d.More() {
		if open == '{' {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if names[name] {
				return fmt.Errorf("the name %q is there twice in one object", name)
			}
			names[name] = true
		}
		if err := checkNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token() // the closing delimiter
	return err
}

// cureOf says what to do about a text that is no JSON, by the error of unmarshal.
func cureOf(text string, err error) string {
	missing, ends := missingAtEnd(text)
	switch {
	case strings.HasPrefix(text, byteOrderMark):
		return "remove the byte order mark (U+FEFF) at its beginning: save it as UTF-8 without one"
	case text == "" || missing == "" || !ends:
		return "correct it: " + err.Error()
	case strings.HasPrefix(missing, `"`):
		return "end the string at its end with a quotation mark, and add " + missing[1:]
	case strings.ContainsAny(lastCharacter(text), "{[,:"):
		return "write it on one line, as the CDK CLI takes -c values up to the first line end: tr -d '\\n' does it"
	}
	return "add " + missing + " at its end, or where it is missing"
}

func lastCharacter(text string) string {
	text = strings.TrimSpace(text)
	return text[max(0, len(text)-1):]
}

// missingAtEnd are the characters that close what is open at the end of the text.
// The answer is false if the text is wrong before its end.
func missingAtEnd(text string) (missing string, ends bool) {
	var value any
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&value); !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", false
	}
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{':
			missing = "}" + missing
		case c == '[':
			missing = "]" + missing
		case c == '}' || c == ']':
			missing = missing[1:]
		}
	}
	if quoted {
		missing = `"` + missing
	}
	return missing, true
}
