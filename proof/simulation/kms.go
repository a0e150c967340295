package simulation

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// managedAlias is the key of every account that AWS manages for SQS.
const managedAlias = "alias/aws/sqs"

// keyFor is the key that encrypts a queue, nil if it is not there.
func (d *deployed) keyFor(q *queue) *world.Key {
	if q.keyID() == managedAlias {
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

// checkState refuses to encrypt and decrypt with a key that is not enabled.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func checkState(k *world.Key) error {
	switch types.KeyState(k.State) {
	case "", types.KeyStateEnabled:
		return nil
	case types.KeyStateDisabled:
		return wire.Invalid("DisabledException", "%s is disabled.", k.ARN)
	case types.KeyStatePendingDeletion:
		return wire.Invalid("KMSInvalidStateException", "%s is pending deletion.", k.ARN)
	}
	return wire.Invalid("KMSInvalidStateException", "%s is in the state %s.", k.ARN, k.State)
}

// Limits of KMS, in bytes.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Encrypt.html
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html
// https://docs.aws.amazon.com/kms/latest/APIReference/API_GenerateDataKey.html
const (
	maxPlaintext  = 4096
	maxCiphertext = 6144
	maxDataKey    = 1024
	maxKeyID      = 2048
)

// constraint is KMS's error for a value outside its limits.
func constraint(value, field, must string) error {
	return wire.Invalid("ValidationException", "1 validation error detected: Value%s at '%s' failed to satisfy constraint: Member must %s", value, field, must)
}

func checkLength(field string, value []byte, most int) error {
	switch {
	case value == nil:
		return constraint(" null", field, "not be null")
	case len(value) == 0:
		return constraint("", field, "have length greater than or equal to 1")
	case len(value) > most:
		return constraint("", field, fmt.Sprintf("have length less than or equal to %d", most))
	}
	return nil
}

// checkDataKey checks the size of a data key, which one of two fields gives.
func checkDataKey(in *kms.GenerateDataKeyInput) error {
	switch {
	case (in.KeySpec == "") == (in.NumberOfBytes == nil):
		return wire.Invalid("ValidationException", "Please specify either number of bytes or key spec.")
	case in.KeySpec != "" && !slices.Contains(in.KeySpec.Values(), in.KeySpec):
		return constraint(" '"+string(in.KeySpec)+"'", "keySpec", "satisfy enum value set: [AES_256, AES_128]")
	case in.NumberOfBytes != nil && *in.NumberOfBytes < 1:
		return constraint(fmt.Sprintf(" '%d'", *in.NumberOfBytes), "numberOfBytes", "have value greater than or equal to 1")
	case in.NumberOfBytes != nil && *in.NumberOfBytes > maxDataKey:
		return constraint(fmt.Sprintf(" '%d'", *in.NumberOfBytes), "numberOfBytes", fmt.Sprintf("have value less than or equal to %d", maxDataKey))
	}
	return nil
}

// enabledKey finds the key that a caller names and may use, to encrypt or decrypt.
func (c *call) enabledKey(id *string, action string, encryptionContext map[string]string) (*world.Key, error) {
	k, err := c.key(id, action, encryptionContext)
	if err != nil {
		return nil, err
	}
	return k, checkState(k)
}

// key finds the key that a caller names and may use.
func (c *call) key(id *string, action string, encryptionContext map[string]string) (*world.Key, error) {
	if c.caller.ARN == "" {
		return nil, wire.Invalid("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	switch n := len(aws.ToString(id)); {
	case id == nil:
		return nil, constraint(" null", "keyId", "not be null")
	case n == 0:
		return nil, constraint(" ''", "keyId", "have length greater than or equal to 1")
	case n > maxKeyID:
		return nil, constraint("", "keyId", fmt.Sprintf("have length less than or equal to %d", maxKeyID))
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

// A ciphertext names its key, tells its encryption context from others, and holds
// what was encrypted as it is: nothing in the simulation is secret. It is hardly
// longer than the plaintext, as KMS's are.
type ciphertext struct {
	key       string // ARN
	context   [sha256.Size]byte
	plaintext []byte
}

func encrypted(k *world.Key, encryptionContext map[string]string, plaintext []byte) []byte {
	sum := digest(encryptionContext)
	return slices.Concat(sum[:], []byte(k.ARN+"\x00"), plaintext)
}

func readCiphertext(blob []byte) (c ciphertext, ok bool) {
	if len(blob) < sha256.Size {
		return c, false
	}
	key, plaintext, ok := bytes.Cut(blob[sha256.Size:], []byte{0})
	return ciphertext{string(key), [sha256.Size]byte(blob), plaintext}, ok && strings.HasPrefix(string(key), "arn:")
}

func digest(encryptionContext map[string]string) [sha256.Size]byte {
	text, _ := json.Marshal(encryptionContext) // sorted
	if len(encryptionContext) == 0 {
		text = nil
	}
	return sha256.Sum256(text)
}

func (c *call) generateDataKey(in *kms.GenerateDataKeyInput) (*kms.GenerateDataKeyOutput, error) {
	if err := checkDataKey(in); err != nil {
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
	return &kms.GenerateDataKeyOutput{KeyId: &k.ARN, Plaintext: plain, CiphertextBlob: encrypted(k, in.EncryptionContext, plain)}, dryRun(in.DryRun)
}

func (c *call) encrypt(in *kms.EncryptInput) (*kms.EncryptOutput, error) {
	if err := checkLength("plaintext", in.Plaintext, maxPlaintext); err != nil {
		return nil, err
	}
	k, err := c.enabledKey(in.KeyId, "kms:Encrypt", in.EncryptionContext)
	if err != nil {
		return nil, err
	}
	return &kms.EncryptOutput{KeyId: &k.ARN, CiphertextBlob: encrypted(k, in.EncryptionContext, in.Plaintext),
		EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, dryRun(in.DryRun)
}

func (c *call) decrypt(in *kms.DecryptInput) (*kms.DecryptOutput, error) {
	ignored := len(in.DryRunModifiers) > 0 && in.DryRunModifiers[0] == types.DryRunModifierTypeIgnoreCiphertext
	if err := checkLength("ciphertextBlob", in.CiphertextBlob, maxCiphertext); err != nil && !ignored {
		return nil, err
	}
	blob, ok := readCiphertext(in.CiphertextBlob)
	bad := !ok || blob.context != digest(in.EncryptionContext)
	id := in.KeyId
	if id == nil {
		if bad {
			return nil, wire.Invalid("InvalidCiphertextException", "")
		}
		id = &blob.key
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
	case blob.key != k.ARN:
		return nil, wire.Invalid("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return &kms.DecryptOutput{KeyId: &k.ARN, Plaintext: blob.plaintext, EncryptionAlgorithm: types.EncryptionAlgorithmSpecSymmetricDefault}, dryRun(in.DryRun)
}
