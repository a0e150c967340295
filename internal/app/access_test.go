package app

import (
	"os"
	"strings"
	"sync"
	"testing"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
)

// How many questions are asked about the example, and how many mutants of it show
// that they are the right ones. A test fails if one is lost.
const (
	questions         = 2242
	exampleMutants    = 190 // of what the example deploys
	grantsMutants     = 24  // of grants that it does not have
	lookUpMutants     = 10  // of senders that may look the queue up
	servicesMutants   = 36  // of services that may send
	pathsMutants      = 14  // of the OU on the queue
	controlMutants    = 16  // of the resource control policy
	everywhereMutants = 9   // of a role in every account
	stackSetMutants   = 19  // of its stack set
	allMutants        = exampleMutants + grantsMutants + lookUpMutants + servicesMutants + pathsMutants + controlMutants + everywhereMutants + stackSetMutants
)

// Every caller can do what is promised and nothing else, as an evaluator that
// knows nothing of this project sees it, on the templates of the snapshots.
func TestAccess(t *testing.T) {
	if n := len(checkAccess(t, exampleAlone(t))); n != questions {
		t.Errorf("%d questions are asked, want %d: if they should be, say so here", n, questions)
	}
}

// Callers are made up, and settings may have the same accounts and names.
func TestAccessWithTheNamesOfMadeUpCallers(t *testing.T) {
	environments, err := settings.Parse(`{"unlucky": {
	  "region": "us-east-1",
	  "senders": ["o-zzzzzzzzzz/r-wxyz/ou-wxyz-jklm1dev"],
	  "shared": {
	    "account": "999999999999", "queueName": "another-queue", "keyAlias": "another-key",
	    "consumers": ["arn:aws:iam::999999999999:role/admin", "arn:aws:iam::999999999999:role/idle"]
	  },
	  "publishers": {
	    "admin": {"account": "666666666666", "roleName": "admin", "assumedBy": ["999999999999", "777777777777"]},
	    "sender": {"account": "666666666666", "roleName": "sender", "assumedBy": ["arn:aws:iam::666666666666:role/admin", "glue.amazonaws.com"]}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	checkAccess(t, build(t, environments))
}

func checkAccess(t *testing.T, a *app) []*access.Decision {
	t.Helper()
	matrix, world := decide(t, a)
	decisions := matrix.Decisions()
	for _, d := range decisions {
		if d.Got == d.Want {
			continue
		}
		why, err := matrix.Explain(evaluator(t), world, d)
		if err != nil {
			t.Fatal(err)
		}
		t.Error(why)
	}
	return decisions
}

var startEvaluator = sync.OnceValues(func() (*evaluate.Evaluator, error) { return evaluate.Start(root) })

// evaluator is the one process that all tests ask.
func evaluator(t testing.TB) *evaluate.Evaluator {
	t.Helper()
	e, err := startEvaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// decide asks the matrix about the app, once.
func decide(t *testing.T, a *app) (*access.Matrix, evaluate.World) {
	t.Helper()
	if a.matrix != nil {
		return a.matrix, a.world
	}
	world, err := access.Policies(a.environments, decoded(a))
	if err != nil {
		t.Fatal(err)
	}
	matrix := access.NewMatrix(a.environments)
	if err := matrix.Decide(evaluator(t), world); err != nil {
		t.Fatal(err)
	}
	a.matrix, a.world = matrix, world
	return matrix, world
}

// exampleAlone is the example without the variants.
func exampleAlone(t *testing.T) *app {
	t.Helper()
	a := example(t)
	if synthesized.alone == nil {
		synthesized.alone = &app{environments: exampleEnvironments(t), templates: a.templates}
	}
	return synthesized.alone
}

func decoded(a *app) map[string]any {
	templates := map[string]any{}
	for stack, template := range a.templates {
		templates[stack] = template.JSON
	}
	return templates
}

// The table of services in docs/operations.md that can be publishers is right: those with a
// yes may assume a role, which can send. None can send by itself, whether the
// table says so or not.
func TestServicesThatCanBePublishers(t *testing.T) {
	readme, err := os.ReadFile(root + "/docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(readme), "| AWS service | `assumedBy` | Can send? |")
	can := map[string]bool{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); len(cells) == 4 {
			can[strings.Trim(cells[1], "`")] = cells[2] == "yes"
		} else if len(can) > 0 {
			break
		}
	}
	if len(can) < 9 {
		t.Fatalf("the table has %d services, want 9 or more", len(can))
	}

	// These send as themselves and not with a role.
	for _, service := range []string{"s3.amazonaws.com", "sns.amazonaws.com"} {
		if yes, there := can[service]; yes || !there {
			t.Errorf("%s: the table says yes or nothing", service)
		}
	}
	var roles []string
	for service, yes := range can {
		if yes {
			roles = append(roles, `"`+service+`"`)
		}
	}
	environments, err := settings.Parse(`{"services": {
	  "region": "us-east-1",
	  "senders": ["o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"],
	  "shared": {"account": "111111111111", "queueName": "work", "keyAlias": "app"},
	  "publishers": {"any": {"account": "222222222222", "roleName": "any", "assumedBy": [` + strings.Join(roles, ", ") + `]}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	matrix, _ := decide(t, build(t, environments))
	takesOn, sends := map[string]bool{}, map[string]bool{}
	for _, d := range matrix.Decisions() {
		service, isService := strings.CutPrefix(d.Who, "Service ")
		switch {
		case isService && d.Operation == access.Assume:
			takesOn[service] = d.Got
		case isService && d.Operation == access.Send:
			sends[service] = d.Got
		case d.Who == "Publisher role any" && d.Operation == access.Send && !d.Got:
			t.Error("the role cannot send")
		}
	}
	for service, yes := range can {
		if by, asked := sends[service]; by || !asked {
			t.Errorf("%s can send by itself (asked: %v)", service, asked)
		}
		if yes && !takesOn[service] {
			t.Errorf("%s cannot assume the role", service)
		}
	}
}
