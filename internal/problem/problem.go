// Package problem has what is said to a user about a wrong value: one line for
// each, all of them together.
//
// A value is wrong in a Go property or in a JSON setting, and the line spells
// names as the reader wrote them. Whoever finds the problem writes names as Go
// does: the property's path (Senders[0]), and {FIFO} where a text names another.
// [InJSON] spells them for JSON.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxShown is how many characters of a wrong value are shown.
const maxShown = 100

// A Problem is one wrong value.
type Problem struct {
	Path    string // of the property or setting; empty for a lone value
	Got     string // the value, as JSON on one line; "nothing" if it is missing
	Allowed string // what would be right
	Cure    string // what to do
}

// New describes the wrong value got, which is shown as JSON and cut at 100
// characters. A nil value is a missing one.
func New(got any, allowed, cure string) *Problem {
	return &Problem{Got: show(got), Allowed: allowed, Cure: cure}
}

func (p *Problem) Error() string {
	line := fmt.Sprintf("got %s, allowed: %s; %s", p.Got, inGo(p.Allowed), inGo(p.Cure))
	if p.Path == "" {
		return line
	}
	return p.Path + ": " + line
}

func show(got any) string {
	if got == nil {
		return "nothing"
	}
	// JSON escapes line ends and control characters: one problem stays one line.
	var encoded strings.Builder
	encoder := json.NewEncoder(&encoded)
	encoder.SetEscapeHTML(false) // < is shown as it was written
	if err := encoder.Encode(got); err != nil {
		encoded.Reset()
		fmt.Fprintf(&encoded, "%q", fmt.Sprint(got))
	}
	text := strings.TrimSuffix(encoded.String(), "\n")
	if utf8.RuneCountInString(text) <= maxShown {
		return text
	}
	return string([]rune(text)[:maxShown]) + "…"
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
	paths    map[string]bool
}

// Add puts err, if any, at the path. An err that has paths of its own, in a
// smaller world, keeps them as the ends of longer ones. A problem is dropped
// where there is one already, at its path or at one that leads there: it would
// only be a consequence.
func (l *List) Add(path string, err error) {
	for _, p := range all(err) {
		p.Path = Join(path, p.Path)
		if l.covers(p.Path) {
			continue
		}
		if l.paths == nil {
			l.paths = map[string]bool{}
		}
		l.paths[p.Path] = true
		l.problems = append(l.problems, p)
	}
}

// covers reports whether there is a problem at the path or at one that leads
// there.
func (l *List) covers(path string) bool {
	for end := len(path); end > 0; end = strings.LastIndexAny(path[:end], ".[") {
		if l.paths[path[:end]] {
			return true
		}
	}
	return false
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

// all returns copies of the problems in err.
func all(err error) []Problem {
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
		return []Problem{{Got: show(err.Error()), Allowed: "a readable value", Cure: "correct it"}}
	}
}

// Join is the path of a property or setting inside another.
func Join(path, name string) string {
	if path == "" || name == "" || strings.HasPrefix(name, "[") {
		return path + name
	}
	return path + "." + name
}

// Name is a name that a user has chosen, for a path: quoted and cut if it is not
// plain to read on one line.
func Name(chosen string) string {
	if plain.MatchString(chosen) {
		return chosen
	}
	return show(chosen)
}

var plain = regexp.MustCompile(`^[A-Za-z0-9_.:/=+@ -]{1,128}$`)

// InJSON is err with the names of properties as settings spell them. Move, if it
// is not nil, gets each path in its new spelling and says where the settings
// have it.
func InJSON(err error, move func(path string) string) error {
	var list List
	for _, p := range all(err) {
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
