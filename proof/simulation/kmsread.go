package simulation

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// defaultPolicy is the name of the only policy that a key has.
const defaultPolicy = "default"

func (c *call) describeKey(in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	k, err := c.key(in.KeyId, "kms:DescribeKey", nil)
	if err != nil {
		return nil, err
	}
	state := types.KeyState(k.State)
	if state == "" {
		state = types.KeyStateEnabled
	}
	manager := types.KeyManagerTypeCustomer
	if slices.Contains(k.Aliases, managedAlias) {
		manager = types.KeyManagerTypeAws
	}
	return &kms.DescribeKeyOutput{KeyMetadata: &types.KeyMetadata{
		Arn: &k.ARN, KeyId: aws.String(keyID(k)), AWSAccountId: &k.Account,
		Enabled: state == types.KeyStateEnabled, KeyState: state, KeyManager: manager,
		KeySpec: types.KeySpecSymmetricDefault, KeyUsage: types.KeyUsageTypeEncryptDecrypt, Origin: types.OriginTypeAwsKms,
	}}, nil
}

func keyID(k *world.Key) string { return k.ARN[strings.LastIndex(k.ARN, "/")+1:] }

// ownKey finds a key for an operation that works within its own account only, whatever
// the key's policy says.
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
func (c *call) ownKey(id *string, action string) (*world.Key, error) {
	k, err := c.key(id, action, nil)
	if err == nil && k.Account != c.caller.Account() {
		return nil, wire.Invalid("AccessDeniedException", "User: %s is not authorized to perform: %s%s", c.caller.identity(), action, keyMaybeNotThere)
	}
	return k, err
}

func (c *call) getKeyPolicy(in *kms.GetKeyPolicyInput) (*kms.GetKeyPolicyOutput, error) {
	if name := aws.ToString(in.PolicyName); name != "" && name != defaultPolicy {
		return nil, wire.Invalid("NotFoundException", "No such policy exists")
	}
	k, err := c.ownKey(in.KeyId, "kms:GetKeyPolicy")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(k.Policy.Document)
	return &kms.GetKeyPolicyOutput{Policy: aws.String(string(text)), PolicyName: aws.String(defaultPolicy)}, err
}

func (c *call) listKeyPolicies(in *kms.ListKeyPoliciesInput) (*kms.ListKeyPoliciesOutput, error) {
	_, err := c.ownKey(in.KeyId, "kms:ListKeyPolicies")
	return &kms.ListKeyPoliciesOutput{PolicyNames: []string{defaultPolicy}}, err
}

func (c *call) listGrants(in *kms.ListGrantsInput) (*kms.ListGrantsOutput, error) {
	k, err := c.key(in.KeyId, "kms:ListGrants", nil)
	if err != nil {
		return nil, err
	}
	out := &kms.ListGrantsOutput{Grants: []types.GrantListEntry{}}
	for _, g := range k.Grants {
		e := types.GrantListEntry{GrantId: aws.String(g.ID), KeyId: aws.String(k.ARN), IssuingAccount: aws.String(k.Region.AccountARN(k.Account)),
			GranteePrincipal: aws.String(g.Grantee)}
		for _, operation := range g.Operations {
			e.Operations = append(e.Operations, types.GrantOperation(operation))
		}
		if len(g.Context) > 0 {
			e.Constraints = &types.GrantConstraints{EncryptionContextSubset: g.Context}
		}
		if in.GranteePrincipal == nil || *in.GranteePrincipal == g.Grantee {
			out.Grants = append(out.Grants, e)
		}
	}
	return out, nil
}

// listAliases lists those of the caller's account and Region.
func (c *call) listAliases(in *kms.ListAliasesInput) (*kms.ListAliasesOutput, error) {
	if c.caller.ARN == "" {
		return nil, wire.Invalid("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	account := c.caller.Account()
	if err := c.mayInAccount("kms:ListAliases", "*", "*"); err != nil {
		return nil, err
	}
	var of *world.Key
	if in.KeyId != nil {
		var err error
		if of, err = c.namedKey(*in.KeyId, "kms:ListAliases"); err != nil {
			return nil, err
		}
	}
	out := &kms.ListAliasesOutput{Aliases: []types.AliasListEntry{}}
	for _, k := range c.world.Keys {
		if k.Account != account || k.Region != c.region || of != nil && of != k {
			continue
		}
		for _, name := range k.Aliases {
			out.Aliases = append(out.Aliases, types.AliasListEntry{AliasName: aws.String(name),
				AliasArn: aws.String(k.Region.ARN("kms", account, name)), TargetKeyId: aws.String(keyID(k))})
		}
	}
	return out, nil
}
