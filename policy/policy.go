package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"example.com/shared-queue/address"
)

// The Sids of the resource policies, which reviews and tests name statements by.
const (
	SidUseKey   = "SendersUseKeyThroughQueue"
	SidSend     = "SendersSendMessages"
	SidDenyHTTP = "DenyPlainHTTP"
)

// The Sids of the grants begin with these, and go on with the queue's name: one
// role may have grants on several queues, and IAM takes each Sid once in a
// policy.
const (
	SidGrantSend = "SendTo"
	SidGrantKey  = "UseKeyOf"

	SidConsume    = "Consume"
	SidConsumeKey = "DecryptThrough"
	SidNoSend     = "DoNotSendTo"

	SidRedrive        = "MoveDeadLettersOf"
	SidRedriveDecrypt = "DecryptDeadLettersOf"
	SidRedriveSend    = "SendDeadLettersBackTo"
	SidRedriveEncrypt = "EncryptDeadLettersFor"
)

// Sid is the Sid of a grant's statement on q, in letters and digits as IAM
// wants it. A hash of the ARN tells queues apart whose names are alike.
func Sid(prefix string, q address.Queue) string {
	sum := sha256.Sum256([]byte(q.ARN()))
	return prefix + camel(q.Name) + hex.EncodeToString(sum[:4])
}

// camel joins the words of a name, each with a capital letter in front.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_.", r) })
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// The condition keys that draw the boundary.
const (
	KeyOrgID     = "aws:PrincipalOrgID"
	KeyOrgPaths  = "aws:PrincipalOrgPaths"
	KeyVia       = "kms:ViaService"
	KeyQueueARN  = "kms:EncryptionContext:aws:sqs:arn"
	KeyAliases   = "kms:ResourceAliases"
	KeyTransport = "aws:SecureTransport"
)

// keyActions is what SQS does with the key for a sender: a new data key, and
// its decryption as a check. The first author who ran this on AWS also needed
// kms:Encrypt; AWS's page does not list it, and it opens nothing that the
// other two do not.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
func keyActions() Strings { return Strings{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} }

// Key is the policy of the key that encrypts q and its dead-letter queue: the
// account administers it, and the senders use it through q. The queues of
// other accounts, other queues of this account and direct calls stay shut.
func Key(q address.Queue, senders []address.Path) Document {
	return Document{administration(q), UseKey(q, senders)}
}

// administration is the statement that CDK gives every key: IAM policies of
// the account decide who of its own principals does what.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func administration(q address.Queue) Statement {
	return Statement{
		Effect:    Allow,
		Principal: Principal{AWS: Strings{q.Region.AccountARN(q.Account)}},
		Action:    Strings{"kms:*"},
		Resource:  Strings{"*"},
	}
}

// UseKey is the OU wall. It lets the senders' principals use the key, only
// through SQS and only for q. SQS calls KMS with the sender's own identity, so
// the sender's organization path is there to be matched. ForAnyValue is false
// for a caller with no path at all, as one of no organization; ForAllValues
// would be true, and must never stand here.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func UseKey(q address.Queue, senders []address.Path) Statement {
	return Statement{
		Sid:       SidUseKey,
		Effect:    Allow,
		Principal: Principal{Everyone: true},
		Action:    keyActions(),
		Resource:  Strings{"*"}, // in a key policy: this key
		Condition: Condition{
			"StringEquals": {
				KeyOrgID:    {organization(senders)},
				KeyVia:      {q.ViaService()},
				KeyQueueARN: {q.ARN()},
			},
			"ForAnyValue:StringLike": {KeyOrgPaths: patterns(senders)},
		},
	}
}

// Queue is the policy of q: the senders' organization may send, and nobody may
// do anything over plain HTTP. With orgPaths the queue asks for the OU too, as
// the key always does.
func Queue(q address.Queue, senders []address.Path, orgPaths bool) Document {
	send := Statement{
		Sid:       SidSend,
		Effect:    Allow,
		Principal: Principal{Everyone: true},
		Action:    Strings{"sqs:SendMessage"},
		Resource:  Strings{q.ARN()},
		Condition: Condition{"StringEquals": {KeyOrgID: {organization(senders)}}},
	}
	if orgPaths {
		send.Condition["ForAnyValue:StringLike"] = map[string]Strings{KeyOrgPaths: patterns(senders)}
	}
	return Document{send, denyHTTP(q)}
}

// DeadLetterQueue is the policy of q's dead-letter queue: no sender at all, and
// nothing over plain HTTP.
func DeadLetterQueue(q address.Queue) Document { return Document{denyHTTP(q.DeadLetter())} }

func denyHTTP(q address.Queue) Statement {
	return Statement{
		Sid:       SidDenyHTTP,
		Effect:    Deny,
		Principal: Principal{Everyone: true},
		Action:    Strings{"sqs:*"},
		Resource:  Strings{q.ARN()},
		Condition: Condition{"Bool": {KeyTransport: {"false"}}},
	}
}

// GrantSend is the sender's own side, for the IAM policy of a role or user in
// any account: across accounts both sides must allow. The sender's account
// cannot know the key's id, so the key is named by its alias.
// kms:ResourceAliases works in IAM policies only.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
func GrantSend(q address.Queue) Document {
	return Document{
		{
			Sid:      Sid(SidGrantSend, q),
			Effect:   Allow,
			Action:   Strings{"sqs:SendMessage"},
			Resource: Strings{q.ARN()},
		},
		{
			Sid:      Sid(SidGrantKey, q),
			Effect:   Allow,
			Action:   keyActions(),
			Resource: Strings{q.KeyARN("*")},
			Condition: Condition{
				"StringEquals": {
					KeyVia:      {q.ViaService()},
					KeyQueueARN: {q.ARN()},
				},
				"ForAnyValue:StringEquals": {KeyAliases: {q.KeyAlias()}},
			},
		},
	}
}

// Trust is the trust policy of a role that the principals may assume. AWS
// resolves an account to its root, which stands for all of its principals.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func Trust(principals []address.Principal, region address.Region) Document {
	var who Principal
	for _, p := range principals {
		if service, ok := p.Service(); ok {
			who.Service = append(who.Service, service)
		} else if arn, ok := p.ARN(region); ok {
			who.AWS = append(who.AWS, arn)
		}
	}
	slices.Sort(who.AWS) // as CDK does
	slices.Sort(who.Service)
	return Document{{Effect: Allow, Principal: who, Action: Strings{"sts:AssumeRole"}}}
}

// Consume is the policy of a principal of the shared account that receives from
// q. It denies sending, which the policies of q and its key alone would allow
// to a principal of their own account in a sending OU.
func Consume(q address.Queue, keyARN string) Document {
	return Document{
		{
			Sid:    Sid(SidConsume, q),
			Effect: Allow,
			Action: Strings{
				"sqs:ChangeMessageVisibility",
				"sqs:DeleteMessage",
				"sqs:GetQueueAttributes",
				"sqs:GetQueueUrl",
				"sqs:ReceiveMessage",
			},
			Resource: Strings{q.ARN()},
		},
		through(Sid(SidConsumeKey, q), Strings{"kms:Decrypt"}, keyARN, q),
		{
			Sid:      Sid(SidNoSend, q),
			Effect:   Deny,
			Action:   Strings{"sqs:SendMessage"},
			Resource: Strings{q.ARN()},
		},
	}
}

// Redrive is the policy of a principal of the shared account that moves
// messages from q's dead-letter queue back to q.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
func Redrive(q address.Queue, keyARN string) Document {
	return Document{
		{
			Sid:    Sid(SidRedrive, q),
			Effect: Allow,
			Action: Strings{
				"sqs:CancelMessageMoveTask",
				"sqs:DeleteMessage",
				"sqs:GetQueueAttributes",
				"sqs:ListMessageMoveTasks",
				"sqs:ReceiveMessage",
				"sqs:StartMessageMoveTask",
			},
			Resource: Strings{q.DeadLetter().ARN()},
		},
		through(Sid(SidRedriveDecrypt, q), Strings{"kms:Decrypt"}, keyARN, q.DeadLetter()),
		{
			Sid:      Sid(SidRedriveSend, q),
			Effect:   Allow,
			Action:   Strings{"sqs:SendMessage"},
			Resource: Strings{q.ARN()},
		},
		through(Sid(SidRedriveEncrypt, q), Strings{"kms:Decrypt", "kms:GenerateDataKey"}, keyARN, q),
	}
}

// through allows actions on a key for what SQS does with it for one queue.
func through(sid string, actions Strings, keyARN string, q address.Queue) Statement {
	return Statement{
		Sid:      sid,
		Effect:   Allow,
		Action:   actions,
		Resource: Strings{keyARN},
		Condition: Condition{"StringEquals": {
			KeyVia:      {q.ViaService()},
			KeyQueueARN: {q.ARN()},
		}},
	}
}

// organization is the one organization of the senders.
func organization(senders []address.Path) string { return senders[0].Organization() }

func patterns(senders []address.Path) Strings {
	values := make(Strings, len(senders))
	for i, p := range senders {
		values[i] = p.Pattern()
	}
	return values
}
