package settings

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"example.com/shared-queue/internal/problem"
)

// An object reads one JSON object and records which fields were not read.
type object struct {
	path   string
	values map[string]any
	r      *reader

	known    []string          // the fields that it may have, as Go spells them; none if the user names them
	required []string          // those that it must have
	meant    map[string]string // for each unknown name the field that it may be misspelt from
	unread   []string          // properties whose values are not known, with places in lists, like Senders[1]
}

// properties are the names of a struct's fields. Others are fields to leave out, as
// settings have them elsewhere.
func properties(of any, others ...string) (all, required []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(of)) {
		if slices.Contains(others, field.Name) {
			continue
		}
		all = append(all, field.Name)
		if field.Tag.Get("setting") == "required" {
			required = append(required, field.Name)
		}
	}
	return all, required
}

// spelt are the names as settings spell them.
func spelt(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = problem.Spell(name)
	}
	return all
}

// expect says which fields the object may and must have. A field that may be there
// under a misspelt name is in doubt: the line on that name says so, and none says that
// the field is missing.
func (o *object) expect(known, required []string) {
	o.known, o.required = append(o.known, known...), append(o.required, required...)
	absent := slices.DeleteFunc(spelt(o.known), func(name string) bool { _, there := o.values[name]; return there })
	o.meant = meant(o.unknown(), absent, spelt(o.required))
	for _, name := range o.meant {
		o.r.problems.Doubt(o.at(name))
	}
}

// unknown are the fields that nothing knows.
func (o *object) unknown() []string {
	known := spelt(o.known)
	return slices.DeleteFunc(o.names(), func(name string) bool { return slices.Contains(known, name) })
}

func (o *object) at(name string) string { return problem.Join(o.path, problem.Name(name)) }

// names are the object's fields in order.
func (o *object) names() []string { return slices.Sorted(maps.Keys(o.values)) }

// has reports whether the field is there, under this name.
func (o *object) has(name string) bool {
	_, there := o.values[name]
	return there
}

// object is a field that is an object itself. The answer is false if it is not
// there or not right.
func (o *object) object(property string) (*object, bool) {
	inner := &object{path: o.at(problem.Spell(property)), r: o.r}
	return inner, o.field(property, &inner.values)
}

// fields reads a field for each of the struct's, but for the others, which have
// another place.
func (o *object) fields(into any, others ...string) {
	s := reflect.ValueOf(into).Elem()
	names, _ := properties(s.Interface(), others...)
	for _, name := range names {
		o.field(name, s.FieldByName(name).Addr().Interface())
	}
}

// field reads a field. The answer is false if it is not there or not right.
func (o *object) field(property string, into any) bool {
	name := problem.Spell(property)
	value, there := o.values[name]
	var err error
	switch {
	case there && value == "" && kindOf(into) == text && !slices.Contains(o.required, property):
		err = problem.New(value, "a string that is not empty", "fill it in or leave it out") // in Go it would mean the default
	case there:
		err = o.r.read(o.at(name), property, value, into)
	case slices.Contains(o.required, property):
		err = problem.New(nil, kindOf(into).allowed, "add it")
	}
	for _, p := range problem.All(err) {
		o.unread = append(o.unread, property+p.Path)
	}
	if err == nil && !there && !o.r.problems.Sound(o.at(name)) {
		o.unread = append(o.unread, property)
	}
	o.r.problems.Add(o.at(name), err)
	return there && err == nil
}

// done reports the fields that nothing knows. Elsewhere says where else in the
// settings a name belongs, if it does.
func (o *object) done(elsewhere func(name string) string) {
	known := spelt(o.known)
	slices.Sort(known)
	for _, name := range o.unknown() {
		cure := "correct the field's spelling or remove it"
		if place := elsewhere(name); place != "" {
			cure = "move it to " + place
		}
		if o.meant[name] != "" {
			cure = "rename it to " + o.meant[name]
		}
		o.r.problems.Add(o.at(name), problem.New(o.values[name], "one of "+strings.Join(known, ", "), cure))
	}
}
