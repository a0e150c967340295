package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/address"
)

// The Sids of resource policies. Reviews and tests refer to statements by them.
const (
	SidUseKey   = "SendersUseKeyThroughQueue"
	SidSend     = "SendersSendMessages"
	SidDenyHTTP = "DenyPlainHTTP"

	SidServicesUseKey = "ServicesUseKeyForQueue"
	SidServicesSend   = "ServicesSendMessages"

	SidOnlyPrincipals = "OnlyPrincipalsOfTheOUs"
	SidOnlySources    = "OnlyServicesForTheOUs"
)

// The Sids of grants begin with these; [Sid] adds the queue's name. A role may
// have grants on several queues, and IAM accepts each Sid once in a policy.
const (
	SidGrantSend = "SendTo"
	SidGrantKey  = "UseKeyOf"

	SidConsume    = "Consume"
	SidConsumeKey = "DecryptThrough"
	SidNoSend     = "DoNotSendTo"

	SidConsumeDead    = "ConsumeDeadLettersOf"
	SidConsumeDeadKey = "DecryptDeadLettersThrough"

	SidRedrive        = "MoveDeadLettersOf"
	SidRedriveDecrypt = "DecryptDeadLettersOf"
	SidRedriveSend    = "SendDeadLettersBackTo"
	SidRedriveEncrypt = "EncryptDeadLettersFor"
)

// Sid is the Sid of a grant's statement on q. It has only letters and digits,
// as IAM requires. A hash of the ARN distinguishes queues with similar names.
func Sid(prefix string, q address.Queue) string {
	sum := sha256.Sum256([]byte(q.ARN()))
	return prefix + camel(q.Name) + hex.EncodeToString(sum[:4])
}

// camel joins the words of a name and capitalizes each.
func camel(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune("-_.", r) })
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// The condition keys that limit who may send and how.
const (
	KeyOrgID     = "aws:PrincipalOrgID"
	KeyOrgPaths  = "aws:PrincipalOrgPaths"
	KeyVia       = "kms:ViaService"
	KeyQueueARN  = "kms:EncryptionContext:aws:sqs:arn"
	KeyAliases   = "kms:ResourceAliases"
	KeyTransport = "aws:SecureTransport"

	KeyAccount   = "aws:PrincipalAccount"
	KeyIsService = "aws:PrincipalIsAWSService"

	KeySourceOrgID    = "aws:SourceOrgID"
	KeySourceOrgPaths = "aws:SourceOrgPaths"
)

// Senders are who may send to a queue, and what else they may do.
type Senders struct {
	// OUs are the OUs whose principals may send, all of one organization.
	OUs []address.Path

	// Services are the service principals that may send for resources in the OUs.
	Services []string

	// MayAlso are SQS actions that the principals may take beside sending. The key
	// has no part in them.
	MayAlso []string

	// OrgPathsOnQueue requires the OU in the queue's policy too.
	OrgPathsOnQueue bool
}

// keyActions are the KMS actions that SQS takes for a sender: it makes a new data key,
// and decrypts it once as a check. The author of the article that this project follows
// (see docs/policies.md), who ran it on AWS, also needed kms:Encrypt. AWS's page does
// not list it; it gives no access that the other two do not give.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
func keyActions() Strings { return Strings{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"} }

// Key is the policy of the key that encrypts q and its dead-letter queue. The
// account administers the key. Senders may use it through q, but not directly
// and not through any other queue.
func Key(q address.Queue, senders Senders) Document {
	return append(NewKey(q.Region, q.Account), UseKey(q, senders)...)
}

// NewKey is the policy that CDK gives every key: IAM policies of the account decide
// what each of its own principals may do.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func NewKey(region address.Region, account string) Document {
	return Document{{
		Effect:    Allow,
		Principal: Principal{AWS: Strings{region.AccountARN(account)}},
		Action:    Strings{"kms:*"},
		Resource:  Strings{"*"},
	}}
}

// UseSharedKey is UseKey for a key that other queues have too: each queue has
// statements of its own, under Sids of its own, for its senders and its encryption
// context. So a sender of one queue is no sender of another.
func UseSharedKey(q address.Queue, senders Senders) Document {
	document := UseKey(q, senders)
	for i := range document {
		document[i].Sid = Sid(document[i].Sid, q)
	}
	return document
}

// UseKey is what enforces the OU. It lets the senders use the key, only through SQS and
// only for q. SQS calls KMS with the sender's own identity, so the request has the
// sender's organization path. ForAnyValue is false if the caller is in no organization
// and so has no path. ForAllValues would be true: never use it here.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func UseKey(q address.Queue, senders Senders) Document {
	use := Statement{
		Sid:       SidUseKey,
		Effect:    Allow,
		Principal: Principal{Everyone: true},
		Action:    keyActions(),
		Resource:  Strings{"*"}, // in a key policy: this key
		Condition: Condition{
			"StringEquals": {
				KeyOrgID:    {senders.organization()},
				KeyVia:      {q.ViaService()},
				KeyQueueARN: {q.ARN()},
			},
			"ForAnyValue:StringLike": {KeyOrgPaths: senders.patterns()},
		},
	}
	if len(senders.Services) == 0 {
		return Document{use}
	}
	return Document{use, servicesUseKey(q, senders)}
}

// servicesUseKey lets the services use the key for q, if they act for a resource
// in the OUs. A service is in no organization; AWS says of its request for which
// resource it acts, or leaves the keys out, and then the statement does not apply.
// Whether kms:ViaService is in such a request is not known, so it is not asked for.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceorgpaths
func servicesUseKey(q address.Queue, senders Senders) Statement {
	return Statement{
		Sid:       SidServicesUseKey,
		Effect:    Allow,
		Principal: Principal{Service: slices.Sorted(slices.Values(senders.Services))},
		Action:    Strings{"kms:Decrypt", "kms:GenerateDataKey"},
		Resource:  Strings{"*"},
		Condition: Condition{
			"StringEquals": {
				KeySourceOrgID: {senders.organization()},
				KeyQueueARN:    {q.ARN()},
			},
			"ForAnyValue:StringLike": {KeySourceOrgPaths: senders.patterns()},
		},
	}
}

// Queue is the policy of q: the senders' organization may send, and nobody may
// use plain HTTP. With OrgPathsOnQueue it also requires the OU, as the key's
// policy always does.
func Queue(q address.Queue, senders Senders) Document {
	send := Statement{
		Sid:       SidSend,
		Effect:    Allow,
		Principal: Principal{Everyone: true},
		Action:    sendActions(senders.MayAlso),
		Resource:  Strings{q.ARN()},
		Condition: senders.admit(KeyOrgID, KeyOrgPaths),
	}
	if len(senders.Services) == 0 {
		return Document{send, denyHTTP(q)}
	}
	services := Statement{
		Sid:       SidServicesSend,
		Effect:    Allow,
		Principal: Principal{Service: slices.Sorted(slices.Values(senders.Services))},
		Action:    sendActions(nil),
		Resource:  Strings{q.ARN()},
		Condition: senders.admit(KeySourceOrgID, KeySourceOrgPaths),
	}
	return Document{send, services, denyHTTP(q)}
}

// admit is the condition of the queue's policy, on the keys of the principal or
// of the resource that a service acts for.
func (s Senders) admit(keyOrgID, keyOrgPaths string) Condition {
	admit := Condition{"StringEquals": {keyOrgID: {s.organization()}}}
	if s.OrgPathsOnQueue {
		admit["ForAnyValue:StringLike"] = map[string]Strings{keyOrgPaths: s.patterns()}
	}
	return admit
}

// ResourceControl is a resource control policy (RCP) for q's account: nobody
// outside the OUs may do anything on q, whatever its own policy says, but the
// principals of q's account. A service may if it acts for a resource in the OUs.
// In a Deny, ForAllValues is the strict one: it holds if the key is absent.
// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
func ResourceControl(q address.Queue, senders Senders) Document {
	deny := func(sid, paths string, more Condition) Statement {
		more["ForAllValues:StringNotLike"] = map[string]Strings{paths: senders.patterns()}
		return Statement{
			Sid:       sid,
			Effect:    Deny,
			Principal: Principal{Anyone: true},
			Action:    Strings{"sqs:*"},
			Resource:  Strings{q.ARN()},
			Condition: more,
		}
	}
	return Document{
		deny(SidOnlyPrincipals, KeyOrgPaths, Condition{
			"StringNotEquals": {KeyAccount: {q.Account}},
			"BoolIfExists":    {KeyIsService: {"false"}}, // absent for an anonymous caller
		}),
		deny(SidOnlySources, KeySourceOrgPaths, Condition{"Bool": {KeyIsService: {"true"}}}),
	}
}

// sendActions are those of a sender, who may also do more.
func sendActions(more []string) Strings {
	actions := append(Strings{"sqs:SendMessage"}, more...)
	slices.Sort(actions)
	return actions
}

// DeadLetterQueue is the policy of q's dead-letter queue: no sender is allowed,
// and nobody may use plain HTTP.
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

// GrantSend is the IAM policy of a sender, a role or user in any account:
// across accounts, both sides must allow. The sender's account cannot know the
// key's id, so the policy names the key by its alias. kms:ResourceAliases works
// in IAM policies only. More is what else the queue's policy lets senders do,
// like to look the queue up.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-resource-aliases
func GrantSend(q address.Queue, more ...string) Document {
	return Document{
		{
			Sid:      Sid(SidGrantSend, q),
			Effect:   Allow,
			Action:   sendActions(more),
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

// sessionActions are what some services must be allowed besides sts:AssumeRole: without
// all of it they cannot assume the role.
// https://docs.aws.amazon.com/eks/latest/userguide/capability-role.html
// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
// https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
var sessionActions = map[string]Strings{
	"capabilities.eks.amazonaws.com": {"sts:TagSession"},
	"pods.eks.amazonaws.com":         {"sts:TagSession"},
	"rolesanywhere.amazonaws.com":    {"sts:SetSourceIdentity", "sts:TagSession"},
}

// Trust is the trust policy of a role that the principals may assume. It names
// an account by its root, which means all of its principals. Services that need more
// than sts:AssumeRole have a statement of their own.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
func Trust(principals []address.Principal, region address.Region) Document {
	who := map[string]Principal{} // by their actions, joined by spaces
	for _, p := range principals {
		service, _ := p.Service()
		actions := strings.Join(append(Strings{"sts:AssumeRole"}, sessionActions[service]...), " ")
		together := who[actions]
		if arn, ok := p.ARN(region); ok {
			together.AWS = append(together.AWS, arn)
		} else if service != "" {
			together.Service = append(together.Service, service)
		}
		who[actions] = together
	}
	var document Document
	for _, actions := range slices.Sorted(maps.Keys(who)) {
		slices.Sort(who[actions].AWS) // as CDK does
		slices.Sort(who[actions].Service)
		document = append(document, Statement{Effect: Allow, Principal: who[actions], Action: strings.Fields(actions)})
	}
	return document
}

// Consume is the IAM policy of a role of the shared account that receives from
// q. It denies sending: the policies of q and its key would allow it to a role
// of their own account if that account is in a sending OU.
func Consume(q address.Queue, keyARN string) Document {
	return Document{
		{
			Sid:      Sid(SidConsume, q),
			Effect:   Allow,
			Action:   consumeActions(),
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

// ConsumeDeadLetters is the IAM policy of a role of the shared account that
// receives from q's dead-letter queue. A message that SQS has moved there is said
// to stay encrypted as it was sent, so the role decrypts through either queue.
func ConsumeDeadLetters(q address.Queue, keyARN string) Document {
	return Document{
		{
			Sid:      Sid(SidConsumeDead, q),
			Effect:   Allow,
			Action:   consumeActions(),
			Resource: Strings{q.DeadLetter().ARN()},
		},
		through(Sid(SidConsumeDeadKey, q), Strings{"kms:Decrypt"}, keyARN, q, q.DeadLetter()),
	}
}

// consumeActions are what a consumer needs of its queue, as Lambda does of an
// event source.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
func consumeActions() Strings {
	return Strings{
		"sqs:ChangeMessageVisibility",
		"sqs:DeleteMessage",
		"sqs:GetQueueAttributes",
		"sqs:GetQueueUrl",
		"sqs:ReceiveMessage",
	}
}

// Redrive is the IAM policy of a role of the shared account that moves messages
// from q's dead-letter queue back to q.
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

// through allows actions on a key when SQS takes them for one of the queues, all
// of one Region.
func through(sid string, actions Strings, keyARN string, queues ...address.Queue) Statement {
	arns := make(Strings, len(queues))
	for i, q := range queues {
		arns[i] = q.ARN()
	}
	return Statement{
		Sid:      sid,
		Effect:   Allow,
		Action:   actions,
		Resource: Strings{keyARN},
		Condition: Condition{"StringEquals": {
			KeyVia:      {queues[0].ViaService()},
			KeyQueueARN: arns,
		}},
	}
}

// organization is the organization that all senders belong to.
func (s Senders) organization() string { return s.OUs[0].Organization() }

func (s Senders) patterns() Strings {
	values := make(Strings, len(s.OUs))
	for i, p := range s.OUs {
		values[i] = p.Pattern()
	}
	return values
}
