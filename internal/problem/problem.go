// Package problem has what is said to a user about a wrong value: one line for
// each, all of them together.
//
// A value is wrong in a Go property or in a JSON setting, and the line spells
// names as the reader wrote them. Checks use Go names: the property's path
// (Senders[0]), and {FIFO} where a text names another. [InJSON] respells them.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// maxShown is how many characters of a wrong value are shown.
const maxShown = 100

// A Problem is one wrong value.
type Problem struct {
	Path    string // of the property or setting, see Name; empty for a lone value
	Got     string // the value, as JSON on one line; "nothing" if it is missing
	Allowed string // what would be right
	Cure    string // what to do
}

// New describes the wrong value got, which is shown as JSON and cut at 100
// characters. A nil value is a missing one.
func New(got any, allowed, cure string) *Problem {
	return &Problem{Got: Show(got), Allowed: allowed, Cure: cure}
}

func (p *Problem) Error() string {
	line := fmt.Sprintf("got %s, allowed: %s; %s", p.Got, inGo(p.Allowed), inGo(p.Cure))
	if p.Path == "" {
		return line
	}
	return quotedName.ReplaceAllStringFunc(p.Path, cut) + ": " + line
}

// Show is a value as a problem's line has it: as JSON on one line, with escapes
// for what cannot be seen, cut at 100 characters. A nil value is nothing.
func Show(got any) string {
	if got == nil {
		return "nothing"
	}
	return cut(encode(got))
}

func encode(value any) string {
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false) // < is shown as it was written
	if err := encoder.Encode(value); err != nil {
		encoded.Reset()
		fmt.Fprintf(&encoded, "%q", fmt.Sprint(value))
	}
	// JSON escapes line ends and control characters, but not a byte order mark, a
	// space without width and the like.
	var visible strings.Builder
	for _, r := range strings.TrimSuffix(encoded.String(), "\n") {
		if unicode.IsPrint(r) {
			visible.WriteRune(r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&visible, `\u%04x`, unit)
		}
	}
	return visible.String()
}

func cut(text string) string {
	if runes := []rune(text); len(runes) > maxShown {
		return string(runes[:maxShown]) + "…"
	}
	return text
}

// Duration writes a duration without the zeros that time.Duration prints.
func Duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// A List is every problem found, in the order they were added, at most one for
// each path. The zero List is empty.
type List struct {
	problems []Problem
	paths    map[string]bool // with a problem, or in doubt
	above    map[string]bool // those that lead to one of paths
}

// Add puts err, if any, at the path. Paths in err are appended to path. A problem
// is dropped where there is one already, at its path or at one that leads there:
// it would only be a consequence.
func (l *List) Add(path string, err error) {
	for _, p := range All(err) {
		p.Path = Join(path, p.Path)
		if l.covers(p.Path) {
			continue
		}
		l.Doubt(p.Path)
		l.problems = append(l.problems, p)
	}
}

// Relate adds err, if any, at the first of the paths: a problem that all of them
// have together. It is dropped unless all are sound: it would only be a
// consequence.
func (l *List) Relate(err error, paths ...string) {
	if err != nil && l.Sound(paths...) {
		l.Add(paths[0], err)
	}
}

// Doubt says that the values at the paths are not known. The list drops what is
// added there.
func (l *List) Doubt(paths ...string) {
	if l.paths == nil {
		l.paths, l.above = map[string]bool{}, map[string]bool{}
	}
	for _, path := range paths {
		l.paths[path] = true
		for _, end := range ends(path) {
			l.above[path[:end]] = true
		}
	}
}

// Sound reports whether there is no problem and no doubt at the paths, at those
// that lead there, and inside.
func (l *List) Sound(paths ...string) bool {
	for _, path := range paths {
		if l.above[path] || l.covers(path) {
			return false
		}
	}
	return true
}

// covers reports whether there is a problem or doubt at the path or at one that
// leads there.
func (l *List) covers(path string) bool {
	if len(l.paths) == 0 {
		return false
	}
	for _, end := range ends(path) {
		if l.paths[path[:end]] {
			return true
		}
	}
	return l.paths[path]
}

// ends are the lengths of the paths that lead to this one, like 3 and 8 for
// dev.tags.team.
func ends(path string) []int {
	var ends []int
	quoted := false
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && i > 0 && (c == '.' || c == '['):
			ends = append(ends, i)
		}
	}
	return ends
}

// Err is the list as an error, nil if it is empty.
func (l *List) Err() error {
	if len(l.problems) == 0 {
		return nil
	}
	return l
}

// Error is one line for each problem.
func (l *List) Error() string {
	lines := make([]string, len(l.problems))
	for i := range l.problems {
		lines[i] = l.problems[i].Error()
	}
	return strings.Join(lines, "\n")
}

// All returns copies of the problems in err.
func All(err error) []Problem {
	var list *List
	var one *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &list):
		return append([]Problem{}, list.problems...)
	case errors.As(err, &one):
		return []Problem{*one}
	default:
		return []Problem{{Got: Show(err.Error()), Allowed: "a readable value", Cure: "correct it"}}
	}
}

// Join is the path of a property or setting inside another.
func Join(path, name string) string {
	if path == "" || name == "" || strings.HasPrefix(name, "[") {
		return path + name
	}
	return path + "." + name
}

// Name is a name that a user has chosen, for a path: quoted if it is not plain to
// read on one line, or has a dot, which in a path stands between names.
func Name(chosen string) string {
	if plain.MatchString(chosen) {
		return chosen
	}
	return encode(chosen)
}

var (
	plain      = regexp.MustCompile(`^[A-Za-z0-9_:/=+@ -]{1,128}$`)
	quotedName = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// InJSON is err with the names of properties as settings spell them. Move, if it
// is not nil, gets each path in its new spelling and says where the settings
// have it.
func InJSON(err error, move func(path string) string) error {
	var list List
	for _, p := range All(err) {
		p.Path = property.ReplaceAllStringFunc(p.Path, Spell)
		p.Allowed = mention.ReplaceAllStringFunc(p.Allowed, spellMention)
		p.Cure = mention.ReplaceAllStringFunc(p.Cure, spellMention)
		if move != nil {
			p.Path = move(p.Path)
		}
		list.Add("", &p)
	}
	return list.Err()
}

var (
	property = regexp.MustCompile(`[A-Z][A-Za-z]*`)
	mention  = regexp.MustCompile(`\{[A-Z][A-Za-z]*\}`)
)

func spellMention(name string) string { return Spell(strings.Trim(name, "{}")) }

func inGo(text string) string {
	return mention.ReplaceAllStringFunc(text, func(name string) string { return strings.Trim(name, "{}") })
}

// Spell is the name of a Go property as settings spell it: QueueName is
// queueName, FIFO is fifo, TopicARN is topicArn.
func Spell(name string) string {
	letters := []rune(name)
	for i, r := range letters {
		inside := i > 0 && unicode.IsUpper(rune(name[i-1])) && (i+1 == len(letters) || unicode.IsUpper(rune(name[i+1])))
		if i == 0 || inside {
			letters[i] = unicode.ToLower(r)
		}
	}
	return string(letters)
}
