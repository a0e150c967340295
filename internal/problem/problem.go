// Package problem holds what is said to a user about a setting that is wrong:
// one line for each, all of them together.
package problem

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// maxShown is how many characters of a wrong value are shown.
const maxShown = 100

// A Problem is one wrong setting.
type Problem struct {
	Setting string // path of the setting, like environments.dev.senders[0]; empty for a lone value
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
	line := fmt.Sprintf("got %s, allowed: %s; %s", p.Got, p.Allowed, p.Cure)
	if p.Setting == "" {
		return line
	}
	return p.Setting + ": " + line
}

func show(got any) string {
	if got == nil {
		return "nothing"
	}
	// Marshal escapes line ends and control characters: one problem stays one line.
	text, err := json.Marshal(got)
	if err != nil {
		text = fmt.Appendf(nil, "%q", fmt.Sprint(got))
	}
	if shown := string(text); utf8.RuneCountInString(shown) <= maxShown {
		return shown
	}
	return string([]rune(string(text))[:maxShown]) + "…"
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

// A List is every problem found in one go, at most one for each setting.
type List []*Problem

// Add puts err, if any, under the setting. An err that already names a
// setting (of its own, smaller world) keeps that name as the end of the path.
// The first problem of a setting is the one that is kept: what follows from it
// would only distract.
func (l *List) Add(setting string, err error) {
	for _, p := range all(err) {
		p.Setting = Join(setting, p.Setting)
		if !l.has(p.Setting) {
			*l = append(*l, &p)
		}
	}
}

// Err is the list as an error, nil if it is empty.
func (l List) Err() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// Error is one line for each problem.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, p := range l {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

func (l List) has(setting string) bool {
	for _, p := range l {
		if p.Setting == setting {
			return true
		}
	}
	return false
}

// all returns copies of the problems in err.
func all(err error) []Problem {
	var list List
	var one *Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &list):
		problems := make([]Problem, len(list))
		for i, p := range list {
			problems[i] = *p
		}
		return problems
	case errors.As(err, &one):
		return []Problem{*one}
	default:
		return []Problem{{Got: show(err.Error()), Allowed: "a readable value", Cure: "correct it"}}
	}
}

// Join is the path of a setting inside another.
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
