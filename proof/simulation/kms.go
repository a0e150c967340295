package simulation

import (
	"crypto/rand"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation/key"
	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// managedAlias is the key of every account that AWS manages for SQS.
const managedAlias = "alias/aws/sqs"

// keyFor is the key that encrypts a queue, nil if it is not there.
func (d *deployed) keyFor(q *queue.Queue) *world.Key {
	if q.KeyID() == managedAlias {
		return managedKey(q.Account, q.Region)
	}
	return d.KeyOf(d.Queue(q.ARN()))
}

// managedKey is for everybody in its account, through SQS only.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
func managedKey(account string, region address.Region) *world.Key {
	statement := object{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*", "Condition": object{"StringEquals": object{
		"kms:CallerAccount": account, "kms:ViaService": address.Queue{Region: region}.ViaService()}}}
	reads := object{"Effect": "Allow", "Principal": object{"AWS": region.AccountARN(account)}, "Resource": "*",
		"Action": []any{"kms:Describe*", "kms:Get*", "kms:List*"}}
	return &world.Key{ARN: region.ARN("kms", account, "key/"+madeUpID(account+string(region)+managedAlias)), Account: account, Region: region,
		Aliases: []string{managedAlias}, Policy: &world.Policy{Document: object{"Version": "2012-10-17", "Statement": []any{statement, reads}}}}
}

// findKey finds a key by its id, its alias or the ARN of one of them. Account and
// region are where ids and aliases are looked for.
func (d *deployed) findKey(id, account string, region address.Region) *world.Key {
	if !strings.HasPrefix(id, "arn:") {
		if !strings.HasPrefix(id, "alias/") {
			id = "key/" + id
		}
		id = region.ARN("kms", account, id)
	}
	if managed := managedKey(account, region); id == managed.ARN || id == region.ARN("kms", account, managedAlias) {
		return managed
	}
	return d.Key(id)
}

// enabledKey finds the key that a caller names and may use, to encrypt or decrypt.
func (c *call) enabledKey(id *string, action string, encryptionContext map[string]string) (*world.Key, error) {
	k, err := c.key(id, action, encryptionContext)
	if err != nil {
		return nil, err
	}
	return k, key.CheckState(k)
}

// key finds the key that a caller names and may use.
func (c *call) key(id *string, action string, encryptionContext map[string]string) (*world.Key, error) {
	if c.caller.ARN == "" {
		return nil, wire.Invalid("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	if err := key.CheckID(id); err != nil {
		return nil, err
	}
	k, err := c.namedKey(*id, action)
	if err != nil {
		return nil, err
	}
	return k, c.mayUseKey(k, action, "", encryptionContext)
}

func (c *call) namedKey(id, action string) (*world.Key, error) {
	prefix := c.region.ARN("kms", c.caller.Account(), "")
	k := c.world.findKey(id, c.caller.Account(), c.region)
	switch {
	case k != nil && strings.HasPrefix(k.ARN, strings.TrimSuffix(prefix, c.caller.Account()+":")):
		return k, nil
	case strings.HasPrefix(id, "arn:") && accountOf(id) != c.caller.Account():
		return nil, wire.Invalid("AccessDeniedException", "User: %s is not authorized to perform: %s%s", c.caller.identity(), action, keyMaybeNotThere)
	case strings.Contains(id, "alias/"):
		return nil, wire.Invalid("NotFoundException", "Alias %s is not found.", id)
	}
	return nil, wire.Invalid("NotFoundException", "Key '%s' does not exist", id)
}

// dryRun ends a request that was to be checked only.
// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
func dryRun(run *bool) error {
	if !aws.ToBool(run) {
		return nil
	}
	return &wire.Error{Code: "DryRunOperationException", Status: 412,
		Message: "The request would have succeeded, but the DryRun option is set."}
}

func (c *call) generateDataKey(in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	if err := key.CheckDataKey(in); err != nil {
		return nil, err
	}
	k, err := c.enabledKey(in.KeyId, "kms:GenerateDataKey", in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	size := int(aws.ToInt32(in.NumberOfBytes))
	if in.KeySpec == types.DataKeySpecAes128 {
		size = 16
	} else if size == 0 {
		size = 32
	}
	plain := make([]byte, size)
	_, _ = rand.Read(plain) // never fails
	return &kms.GenerateDataKeyOutput{KeyId: &k.ARN, Plaintext: plain, CiphertextBlob: key.Encrypt(k.ARN, in.EncryptionContext, plain)}, dryRun(in.DryRun)
}

func (c *call) encrypt(in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	if err := key.CheckPlaintext(in.Plaintext); err != nil {
		return nil, err
	}
	k, err := c.enabledKey(in.KeyId, "kms:Encrypt", in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{KeyId: &k.ARN, CiphertextBlob: key.Encrypt(k.ARN, in.EncryptionContext, in.Plaintext),
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, dryRun(in.DryRun)
}

func (c *call) decrypt(in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	ignored := len(in.DryRunModifiers) > 0 && in.DryRunModifiers[0] == types.DryRunModifierTypeIgnoreCiphertext
	if err := key.CheckCiphertext(in.CiphertextBlob); err != nil && !ignored {
		return nil, err
	}
	blob, ok := key.Decrypt(in.CiphertextBlob, in.EncryptionContext)
	bad := !ok
	id := in.KeyId
	if id == nil {
		if bad {
			return nil, wire.Invalid("InvalidCiphertextException", "")
		}
		id = &blob.Key
	}
	k, err := c.enabledKey(id, "kms:Decrypt", in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	switch {
	case aws.ToBool(in.DryRun) && ignored:
		return nil, dryRun(in.DryRun)
	case bad:
		return nil, wire.Invalid("InvalidCiphertextException", "")
	case blob.Key != k.ARN:
		return nil, wire.Invalid("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return &kms.DecryptOutput{KeyId: &k.ARN, Plaintext: blob.Plaintext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, dryRun(in.DryRun)
}
