package deployed

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/world"
)

// keyOf reads the key that a queue really uses, and writes its ARN into the queue.
// SQS follows an alias each time that it needs the key.
func (r *reader) keyOf(q *world.Queue) {
	if q == nil || q.Key == "" || r.world.KeyOf(q) != nil {
		return
	}
	id, account, region := q.Key, q.Account, q.Region
	if parsed, err := arn.Parse(id); err == nil {
		account, region = parsed.AccountID, address.Region(parsed.Region)
	} else if strings.HasPrefix(id, "alias/") {
		id = region.ARN("kms", account, id)
	} else {
		id = region.ARN("kms", account, "key/"+id)
	}
	is, err := r.key(region, account, id)
	if err != nil {
		r.unknown(id, err)
		return
	}
	q.Key = is
}

// aliased reads the key of an alias, if there is such an alias.
func (r *reader) aliased(region address.Region, account, alias string) {
	_, err := r.key(region, account, alias)
	if gone := (*types.NotFoundException)(nil); err != nil && !errors.As(err, &gone) {
		r.unknown(alias, err)
	}
}

// key reads the key that id names, by its ARN or that of an alias, and returns the key's
// own ARN. The error says that no key can be seen; what else cannot be read is unknown.
func (r *reader) key(region address.Region, account, id string) (arn string, err error) {
	if known := r.world.Key(id); known != nil {
		return known.ARN, nil
	}
	config, err := r.profile(account)
	if err != nil {
		return "", err
	}
	client := kms.NewFromConfig(config, func(o *kms.Options) {
		o.Region, o.BaseEndpoint = string(region), r.endpoint(o.BaseEndpoint)
	})
	described, err := client.DescribeKey(r.ctx, &kms.DescribeKeyInput{KeyId: &id})
	if err != nil {
		return "", err
	}
	if described.KeyMetadata == nil || aws.ToString(described.KeyMetadata.Arn) == "" {
		return "", because("kms:DescribeKey gave no ARN")
	}
	k := &world.Key{ARN: *described.KeyMetadata.Arn, Account: account, Region: region, State: string(described.KeyMetadata.KeyState)}
	if r.world.Key(k.ARN) == nil {
		r.addKey(client, k)
	}
	return k.ARN, nil
}

// addKey adds a key to the world, if its policy can be read.
func (r *reader) addKey(client *kms.Client, k *world.Key) {
	out, err := client.GetKeyPolicy(r.ctx, &kms.GetKeyPolicyInput{KeyId: &k.ARN})
	if err == nil {
		k.Policy, err = document("key policy of "+k.ARN, aws.ToString(out.Policy))
	}
	if err != nil {
		r.unknown("key policy of "+k.ARN, err)
		return
	}
	if err := r.grants(client, k); err != nil {
		r.unknown("grants of "+k.ARN, err)
	}
	if err := r.aliases(client, k); err != nil {
		r.unknown("aliases of "+k.ARN, err)
	}
	r.world.Keys = append(r.world.Keys, k)
}

// grants reads a key's grants. One for calls of a single resource is read as one for
// all, which is more.
func (r *reader) grants(client *kms.Client, k *world.Key) error {
	pages := kms.NewListGrantsPaginator(client, &kms.ListGrantsInput{KeyId: &k.ARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if err != nil {
			return err
		}
		for _, g := range page.Grants {
			grant := world.Grant{ID: aws.ToString(g.GrantId), Grantee: aws.ToString(g.GranteePrincipal), Context: map[string]string{}}
			if grant.Grantee == "" {
				grant.Grantee = aws.ToString(g.GranteeServicePrincipal)
			}
			for _, operation := range g.Operations {
				grant.Operations = append(grant.Operations, string(operation))
			}
			if g.Constraints != nil {
				for _, context := range []map[string]string{g.Constraints.EncryptionContextSubset, g.Constraints.EncryptionContextEquals} {
					for name, value := range context {
						grant.Context[name] = value
					}
				}
			}
			k.Grants = append(k.Grants, grant)
		}
	}
	return nil
}

func (r *reader) aliases(client *kms.Client, k *world.Key) error {
	pages := kms.NewListAliasesPaginator(client, &kms.ListAliasesInput{KeyId: &k.ARN})
	for pages.HasMorePages() {
		page, err := pages.NextPage(r.ctx)
		if err != nil {
			return err
		}
		for _, alias := range page.Aliases {
			k.Aliases = append(k.Aliases, aws.ToString(alias.AliasName))
		}
	}
	return nil
}
