// Package key does what KMS does with a key: it encrypts and decrypts, and checks states
// and limits.
package key

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"example.com/shared-queue/proof/simulation/wire"
	"example.com/shared-queue/proof/world"
)

// CheckState refuses to encrypt and decrypt with a key that is not enabled.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func CheckState(k *world.Key) error {
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

// CheckPlaintext checks the length of what is to be encrypted.
func CheckPlaintext(value []byte) error { return checkLength("plaintext", value, maxPlaintext) }

// CheckCiphertext checks the length of what is to be decrypted.
func CheckCiphertext(value []byte) error {
	return checkLength("ciphertextBlob", value, maxCiphertext)
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

// CheckDataKey checks the size of a data key, which one of two fields gives.
func CheckDataKey(in *kms.GenerateDataKeyInput) error {
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

// CheckID checks the length of what names a key.
func CheckID(id *string) error {
	switch n := len(aws.ToString(id)); {
	case id == nil:
		return constraint(" null", "keyId", "not be null")
	case n == 0:
		return constraint(" ''", "keyId", "have length greater than or equal to 1")
	case n > maxKeyID:
		return constraint("", "keyId", fmt.Sprintf("have length less than or equal to %d", maxKeyID))
	}
	return nil
}

// A Ciphertext names its key, tells its encryption context from others, and holds
// what was encrypted as it is: nothing in the simulation is secret. It is hardly
// longer than the plaintext, as KMS's are.
type Ciphertext struct {
	Key       string // ARN
	Plaintext []byte
}

// Encrypt encrypts with the key.
func Encrypt(arn string, encryptionContext map[string]string, plaintext []byte) []byte {
	sum := digest(encryptionContext)
	return slices.Concat(sum[:], []byte(arn+"\x00"), plaintext)
}

// Decrypt reads a ciphertext, if it is one of that encryption context.
func Decrypt(blob []byte, encryptionContext map[string]string) (c Ciphertext, ok bool) {
	if len(blob) < sha256.Size {
		return c, false
	}
	arn, plaintext, ok := bytes.Cut(blob[sha256.Size:], []byte{0})
	c = Ciphertext{string(arn), plaintext}
	return c, ok && strings.HasPrefix(c.Key, "arn:") && [sha256.Size]byte(blob) == digest(encryptionContext)
}

func digest(encryptionContext map[string]string) [sha256.Size]byte {
	text, _ := json.Marshal(encryptionContext) // sorted
	if len(encryptionContext) == 0 {
		text = nil
	}
	return sha256.Sum256(text)
}
