package problem_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/shared-queue/internal/problem"
)

func TestOneTextForTwoReaders(t *testing.T) {
	var found problem.List
	found.Add("FIFO", problem.New(true, "a name that ends in .fifo", "add .fifo or remove {FIFO}"))
	found.Add("Senders[0]", problem.New("<x>\n", "a path", "remove it: it is {Senders}[1] again"))
	found.Add("Alarms.TopicARN", problem.New("*", `an ARN, like {"dev": {…}}`, "set {OrgPathsOnQueue}"))
	for reader, c := range map[string]struct {
		err  error
		want string
	}{
		"of Go": {found.Err(), `FIFO: got true, allowed: a name that ends in .fifo; add .fifo or remove FIFO
Senders[0]: got "<x>\n", allowed: a path; remove it: it is Senders[1] again
Alarms.TopicARN: got "*", allowed: an ARN, like {"dev": {…}}; set OrgPathsOnQueue`},
		"of JSON": {problem.InJSON(found.Err(), nil), `fifo: got true, allowed: a name that ends in .fifo; add .fifo or remove fifo
senders[0]: got "<x>\n", allowed: a path; remove it: it is senders[1] again
alarms.topicArn: got "*", allowed: an ARN, like {"dev": {…}}; set orgPathsOnQueue`},
	} {
		t.Run(reader, func(t *testing.T) {
			if got := c.err.Error(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestWhatFollowsFromAProblemIsNotSaid(t *testing.T) {
	var list problem.List
	wrong := problem.New(1, "another", "change it")
	for _, path := range []string{"dev.senders", "dev.senders[0]", "dev.sendersX", "dev.shared.fifo", "dev.shared", "dev.shared.fifo", "prod.senders[0]", "prod.senders[0].x", "prod.senders[01]"} {
		list.Add(path, wrong)
	}
	var paths []string
	for line := range strings.Lines(list.Error()) {
		path, _, _ := strings.Cut(line, ": ")
		paths = append(paths, path)
	}
	if got, want := strings.Join(paths, " "), "dev.senders dev.sendersX dev.shared.fifo dev.shared prod.senders[0] prod.senders[01]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A problem that several have together is said where each of them is right by
// itself, and known.
func TestWhatSeveralHaveTogether(t *testing.T) {
	wrong := problem.New(1, "another", "change it")
	for name, c := range map[string]struct {
		before, doubts []string
		want           string
	}{
		"each is right":             {nil, nil, "a"},
		"the first is wrong":        {[]string{"a"}, nil, ""},
		"the second is wrong":       {[]string{"b"}, nil, ""},
		"something in it is wrong":  {[]string{"b[1]"}, nil, ""},
		"the second is not known":   {nil, []string{"b"}, ""},
		"one in it is not known":    {nil, []string{"b.c"}, ""},
		"another with the letters":  {[]string{"bc"}, nil, "a"},
		"another with a quoted dot": {[]string{`x."b.c"`}, nil, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			var list problem.List
			for _, path := range c.before {
				list.Add(path, wrong)
			}
			list.Doubt(c.doubts...)
			list.Relate(wrong, "a", "b")
			got := ""
			if problems := problem.All(list.Err()); len(problems) > len(c.before) {
				got = problems[len(problems)-1].Path
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A name may have a dot, quotation marks, and what cannot be seen: in a path it is
// still one name, and a line shows it.
func TestNamesInPaths(t *testing.T) {
	var list problem.List
	wrong := problem.New("\u200bx\ufeff\u00a0\U000e0001", "y", "z")
	for _, name := range []string{"team", "team.lead", `a".b`, `a"`, "x[0]", strings.Repeat("long", 50), strings.Repeat("long", 50) + "er", "\u200b"} {
		list.Add(problem.Join("tags", problem.Name(name)), wrong)
	}
	long := `"` + strings.Repeat("long", 24) + "lon…"
	want := `tags.team
tags."team.lead"
tags."a\".b"
tags."a\""
tags."x[0]"
tags.` + long + `
tags.` + long + `
tags."\u200b"
`
	if got := strings.ReplaceAll(list.Error()+"\n", `: got "\u200bx\ufeff\u00a0\udb40\udc01", allowed: y; z`, ""); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Who pastes a list of the wrong kind gets an answer, and soon.
func TestManyProblems(t *testing.T) {
	var list problem.List
	for i := range 200_000 {
		list.Add(fmt.Sprintf("senders[%d]", i), problem.New(i, "a path", "correct it"))
	}
	if got := strings.Count(list.Error(), "\n") + 1; got != 200_000 {
		t.Errorf("got %d problems", got)
	}
}

func TestErrorsOfOthersAreOneLine(t *testing.T) {
	var list problem.List
	list.Add("dev", errors.New("a\nb"))
	if got := list.Error(); got != `dev: got "a\nb", allowed: a readable value; correct it` {
		t.Error(got)
	}
}
