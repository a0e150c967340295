package access

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// WriteText writes the matrix for a terminal: for each table those callers that may
// do something.
func (m *Matrix) WriteText(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for i, t := range m.Tables {
		if t.Queue != nil && (i == 0 || m.Tables[i-1].Queue != t.Queue) {
			fmt.Fprintf(out, "\n%s\n", strings.ToUpper(t.title()[:1])+t.title()[1:])
			if t.Kind == OnQueue {
				for _, l := range t.Summary() {
					fmt.Fprintf(out, "  %s\n", plain(l))
				}
			}
		}
		fmt.Fprintf(out, "\n  %s\n", t.Subject)
		rest := 0
		for _, l := range t.lines() {
			if strings.HasPrefix(l.may, mayNothing) {
				rest++
				continue
			}
			fmt.Fprintf(out, "    %s\t%s\n", l.caller, plain(l.may))
		}
		if rest > 0 {
			fmt.Fprintf(out, "    %s may do nothing; -markdown names them\n", count(rest, "other caller"))
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "\n%s\n", count(len(m.Decisions()), "question")+" answered by an independent evaluator.")
	return err
}

// plain is a text without the marks of Markdown.
func plain(text string) string { return strings.ReplaceAll(text, "**", "") }

// String is the finding in one line.
func (f Finding) String() string {
	if f.Where == "" || strings.Contains(f.Text, f.Where) {
		return f.Text
	}
	return f.Text + " (" + f.Where + ")"
}

// Unknown are the findings that say what could not be read.
func (m *Matrix) Unknown() []Finding {
	var list []Finding
	for _, f := range m.structure {
		if f.unknown {
			list = append(list, f)
		}
	}
	return list
}

// WriteJSON writes all answers, what is not as promised and what is not known.
func (m *Matrix) WriteJSON(w io.Writer, findings, unknown []Finding) error {
	type row struct {
		Caller   string      `json:"caller"`
		Alike    []string    `json:"alike,omitempty"`
		May      []Operation `json:"may"`
		Declared []Operation `json:"declared,omitempty"`
	}
	type table struct {
		Queue   string `json:"queue,omitempty"` // ARN
		Subject string `json:"subject"`
		Rows    []row  `json:"rows"`
	}
	out := struct {
		Tables   []table   `json:"tables"`
		Findings []Finding `json:"findings"`
		Unknown  []Finding `json:"unknown"`
	}{[]table{}, append([]Finding{}, findings...), append([]Finding{}, unknown...)}
	for _, t := range m.Tables {
		written := table{Queue: t.queueARN(), Subject: t.Subject, Rows: []row{}}
		for _, r := range t.Rows {
			one := row{Caller: r.Caller.Name, Alike: r.Caller.Alike, May: []Operation{}}
			for _, d := range r.Cells {
				if d.Got {
					one.May = append(one.May, d.Operation)
				}
				if d.Declared {
					one.Declared = append(one.Declared, d.Operation)
				}
			}
			written.Rows = append(written.Rows, one)
		}
		out.Tables = append(out.Tables, written)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(out)
}
