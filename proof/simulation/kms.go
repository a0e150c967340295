package simulation

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// managedAlias is the key of every account that AWS manages for SQS.
const managedAlias = "alias/aws/sqs"

// keyFor is the key that encrypts a queue, nil if it is not there.
func (w *world) keyFor(q *queue) *key {
	if q.keyID() == managedAlias {
		// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
		return &key{arn: q.KeyARN(madeUpID(q.Account + managedAlias)), account: q.Account, policy: object{
			"Version": "2012-10-17", "Statement": object{"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*",
				"Condition": object{"StringEquals": object{"kms:CallerAccount": q.Account, "kms:ViaService": q.ViaService()}}}}}
	}
	return w.findKey(q.keyID(), q.Region.ARN("kms", q.Account, ""))
}

// findKey finds a key by its id, its alias or the ARN of one of them. Prefix is
// what the ARNs of the caller's own account begin with.
func (w *world) findKey(id, prefix string) *key {
	if !strings.HasPrefix(id, "arn:") {
		if !strings.HasPrefix(id, "alias/") {
			id = "key/" + id
		}
		id = prefix + id
	}
	if target, ok := w.aliases[id]; ok {
		id = target
	}
	return w.keys[id]
}

// key finds the key that a caller names and may use.
func (c *call) key(id *string, action string, encryptionContext map[string]string) (*key, error) {
	if c.caller.ARN == "" {
		return nil, invalid("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	k, err := c.namedKey(aws.ToString(id), action)
	if err != nil {
		return nil, err
	}
	return k, c.mayUseKey(k, action, "", encryptionContext)
}

func (c *call) namedKey(id, action string) (*key, error) {
	prefix := c.region.ARN("kms", c.caller.Account(), "")
	k := c.world.findKey(id, prefix)
	switch {
	case k != nil && strings.HasPrefix(k.arn, strings.TrimSuffix(prefix, c.caller.Account()+":")):
		return k, nil
	case strings.HasPrefix(id, "arn:") && accountOf(id) != c.caller.Account():
		return nil, invalid("AccessDeniedException", "User: %s is not authorized to perform: %s%s", c.caller.identity(), action, notThere)
	case strings.Contains(id, "alias/"):
		return nil, invalid("NotFoundException", "Alias %s is not found.", id)
	}
	return nil, invalid("NotFoundException", "Key '%s' does not exist", id)
}

// dry ends a request that was to be checked only.
// https://docs.aws.amazon.com/kms/latest/developerguide/testing-permissions.html
func dry(run *bool) error {
	if !aws.ToBool(run) {
		return nil
	}
	return &apiError{code: "DryRunOperationException", status: 412,
		message: "The request would have succeeded, but the DryRun option is set."}
}

// A ciphertext names its key and holds what was encrypted as it is: nothing in
// the simulation is secret.
type ciphertext struct {
	Key       string
	Context   map[string]string
	Plaintext []byte
}

func (c ciphertext) blob() []byte {
	text, _ := json.Marshal(c)
	return text
}

func (c *call) generateDataKey(in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	k, err := c.key(in.KeyId, "kms:GenerateDataKey", in.EncryptionContext)
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
	return &kms.GenerateDataKeyOutput{KeyId: &k.arn, Plaintext: plain, CiphertextBlob: ciphertext{k.arn, in.EncryptionContext, plain}.blob()}, dry(in.DryRun)
}

func (c *call) encrypt(in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	k, err := c.key(in.KeyId, "kms:Encrypt", in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{KeyId: &k.arn, CiphertextBlob: ciphertext{k.arn, in.EncryptionContext, in.Plaintext}.blob(),
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, dry(in.DryRun)
}

func (c *call) decrypt(in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	var blob ciphertext
	bad := json.Unmarshal(in.CiphertextBlob, &blob) != nil || !maps.Equal(blob.Context, in.EncryptionContext)
	id := in.KeyId
	if id == nil {
		if bad {
			return nil, invalid("InvalidCiphertextException", "")
		}
		id = &blob.Key
	}
	k, err := c.key(id, "kms:Decrypt", in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	ignored := len(in.DryRunModifiers) > 0 && in.DryRunModifiers[0] == types.DryRunModifierTypeIgnoreCiphertext
	switch {
	case aws.ToBool(in.DryRun) && ignored:
		return nil, dry(in.DryRun)
	case bad:
		return nil, invalid("InvalidCiphertextException", "")
	case blob.Key != k.arn:
		return nil, invalid("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return &kms.DecryptOutput{KeyId: &k.arn, Plaintext: blob.Plaintext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, dry(in.DryRun)
}

func (c *call) describeKey(in *kms.DescribeKeyInput) (*kms.DescribeKeyOutput, error) {
	k, err := c.key(in.KeyId, "kms:DescribeKey", nil)
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: &types.KeyMetadata{
		Arn: &k.arn, KeyId: aws.String(k.arn[strings.LastIndex(k.arn, "/")+1:]), AWSAccountId: &k.account,
		Enabled: true, KeyState: types.KeyStateEnabled, KeyManager: types.KeyManagerTypeCustomer,
		KeySpec: types.KeySpecSymmetricDefault, KeyUsage: types.KeyUsageTypeEncryptDecrypt, Origin: types.OriginTypeAwsKms,
	}}, nil
}
