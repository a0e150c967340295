package orgpaths

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/shared-queue/proof/aws/organization"
	"example.com/shared-queue/proof/aws/text"
)

// A printer writes units: as text or, all at the end, as JSON. Paths are JSON in
// text, too, as settings are.
type printer struct {
	out   io.Writer
	json  bool
	found []row
}

// A row is a unit and the units above it, the root first.
type row struct {
	above []organization.Unit
	organization.Unit
}

func (p *printer) add(above []organization.Unit, u organization.Unit) {
	p.found = append(p.found, row{above, u})
}

// path writes a path at once, with a comma between two: what it writes is the
// inside of a JSON array.
func (p *printer) path(above []organization.Unit, u organization.Unit) {
	comma := ""
	if len(p.found) > 0 {
		comma = ", "
	}
	p.add(above, u)
	if !p.json {
		fmt.Fprintf(p.out, "%s%s\n", comma, text.JSON(u.Path))
	}
}

// tree writes each name, indented, and beside it the path.
func (p *printer) tree() {
	if p.json {
		return
	}
	p.sort()
	width := 0
	for _, r := range p.found {
		width = max(width, utf8.RuneCountInString(r.indented()))
	}
	for i, r := range p.found {
		if r.above == nil {
			fmt.Fprintln(p.out, r.indented()) // a root is no OU, and its path no sender
			continue
		}
		comma := ","
		if i == len(p.found)-1 {
			comma = ""
		}
		fmt.Fprintf(p.out, "%-*s  %s%s\n", width, r.indented(), text.JSON(r.Path), comma)
	}
}

// end writes what is written at the end.
func (p *printer) end() {
	if !p.json {
		return
	}
	p.sort()
	type unit struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		Path string `json:"path"`
	}
	var lines []string
	for _, r := range p.found {
		if !strings.HasPrefix(r.ID, "r-") {
			lines = append(lines, "  "+text.JSON(unit{r.ID, r.Name, r.Path}))
		}
	}
	if lines == nil {
		fmt.Fprintln(p.out, "[]")
		return
	}
	fmt.Fprintf(p.out, "[\n%s\n]\n", strings.Join(lines, ",\n"))
}

// sort puts parents before their children, and children in the order of their
// names.
func (p *printer) sort() {
	slices.SortFunc(p.found, func(a, b row) int { return slices.Compare(a.order(), b.order()) })
}

func (r row) order() []string {
	var order []string
	for _, u := range r.above {
		order = append(order, u.Name, u.ID)
	}
	return append(order, r.Name, r.ID)
}

func (r row) indented() string { return strings.Repeat("  ", len(r.above)) + text.Name(r.Name) }

// names are the places of what was found, by names from the root down.
func (p *printer) names() []string {
	var all []string
	for _, r := range p.found {
		all = append(all, text.Name(namesOf(r.above, r.Unit)))
	}
	slices.Sort(all)
	return all
}

// namesOf is where a unit is, by the names of the OUs from the root down.
func namesOf(above []organization.Unit, u organization.Unit) string {
	var b strings.Builder
	for i, a := range above {
		if i > 0 {
			b.WriteString("/" + a.Name)
		}
	}
	return b.String() + "/" + u.Name
}
