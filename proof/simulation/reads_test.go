package simulation_test

import (
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	organizationstypes "github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/proof/world"
)

const (
	control = organizationstypes.PolicyTypeResourceControlPolicy
	service = organizationstypes.PolicyTypeServiceControlPolicy
	denies  = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"sqs:SendMessage","Resource":"*"}}`
)

// same reports whether a text, as a service returns it, is the document.
func same(t *testing.T, text *string, document any) bool {
	t.Helper()
	var got any
	if err := json.Unmarshal([]byte(aws.ToString(text)), &got); err != nil {
		t.Fatalf("%v in %s", err, aws.ToString(text))
	}
	return reflect.DeepEqual(got, document)
}

func TestWhatIsKnownOfAKey(t *testing.T) {
	f := start(t)
	k := f.world.KeyOf(f.world.Queue(queueARN))
	k.Grants = []world.Grant{{ID: "g-1", Grantee: "arn:aws:iam::111111111111:role/batch", Operations: []string{"Decrypt"}, Context: map[string]string{"aws:sqs:arn": queueARN}}}
	if err := f.Deploy(f.world); err != nil {
		t.Fatal(err)
	}
	ctx, id := within(t), k.ARN[strings.LastIndex(k.ARN, "/")+1:]
	client := kms.NewFromConfig(as(t, "dev-admin"))
	read, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &id})
	if err != nil || !same(t, read.Policy, k.Policy.Document) {
		t.Errorf("%v, %v", read, err)
	}
	names, err := client.ListKeyPolicies(ctx, &kms.ListKeyPoliciesInput{KeyId: &id})
	if err != nil || !slices.Equal(names.PolicyNames, []string{"default"}) {
		t.Errorf("%v, %v", names, err)
	}
	grants, err := client.ListGrants(ctx, &kms.ListGrantsInput{KeyId: &k.ARN})
	if err != nil || len(grants.Grants) != 1 || *grants.Grants[0].GranteePrincipal != "arn:aws:iam::111111111111:role/batch" ||
		grants.Grants[0].Operations[0] != "Decrypt" || grants.Grants[0].Constraints.EncryptionContextSubset["aws:sqs:arn"] != queueARN {
		t.Errorf("%+v, %v", grants, err)
	}
	aliases, err := client.ListAliases(ctx, &kms.ListAliasesInput{KeyId: &id})
	if err != nil || len(aliases.Aliases) != 1 || *aliases.Aliases[0].AliasName != "alias/shared-app" || *aliases.Aliases[0].TargetKeyId != id {
		t.Errorf("%+v, %v", aliases, err)
	}
	managed, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/aws/sqs")})
	if err != nil || managed.KeyMetadata.KeyManager != "AWS" {
		t.Errorf("%+v, %v", managed, err)
	}
	read, err = client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: managed.KeyMetadata.Arn})
	if err != nil || !strings.Contains(*read.Policy, `"kms:CallerAccount":"111111111111"`) {
		t.Errorf("%+v, %v", read, err)
	}
	// Nobody else is told.
	for _, profile := range []string{"dev-insider", "dev-no-organization", "dev-publisher-web"} {
		_, err := kms.NewFromConfig(as(t, profile)).GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &k.ARN})
		if !strings.HasPrefix(code(err), "AccessDeniedException") {
			t.Errorf("%s: got %s", profile, code(err))
		}
	}
}

// A grant lets its grantee, for its operations and its encryption context only.
func TestGrants(t *testing.T) {
	f := start(t)
	k := f.world.KeyOf(f.world.Queue(queueARN))
	if err := f.AddGrant(k.ARN, world.Grant{ID: "g-1", Grantee: "arn:aws:iam::900000000002:role/admin", Operations: []string{"Encrypt"},
		Context: map[string]string{"for": "tests"}}); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		profile, context string
		allowed          bool
	}{
		"its grantee":                           {"dev-sibling-ou", "tests", true},
		"its grantee, for something else":       {"dev-sibling-ou", "work", false},
		"another principal of the same context": {"dev-insider", "tests", false},
	} {
		_, err := kms.NewFromConfig(as(t, c.profile)).Encrypt(within(t), &kms.EncryptInput{KeyId: &k.ARN, Plaintext: []byte("x"),
			EncryptionContext: map[string]string{"for": c.context}})
		if (err == nil) != c.allowed {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A key that is not enabled encrypts nothing, and says why.
func TestKeysThatAreNotEnabled(t *testing.T) {
	f := start(t)
	k := f.world.KeyOf(f.world.Queue(queueARN))
	for state, want := range map[string]struct{ sqs, kms string }{
		"Disabled":        {"KMS.DisabledException: " + k.ARN + " is disabled.", "DisabledException: " + k.ARN + " is disabled."},
		"PendingDeletion": {"KMS.InvalidStateException: " + k.ARN + " is pending deletion.", "KMSInvalidStateException: " + k.ARN + " is pending deletion."},
		"Unavailable":     {"KMS.InvalidStateException: " + k.ARN + " is in the state Unavailable.", "KMSInvalidStateException: " + k.ARN + " is in the state Unavailable."},
	} {
		k.State = state
		if err := f.Deploy(f.world); err != nil {
			t.Fatal(err)
		}
		if got := code(send(t, "dev-insider")); got != want.sqs {
			t.Errorf("%s: got %s, want %s", state, got, want.sqs)
		}
		client := kms.NewFromConfig(as(t, "dev-admin"))
		_, err := client.Encrypt(within(t), &kms.EncryptInput{KeyId: &k.ARN, Plaintext: []byte("x")})
		if code(err) != want.kms {
			t.Errorf("%s: got %s, want %s", state, code(err), want.kms)
		}
		described, err := client.DescribeKey(within(t), &kms.DescribeKeyInput{KeyId: &k.ARN})
		if err != nil || string(described.KeyMetadata.KeyState) != state || described.KeyMetadata.Enabled {
			t.Errorf("%s: got %+v, %v", state, described, err)
		}
	}
}

func TestWhatIsKnownOfAQueue(t *testing.T) {
	f := start(t)
	client := sqs.NewFromConfig(as(t, "dev-admin"))
	for name, want := range map[string]map[string]string{
		queueURL: {"KmsMasterKeyId": f.world.Queue(queueARN).Key, "SqsManagedSseEnabled": "false", "VisibilityTimeout": "30", "DelaySeconds": "0",
			"MessageRetentionPeriod": "345600", "MaximumMessageSize": "1048576", "QueueArn": queueARN, "KmsDataKeyReusePeriodSeconds": "300",
			"RedrivePolicy": `{"deadLetterTargetArn":"` + queueARN + `-dlq","maxReceiveCount":10}`},
		queueURL + "-dlq": {"RedriveAllowPolicy": `{"redrivePermission":"byQueue","sourceQueueArns":["` + queueARN + `"]}`, "MessageRetentionPeriod": "1209600"},
	} {
		out, err := client.GetQueueAttributes(within(t), &sqs.GetQueueAttributesInput{QueueUrl: &name, AttributeNames: []types.QueueAttributeName{"All"}})
		if err != nil {
			t.Fatal(err)
		}
		for attribute, value := range want {
			if out.Attributes[attribute] != value {
				t.Errorf("%s: %s: got %q, want %q", name, attribute, out.Attributes[attribute], value)
			}
		}
		if q := f.world.Queue(out.Attributes["QueueArn"]); !same(t, aws.String(out.Attributes["Policy"]), q.Policy.Document) {
			t.Errorf("%s: got the policy %s", name, out.Attributes["Policy"])
		}
	}
}

func TestWhatIsKnownOfARole(t *testing.T) {
	f := start(t)
	who := f.world.Named("222222222222", "role", "shared-app-publisher")
	managed := &world.Policy{ID: "managed policy of a test", Document: object{"Version": "2012-10-17", "Statement": []any{
		object{"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "*"}}}}
	who.Policies, who.Boundary = append(who.Policies, managed), managed
	who.UnknownPolicies = []string{"arn:aws:iam::aws:policy/AdministratorAccess"}
	if err := f.Deploy(f.world); err != nil {
		t.Fatal(err)
	}
	ctx, name := within(t), aws.String("shared-app-publisher")
	client := iam.NewFromConfig(as(t, "dev-publisher-web-admin"))
	decoded := func(text *string) *string {
		plain, err := url.QueryUnescape(aws.ToString(text))
		if err != nil {
			t.Fatal(err)
		}
		return &plain
	}
	role, err := client.GetRole(ctx, &iam.GetRoleInput{RoleName: name})
	if err != nil {
		t.Fatal(err)
	}
	const boundary = "arn:aws:iam::222222222222:policy/managed-policy-of-a-test"
	if r := role.Role; *r.Arn != who.ARN || *r.Path != "/" || !same(t, decoded(r.AssumeRolePolicyDocument), who.Trust.Document) ||
		*r.PermissionsBoundary.PermissionsBoundaryArn != boundary {
		t.Errorf("got %+v", r)
	}
	inline, err := client.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: name})
	if err != nil || len(inline.PolicyNames) != 1 {
		t.Fatalf("%v, %v", inline, err)
	}
	text, err := client.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: name, PolicyName: &inline.PolicyNames[0]})
	if err != nil || !same(t, decoded(text.PolicyDocument), who.Policies[0].Document) {
		t.Errorf("%v, %v", text, err)
	}
	attached, err := client.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: name})
	if err != nil {
		t.Fatal(err)
	}
	var arns []string
	for _, p := range attached.AttachedPolicies {
		arns = append(arns, *p.PolicyArn)
		made, err := client.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: p.PolicyArn})
		if err != nil {
			t.Fatal(err)
		}
		version, err := client.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: p.PolicyArn, VersionId: made.Policy.DefaultVersionId})
		if err != nil || !strings.Contains(*decoded(version.PolicyVersion.Document), `"Effect":"Allow"`) {
			t.Errorf("%v, %v", version, err)
		}
	}
	if want := []string{boundary, "arn:aws:iam::aws:policy/AdministratorAccess"}; !slices.Equal(arns, want) {
		t.Errorf("got %v, want %v", arns, want)
	}
	// A role that is not there, and one of another account.
	for profile, want := range map[string]string{
		"dev-publisher-web-admin": "NoSuchEntity: The role with name none cannot be found.",
		"dev-publisher-web":       "because no permissions boundary allows the iam:GetRole action",
		"dev-consumer":            "because no identity-based policy allows the iam:GetRole action",
	} {
		_, err := iam.NewFromConfig(as(t, profile)).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("none")})
		if !strings.Contains(code(err), want) {
			t.Errorf("%s: got %s, want %s", profile, code(err), want)
		}
	}
}

// Only the management account is told what is above an account.
func TestWhatIsKnownOfAnOrganization(t *testing.T) {
	f := start(t)
	ctx := within(t)
	if err := f.AttachPolicy(service, "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev", denies); err != nil {
		t.Fatal(err)
	}
	client := organizations.NewFromConfig(as(t, "dev-management"))
	o, err := client.DescribeOrganization(ctx, nil)
	if err != nil || *o.Organization.Id != "o-abc1234567" {
		t.Fatalf("%v, %v", o, err)
	}
	account, err := client.DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: aws.String("111111111111")})
	if err != nil || !slices.Equal(account.Account.Paths, []string{"o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev/111111111111/"}) {
		t.Errorf("%+v, %v", account, err)
	}
	var above, policies []string
	for id := "111111111111"; !strings.HasPrefix(id, "r-"); {
		out, err := client.ListParents(ctx, &organizations.ListParentsInput{ChildId: &id})
		if err != nil || len(out.Parents) != 1 {
			t.Fatalf("%v, %v", out, err)
		}
		id = *out.Parents[0].Id
		above = append(above, string(out.Parents[0].Type)+" "+id)
		attached, err := client.ListPoliciesForTarget(ctx, &organizations.ListPoliciesForTargetInput{TargetId: &id, Filter: service})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range attached.Policies {
			described, err := client.DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
			if err != nil {
				t.Fatal(err)
			}
			policies = append(policies, id+" "+*p.Id)
			if *p.Id != "p-FullAWSAccess" && *described.Policy.Content != denies {
				t.Errorf("got %s", *described.Policy.Content)
			}
		}
	}
	if want := []string{"ORGANIZATIONAL_UNIT ou-wxyz-km23jdev", "ORGANIZATIONAL_UNIT ou-wxyz-jklm1dev", "ROOT r-wxyz"}; !slices.Equal(above, want) {
		t.Errorf("got %v, want %v", above, want)
	}
	if want := []string{"ou-wxyz-km23jdev p-FullAWSAccess", "ou-wxyz-jklm1dev p-FullAWSAccess", "ou-wxyz-jklm1dev p-00000001", "r-wxyz p-FullAWSAccess"}; !slices.Equal(policies, want) {
		t.Errorf("got %v, want %v", policies, want)
	}
	for profile, want := range map[string]string{
		"dev-insider":         "AccessDeniedException: You don't have permissions to access this resource.",
		"dev-no-organization": "AWSOrganizationsNotInUseException: Your account is not a member of an organization.",
	} {
		_, err := organizations.NewFromConfig(as(t, profile)).DescribeAccount(ctx, &organizations.DescribeAccountInput{AccountId: aws.String("111111111111")})
		if code(err) != want {
			t.Errorf("%s: got %s, want %s", profile, code(err), want)
		}
	}
}

// The organization's policies are asked like all others, and each is named.
func TestPoliciesOfTheOrganization(t *testing.T) {
	f := start(t)
	queue := address.Queue{Region: "us-east-1", Account: "111111111111", Name: "shared-app-work", Alias: "shared-app"}
	sender, err := address.ParsePath("o-abc1234567/r-wxyz/ou-wxyz-jklm1dev/ou-wxyz-km23jdev")
	if err != nil {
		t.Fatal(err)
	}
	// As shared.ResourceControlPolicy writes it.
	text, err := json.Marshal(policy.ResourceControl(queue, policy.Senders{OUs: []address.Path{sender}}))
	if err != nil {
		t.Fatal(err)
	}
	own := string(text)
	for name, c := range map[string]struct {
		kind            organizationstypes.PolicyType
		target, text    string
		profile, refuse string
	}{
		"the project's own, for a sender":                     {control, "111111111111", own, "dev-insider", ""},
		"the project's own, for a sibling OU":                 {control, "111111111111", own, "dev-sibling-ou", "with an explicit deny in a resource control policy"},
		"the project's own, for another organization":         {control, "111111111111", own, "dev-other-organization", "is not authorized to perform: sqs:sendmessage"},
		"above the sender's account":                          {service, "o-abc1234567/r-wxyz", denies, "dev-insider", "with an explicit deny in a service control policy"},
		"on another account":                                  {service, "222222222222", denies, "dev-insider", ""},
		"above an OU of another organization, same ids":       {service, "o-zzzzzzzzzz/r-wxyz", denies, "dev-insider", ""},
		"on the management account, which no policy concerns": {service, "o-abc1234567/r-wxyz", denies, "dev-management", "because no resource-based policy allows the kms:GenerateDataKey action"},
	} {
		t.Run(name, func(t *testing.T) {
			f.DetachPolicies()
			if err := f.AttachPolicy(c.kind, c.target, c.text); err != nil {
				t.Fatal(err)
			}
			if got := code(send(t, c.profile)); !strings.Contains(got, c.refuse) || (got == "") != (c.refuse == "") {
				t.Errorf("got %s, want %s", got, c.refuse)
			}
		})
	}
	f.DetachPolicies()
	for text, want := range map[string]string{
		`{`: "resource control policy: unexpected end of JSON input",
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`:                                                   "resource control policy: the simulation takes one that denies only",
		`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"Foo":{"aws:PrincipalOrgID":"o"}}}}`: "resource control policy that AWS would reject",
	} {
		if err := f.AttachPolicy(control, "111111111111", text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := f.AttachPolicy(organizationstypes.PolicyTypeTagPolicy, "111111111111", denies); err == nil {
		t.Error("a tag policy is attached")
	}
}

type object = map[string]any
