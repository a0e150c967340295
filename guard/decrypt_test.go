package guard_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// decryption is a template with the key of a queue that an organization sends to,
// and a policy of a role.
func decryption(queueKey, roleResource string) string {
	return fmt.Sprintf(`{"Resources": {
		"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": %s}},
		"OtherKey": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": %s}},
		"Alias": {"Type": "AWS::KMS::Alias", "Properties": {"AliasName": "alias/app", "TargetKeyId": {"Ref": "Key"}}},
		"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": %s}},
		"Role": {"Type": "AWS::IAM::Role", "Properties": {}},
		"Grant": %s}}`,
		statements(administer, use(`"Principal": {"AWS": "*"}`)), statements(administer), queueKey, roleResource)
}

// once is the JSON with each name once.
func once(text string) string {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		panic(err)
	}
	return encoded(value)
}

func rolePolicy(statement string) string {
	return `{"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "p", "Roles": [{"Ref": "Role"}], "PolicyDocument": ` + statements(statement) + `}}`
}

func decrypting(elements string) string {
	return over(`"Sid": "Decrypt", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Fn::GetAtt": ["Key", "Arn"]}`, elements)
}

func TestDecrypt(t *testing.T) {
	const byARN = `{"Fn::GetAtt": ["Key", "Arn"]}`
	inline := func(kind string) string {
		return `{"Type": "` + kind + `", "Properties": {"Policies": [{"PolicyName": "p", "PolicyDocument": ` + statements(decrypting(``)) + `}]}}`
	}
	document := func(kind, property string) string {
		return `{"Type": "` + kind + `", "Properties": {"` + property + `": ` + statements(decrypting(``)) + `}}`
	}
	for name, test := range map[string]struct {
		queueKey, grant string
		passes          bool
	}{
		"the key's ARN":                   {byARN, rolePolicy(decrypting(``)), false},
		"any resource":                    {byARN, rolePolicy(decrypting(`"Resource": "*"`)), false},
		"any key":                         {byARN, rolePolicy(decrypting(`"Resource": "arn:aws:kms:us-east-1:111111111111:key/*"`)), false},
		"any key, anywhere":               {byARN, rolePolicy(decrypting(`"Resource": "arn:aws:kms:*:*:*"`)), false},
		"all of KMS":                      {byARN, rolePolicy(decrypting(`"Resource": ["arn:aws:sqs:us-east-1:111111111111:q", "arn:aws:kms:*"]`)), false},
		"any key of the stack's account":  {byARN, rolePolicy(decrypting(`"Resource": {"Fn::Sub": "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/*"}`)), false},
		"an ARN that is joined":           {byARN, rolePolicy(decrypting(`"Resource": {"Fn::Join": ["", ["arn:aws:kms:us-east-1:111111111111:key/", {"Ref": "Key"}]]}`)), false},
		"an ARN by Fn::Sub":               {byARN, rolePolicy(decrypting(`"Resource": {"Fn::Sub": "arn:aws:kms:us-east-1:111111111111:key/${Key}"}`)), false},
		"an attribute by Fn::Sub":         {byARN, rolePolicy(decrypting(`"Resource": {"Fn::Sub": "${Key.Arn}"}`)), false},
		"all resources but one":           {byARN, rolePolicy(decrypting(`"Resource": null, "NotResource": {"Fn::GetAtt": ["OtherKey", "Arn"]}`)), false},
		"all actions but one":             {byARN, rolePolicy(decrypting(`"Action": null, "NotAction": "iam:PassRole"`)), false},
		"all actions":                     {byARN, rolePolicy(decrypting(`"Action": "*"`)), false},
		"all actions of KMS":              {byARN, rolePolicy(decrypting(`"Action": ["sqs:*", "KMS:D*"]`)), false},
		"one side of a condition":         {byARN, rolePolicy(decrypting(`"Resource": [{"Fn::If": ["C", ` + byARN + `, {"Ref": "AWS::NoValue"}]}]`)), false},
		"a condition that is no wall":     {byARN, rolePolicy(decrypting(`"Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}`)), false},
		"any service":                     {byARN, rolePolicy(decrypting(`"Condition": {"StringLike": {"kms:ViaService": "*"}}`)), false},
		"a service if there is one":       {byARN, rolePolicy(decrypting(`"Condition": {"StringEqualsIfExists": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`)), false},
		"a managed policy":                {byARN, document("AWS::IAM::ManagedPolicy", "PolicyDocument"), false},
		"AWS::IAM::RolePolicy":            {byARN, document("AWS::IAM::RolePolicy", "PolicyDocument"), false},
		"AWS::IAM::UserPolicy":            {byARN, document("AWS::IAM::UserPolicy", "PolicyDocument"), false},
		"AWS::IAM::GroupPolicy":           {byARN, document("AWS::IAM::GroupPolicy", "PolicyDocument"), false},
		"a permission set":                {byARN, document("AWS::SSO::PermissionSet", "InlinePolicy"), false},
		"an inline policy of a role":      {byARN, inline("AWS::IAM::Role"), false},
		"an inline policy of a user":      {byARN, inline("AWS::IAM::User"), false},
		"a queue with the key's id":       {`{"Ref": "Key"}`, rolePolicy(decrypting(``)), false},
		"a queue with the alias":          {`{"Ref": "Alias"}`, rolePolicy(decrypting(``)), false},
		"a queue with the alias's name":   {`"alias/app"`, rolePolicy(decrypting(``)), false},
		"a queue with the alias's ARN":    {`{"Fn::Sub": "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/app"}`, rolePolicy(decrypting(``)), false},
		"a queue with the key by Fn::Sub": {`{"Fn::Sub": "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}"}`, rolePolicy(decrypting(``)), false},

		"through SQS":                    {byARN, rolePolicy(decrypting(`"Condition": {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}`)), true},
		"what is encrypted for a queue":  {byARN, rolePolicy(decrypting(`"Condition": {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": ` + arn + `}}`)), true},
		"another key":                    {byARN, rolePolicy(decrypting(`"Resource": {"Fn::GetAtt": ["OtherKey", "Arn"]}`)), true},
		"keys of another account":        {byARN, rolePolicy(decrypting(`"Resource": "arn:aws:kms:us-east-1:222222222222:key/*"`)), true},
		"queues, by a wildcard":          {byARN, rolePolicy(decrypting(`"Resource": "arn:aws:sqs:us-east-1:111111111111:*"`)), true},
		"no decryption":                  {byARN, rolePolicy(decrypting(`"Action": "kms:GenerateDataKey"`)), true},
		"all actions but those of KMS":   {byARN, rolePolicy(decrypting(`"Action": null, "NotAction": "kms:*"`)), true},
		"a Deny":                         {byARN, rolePolicy(decrypting(`"Effect": "Deny"`)), true},
		"a key that encrypts no queue":   {`{"Fn::GetAtt": ["OtherKey", "Arn"]}`, rolePolicy(decrypting(``)), true},
		"a queue with another alias":     {`"alias/other"`, rolePolicy(decrypting(``)), true},
		"a queue with the key of SQS":    {`"alias/aws/sqs"`, rolePolicy(decrypting(``)), true},
		"a role that is not in a policy": {byARN, `{"Type": "AWS::IAM::Role", "Properties": {"Policies": "none"}}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(once(decryption(test.queueKey, test.grant)), `{"Resources"`, `{"Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}, "Resources"`, 1)
			var want []string
			if !test.passes {
				want = []string{"Guard-Decrypt.Decrypt"}
			}
			same(t, checked(t, text, "111111111111", "")["Grant"], want)
		})
	}
}

// A role that only sends is not told to consume, by which it could not send.
func TestCureOfDecrypt(t *testing.T) {
	for action, want := range map[string]string{"sqs:SendMessage": "GrantSend", "sqs:ReceiveMessage": "GrantConsume"} {
		grant := strings.Replace(rolePolicy(decrypting(``)), `"Statement": [`, `"Statement": [{"Effect": "Allow", "Action": "`+action+`", "Resource": "*"}, `, 1)
		f := checked(t, once(decryption(`{"Ref": "Key"}`, grant)), "", "")["Grant"]["Guard-Decrypt.Decrypt"]
		if !strings.Contains(f.Cure, want+";") && !strings.Contains(f.Cure, want+" ") {
			t.Errorf("for %s the cure is %q, want %s in it", action, f.Cure, want)
		}
	}
}
