package prove

import (
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/prove/computed"
)

// A claim is one thing that a run is about.
type claim struct {
	id       string // stable; -json gives it
	sentence string // for the report
	needs    string // the flag, and whose profile it names, without which it is not shown
	within   string // the computed claim that says it too; empty if none does
}

const (
	needsSender       = "-profile of a sender"
	needsInsider      = "-insider-profile of an all-powerful principal in an OU that sends"
	needsConsumer     = "-consumer-profile of a principal that may receive and delete"
	needsOrganization = "-organization-profile"
	needsAnalyzer     = "-policies with a -profile that may ask Access Analyzer"
	needsOutsider     = "-outsider-profile of an account "
	needsShared       = "-shared-profile of a principal that may read queue, key and roles"
)

// Ids of claims that are made of parts.
const (
	cannotSend    = "-cannot-send"
	cannotReceive = "-cannot-receive"
	cannotUseKey  = "-cannot-use-key"

	otherQueue = "cannot-send-to-"
)

// senderClaims are the claims on senders: what they can do and what not.
var senderClaims = []claim{
	{"sender-sends", "{sender} can send", needsSender, computed.Senders},
	{"insider-sends", "an all-powerful principal in an OU that sends can send", needsInsider, computed.Senders},
	{"plain-http-refused", "a message over plain HTTP is refused", needsSender, computed.Senders},
	{"publisher-cannot-receive-or-use-key", "{sender} cannot receive, nor generate a data key or decrypt without the queue", needsSender, computed.Senders},
	{"sender-looks-up", "a sender can look the queue up as the settings promise: {look-up}", needsInsider, computed.Senders},
	{"sender-cannot-receive", "a sender cannot receive", needsInsider, computed.Senders},
	{"sender-cannot-delete", "a sender cannot delete messages or change their visibility", needsInsider, computed.Senders},
	{"sender-cannot-use-dead-letters", "a sender cannot send to the dead-letter queue or receive from it", needsInsider, computed.Senders},
	{"sender-cannot-use-key", "a sender cannot generate a data key, encrypt or decrypt without the queue", needsInsider, computed.Senders},
	{"sender-cannot-describe-key", "a sender cannot look the key up (kms:DescribeKey)", needsInsider, computed.Senders},
	{"sender-cannot-use-key-by-parameter-store", "a sender cannot use the key through Parameter Store", needsInsider, computed.Senders},
}

// outsiderKinds are the kinds of those who must be kept out.
var outsiderKinds = []struct{ id, who, account string }{
	{computed.OtherOU, "principals of the organization's other OUs", "in another OU of the organization"},
	{computed.OtherOrganization, "principals of other organizations", "in another organization"},
	{computed.NoOrganization, "principals of accounts in no organization", "in no organization"},
}

var outsiderClaims = []struct{ id, sentence string }{
	{cannotSend, " cannot send"},
	{cannotReceive, " cannot receive, from the queue or the dead-letter queue"},
	{cannotUseKey, " cannot generate a data key, encrypt or decrypt"},
}

// claims are what the run is about, in the order in which the report has them: the
// whole boundary, whether it was asked for or not, then what else was.
func (p *proof) claims() []claim {
	claims := slices.Clone(senderClaims)
	if p.Publisher == nil {
		claims = slices.DeleteFunc(claims, func(c claim) bool { return c.id == "publisher-cannot-receive-or-use-key" })
	} else if p.Publisher.AssumedBy != nil {
		claims = append(claims, claim{"others-cannot-assume-role", "others than its trust policy names cannot assume the role of {sender}", needsInsider, computed.Trust})
	}
	for i, c := range claims {
		if p.Publisher != nil && !p.publisherRead && (c.id == "sender-sends" || c.id == "others-cannot-assume-role") {
			claims[i].within = "" // what is computed is about other roles
		}
	}
	for _, other := range p.Others {
		claims = append(claims, claim{otherQueue + kebab(other.Name), "a sender cannot send to " + other.Name, needsInsider, ""})
	}
	for _, o := range outsiderKinds {
		for _, c := range outsiderClaims {
			claims = append(claims, claim{o.id + c.id, o.who + c.sentence, needsOutsider + o.account, computed.Prefix + o.id})
		}
	}
	claims = append(claims, claim{"anonymous-cannot-send", "nobody can send without a signature", needsSender, computed.Anonymous})
	if p.consumer != nil {
		claims = append(claims, claim{"consumer-receives", "a consumer receives what was sent", needsConsumer, computed.SharedAccount})
		if p.consumerHasRole() {
			claims = append(claims, claim{"consumer-cannot-send", "a consumer cannot send", needsConsumer, computed.SharedAccount})
		}
	}
	claims = append(claims, p.lookUpClaims()...)
	claims = append(claims, p.policyClaims()...)
	for _, c := range p.computedClaims() {
		claims = append(claims, claim{c.ID, c.Sentence, needsShared, ""})
	}
	for i, c := range claims {
		claims[i].sentence = p.words().Replace(c.sentence)
	}
	return claims
}

// computedClaims are those that are about something that was asked for.
func (p *proof) computedClaims() []computed.Claim {
	trusting := slices.ContainsFunc(p.Queue.Publishers, func(g asked.Grantee) bool { return g.AssumedBy != nil })
	return slices.DeleteFunc(slices.Clone(computed.Claims), func(c computed.Claim) bool {
		return c.ID == computed.Trust && !trusting || c.ID == computed.OwnPolicies && len(p.Queue.Publishers)+len(p.Queue.Workers) == 0
	})
}

// harmful reports whether a claim can only be computed, as trying it would do harm.
func (p *proof) harmful(c claim) bool {
	return p.OneReceive() && (strings.HasPrefix(c.id, "publisher-cannot-receive") || strings.HasSuffix(c.id, cannotReceive))
}

// ouClaim is that there is an OU at the path.
func ouClaim(path address.Path) claim {
	return claim{"found-" + path.OU(), "there is an OU at " + path.String(), needsOrganization, ""}
}

// kebab is a name as part of an id.
func kebab(name string) string {
	return strings.ToLower(strings.NewReplacer("'s", "", " ", "-", "/", "-").Replace(name))
}
