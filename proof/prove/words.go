package prove

import (
	"fmt"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// This file is all that the report says: answers are put into words here, once
// and last.

// A claim is one thing that the boundary promises, in words.
type claim string

// What every run is about. A sender is a principal of an OU that sends.
const (
	canSend       claim = "the publisher can send"
	noReceive     claim = "the queue stops a sender that receives"
	noDelete      claim = "the queue stops a sender that deletes"
	noDeadSend    claim = "the dead-letter queue stops a sender that sends to it"
	noDeadReceive claim = "the dead-letter queue stops a sender that receives from it"
	noDataKey     claim = "the key stops a sender that asks for a data key without the queue"
	noDecrypt     claim = "the key stops a sender that decrypts without the queue"
	noEncrypt     claim = "the key stops a sender that encrypts without the queue"
	noOtherUse    claim = "the key stops a sender that uses it through another service"
	noPlain       claim = "a message over plain HTTP is refused"
	noOtherOU     claim = "principals of the organization's other OUs are stopped"
	noOtherOrg    claim = "the queue stops principals of other organizations and of none"
)

// What more is claimed where it is asked for.
const (
	insiderSends    claim = "an all-powerful principal in an OU that sends can send"
	canConsume      claim = "a consumer receives what was sent"
	sharedPlaced    claim = "the shared account is in the organization"
	publisherPlaced claim = "the publisher's account is in an OU that sends"
)

func closedTo(environment string) claim { return claim(environment + " is closed to the senders") }
func isOU(path address.Path) claim      { return claim("there is an OU at " + path.String()) }
func fits(policy string) claim {
	return claim("Access Analyzer finds the policy of the " + policy + " valid")
}
func closedToAll(what string) claim {
	return claim("Access Analyzer finds no public access to the " + what)
}

// tested is what would test a claim that the run did not.
func tested(c claim) string {
	switch c {
	case canSend, noPlain:
		return "-profile with the publisher's role"
	case noOtherOU:
		return "-outsider-profile of an account in another OU of the organization"
	case noOtherOrg:
		return "-outsider-profile of an account in another organization or none"
	case canConsume:
		return "-consumer-profile of a principal that may receive and delete"
	case sharedPlaced, publisherPlaced:
		return "-organization-profile"
	}
	if strings.HasPrefix(string(c), "there is an OU") {
		return "-organization-profile"
	}
	if strings.HasPrefix(string(c), "Access Analyzer") {
		return "-policies with a -profile that may ask Access Analyzer"
	}
	return "-insider-profile of an all-powerful principal in an OU that sends"
}

// A because is why a step was not tried, or shows less or more than it seems.
type because string

const (
	noCaller   because = "there is no caller"
	noSender   because = "there is no caller with the publisher's role"
	noInsider  because = "there is no insider"
	noOutsider because = "there is no outsider"
	noConsumer because = "there is no consumer"
	noManager  because = "there is nobody to ask"

	nothingSent     because = "no message of the publisher was accepted"
	notSentSecurely because = "the queue did not accept the same over HTTPS, so a refusal would not show what it refuses"
	noTime          because = "the time was up"
	stopped         because = "interrupted"

	nameInsider    because = "name an all-powerful principal in an OU that sends with -insider-profile"
	nameOutsider   because = "name a principal outside the OUs that send with -outsider-profile, one of the organization and one that is not"
	nameConsumer   because = "name a profile of the shared account with -consumer-profile"
	otherPartition because = "it is in another partition of AWS, where no credentials of this one count"

	hasRoleAlready    because = "the caller has the role already"
	insiderOwns       because = "it is of the shared account, whose own principals may do what their policies say: name a profile of another account in an OU that sends"
	outsiderInside    because = "it is of an account that sends or has the queue: name a profile outside the OUs that send"
	consumerElsewhere because = "it is not of the shared account: name a profile of that"
	managerElsewhere  because = "it is not of the senders' organization: name a profile of that one's management account"

	emptyAnswer  because = "the answer was empty: look at -endpoint-url and AWS_ENDPOINT_URL"
	noSuchName   because = "the name was not found"
	noConnection because = "the connection was refused"
	queueIsThere because = "AWS says that there is no such queue, or none for it to see, and the queue is there"
	keyIsThere   because = "AWS says that, or that there is no such key, and the key is there"
	notDeleted   because = "it came as it was sent, but could not be deleted"
	elsewhere    because = "the OU is at another path"
	inSenders    because = "in an OU that sends"
	notInSenders because = "in no OU that sends"

	plainNoConnection because = "it refuses the connection"
	plainRedirect     because = "it redirects to HTTPS"
	plainTLSOnly      because = "it speaks TLS only"
)

// troubleWords are the outcomes that show nothing.
var troubleWords = map[outcome]string{
	notReceived:    "the message did not come in time: another consumer may have it; stop the consumers, or give more time with -timeout",
	noCredentials:  "sign in (aws sso login) or name a profile; aws sts get-caller-identity finds none either",
	badCredentials: "AWS does not know the credentials: take others, or enable the Region in their account if it is one to opt in to",
	noCode:         "the profile asks for an MFA code: run the command in a terminal, or name a profile that needs none",
	expired:        "the credentials have expired: sign in again (aws sso login) or renew them",
	wrongRegion:    "the account or endpoint does not serve the Region of the settings: correct the environment's region, or -endpoint-url and AWS_ENDPOINT_URL, or enable the Region in the account",
	wrongClock:     "the clock of this computer is off: set it",
	keyDisabled:    "the key is disabled: enable it (aws kms enable-key); no deployment does",
	keyDeleted:     "the key is about to be deleted: cancel that (aws kms cancel-key-deletion), then enable it (aws kms enable-key); no deployment does",
	throttled:      "AWS still asked to slow down after every attempt: try again later",
	noAnswer:       "no answer came: look at the network, proxies and certificates",
	notAWS:         "the endpoint did not answer as AWS does: look at -endpoint-url, AWS_ENDPOINT_URL and proxies",
	interrupted:    "interrupted before AWS answered",
	timedOut:       "the time was up before AWS answered: give more with -timeout",
}

// detail is what the report says of a step: what was understood, what that
// leaves open, and what to look at.
func (p *proof) detail(s step, a answer, v verdict) string {
	parts := []string{p.understood(s, a)}
	if v == notTested {
		parts[0] += ", so the " + walls(s.wall()) + " was not tested"
	}
	if a.unproved && v == unknown && a.got == refused && a.refusal.policy != unnamed {
		parts = append(parts, "its own send was not accepted, so this does not show what a sender may do")
	}
	if letIn(s.want, s.wall(), a) && a.relayed {
		parts = append(parts, "the queue let it in, and only the key stopped it")
	}
	if s.hint != nil {
		parts = append(parts, s.hint(a, v))
	}
	return joined("; ", parts...)
}

func inBrackets(b because) string {
	if b == "" {
		return ""
	}
	return " (" + string(b) + ")"
}

// joined joins what is not empty.
func joined(separator string, parts ...string) string {
	var some []string
	for _, part := range parts {
		if part != "" {
			some = append(some, part)
		}
	}
	return strings.Join(some, separator)
}

func walls(w wall) string {
	var names []string
	for _, k := range w.by {
		if k != service {
			names = append(names, string(k))
		}
	}
	return strings.Join(names, " or ")
}

// understood says what came of a step.
func (p *proof) understood(s step, a answer) string {
	facts := joined(", ", a.facts...)
	switch a.got {
	case refused, wrongAccount:
		if a.code == "" && a.refusal == (refusal{}) {
			return joined(": ", facts, string(a.because)) // of the wrong account, by what it said itself
		}
		return joined(": ", facts, by(a)+inBrackets(a.because))
	case accepted:
		return joined(", ", facts, acceptedWords[a.code])
	case received:
		return facts + " as it was sent, and deleted it"
	case altered:
		return facts + " has another body than was sent, and stays in the queue"
	case noAnswer:
		return noAnswerWords(a)
	case noQueue, noKey:
		return absentWords[a.got]
	case failed:
		return joined(": ", facts, string(a.because), answered(a.code), a.message)
	case notTried:
		if a.because == noTime {
			return "the time was up: give more than " + p.timeout.String() + " with -timeout"
		}
		return string(a.because)
	}
	return joined(": ", facts, string(a.because), troubleWords[a.got])
}

func answered(code string) string {
	if code == "" {
		return ""
	}
	return "AWS answered " + code
}

var absentWords = map[outcome]string{
	noQueue: "the queue is not there, or may not be seen: AWS says the same of both",
	noKey:   "the key is not there",
}

var acceptedWords = map[string]string{
	"DryRunOperationException":   "KMS would have done it (a dry run)",
	"InvalidCiphertextException": "KMS looked at the ciphertext instead of refusing the caller",
	"IncorrectKeyException":      "KMS looked at the ciphertext instead of refusing the caller",
	"ReceiptHandleIsInvalid":     "SQS looked at the receipt handle instead of refusing the caller",
}

func noAnswerWords(a answer) string {
	switch a.because {
	case noSuchName:
		return "the name " + a.facts[len(a.facts)-1] + " was not found: look at the network, and whether the environment's region is one of AWS"
	case noConnection:
		return "the endpoint refused the connection: look at the network, or at -endpoint-url and AWS_ENDPOINT_URL"
	}
	return troubleWords[noAnswer]
}

// by says who refused, as far as AWS does.
func by(a answer) string {
	r := a.refusal
	switch {
	case r.rule != "":
		return "AWS says: " + a.message
	case r.policy == service && a.because != "":
		return "there is no plain HTTP at the endpoint"
	case r.policy == service:
		return "by SQS itself, which takes no plain HTTP for an encrypted queue, before any policy"
	case r.policy != unnamed:
		return "by " + named(r)
	case r.absent:
		return "by the key policy, or there is no such key: AWS does not say which"
	case r.deny == explicit:
		return "by a Deny of a policy that AWS does not name"
	}
	return "by the " + resourceOf(a) + " or a policy of the caller: AWS does not say which"
}

// named says which policy refused, with its ARN if AWS gave it.
func named(r refusal) string {
	text := "the " + string(r.policy)
	switch r.policy {
	case identityPolicy:
		text = "its own " + string(r.policy)
	case boundary, sessionPolicy:
		text = "its own side's " + string(r.policy)
	case serviceControl:
		text = "a " + string(r.policy) + " of its own side"
	case resourceControl:
		text = "a " + string(r.policy) + " of the shared account's side"
	case endpointPolicy:
		text = "the " + string(r.policy) + " of its network"
	}
	if r.deny == explicit {
		text = "an explicit deny in " + text
	}
	return joined(" ", text, r.arn)
}

// resourceOf is the policy on the resource's side, where AWS names none.
func resourceOf(a answer) string {
	switch {
	case a.relayed || a.service == "KMS":
		return string(keyPolicy)
	case a.service == "STS":
		return string(trustPolicy)
	case a.service == "Organizations" || a.service == "AccessAnalyzer":
		return "service"
	}
	return string(queuePolicy)
}

// What to look at: one function for each kind of step.

func (p *proof) hintRole(a answer, _ verdict) string {
	role := p.publisher.Role.RoleName
	switch {
	case a.refusal.rule == noRoot:
		return "take an IAM user or role instead of the root user"
	case a.refusal.rule == mfaFailed:
		return "type the code again, each code once"
	case a.refusal.rule == tagSession:
		return "the session carries tags: let the trust policy of " + role + " and the caller's own policy allow sts:TagSession, or take a profile that passes none"
	case a.refusal.rule == setSourceIdentity:
		return "the session has a source identity: let the trust policy of " + role + " and the caller's own policy allow sts:SetSourceIdentity, or take a profile that has none"
	case a.got != refused && a.got != wrongAccount:
		return ""
	}
	trust := p.trustHint()
	if a.got == wrongAccount {
		trust = fmt.Sprintf("the caller is of account %s, the publisher %s of %s; %s", p.caller.account, p.publisher.Name, p.publisher.Account, trust)
	}
	switch {
	case a.refusal.policy == trustPolicy && a.refusal.deny == explicit:
		return "look for a Deny in the trust policy of " + role
	case a.refusal.policy == trustPolicy:
		return trust
	case a.refusal.policy == identityPolicy && a.refusal.deny != explicit:
		return "let the caller do sts:AssumeRole on " + p.roleARN()
	case a.refusal.policy == unnamed:
		return "AWS says the same if the role is not there: deploy the stack " + p.roleStack() + "; let the caller do sts:AssumeRole on " + p.roleARN() + "; " + trust
	}
	return "ask who keeps that policy"
}

func (p *proof) trustHint() string {
	var trusted []string
	for _, t := range p.publisher.Role.AssumedBy {
		trusted = append(trusted, t.String())
	}
	return fmt.Sprintf("%s lets %s assume it: add the caller to environments.%s.publishers.%s.assumedBy and deploy the stack %s",
		p.publisher.Role.RoleName, strings.Join(trusted, ", "), p.environment.Name, p.publisher.Name, p.roleStack())
}

// hintSend is where a refusal of what must be accepted comes from.
func (p *proof) hintSend(a answer, _ verdict) string {
	role := fmt.Sprintf("statements %s and %s of the role in the stack %s (is it deployed as it is now? does %s match the key's alias?)",
		policy.Sid(policy.SidGrantSend, p.queue()), policy.Sid(policy.SidGrantKey, p.queue()), p.roleStack(), policy.KeyAliases)
	return p.hintSender(a, p.sender, role)
}

func (p *proof) hintInsiderSend(a answer, _ verdict) string {
	return p.hintSender(a, p.insider, "the insider's own policies, which must allow everything")
}

// hintSender says where to look for what refused a sender. own is its side.
func (p *proof) hintSender(a answer, who *principal, own string) string {
	switch {
	case a.got == noQueue || a.got == noKey:
		return p.deploy(p.environment)
	case a.got != refused:
		return ""
	}
	queue := fmt.Sprintf("statement %s of the queue in the stack %s (is the sender's account in the organization %s?)",
		policy.SidSend, p.environment.StackName(), p.environment.Queue.Senders[0].Organization())
	key := fmt.Sprintf("statement %s of the key in the stack %s (is the sender's account in one of environments.%s.senders? does SQS send %s? CloudTrail shows the encryption context of the call)",
		policy.SidUseKey, p.environment.StackName(), p.environment.Name, policy.KeyQueueARN)
	r := a.refusal
	switch {
	case r.policy == service || r.policy == queuePolicy && r.deny == explicit && p.plainEndpoint(who):
		return "the endpoint is http://, which statement " + policy.SidDenyHTTP + " refuses: take one of https://"
	case r.policy == queuePolicy && r.deny == explicit:
		return "look for a Deny in the policy of the queue, which the stack " + p.environment.StackName() + " deploys with " + policy.SidDenyHTTP + " only"
	case r.policy == keyPolicy && r.deny == explicit:
		return "look for a Deny in the policy of the key, which the stack " + p.environment.StackName() + " deploys with none"
	case r.policy == queuePolicy:
		return "look at " + queue
	case r.policy == keyPolicy:
		return "look at " + key
	case r.policy == identityPolicy && r.deny == explicit:
		return "somebody put a Deny there, the stacks put none: ask who keeps that policy"
	case r.policy == identityPolicy:
		return "look at " + own
	case r.policy != unnamed:
		return "ask who keeps that policy"
	case r.deny == explicit:
		return "look for a Deny in the policies of queue, key and sender, and ask who keeps the organization's"
	case r.absent:
		return p.deploy(p.environment) + "; else look at " + key
	case a.relayed:
		return "look at both: " + key + " and " + own
	}
	return "look at both: " + queue + " and " + own
}

func (p *proof) plainEndpoint(who *principal) bool {
	return who != nil && who.sqsEndpoint(p.queue()).Scheme == "http"
}

func (p *proof) deploy(e spec.Environment) string {
	return fmt.Sprintf("deploy the stack %s, or correct environments.%s", e.StackName(), e.Name)
}

// hintPublisher is for what a publisher must not do.
func (p *proof) hintPublisher(a answer, v verdict) string {
	switch {
	case v == notTested && a.refusal.policy == identityPolicy:
		return "-insider-profile tests it"
	case v == notTested:
		return "ask who keeps that policy; -insider-profile tests it from another account"
	case v == unknown && a.got == refused && !a.unproved:
		return "its own policy is to refuse this too: -insider-profile tests it"
	}
	return p.hintOpen(a, v)
}

// hintInsider is for what nobody in an OU that sends may do.
func (p *proof) hintInsider(a answer, v verdict) string {
	switch {
	case v == notTested && a.refusal.policy.side() == callers:
		return "take an insider whose policies, boundary and account allow everything"
	case v == notTested:
		return "ask who keeps that policy"
	}
	return p.hintOpen(a, v)
}

// hintOpen is for what was let through.
func (p *proof) hintOpen(a answer, v verdict) string {
	switch {
	case a.got == noQueue || a.got == noKey:
		return p.deploy(p.environment)
	case v != fails:
		return ""
	}
	return fmt.Sprintf("look at the policies of queue (%s), dead-letter queue and key (%s, with %s and %s) in the stack %s, and for grants of the key",
		policy.SidSend, policy.SidUseKey, policy.KeyVia, policy.KeyQueueARN, p.environment.StackName())
}

func (p *proof) hintPlain(a answer, v verdict) string {
	hint := ""
	switch {
	case a.got == accepted || letIn(refused, wall{by: []kind{queuePolicy, service}}, a):
		hint = fmt.Sprintf("look at statement %s of the queue in the stack %s", policy.SidDenyHTTP, p.environment.StackName())
	case v == notTested:
		hint = "take a publisher whose side lets it send over plain HTTP too"
	}
	if p.plainEndpoint(p.sender) {
		hint = joined("; ", hint, "the endpoint is http:// itself, so every step went over plain HTTP: take one of https:// to tell them apart")
	}
	return hint
}

// hintOther is for another environment's queue.
func (p *proof) hintOther(other spec.Environment) func(answer, verdict) string {
	return func(a answer, v verdict) string {
		switch {
		case a.got == noQueue:
			return "it may be a refusal; else " + p.deploy(other)
		case a.got == noKey:
			return p.deploy(other)
		case v == fails:
			return fmt.Sprintf("look at the senders of %s, and at the policies of queue and key in the stack %s", other.Name, other.StackName())
		case v == notTested:
			return "-insider-profile tests it"
		}
		return ""
	}
}

func (p *proof) hintMembership(o *outsider) func(answer, verdict) string {
	return func(a answer, _ verdict) string {
		switch {
		case a.got != identified:
			return ""
		case !o.placed:
			return "AWS did not tell of which organization it is: let it do organizations:DescribeOrganization"
		case p.own(o):
			return "of the senders' organization " + o.organization + ": the queue is to let it in and the key to stop it" + p.unless()
		case o.organization == "":
			return "of no organization: the queue is to stop it"
		}
		return "of another organization, " + o.organization + ": the queue is to stop it"
	}
}

func (p *proof) unless() string {
	if p.environment.Queue.OrgPathsOnQueue {
		return ", but with orgPathsOnQueue the queue stops it too, and first"
	}
	return ""
}

func (p *proof) hintOutsider(o *outsider) func(answer, verdict) string {
	const allow = "let its own policy allow sqs:SendMessage, kms:GenerateDataKey and kms:Decrypt on every resource"
	return func(a answer, v verdict) string {
		switch {
		case a.got == accepted:
			return fmt.Sprintf("is it outside of environments.%s.senders, and for longer than %s? If so, look at statements %s of the queue and %s of the key in the stack %s",
				p.environment.Name, reuse(p.environment), policy.SidSend, policy.SidUseKey, p.environment.StackName())
		case v == fails && a.relayed:
			return fmt.Sprintf("look at statement %s of the queue in the stack %s", policy.SidSend, p.environment.StackName())
		case v == fails:
			return "the key was not asked: look at statement " + policy.SidSend + " of the queue in the stack " + p.environment.StackName()
		case a.control:
			return "its own policy lets it send to a queue of its account"
		case a.got == noQueue || a.got == noKey:
			return p.deploy(p.environment)
		case v == notTested && a.refusal.policy == resourceControl:
			return "take an outsider of the same organization, and ask who keeps that policy"
		case v == notTested && a.refusal.policy.side() == callers:
			return allow
		case v == notTested:
			return "ask who keeps that policy"
		case v == unknown && a.got == refused && !o.placed:
			return "nothing shows which of the two is to stop it"
		case v == unknown && a.got == refused && a.relayed:
			return "the queue let it in; nothing shows that its own policy lets it use the key: " + allow
		case v == unknown && a.got == refused:
			return "nothing shows that its own policy lets it send: name a queue of its account with -outsider-queue; " + allow
		}
		return ""
	}
}

func (p *proof) hintLookUp(a answer, _ verdict) string {
	switch a.got {
	case missing:
		return "it matches nobody: look it up (go run ./cmd/orgpaths) and correct environments." + p.environment.Name
	case outside:
		return "it is in no OU of environments." + p.environment.Name + ".senders, so the key refuses it: move the account or add the OU"
	case refused:
		return "ask as the management account or a delegated administrator, allowed organizations:DescribeOrganization, DescribeOrganizationalUnit and DescribeAccount"
	}
	return ""
}

func (p *proof) hintPolicies(a answer, _ verdict) string {
	if a.got == refused {
		return "let the caller do access-analyzer:ValidatePolicy and access-analyzer:CheckNoPublicAccess"
	}
	return ""
}

// Notes, which stand under the steps.

func reuse(e spec.Environment) string { return problem.Duration(*e.Queue.WithDefaults().DataKeyReuse) }

func noteReuse(e spec.Environment) string {
	return fmt.Sprintf("a principal that has just left the OU can go on sending for up to %s, the data key's reuse period (dataKeyReuse)", reuse(e))
}

func noteMaybeSent(queue, environment string) string {
	return fmt.Sprintf("no answer came for a message to the queue %s of %s: it may be there", queue, environment)
}

func noteLeft(m message, consumed bool) string {
	note := fmt.Sprintf("a test message stays in the queue %s of %s: %s", m.queue, m.environment, m.id)
	if !consumed {
		note += " (-consumer-profile receives and deletes it)"
	}
	return note
}

func noteParameter(name, account string) string {
	return fmt.Sprintf("the parameter %s of account %s could not be deleted: delete it (aws ssm delete-parameter)", name, account)
}

func noteReceivedAlong(n int) string {
	return fmt.Sprintf("%d messages of others were received along, which counts as one receive of each", n)
}

func noteHidden(n int) string {
	return fmt.Sprintf("%d of them could not be put back: they come back by themselves when the time of -timeout is over", n)
}
