package evaluate

import (
	"sync"
	"testing"
)

var startEvaluator = sync.OnceValues(func() (*Evaluator, error) { return Start("../..") })

// evaluator is the one process that all tests ask.
func evaluator(t testing.TB) *Evaluator {
	t.Helper()
	e, err := startEvaluator()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Which policy a refusal comes from, for each of the ways that policies refuse.
func TestJudge(t *testing.T) {
	const (
		mine   = "222222222222"
		theirs = "111111111111"
	)
	statement := func(effect string, principal any) map[string]any {
		s := map[string]any{"Effect": effect, "Action": "sqs:SendMessage", "Resource": "*"}
		if principal != nil {
			s["Principal"] = principal
		}
		return s
	}
	var (
		allow, deny         = Document(statement("Allow", nil)), Document(statement("Deny", nil))
		allowAll, denyAll   = Document(statement("Allow", "*")), Document(statement("Deny", "*"))
		other               = Document(map[string]any{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"})
		otherAll            = Document(map[string]any{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*", "Principal": "*"})
		allowedAndDeniedAll = Document(statement("Allow", "*"), statement("Deny", "*"))
	)
	for name, c := range map[string]struct {
		account  string
		own      []any
		resource any
		want     Verdict
	}{
		"across accounts, both allow":                 {mine, []any{allow}, allowAll, Allowed},
		"across accounts, the caller's does not":      {mine, []any{other}, allowAll, NotAllowedByOwn},
		"across accounts, the resource's does not":    {mine, []any{allow}, otherAll, NotAllowedByOther},
		"across accounts, neither does":               {mine, []any{other}, otherAll, NotAllowedByOwn},
		"across accounts, the caller's denies":        {mine, []any{allow, deny}, allowAll, DeniedByOwn},
		"across accounts, the resource's denies":      {mine, []any{allow}, allowedAndDeniedAll, DeniedByResource},
		"a deny goes before what is missing":          {mine, []any{other}, denyAll, DeniedByResource},
		"no policy of its own":                        {mine, nil, allowAll, NotAllowedByOwn},
		"in one account, the caller's is enough":      {theirs, []any{allow}, otherAll, Allowed},
		"in one account, the resource's is enough":    {theirs, []any{other}, allowAll, Allowed},
		"in one account, neither does":                {theirs, []any{other}, otherAll, NotAllowedByOwn},
		"in one account, the resource's denies":       {theirs, []any{allow}, denyAll, DeniedByResource},
		"an anonymous caller and an open resource":    {"", nil, allowAll, Allowed},
		"an anonymous caller and a closed resource":   {"", nil, otherAll, NotAllowedByOther},
		"an anonymous caller and a resource's denial": {"", nil, allowedAndDeniedAll, DeniedByResource},
	} {
		t.Run(name, func(t *testing.T) {
			principal := ""
			if c.account != "" {
				principal = "arn:aws:iam::" + c.account + ":role/caller"
			}
			got, err := evaluator(t).Judge(Case{
				Principal: principal, Account: c.account, Context: map[string]any{"aws:SecureTransport": "true"}, Own: c.own,
				Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:" + theirs + ":work", Owner: theirs, Policy: c.resource,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// What limits a caller, and what an organization forbids.
func TestJudgeLimits(t *testing.T) {
	const (
		mine   = "222222222222"
		theirs = "111111111111"
	)
	statement := func(effect, action string) map[string]any {
		return map[string]any{"Effect": effect, "Action": action, "Resource": "*"}
	}
	toAll := func(effect, action string) map[string]any {
		s := statement(effect, action)
		s["Principal"] = "*"
		return s
	}
	allow, deny := Document(statement("Allow", "sqs:SendMessage")), Document(statement("Deny", "sqs:SendMessage"))
	denyOther := Document(statement("Deny", "sqs:ReceiveMessage"))
	boundary := Document(statement("Allow", "sqs:ReceiveMessage"))
	open, closed := Document(toAll("Allow", "sqs:SendMessage")), Document(toAll("Allow", "sqs:ReceiveMessage"))
	for name, c := range map[string]struct {
		change func(*Case)
		want   Verdict
	}{
		"a boundary that allows":                      {func(c *Case) { c.Boundary = allow }, Allowed},
		"a boundary that does not":                    {func(c *Case) { c.Boundary = boundary }, NotAllowedByBoundary},
		"a boundary that denies":                      {func(c *Case) { c.Boundary = deny }, DeniedByBoundary},
		"a service control policy":                    {func(c *Case) { c.ServiceControl = []any{deny} }, DeniedByServiceControl},
		"a service control policy for something else": {func(c *Case) { c.ServiceControl = []any{denyOther} }, Allowed},
		"the second of two service control policies":  {func(c *Case) { c.ServiceControl = []any{denyOther, deny} }, DeniedByServiceControl},
		"a service control policy, for a service": {func(c *Case) {
			c.Principal, c.Account, c.ServiceControl = "sns.amazonaws.com", "", []any{deny}
		}, Allowed},
		"a resource control policy":                    {func(c *Case) { c.ResourceControl = []any{Document(toAll("Deny", "sqs:SendMessage"))} }, DeniedByResourceControl},
		"a resource control policy for something else": {func(c *Case) { c.ResourceControl = []any{Document(toAll("Deny", "sqs:ReceiveMessage"))} }, Allowed},
		"a resource control policy, for a service": {func(c *Case) {
			c.Principal, c.Account, c.ResourceControl = "sns.amazonaws.com", "", []any{Document(toAll("Deny", "sqs:SendMessage"))}
		}, DeniedByResourceControl},
		"a deny of the organization before what is missing": {func(c *Case) {
			c.ServiceControl, c.Policy = []any{deny}, closed
		}, DeniedByServiceControl},
	} {
		t.Run(name, func(t *testing.T) {
			asked := Case{
				Principal: "arn:aws:iam::" + mine + ":role/caller", Account: mine, Context: map[string]any{}, Own: []any{allow},
				Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:" + theirs + ":work", Owner: theirs, Policy: open,
			}
			c.change(&asked)
			got, err := evaluator(t).Judge(asked)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A trust policy is the resource policy of a role.
func TestJudgeTrust(t *testing.T) {
	trust := func(effect string, principal map[string]any) any {
		return Document(map[string]any{"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal})
	}
	lambda := map[string]any{"Service": "lambda.amazonaws.com"}
	account := map[string]any{"AWS": "arn:aws:iam::222222222222:root"}
	all := []any{Document(map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"})}
	const role = "arn:aws:iam::222222222222:role/publisher"
	for name, c := range map[string]struct {
		principal, account string
		own                []any
		trust              any
		want               Verdict
	}{
		"a service that it names":               {"lambda.amazonaws.com", "", nil, trust("Allow", lambda), Allowed},
		"another service":                       {"ec2.amazonaws.com", "", nil, trust("Allow", lambda), NotAllowedByOther},
		"a service that it denies":              {"lambda.amazonaws.com", "", nil, trust("Deny", lambda), DeniedByResource},
		"an administrator of an account":        {"arn:aws:iam::222222222222:role/admin", "222222222222", all, trust("Allow", account), Allowed},
		"a role of that account with no policy": {"arn:aws:iam::222222222222:role/idle", "222222222222", nil, trust("Allow", account), NotAllowedByOwn},
		"an administrator of another account":   {"arn:aws:iam::999999999999:role/admin", "999999999999", all, trust("Allow", account), NotAllowedByOther},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := evaluator(t).Judge(Case{
				Principal: c.principal, Account: c.account, Context: map[string]any{}, Own: c.own,
				Action: "sts:AssumeRole", Resource: role, Owner: "222222222222", Policy: c.trust,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func BenchmarkJudge(b *testing.B) {
	e, err := Start("../..")
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	policy := Document(map[string]any{"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*", "Principal": "*"})
	own := []any{Document(map[string]any{"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": "*"})}
	for b.Loop() {
		if _, err := e.Judge(Case{
			Principal: "arn:aws:iam::222222222222:role/caller", Account: "222222222222", Context: map[string]any{}, Own: own,
			Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:111111111111:work", Owner: "111111111111", Policy: policy,
		}); err != nil {
			b.Fatal(err)
		}
	}
}
