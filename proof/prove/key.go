package prove

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"example.com/shared-queue/policy"
)

// encryptionContext is what SQS gives KMS with its calls for the queue: with it,
// kms:ViaService is all that keeps a direct call out.
func (p *proof) encryptionContext() map[string]string {
	return map[string]string{strings.TrimPrefix(policy.KeyQueueARN, "kms:EncryptionContext:"): p.queue().ARN()}
}

func (p *proof) generateDataKey(ctx context.Context, who *principal) answer {
	_, err := who.kms().GenerateDataKey(ctx, &kms.GenerateDataKeyInput{
		KeyId:             aws.String(p.queue().KeyAliasARN()),
		KeySpec:           types.DataKeySpecAes256,
		EncryptionContext: p.encryptionContext(),
		DryRun:            aws.Bool(true),
	})
	return p.directly(ctx, err)
}

// decrypt asks KMS to check nothing but the permission: there is no ciphertext
// that a sender could have, and with a made-up one KMS may complain of that
// before it looks at the caller.
// https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html#KMS-Decrypt-request-DryRunModifiers
func (p *proof) decrypt(ctx context.Context, who *principal) answer {
	_, err := who.kms().Decrypt(ctx, &kms.DecryptInput{
		KeyId:             aws.String(p.queue().KeyAliasARN()),
		EncryptionContext: p.encryptionContext(),
		DryRun:            aws.Bool(true),
		DryRunModifiers:   []types.DryRunModifierType{types.DryRunModifierTypeIgnoreCiphertext},
	})
	return p.directly(ctx, err)
}

func (p *proof) encrypt(ctx context.Context, who *principal) answer {
	_, err := who.kms().Encrypt(ctx, &kms.EncryptInput{
		KeyId:             aws.String(p.queue().KeyAliasARN()),
		Plaintext:         []byte(p.marker),
		EncryptionContext: p.encryptionContext(),
		DryRun:            aws.Bool(true),
	})
	return p.directly(ctx, err)
}

// useThroughSSM asks another service to use the key for the caller: Parameter
// Store encrypts a parameter in the caller's name. Where the key refuses there
// is no parameter; where it does not, the parameter is deleted.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/secure-string-parameter-kms-encryption.html
func (p *proof) useThroughSSM(ctx context.Context, who *principal) answer {
	name := "/prove/" + p.marker
	_, err := who.ssm().PutParameter(ctx, &ssm.PutParameterInput{
		Name:  &name,
		Type:  ssmtypes.ParameterTypeSecureString,
		KeyId: aws.String(p.queue().KeyAliasARN()),
		Value: aws.String("may be deleted"),
	})
	if err != nil {
		return p.directly(ctx, err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), putBackTimeout)
	defer cancel()
	if _, err := who.ssm().DeleteParameter(ctx, &ssm.DeleteParameterInput{Name: &name}); err != nil {
		p.notes = append(p.notes, noteParameter(name, who.account))
	}
	return answer{got: accepted}
}

// directly is the answer to a use of the key that did not go through the queue.
func (p *proof) directly(ctx context.Context, err error) answer {
	if err == nil {
		return answer{got: accepted}
	}
	a := understand(ctx, err)
	if a.refusal.absent && p.sent {
		// A message was accepted, so it was encrypted: the key is there.
		a.refusal.absent, a.because = false, keyIsThere
	}
	return a
}

// known is an act of a caller whose own policies allow everything. Where AWS
// gives only two causes, the key's policy or no such key, and the key is there,
// it is the policy.
func known(do act) act {
	return func(ctx context.Context, who *principal) answer {
		a := do(ctx, who)
		if a.because == keyIsThere {
			a.refusal.policy = keyPolicy
		}
		return a
	}
}
