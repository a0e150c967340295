package guard_test

import (
	"maps"
	"slices"
	"testing"
)

// unknown are values that are others in another deployment, however they are
// written, and those that only look so.
func unknown() []template {
	list := []template{
		queueWith("open by an action of a list parameter", send(`"Action": {"Ref": "Actions"}`), "Guard-Action.Send"),
		queueWith("open by an action among others of a list parameter", send(`"Action": ["sqs:SendMessage", {"Fn::Select": [0, {"Ref": "Actions"}]}]`), "Guard-Action.Send"),
		queueWith("open by actions of a parameter that is split", send(`"Action": {"Fn::Split": [",", {"Ref": "Action"}]}`), "Guard-Action.Send"),
		queueWith("open by an action of a mapping", send(`"Action": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "action"]}`), "Guard-Action.Send"),
		queueWith("a Deny of a mapping may be an Allow", send(`"Effect": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "effect"]}, "Condition": {}`), "Guard-Organization.Send"),

		queueWith("organization of a list parameter", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Ref": "Orgs"}}`), "Guard-Organization.Send"),
		queueWith("organization of a list parameter in a list", condition(`"StringEquals": {"aws:PrincipalOrgID": [{"Fn::Select": [0, {"Ref": "Orgs"}]}]}`), "Guard-Organization.Send"),
		queueWith("organization of a parameter that is split", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Fn::Split": [",", {"Ref": "Org"}]}}`), "Guard-Organization.Send"),
		queueWith("organization of a mapping", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "org"]}}`), "Guard-Organization.Send"),
		queueWith("organization of a mapping, or anyone's by default", condition(`"StringLike": {"aws:PrincipalOrgID": {"Fn::FindInMap": ["Good", {"Ref": "Name"}, "org", {"DefaultValue": "*"}]}}`), "Guard-Organization.Send"),
		queueWith("an organization of either stage", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Fn::FindInMap": ["Good", {"Ref": "Stage"}, "org"]}}`)),
		queueWith("a Condition of a mapping is none", send(`"Condition": {"StringEquals": {"Fn::FindInMap": ["Good", {"Ref": "Stage"}, "org"]}}`), "Guard-Organization.Send"),
		queueWith("organization by Fn::Join of a parameter", condition(`"StringEquals": {"aws:PrincipalOrgID": {"Fn::Join": ["", [{"Ref": "Org"}]]}}`), "Guard-Organization.Send"),
		queueWith("paths of a list parameter", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": {"Ref": "Paths"}}`), "Guard-Organization.Send"),
		queueWith("paths, of which one is from a list parameter", condition(`"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": [`+paths+`, {"Fn::Select": [0, {"Ref": "Paths"}]}]}`), "Guard-Organization.Send"),
		queueWith("a Condition of a parameter that is split", send(`"Condition": {"StringEquals": {"Fn::Split": [",", {"Ref": "Org"}]}}`), "Guard-Organization.Send"),

		keyWith("through a service of a list parameter", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": {"Ref": "Services"}}`)), "Guard-ViaService.Use"),
		keyWith("through a service of a parameter that is split", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": {"Fn::Split": [",", {"Ref": "Service"}]}}`)), "Guard-ViaService.Use"),
		keyWith("through a service of a mapping", use(`"Condition": `+when(`"StringLike": {"kms:ViaService": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "service"]}}, "StringEquals": {"aws:PrincipalOrgID": `+org+`}`)), "Guard-ViaService.Use"),
		keyWith("through a service, of which one is from a list parameter", use(`"Condition": `+when(`"StringEquals": {"aws:PrincipalOrgID": `+org+`, "kms:ViaService": ["sqs.us-east-1.amazonaws.com", {"Fn::Select": [0, {"Ref": "Services"}]}]}`)), "Guard-ViaService.Use"),

		queueWith("a policy on both sides of six conditions", `{"Fn::If": ["Condition0", {"Fn::If": ["Condition1", {"Fn::If": ["Condition2", `+send(``)+`, {"Ref": "AWS::NoValue"}]}, {"Fn::If": ["Condition3", `+send(``)+`, {"Ref": "AWS::NoValue"}]}]},
			{"Fn::If": ["Condition4", {"Fn::If": ["Condition5", `+send(``)+`, {"Ref": "AWS::NoValue"}]}, {"Ref": "AWS::NoValue"}]}]}`, "Guard-Unreadable.policy"),
		queueWith("a policy under five conditions", `{"Fn::If": ["Condition0", {"Fn::If": ["Condition1", `+send(``)+`, {"Ref": "AWS::NoValue"}]}, {"Fn::If": ["Condition2", {"Fn::If": ["Condition3", `+send(``)+`, {"Ref": "AWS::NoValue"}]}, {"Ref": "AWS::NoValue"}]}]}`),
		queueWith("open under a condition and its contrary, which never are together", `{"Fn::If": ["Condition", {"Fn::If": ["Otherwise", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}, {"Ref": "AWS::NoValue"}]}`),
		queueWith("open under a condition and its contrary at once", `{"Fn::If": ["Both", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}`),
		queueWith("open under neither a condition nor its contrary", `{"Fn::If": ["Either", {"Ref": "AWS::NoValue"}, `+send(`"Condition": {}`)+`]}`),
		queueWith("open under a condition or its contrary", `{"Fn::If": ["Either", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}`, "Guard-Organization.Send"),
		queueWith("open where one parameter equals two values", `{"Fn::If": ["Condition0", {"Fn::If": ["Condition1", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}, {"Ref": "AWS::NoValue"}]}`),
		queueWith("open where a parameter has another value", `{"Fn::If": ["Condition0", {"Ref": "AWS::NoValue"}, {"Fn::If": ["Condition1", {"Ref": "AWS::NoValue"}, `+send(`"Condition": {}`)+`]}]}`, "Guard-Organization.Send"),
		queueWith("open in a Region that the stack may be in", `{"Fn::If": ["Here", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}`, "Guard-Organization.Send"),
		queueWith("open by a condition that is a circle", `{"Fn::If": ["Circle", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}`, "Guard-Organization.Send"),
		queueWith("open by a condition that is not there", `{"Fn::If": ["None", `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}`, "Guard-Organization.Send"),
		queueWith("open by a condition of a parameter", `{"Fn::If": [{"Ref": "Stage"}, `+send(`"Condition": {}`)+`, {"Ref": "AWS::NoValue"}]}`, "Guard-Unreadable.1"),
		queueWith("open under two conditions", `{"Fn::If": ["Condition", {"Fn::If": ["Otherwise", {"Ref": "AWS::NoValue"}, `+send(`"Condition": {}`)+`]}, {"Ref": "AWS::NoValue"}]}`, "Guard-Organization.Send"),
		queueWith("organization on both sides of a condition", send(`"Condition": {"StringEquals": {"aws:PrincipalOrgID": {"Fn::If": ["Condition", `+org+`, "o-zyx7654321"]}}}`)),
		queueWith("an organization on one side, another's account on the other", send(`"Condition": {"Fn::If": ["Condition", {"StringEquals": {"aws:PrincipalOrgID": `+org+`}}, {"StringEquals": {"aws:PrincipalAccount": "222222222222"}}]}`)),
		queueWith("organization that is no value on one side", send(`"Condition": {"StringEquals": {"aws:PrincipalOrgID": [{"Fn::If": ["Condition", `+org+`, {"Ref": "AWS::NoValue"}]}]}}`), "Guard-Organization.Send"),
	}
	for name, principal := range map[string]string{
		"a list parameter":                                 `{"Ref": "Roles"}`,
		"a list parameter in a list":                       `[{"Ref": "Roles"}]`,
		"a list parameter of SSM":                          `{"Ref": "RolesSSM"}`,
		"one of a list parameter":                          `{"Fn::Select": [0, {"Ref": "Roles"}]}`,
		"one of a list parameter of SSM":                   `[{"Fn::Select": [1, {"Ref": "RolesSSM"}]}]`,
		"a parameter that is split":                        `{"Fn::Split": [",", {"Ref": "Role"}]}`,
		"one of a parameter that is split":                 `{"Fn::Select": [0, {"Fn::Split": [",", {"Ref": "Role"}]}]}`,
		"Fn::Join of a parameter alone":                    `{"Fn::Join": ["", [{"Ref": "Role"}]]}`,
		"Fn::Join in which a parameter comes first":        `{"Fn::Join": ["", [{"Ref": "Role"}, ""]]}`,
		"Fn::Join in which an unset parameter comes first": `{"Fn::Join": ["", [{"Ref": "Unset"}, ":root"]]}`,
		"Fn::Join of a list parameter":                     `{"Fn::Join": ["", {"Ref": "Roles"}]}`,
		"Fn::Join of a list parameter in a list":           `[{"Fn::Join": [",", {"Ref": "Roles"}]}]`,
		"Fn::Join that begins with nothing":                `{"Fn::Join": ["", ["", {"Ref": "Role"}]]}`,
		"Fn::Sub of a parameter":                           `{"Fn::Sub": "${Role}"}`,
		"Fn::Sub of an unset parameter":                    `{"Fn::Sub": "${Unset}"}`,
		"Fn::Sub of two parameters":                        `{"Fn::Sub": "${Empty}${Role}"}`,
		"Fn::Sub of a variable that is a parameter":        `{"Fn::Sub": ["${R}", {"R": {"Ref": "Role"}}]}`,
		"a mapping by a parameter":                         `{"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "role"]}`,
		"a mapping by a parameter, in Fn::Join":            `{"Fn::Join": ["", [{"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "role"]}]]}`,
		"a mapping by a parameter, in Fn::Sub":             `{"Fn::Sub": ["${R}", {"R": {"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "role"]}}]}`,
		"a mapping on one side of a condition":             `{"Fn::If": ["Condition", {"Fn::FindInMap": ["Mixed", "dev", "role"]}, {"Fn::FindInMap": ["Mixed", "prod", "role"]}]}`,
		"a list of a mapping":                              `{"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, "roles"]}`,
		"a mapping whose default is a parameter":           `{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": {"Ref": "Role"}}]}`,
		"a mapping, or everyone by default":                `{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": "*"}]}`,
		"a mapping, or everyone by default in a list":      `[{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": "*"}]}]`,
		"a mapping, or a list with everyone by default":    `{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": ["222222222222", "*"]}]}`,
		"a mapping with no such key, or everyone":          `{"Fn::FindInMap": ["Good", "test", "role", {"DefaultValue": "*"}]}`,
		"a mapping with no such name, or everyone":         `{"Fn::FindInMap": ["Good", "dev", "none", {"DefaultValue": "*"}]}`,
		"a mapping by Region, or everyone":                 `{"Fn::FindInMap": ["Good", {"Ref": "AWS::Region"}, "role", {"DefaultValue": "*"}]}`,
		"a mapping, or everyone by a condition":            `{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": {"Fn::If": ["Condition", "*", "222222222222"]}}]}`,
		"a mapping, or everyone by Fn::Sub":                `{"Fn::Sub": ["${R}", {"R": {"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": "*"}]}}]}`,
		"a mapping, or everyone by Fn::Join":               `{"Fn::Join": ["", [{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": "*"}]}]]}`,
		"a mapping, or everyone by Fn::Select":             `{"Fn::Select": [0, [{"Fn::FindInMap": ["Good", {"Ref": "Name"}, "role", {"DefaultValue": "*"}]}]]}`,
		"a mapping whose name is joined":                   `{"Fn::FindInMap": [{"Fn::Join": ["", ["Mi", "xed"]]}, "prod", "role"]}`,
		"a mapping whose name is a parameter by Fn::Sub":   `{"Fn::FindInMap": [{"Fn::Sub": "${Stage}"}, "dev", "role"]}`,
		"a mapping whose name a condition chooses":         `{"Fn::FindInMap": [{"Fn::If": ["Condition", "Good", "Mixed"]}, "prod", "role"]}`,
		"a mapping whose name depends on the Region":       `{"Fn::FindInMap": [{"Fn::Sub": "Map${AWS::Region}"}, "dev", "role"]}`,
		"a mapping by two computed keys":                   `{"Fn::FindInMap": ["Mixed", {"Ref": "Stage"}, {"Ref": "Name"}]}`,
		"a mapping that is not there":                      `{"Fn::FindInMap": ["None", "dev", "role"]}`,
		"a mapping that a macro makes":                     `{"Fn::FindInMap": [{"Fn::Transform": {"Name": "Macro"}}, "dev", "role"]}`,
		"what a resource of somebody else's returns":       `{"Fn::GetAtt": ["Foreign", "Role"]}`,
		"what a wait condition was told":                   `{"Fn::GetAtt": ["Told", "Data"]}`,
		"a resource that is not there":                     `{"Fn::GetAtt": ["None", "Arn"]}`,
		"an attribute of a parameter":                      `{"Fn::GetAtt": ["SomeRole", {"Ref": "Name"}]}`,
		"a function that is not known":                     `{"Fn::Everyone": []}`,
		"a function beside another":                        `{"Ref": "SomeRole", "Fn::GetAtt": ["SomeRole", "Arn"]}`,
		"a loop":                                           `{"Fn::ForEach::Roles": ["R", {"Ref": "Roles"}, {"${R}": "${R}"}]}`,
		"a dynamic reference after a role":                 `["222222222222", "{{resolve:ssm:/sender}}"]`,
		"a dynamic reference by Fn::Join":                  `{"Fn::Join": ["", ["{{resolve:ssm:/", {"Ref": "Name"}, "}}"]]}`,
		"a dynamic reference by Fn::Sub":                   `{"Fn::Sub": "{{resolve:secretsmanager:${Name}:SecretString:role}}"}`,
		"a mapping that is a parameter":                    `{"Fn::FindInMap": [{"Ref": "Stage"}, "dev", "role"]}`,
		"one of a list, by a parameter":                    `{"Fn::Select": [{"Ref": "Name"}, ["arn:aws:iam::222222222222:root", "*"]]}`,
		"one of a list, by a condition":                    `{"Fn::Select": [0, {"Fn::If": ["Condition", ["arn:aws:iam::222222222222:root"], ["*"]]}]}`,
		"Fn::Join of one side of a condition":              `{"Fn::Join": ["", [{"Fn::If": ["Condition", "*", "arn:aws:iam::222222222222:root"]}]]}`,
		"what a custom resource looks up":                  `{"Fn::GetAtt": ["LookUp", "Role"]}`,
		"what a parameter of SSM has":                      `{"Fn::GetAtt": ["Written", "Value"]}`,
		"what a custom resource looks up, in Fn::Sub":      `{"Fn::Sub": "${LookUp.Role}"}`,
		"a macro":                              `{"Fn::Transform": {"Name": "Macro", "Parameters": {}}}`,
		"nothing joined to everyone":           `{"Fn::Join": ["", ["*", ""]]}`,
		"everyone, of a literal that is split": `{"Fn::Split": [",", "arn:aws:iam::222222222222:root,*"]}`,
		"a list in which one is a parameter":   `["arn:aws:iam::222222222222:root", {"Ref": "Role"}]`,
	} {
		list = append(list, queueWith("open by a principal of "+name, send(`"Principal": {"AWS": `+principal+`}, "Condition": {}`), "Guard-Organization.Send"))
	}
	list = append(list,
		queueWith("open by a whole Principal of a parameter", send(`"Principal": {"Ref": "Role"}, "Condition": {}`), "Guard-Organization.Send"),
		queueWith("open by a whole Principal of a list parameter", send(`"Principal": {"Fn::Split": [",", {"Ref": "Role"}]}, "Condition": {}`), "Guard-Organization.Send"),
	)
	for name, principal := range map[string]string{
		"the account of a parameter, by Fn::Sub":              `{"Fn::Sub": "arn:aws:iam::${Account}:role/sender"}`,
		"the account of a parameter, by Fn::Join":             `{"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "Account"}, ":role/sender"]]}`,
		"the account of an unset parameter, by Fn::Sub":       `{"Fn::Sub": "arn:aws:iam::${Unset}:role/sender"}`,
		"the account of a parameter, by Fn::Join with colons": `{"Fn::Join": [":", ["arn", "aws", "iam", "", {"Ref": "Account"}, "root"]]}`,
		"the account of a variable of Fn::Sub":                `{"Fn::Sub": ["arn:aws:iam::${A}:root", {"A": {"Ref": "Account"}}]}`,
		"the account of a mapping":                            `{"Fn::Sub": ["arn:aws:iam::${A}:root", {"A": {"Fn::FindInMap": ["Good", {"Ref": "Stage"}, "account"]}}]}`,
		"the partition, and a parameter":                      `{"Fn::Sub": "arn:${AWS::Partition}:iam::${Account}:root"}`,
		"the stack's account":                                 `{"Ref": "AWS::AccountId"}`,
		"a mapping of roles, or a role by default":            `{"Fn::FindInMap": ["Good", {"Ref": "Stage"}, "role", {"DefaultValue": "222222222222"}]}`,
		"a mapping that has the role, and not the default":    `{"Fn::FindInMap": ["Good", "dev", "role", {"DefaultValue": "*"}]}`,
		"a mapping whose name is joined from literals":        `{"Fn::FindInMap": [{"Fn::Join": ["", ["Go", "od"]]}, {"Ref": "Stage"}, "role"]}`,
		"a mapping whose right side a condition chooses":      `{"Fn::If": ["Condition", {"Fn::FindInMap": ["Good", "prod", "role"]}, {"Fn::FindInMap": ["Mixed", "dev", "role"]}]}`,
		"one of roles, by a parameter":                        `{"Fn::Select": [{"Ref": "Name"}, ["arn:aws:iam::222222222222:root", "333333333333"]]}`,
		"a mapping that has roles alone":                      `{"Fn::FindInMap": ["Good", {"Ref": "Stage"}, "role"]}`,
		"an account on either side of a condition":            `{"Fn::Join": ["", ["arn:aws:iam::", {"Fn::If": ["Condition", "222222222222", "333333333333"]}, ":root"]]}`,
		"a role on either side of a condition":                `{"Fn::If": ["Condition", "arn:aws:iam::222222222222:root", "333333333333"]}`,
		"a role of the template":                              `{"Fn::GetAtt": ["SomeRole", "Arn"]}`,
		"a role of the template, by Fn::Sub":                  `{"Fn::Sub": "${SomeRole.Arn}"}`,
		"a role of a nested stack":                            `{"Fn::GetAtt": ["Nested", "Outputs.Role"]}`,
		"a role of a stack in another Region":                 `{"Fn::GetAtt": ["Exports", "/cdk/exports/role"]}`,
		"roles of a literal that is split":                    `{"Fn::Split": [",", "arn:aws:iam::222222222222:root,333333333333"]}`,
	} {
		list = append(list, queueWith("a queue for "+name, send(`"Principal": {"AWS": `+principal+`}, "Condition": {}`)))
	}
	return list
}

// written are documents that hide what they say.
var written = []template{
	{"a policy with STATEMENT beside Statement", queuePolicy, `{"Version": "2012-10-17", "Statement": [` + send(``) + `, ` + denyHTTP + `], "STATEMENT": [` + send(`"Condition": {}`) + `]}`, []string{"Guard-Unreadable.policy"}},
	{"a policy with statement beside Statement, in a string", queuePolicy, quoted(`{"statement": [` + send(`"Condition": {}`) + `], "Statement": [` + send(``) + `, ` + denyHTTP + `]}`), []string{"Guard-Unreadable.policy"}},
	{"a policy with a misspelt Version", key, `{"version": "2012-10-17", "Statement": [` + administer + `]}`, []string{"Guard-Unreadable.policy"}},
	{"a policy with an Id", queuePolicy, `{"Version": "2012-10-17", "Id": "Policy", "Statement": [` + denyHTTP + `]}`, nil},
	{"a policy in a string, with Statement twice", queuePolicy, inQuotes(`{"Statement": [` + open + `], "Statement": [` + good + `]}`), []string{"Guard-Unreadable.policy"}},
	{"a policy in a string, with Principal twice", queuePolicy, inQuotes(`{"Statement": [{"Sid": "Send", "Effect": "Allow", "Principal": "*", "Principal" : ` + role + `, "Action": "sqs:ReceiveMessage", "Resource": ` + arn + `}]}`), []string{"Guard-Unreadable.policy"}},
	{"a policy in a string, with a name twice by an escape", queuePolicy, inQuotes(`{"Statement": [` + open + `], "S\u0074atement": [` + good + `]}`), []string{"Guard-Unreadable.policy"}},
	{"a policy in a string, with a condition key twice", queuePolicy, inQuotes(`{"Statement": [{"Sid": "Send", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": ` + arn + `,
		"Condition": {"StringEquals": {"aws:PrincipalAccount": "1", "aws:PrincipalAccount": "2"}}}]}`), []string{"Guard-Unreadable.policy"}},
	{"a policy in a string, with names and colons in its values", queuePolicy, inQuotes(`{"Id" : "\"Id\": \"Id\":", "Statement":[` + good + `, {"Sid": "Id", "Effect": "Deny", "Principal": {"AWS": ["*", ":", "Id\":"]}, "Action": ["sqs:*"], "Resource": ` + arn + `}]}`), nil},
	{"an open policy by Fn::ToJsonString", queuePolicy, `{"Fn::ToJsonString": ` + statements(send(`"Condition": {}`), denyHTTP) + `}`, []string{"Guard-Organization.Send"}},
	{"a policy by Fn::ToJsonString, for a principal of a parameter", queuePolicy, `{"Fn::ToJsonString": ` + statements(send(`"Principal": {"AWS": {"Ref": "Role"}}, "Condition": {}`), denyHTTP) + `}`, []string{"Guard-Organization.Send"}},
	{"a policy by Fn::ToJsonString of a parameter", queuePolicy, `{"Fn::ToJsonString": {"Ref": "Role"}}`, []string{"Guard-Unreadable.policy"}},
	{"an open policy in a string on one side of a condition", queuePolicy, `{"Fn::If": ["Condition", ` + quoted(statements(denyHTTP)) + `, ` + quoted(statements(send(`"Condition": {}`), denyHTTP)) + `]}`, []string{"Guard-Organization.Send"}},
}

const (
	open = `{"Sid": "Send", "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": ` + arn + `}`
	good = `{"Sid": "Receive", "Effect": "Allow", "Principal": ` + role + `, "Action": "sqs:ReceiveMessage", "Resource": ` + arn + `}`
)

// What a loop or a macro makes of a queue or key is seen by nobody before it is
// deployed.
func TestHiddenPolicies(t *testing.T) {
	for name, test := range map[string]struct {
		resources string
		want      []string
	}{
		"a loop of policies":                      {`"Fn::ForEach::Queues": ["Q", ["a", "b"], {"Policy${Q}": {"Type": "AWS::SQS::QueuePolicy", "Properties": {}}}]`, []string{"Guard-Unreadable.policy"}},
		"a loop of topics":                        {`"Fn::ForEach::Topics": ["T", ["a", "b"], {"Topic${T}": {"Type": "AWS::SNS::Topic"}}]`, nil},
		"a macro with a key":                      {`"Fn::Transform": {"Name": "Macro", "Parameters": {"Of": {"Type": "AWS::KMS::Key"}}}`, []string{"Guard-Unreadable.policy"}},
		"a policy whose properties a macro makes": {`"Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Fn::Transform": {"Name": "Macro"}}}`, []string{"Guard-Unreadable.policy"}},
		"a policy with no properties":             {`"Policy": {"Type": "AWS::SQS::QueuePolicy"}`, []string{"Guard-Unreadable.policy"}},
		"a key with no policy":                    {`"Key": {"Type": "AWS::KMS::Key", "Properties": {}}`, nil},
		"a key with no properties":                {`"Key": {"Type": "AWS::KMS::Key"}`, nil},
		"a resource that is none":                 {`"Key": "AWS::KMS::Key"`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, found := range checked(t, `{"Resources": {`+test.resources+`}}`, "", "") {
				got = append(got, slices.Collect(maps.Keys(found))...)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
