package text

import (
	"encoding/json"
	"testing"
)

var names = map[string]struct{ name, line, shown, json string }{
	"plain":                       {"Dev", "Dev", "Dev", `"Dev"`},
	"with a space":                {"Sand box", "Sand box", "Sand box", `"Sand box"`},
	"of another alphabet":         {"Vertrieb Österreich 開発", "Vertrieb Österreich 開発", "Vertrieb Österreich 開発", `"Vertrieb Österreich 開発"`},
	"with an ampersand":           {"R&D <x>", "R&D <x>", "R&D <x>", `"R&D <x>"`},
	"a quote inside":              {`the "new" one`, `the "new" one`, `the "new" one`, `"the \"new\" one"`},
	"quoted already":              {`"Dev"`, `"Dev"`, `"\"Dev\""`, `"\"Dev\""`},
	"with a line end":             {"Dev\nProd", "Dev Prod", `"Dev\nProd"`, `"Dev\nProd"`},
	"with a carriage return":      {"Dev\rProd", "Dev Prod", `"Dev\rProd"`, `"Dev\rProd"`},
	"with an escape sequence":     {"Dev\x1b[2J", `Dev\x1b[2J`, `"Dev\x1b[2J"`, `"Dev\u001b[2J"`},
	"with a C1 control":           {"Dev\u009b2J", `Dev\u009b2J`, `"Dev\u009b2J"`, `"Dev\u009b2J"`},
	"turned around by U+202E":     {"Dev\u202Evorp", `Dev\u202evorp`, `"Dev\u202evorp"`, `"Dev\u202evorp"`},
	"with an isolate U+2066":      {"Dev\u2066x", `Dev\u2066x`, `"Dev\u2066x"`, `"Dev\u2066x"`},
	"with a zero-width space":     {"De\u200bv", `De\u200bv`, `"De\u200bv"`, `"De\u200bv"`},
	"with a line separator":       {"Dev\u2028Prod", "Dev Prod", `"Dev\u2028Prod"`, `"Dev\u2028Prod"`},
	"with a space that cannot be": {"Dev\u00a0Prod", "Dev Prod", `"Dev\u00a0Prod"`, `"Dev\u00a0Prod"`},
	"with a tag character":        {"Dev\U000E0041", `Dev\U000e0041`, `"Dev\U000e0041"`, `"Dev\udb40\udc41"`},
	"with a deletion":             {"Dev\x7f", `Dev\x7f`, `"Dev\x7f"`, `"Dev\u007f"`},
	"that ends in a space":        {"Dev ", "Dev", `"Dev "`, `"Dev "`},
	"empty":                       {"", "", `""`, `""`},
}

func TestNames(t *testing.T) {
	for name, c := range names {
		t.Run(name, func(t *testing.T) {
			if got := Line(c.name); got != c.line {
				t.Errorf("line %s, want %s", got, c.line)
			}
			if got := Name(c.name); got != c.shown {
				t.Errorf("name %s, want %s", got, c.shown)
			}
			if got := JSON(c.name); got != c.json {
				t.Errorf("JSON %s, want %s", got, c.json)
			}
			var back string
			if err := json.Unmarshal([]byte(JSON(c.name)), &back); err != nil || back != c.name {
				t.Errorf("JSON reads as %q, %v", back, err)
			}
		})
	}
}

func TestNotUTF8(t *testing.T) {
	if got := Name("Dev\xff"); got != `"Dev\xff"` {
		t.Error(got)
	}
}
