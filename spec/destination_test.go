package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

func TestQueuesOfARole(t *testing.T) {
	at := func(name string) address.Queue {
		return address.Queue{Region: "us-east-1", Account: "111111111111", Name: name, Alias: name}
	}
	in := func(q address.Queue, region address.Region) address.Queue { q.Region = region; return q }
	many := func(n int) (all []spec.Destination) {
		for i := range n {
			all = append(all, spec.Destination{Queue: at(fmt.Sprintf("queue-%d", i))})
		}
		return all
	}
	to := func(queues ...address.Queue) (all []spec.Destination) {
		for _, q := range queues {
			all = append(all, spec.Destination{Queue: q})
		}
		return all
	}
	for name, c := range map[string]struct {
		to   []spec.Destination
		want string // the beginning of the one line; empty if the role can have them
	}{
		"none":                          {nil, ""},
		"one":                           {to(at("invoices")), ""},
		"one in another Region":         {to(in(at("orders"), "eu-west-1")), ""},
		"one that is looked up":         {[]spec.Destination{{Queue: at("invoices"), SenderMayAlso: []string{"sqs:GetQueueUrl"}}}, ""},
		"ten":                           {many(10), ""},
		"its own":                       {to(at("orders")), `AlsoSendsTo[0].Queue: got "arn:aws:sqs:us-east-1:111111111111:orders", allowed: other queues than Queue, which is always there; remove it`},
		"one twice":                     {to(at("invoices"), at("invoices")), `AlsoSendsTo[1].Queue: got "arn:aws:sqs:us-east-1:111111111111:invoices", allowed: each queue once; remove it: it is AlsoSendsTo[0] again`},
		"another partition":             {to(in(at("invoices"), "cn-north-1")), `AlsoSendsTo[0].Queue.Region: got "cn-north-1", allowed: Regions of the partition aws, in which the role is; make another role there`},
		"no Region":                     {to(in(at("invoices"), "nowhere")), `AlsoSendsTo[0].Queue.Region: got "nowhere", allowed: a Region's code`},
		"no name":                       {to(address.Queue{Region: "us-east-1", Account: "111111111111", Alias: "x"}), `AlsoSendsTo[0].Queue.Name: got "", allowed: `},
		"more than a look-up":           {[]spec.Destination{{Queue: at("invoices"), SenderMayAlso: []string{"sqs:PurgeQueue"}}}, `AlsoSendsTo[0].SenderMayAlso[0]: got "sqs:PurgeQueue", allowed: `},
		"more than a role has room for": {many(40), `AlsoSendsTo: got "41 queues", allowed: queues whose grants stay within the 10240 characters of a role's inline policies, they would have `},
	} {
		t.Run(name, func(t *testing.T) {
			err := spec.Role{Queue: at("orders"), AlsoSendsTo: c.to}.CheckQueues()
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

// The longest description that IAM takes has 1,000 characters.
func TestDescriptionOfARoleWithManyQueues(t *testing.T) {
	q := address.Queue{Region: "us-east-1", Account: "111111111111", Name: strings.Repeat("q", 76), Alias: "q"}
	for n, want := range map[int]string{0: "111111111111", 1: "and to another", 12: "and to 12 others"} {
		text := spec.Role{Queue: q, AlsoSendsTo: make([]spec.Destination, n)}.Description()
		if !strings.HasSuffix(text, want) || len(text) > 1000 {
			t.Errorf("%d: %s", n, text)
		}
	}
}
