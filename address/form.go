package address

import (
	"regexp"
	"strings"
)

// A Form is the syntax of one kind of name. Checks and the schema of the settings both
// come from it.
type Form struct {
	Pattern   *regexp.Regexp // in the syntax that Go and JavaScript have in common
	Except    *regexp.Regexp // names that match Pattern, but are refused; nil for none
	MaxLength int            // in characters; 0 if Pattern limits it
}

// Takes reports whether the text has the form.
func (f Form) Takes(text string) bool {
	return f.Pattern.MatchString(text) && (f.Except == nil || !f.Except.MatchString(text)) &&
		(f.MaxLength == 0 || len(text) <= f.MaxLength)
}

// Suggest is what to do about a text that does not have the form: write the first of
// the others that does, or else the cure.
func (f Form) Suggest(cure string, others ...string) string {
	for _, other := range others {
		if f.Takes(other) {
			return "write " + other
		}
	}
	return cure
}

// nameIn is the last part of an ARN or a URL; empty if the text is neither.
func nameIn(text string) string {
	if strings.HasPrefix(text, "arn:") || strings.Contains(text, "://") {
		return text[strings.LastIndexAny(text, ":/")+1:]
	}
	return ""
}

// AnyCase is a pattern for the letters in any case. JavaScript has no (?i).
func AnyCase(letters string) string {
	var pattern strings.Builder
	for _, letter := range letters {
		pattern.WriteString("[" + strings.ToUpper(string(letter)) + strings.ToLower(string(letter)) + "]")
	}
	return pattern.String()
}

// The forms of names.
var (
	// RegionCode is an area, in some partitions one word more, a direction, a number:
	// the form of all Region codes so far.
	// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
	RegionCode = Form{Pattern: regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{2,5})?-(central|(north|south)?(east|west)|north|south)-[1-9][0-9]?$`)}

	// AccountID is the id of an account.
	AccountID = Form{Pattern: regexp.MustCompile(`^[0-9]{12}$`)}

	// QueueName is the name of a queue that has a dead-letter queue.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
	QueueName = Form{Pattern: regexp.MustCompile(`^[A-Za-z0-9_-]+(\.fifo)?$`), MaxLength: maxQueueName - len(deadLetterSuffix)}

	// KeyAlias is the alias of a customer-managed key, without its prefix.
	// https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html
	KeyAlias = Form{Pattern: regexp.MustCompile(`^[A-Za-z0-9/_-]+$`), Except: regexp.MustCompile(`^(aws|alias)/`), MaxLength: 256 - len(aliasPrefix)}

	// OUPath is what ParsePath takes. ParsePath also checks that the parts fit together.
	OUPath = Form{Pattern: regexp.MustCompile(`^` + organizationForm + `/` + rootForm + `(/` + ouForm + `){1,5}(/\*?)?$`)}

	// RoleARN is the ARN of an IAM role, with no wildcard.
	RoleARN = Form{Pattern: regexp.MustCompile(`^arn:(aws[a-z-]*):iam::([0-9]{12}):role` + iamNameForm + `$`)}

	// PrincipalName is what ParsePrincipal takes.
	PrincipalName = Form{
		Pattern: regexp.MustCompile(`^(` + OwnAccount + `|[0-9]{12}|` + serviceForm + `|arn:(aws[a-z-]*):iam::([0-9]{12}):(role|user)` + iamNameForm + `)$`),
		Except:  identityHost,
	}
)

// Parts of forms.
const (
	// The ids as the Organizations API defines them, for example in
	// https://docs.aws.amazon.com/organizations/latest/APIReference/API_OrganizationalUnit.html
	organizationForm = `o-[a-z0-9]{10,32}`
	rootForm         = `r-[0-9a-z]{4,32}`
	ouForm           = `ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}`

	// Service names have this form in China too; CDK changes names that end in .cn to
	// it.
	serviceForm = `[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com`

	// Path and name of a role or user as IAM allows them, with no wildcard:
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	iamNameForm = `(/(?:[\x21-\x29\x2b-\x3e\x40-\x7e]+/)?)([A-Za-z0-9_+=,.@-]{1,64})`
)
