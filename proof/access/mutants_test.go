package access_test

import (
	"reflect"
	"testing"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/mutant"
	"example.com/shared-queue/proof/template"
)

// Each mutant is noticed: by how the templates are put together, by a policy that AWS
// would reject, or by a caller that may more or less than promised. The guard, which
// judges policies alone, may notice one that changes nothing that AWS decides.
func TestEveryMutantIsNoticed(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long, and the race detector sees as much in other tests")
	}
	example := selected(t, fixture.Assembly(), "")
	variant := func(name string) []assembly.Stack { return selected(t, fixture.VariantsAssembly(), name+"-") }
	total, harmless := 0, 0
	for _, c := range []struct {
		name    string
		stacks  []assembly.Stack
		mutants []mutant.Mutant
	}{
		{"the example", example, mutant.Example(example)},
		{"a sender with two queues", example, mutant.Destinations()},
		{"two queues with one key", selected(t, fixture.SharedKeyAssembly(), ""), mutant.SharedKey()},
		{"senders that look the queue up", variant("fifo"), mutant.LookUps()},
		{"other grants", variant("grants"), mutant.Grants()},
		{"services", variant("services"), mutant.Services()},
		{"the OU on the queue", variant("paths"), mutant.Paths()},
		{"a role in every account", variant("everywhere"), mutant.Everywhere()},
		{"stack sets", variant("everywhere"), mutant.StackSets()},
	} {
		total += len(c.mutants)
		for _, m := range c.mutants {
			if m.Equivalent != "" {
				harmless++
			}
		}
		t.Run(c.name, func(t *testing.T) { noticed(t, c.stacks, c.mutants) })
	}
	t.Logf("%d templates were broken on purpose, one thing in each: the access table notices %d, the others change nothing that AWS decides", total, total-harmless)
	if total != mutants {
		t.Errorf("%d mutants, want %d: if there should be, say so here", total, mutants)
	}
}

// mutants is how many there are. The test fails if one is lost.
const mutants = 325

func noticed(t *testing.T, stacks []assembly.Stack, list []mutant.Mutant) {
	t.Helper()
	base := decided(t, stacks)
	var worlds []evaluate.World
	var asked []mutant.Mutant
	for _, m := range list {
		changed, err := m.Apply(stacks)
		if err != nil {
			t.Error(err)
			continue
		}
		w, app, err := template.Read(changed)
		if err != nil {
			t.Fatal(err)
		}
		is := access.NewMatrix(app, w)
		if is.Structure() != "" {
			if m.Equivalent != "" {
				t.Errorf("%s: is listed as equivalent, but is noticed: %s", m.Name, is.Structure())
			}
			continue
		}
		worlds, asked = append(worlds, difference(base.Policies(), is.Policies())), append(asked, m)
	}
	caught, err := base.Catch(evaluator(t), worlds)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range asked {
		if caught[i] == "" && m.Equivalent == "" {
			// Its policies may name somebody whom the others do not.
			caught[i] = whole(t, stacks, m)
		}
		switch {
		case caught[i] == "" && m.Equivalent == "":
			t.Errorf("%s: nothing notices it", m.Name)
		case caught[i] != "" && m.Equivalent != "":
			t.Errorf("%s: is listed as equivalent, but is noticed: %s", m.Name, caught[i])
		}
	}
}

// whole asks everything about a mutant. It returns what is noticed first.
func whole(t *testing.T, stacks []assembly.Stack, m mutant.Mutant) string {
	t.Helper()
	changed, err := m.Apply(stacks)
	if err != nil {
		t.Fatal(err)
	}
	return said(t, changed)
}

// said is the first thing that is said of the stacks, empty if all is as promised.
func said(t *testing.T, stacks []assembly.Stack) string {
	t.Helper()
	findings, unknown, err := decided(t, stacks).Findings(evaluator(t))
	if err != nil {
		return err.Error()
	}
	for _, f := range append(findings, unknown...) {
		return f.Text
	}
	return ""
}

func decided(t *testing.T, stacks []assembly.Stack) *access.Matrix {
	t.Helper()
	w, app, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	m := access.NewMatrix(app, w)
	if err := m.Decide(evaluator(t)); err != nil {
		t.Fatal(err)
	}
	return m
}

// difference are the policies that are others.
func difference(base, changed evaluate.World) evaluate.World {
	world := evaluate.World{}
	for id, document := range changed {
		if !reflect.DeepEqual(base[id], document) {
			world[id] = document
		}
	}
	return world
}
