package app

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/access"
)

const (
	servicesKey     = "services-shared: key policy"
	servicesQueue   = "services-shared: queue policy"
	servicesControl = "services-shared: resource control policy"

	servicesPath = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"
	orgPathsLike = "ForAnyValue:StringLike"
)

// Services that may send can, for resources in the OU, and do nothing else.
func TestAccessOfServices(t *testing.T) {
	a := variant(t, "services")
	checkAccess(t, a)
	equals := func(key string, value any) change { return set(value, "Condition", "StringEquals", key) }
	paths := func(value any) change { return set(value, "Condition", orgPathsLike, policy.KeySourceOrgPaths) }
	key, send := policy.SidServicesUseKey, policy.SidServicesSend
	const queue = "arn:aws:sqs:us-east-1:111111111111:services"
	both3 := []any{"s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com"}

	checkMutants(t, a, servicesMutants, []mutant{
		{"services' key: no condition", servicesKey, key, set(nil, "Condition"), ""},
		{"services' key: no organization", servicesKey, key, equals(policy.KeySourceOrgID, nil), "every pattern of organization paths begins with the organization's id"},
		{"services' key: no OU", servicesKey, key, set(nil, "Condition", orgPathsLike), ""},
		{"services' key: for any queue", servicesKey, key, equals(policy.KeyQueueARN, nil), ""},
		{"services' key: for the dead-letter queue", servicesKey, key, equals(policy.KeyQueueARN, queue+"-dlq"), ""},
		{"services' key: only if they say SQS", servicesKey, key, equals(policy.KeyVia, "sqs.us-east-1.amazonaws.com"), ""},
		{"services' key: ForAllValues for the OU and no organization", servicesKey, key,
			both(equals(policy.KeySourceOrgID, nil), rename("ForAllValues:StringLike", "Condition", orgPathsLike)), ""},
		{"services' key: ForAllValues for the OU", servicesKey, key, rename("ForAllValues:StringLike", "Condition", orgPathsLike),
			"the organization's id is there exactly if its paths are"},
		{"services' key: IfExists for the organization and no OU", servicesKey, key,
			both(set(nil, "Condition", orgPathsLike), rename("StringEqualsIfExists", "Condition", "StringEquals")), ""},
		{"services' key: any other OU", servicesKey, key, rename("ForAnyValue:StringNotLike", "Condition", orgPathsLike), ""},
		{"services' key: the whole organization", servicesKey, key, paths("o-abc1234567/*"), ""},
		{"services' key: siblings whose ids begin the same", servicesKey, key, paths(servicesPath + "*"), ""},
		{"services' key: the OU alone, not below it", servicesKey, key, paths(servicesPath + "/"), ""},
		{"services' key: any organization's OU", servicesKey, key, both(paths("*/r-wxyz/ou-wxyz-jklm1dev/*"), equals(policy.KeySourceOrgID, nil)), ""},
		{"services' key: the OU of the principal", servicesKey, key, rename(policy.KeyOrgPaths, "Condition", orgPathsLike, policy.KeySourceOrgPaths), ""},
		{"services' key: the organization of the principal", servicesKey, key, rename(policy.KeyOrgID, "Condition", "StringEquals", policy.KeySourceOrgID), ""},
		{"services' key: another service too", servicesKey, key, set(both3, "Principal", "Service"), ""},
		{"services' key: a service less", servicesKey, key, set("sns.amazonaws.com", "Principal", "Service"), ""},
		{"services' key: everyone", servicesKey, key, set("*", "Principal"), ""},
		{"services' key: may encrypt", servicesKey, key, set(keyActions(), "Action"), ""},
		{"services' key: may all", servicesKey, key, set("kms:*", "Action"), ""},
		{"services' key: no Decrypt", servicesKey, key, set("kms:GenerateDataKey", "Action"), ""},
		{"services' key: no GenerateDataKey", servicesKey, key, set("kms:Decrypt", "Action"), ""},
		{"services' key: statement gone", servicesKey, key, nil, ""},

		{"services' queue: no condition", servicesQueue, send, set(nil, "Condition"), ""},
		{"services' queue: IfExists for the organization", servicesQueue, send, rename("StringEqualsIfExists", "Condition", "StringEquals"), ""},
		{"services' queue: ForAllValues for the organization", servicesQueue, send, rename("ForAllValues:StringEquals", "Condition", "StringEquals"), ""},
		{"services' queue: any other organization", servicesQueue, send, rename("StringNotEquals", "Condition", "StringEquals"), ""},
		{"services' queue: another organization", servicesQueue, send, equals(policy.KeySourceOrgID, "o-zzzzzzzzzz"), ""},
		{"services' queue: the organization of the principal", servicesQueue, send, rename(policy.KeyOrgID, "Condition", "StringEquals", policy.KeySourceOrgID), ""},
		{"services' queue: another service too", servicesQueue, send, set(both3, "Principal", "Service"), ""},
		{"services' queue: a service less", servicesQueue, send, set("s3.amazonaws.com", "Principal", "Service"), ""},
		{"services' queue: may receive", servicesQueue, send, set([]any{"sqs:SendMessage", "sqs:ReceiveMessage"}, "Action"), ""},
		{"services' queue: may all", servicesQueue, send, set("sqs:*", "Action"), ""},
		{"services' queue: any resource", servicesQueue, send, set("*", "Resource"), "a queue's policy is of that queue alone"},
		{"services' queue: statement gone", servicesQueue, send, nil, ""},
	})
}

// With orgPathsOnQueue the queue asks for the OU too, of principals and of what
// services act for.
func TestAccessWithOrgPathsOnQueue(t *testing.T) {
	a := variant(t, "paths")
	checkAccess(t, a)
	const queue = "paths-shared: queue policy"
	var list []mutant
	for sid, key := range map[string]string{policy.SidSend: policy.KeyOrgPaths, policy.SidServicesSend: policy.KeySourceOrgPaths} {
		paths := func(values ...any) change { return set(values, "Condition", orgPathsLike, key) }
		list = append(list, []mutant{
			{sid + ": no OU", queue, sid, set(nil, "Condition", orgPathsLike), ""},
			{sid + ": ForAllValues for the OU and no organization", queue, sid,
				both(set(nil, "Condition", "StringEquals"), rename("ForAllValues:StringLike", "Condition", orgPathsLike)), ""},
			{sid + ": any other OU", queue, sid, rename("ForAnyValue:StringNotLike", "Condition", orgPathsLike), ""},
			{sid + ": the whole organization", queue, sid, paths("o-abc1234567/*"), ""},
			{sid + ": siblings whose ids begin the same", queue, sid, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev*", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/*"), ""},
			{sid + ": the OUs alone, not below them", queue, sid, paths("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/", "o-abc1234567/r-wxyz/ou-wxyz-jklm2dev/"), ""},
			{sid + ": no organization", queue, sid, set(nil, "Condition", "StringEquals"), "every pattern of organization paths begins with the organization's id"},
		}...)
	}
	checkMutants(t, a, pathsMutants, list)
}

// A resource control policy keeps everyone outside the OU from a queue whose own
// policy is open to all, but not the principals of the queue's account.
func TestResourceControlPolicy(t *testing.T) {
	a := variant(t, "services")
	e := a.environments[0]
	text, err := json.Marshal(policy.ResourceControl(e.QueueAddress(), e.Queue.Allowed()))
	if err != nil {
		t.Fatal(err)
	}
	var control map[string]any
	if err := json.Unmarshal(text, &control); err != nil {
		t.Fatal(err)
	}
	_, world := decide(t, a)
	world = maps.Clone(world)
	world[servicesControl] = control
	open := clone(world[servicesQueue])
	open["Statement"] = []any{map[string]any{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": e.QueueAddress().ARN()}}
	world[servicesQueue] = open

	matrix := access.NewMatrix(a.environments)
	matrix.Tables = matrix.Tables[:1] // of the queue and key
	for i, row := range matrix.Tables[0].Rows {
		inside := strings.HasPrefix(row.Caller.Name, "Shared account") ||
			slices.Contains(row.Caller.Can, access.Send) ||
			strings.HasPrefix(row.Caller.Name, "Service ") && strings.HasSuffix(row.Caller.Name, "in the OU")
		matrix.Tables[0].Rows[i].Cells = slices.DeleteFunc(row.Cells, func(d *access.Decision) bool {
			d.Want = inside
			return d.Operation != access.QueueAccepts && d.Operation != access.OtherQueue
		})
	}
	if err := matrix.Decide(evaluator(t), world); err != nil {
		t.Fatal(err)
	}
	for _, d := range matrix.Decisions() {
		if d.Got != d.Want {
			t.Errorf("%s, want %v", d, d.Want)
		}
	}

	principals, sources := policy.SidOnlyPrincipals, policy.SidOnlySources
	const strictly = "ForAllValues:StringNotLike"
	condition := func(value any, path ...string) change { return set(value, append([]string{"Condition"}, path...)...) }
	list := []mutant{
		{"control: principals' statement gone", servicesControl, principals, nil, ""},
		{"control: services' statement gone", servicesControl, sources, nil, ""},
		{"control: ForAnyValue for principals", servicesControl, principals, rename("ForAnyValue:StringNotLike", "Condition", strictly), ""},
		{"control: ForAnyValue for services", servicesControl, sources, rename("ForAnyValue:StringNotLike", "Condition", strictly), ""},
		{"control: principals of the OU", servicesControl, principals, rename("ForAllValues:StringLike", "Condition", strictly), ""},
		{"control: services for the OU", servicesControl, sources, rename("ForAllValues:StringLike", "Condition", strictly), ""},
		{"control: principals of any place", servicesControl, principals, condition(nil, strictly), ""},
		{"control: services for any place", servicesControl, sources, condition(nil, strictly), ""},
		{"control: principals of siblings", servicesControl, principals, condition(servicesPath+"*", strictly, policy.KeyOrgPaths), ""},
		{"control: services for siblings", servicesControl, sources, condition(servicesPath+"*", strictly, policy.KeySourceOrgPaths), ""},
		{"control: the account's own principals", servicesControl, principals, condition(nil, "StringNotEquals"), ""},
		{"control: services as principals", servicesControl, principals, condition(nil, "BoolIfExists"), ""},
		{"control: not the anonymous", servicesControl, principals, rename("Bool", "Condition", "BoolIfExists"), ""},
		{"control: principals as services", servicesControl, sources, condition(nil, "Bool"), ""},
		{"control: only sending", servicesControl, principals, set("sqs:SendMessage", "Action"), ""},
		{"control: another queue", servicesControl, principals, set("arn:aws:sqs:us-east-1:111111111111:other", "Resource"), ""},
	}
	if len(list) != controlMutants {
		t.Errorf("%d mutants, want %d: if they should be, say so in access_test.go", len(list), controlMutants)
	}
	check(t, matrix, world, list)
}
