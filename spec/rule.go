package spec

import (
	"regexp"
	"strings"
	"time"

	"example.com/shared-queue/address"
)

// A Rule is what one property may be, whatever the others are. Checks go by it,
// and so does the schema of the settings.
type Rule struct {
	Lowest, Highest int          // of a number, or of a duration in seconds
	Form            address.Form // of a text, or of each text of a list
	OneOf           []string     // texts, if they can be listed
}

// RuleOf is the rule for the property, of any of this package's structs. The zero
// Rule is for one that may be anything of its type.
func RuleOf(property string) Rule { return rules[property] }

// The limits of SQS are those of
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
var rules = map[string]Rule{
	"Region":    {Form: address.RegionCode},
	"Account":   {Form: address.AccountID},
	"QueueName": {Form: address.QueueName},
	"KeyAlias":  {Form: address.KeyAlias},
	"Senders":   {Form: address.OUPath},
	"Services":  {OneOf: services},

	"VisibilityTimeout": seconds(0, 12*time.Hour),
	"ReceiveWaitTime":   seconds(0, 20*time.Second),
	"DeliveryDelay":     seconds(0, 15*time.Minute),
	"MaxMessageSize":    {Lowest: 1024, Highest: 1_048_576}, // bytes
	"Retention":         seconds(time.Minute, maxRetention),
	"DataKeyReuse":      seconds(time.Minute, 24*time.Hour),
	"MaxReceiveCount":   {Lowest: 1, Highest: 1000},
	"RemovalPolicy":     {OneOf: []string{string(Retain), string(Destroy)}},
	"SenderMayAlso":     {OneOf: lookUps},

	// Days. https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html
	"KeyPendingWindow": {Lowest: 7, Highest: 30},

	"Consumers":           {Form: ownRole},
	"DeadLetterConsumers": {Form: ownRole},
	"Operators":           {Form: ownRole},

	"MaxAge":   seconds(minMaxAge, maxRetention-time.Second),
	"TopicARN": {Form: topicARN},

	// Percent. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html
	"FailureTolerance": {Lowest: 0, Highest: 100},
	"MaxConcurrent":    {Lowest: 1, Highest: 100},

	"SendsTo":             {Form: Name},
	"RoleName":            {Form: roleName},
	"AssumedBy":           {Form: address.PrincipalName},
	"RolePath":            {Form: rolePath},
	"PermissionsBoundary": {Form: policyARN},
}

// Name is that of an environment or a publisher, which is a part of stack names.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
var Name = address.Form{Pattern: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)}

// suggest is what to do about a text that is none of those that are allowed: write the
// one that it is in another case, or whose action or service it names alone, or else
// the cure.
func (r Rule) suggest(text, cure string) string {
	for _, word := range r.OneOf {
		_, name, _ := strings.Cut(word, ":") // of an action
		service, _, _ := strings.Cut(word, ".")
		for _, other := range []string{word, name, service} {
			if other != "" && strings.EqualFold(strings.TrimSpace(text), other) {
				return "write " + word
			}
		}
	}
	return cure
}

func seconds(lowest, highest time.Duration) Rule {
	return Rule{Lowest: int(lowest / time.Second), Highest: int(highest / time.Second)}
}

// IAM's forms, but for paths, where IAM allows every printable character.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var (
	roleName = address.Form{
		Pattern: regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,64}$`),
		Except:  regexp.MustCompile(`^` + reservedNames),
	}
	rolePath = address.Form{
		Pattern:   regexp.MustCompile(`^/([A-Za-z0-9_+=,.@-]+/)*$`),
		Except:    regexp.MustCompile(`^` + reservedPaths),
		MaxLength: address.MaxPath,
	}
	// ownRole is a role whose policies its account can change.
	ownRole = address.Form{
		Pattern: address.RoleARN.Pattern,
		Except:  regexp.MustCompile(`:role` + reservedPaths + `|/` + reservedNames + `[^/]*$`),
	}
	policyARN = address.Form{
		Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}|aws|` + address.OwnAccount + `):policy(/(?:[A-Za-z0-9_+=,.@-]+/)*)[A-Za-z0-9_+=,.@-]{1,128}$`),
		Except:  regexp.MustCompile(`:policy` + reservedPaths),
	}
	// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
	topicARN = address.Form{Pattern: regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$`)}
)

// What AWS reserves for itself, in any case of letters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names
var (
	reservedNames = `(` + address.AnyCase("AWSServiceRoleFor") + `|` + address.AnyCase("AWSReservedSSO") + `_)`
	reservedPaths = `/` + address.AnyCase("aws") + `-(` + address.AnyCase("service") + `-` + address.AnyCase("role") + `|` + address.AnyCase("reserved") + `)/`
)
