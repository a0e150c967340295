package rules

import (
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// What a condition binds everyone to, by its key.

// Keys that have the id of an account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
var accountKeys = set("aws:principalaccount", "aws:sourceaccount", "kms:calleraccount")

// Keys that have an ARN: of the caller, of what a service calls for, and of the
// function, build or instance whose credentials the caller has.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-role-session-properties
// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
var arnKeys = set("aws:principalarn", "aws:sourcearn", "lambda:sourcefunctionarn",
	"codebuild:buildarn", "codebuild:projectarn", "ec2:sourceinstancearn", "ssm:sourceinstancearn")

// Keys of the network that a call comes through: its id or ARN, and the account or
// organization of the endpoint. The last three and the ARN are of KMS, not of SQS:
// in the policy of a queue they let nobody in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpc
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcevpcarn
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpceaccount
var networkKeys = set("aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths", "aws:ec2instancesourcevpc")

// Keys of an organization: of the caller, of whom a service calls for, and of the
// endpoint that a call comes through.
var (
	principalOrgKeys = set("aws:principalorgid", "aws:principalorgpaths")
	sourceOrgKeys    = set("aws:sourceorgid", "aws:sourceorgpaths")
	endpointOrgKeys  = set("aws:vpceorgid", "aws:vpceorgpaths")
)

func isOrgKey(name string) bool {
	return principalOrgKeys[name] || sourceOrgKeys[name] || endpointOrgKeys[name]
}

// hasPaths reports whether the condition key has many values, and so needs a set
// operator.
func hasPaths(name string) bool { return strings.HasSuffix(name, "orgpaths") }

// Keys that only calls of services have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourcearn
var serviceKeys = set("aws:principalisawsservice", "aws:principalservicename", "aws:principalservicenameslist",
	"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths")

// public reports whether the statement lets everyone in and is not bound to one
// account. One that is bound so is like one that names the account as its Principal.
func (s *statement) public() bool {
	return !s.denies() && len(s.everyone()) > 0 && !s.ofOneAccount()
}

func (s *statement) ofOneAccount() bool {
	return s.when(func(c condition) bool {
		return (accountKeys[c.name] || arnKeys[c.name]) && s.namesAccount(c) || s.namesIdentity(c)
	})
}

// namesAccount reports whether a condition, on a key with the id of an account or with
// an ARN, holds for one account or a few.
func (s *statement) namesAccount(c condition) bool {
	if strings.HasSuffix(c.name, "account") {
		return c.demands(inText, func(value any) bool { return account.MatchString(s.text(value)) })
	}
	if inARNs[c.base] {
		return c.demands(inARNs, func(value any) bool { return s.arnOfOne(value, arnByParts) })
	}
	return c.demands(inText, func(value any) bool { return s.arnOfOne(value, arnByText) })
}

// namesIdentity reports whether a condition wants aws:userid to be the unique id of a
// user or role, which belongs to one account and is never used again.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
func (s *statement) namesIdentity(c condition) bool {
	return c.name == "aws:userid" && c.demands(inText, func(value any) bool { return uniqueID.MatchString(s.text(value)) })
}

var (
	anAccount = `(?:\d{12}|` + template.AccountMark + `)`
	noColon   = `:$` + template.UnknownMark + template.PartMark // in [^…]: what certainly has no colon
	account   = regexp.MustCompile(`^` + anAccount + `$`)
	uniqueID  = regexp.MustCompile(`^(?:AIDA|AROA)[A-Z0-9]{12,}(?::.*)?$`)

	// ARN operators compare part by part, and a wildcard stands for no colon but in
	// the last.
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
	arnByParts = regexp.MustCompile(`^arn:[^` + noColon + `]+:[^` + noColon + `]+:[^` + noColon + `]*:` + anAccount + `:`)

	// In a string a wildcard also stands for colons, which the names of alarms or
	// the paths of roles can have: so there is none before the account. The names of
	// trails, rules, log groups and topics have no colons.
	// https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html
	// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
	// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
	// https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
	arnByText = regexp.MustCompile(`^arn:[^*?` + noColon + `]+:(?:[^*?` + noColon + `]+:[^*?` + noColon + `]*|(?:cloudtrail|events|logs|sns):\*):` + anAccount + `:`)

	// The ARN of a bucket has no account, and its name is of one bucket in the world.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
	bucketARN = regexp.MustCompile(`^arn:[^*?` + noColon + `]+:s3:\*?:\*?:(?:[a-z0-9][a-z0-9.-]+|` + template.PartMark + `)$`)
)

func (s *statement) arnOfOne(value any, form *regexp.Regexp) bool {
	return namesOne(value) || form.MatchString(s.text(value)) || bucketARN.MatchString(s.text(value))
}

// ofOneNetwork reports whether a condition lets in only calls that come through the
// networks of one owner.
func (s *statement) ofOneNetwork() bool {
	return s.when(func(c condition) bool {
		switch {
		case endpointOrgKeys[c.name]:
			return s.namesOrganization(c)
		case c.name == "aws:vpceaccount" || c.name == "aws:sourcevpcarn":
			return s.namesAccount(c)
		case networkKeys[c.name]:
			return c.demands(inText, func(value any) bool { return namesOne(value) || network.MatchString(s.text(value)) })
		}
		return false
	})
}

var network = regexp.MustCompile(`^vpce?-[0-9a-f]{8,17}$`)

// ofOneOrganization reports whether a condition lets in only callers of one
// organization, or services that call for its accounts. A key that is absent, as for
// callers of no organization, matches nothing.
func (s *statement) ofOneOrganization() bool {
	return s.when(func(c condition) bool { return principalOrgKeys[c.name] && s.namesOrganization(c) }) || s.throughOrganization()
}

// throughOrganization reports whether a condition lets in only services that call for
// accounts of one organization: only services say on whose behalf they call.
func (s *statement) throughOrganization() bool {
	return s.when(func(c condition) bool { return sourceOrgKeys[c.name] && s.namesOrganization(c) })
}

func (s *statement) namesOrganization(c condition) bool {
	if hasPaths(c.name) && c.set != "foranyvalue" {
		return false
	}
	return c.demands(inText, func(value any) bool { return orgForm(c.name).MatchString(s.text(value)) })
}

// orgMark stands for ${aws:ResourceOrgID}: the organization of the queue or key.
const orgMark = "\uE010"

// Ids as the Organizations API defines them.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
//
// A path goes on after the organization with a root and any number of OUs. The
// slash before the wildcard keeps out a sibling whose id only begins the same; ou-*
// are the OUs below.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
var (
	anOrg    = `(?:o-[a-z0-9]{10,32}|` + orgMark + `)`
	orgID    = regexp.MustCompile(`^` + anOrg + `$`)
	orgPaths = regexp.MustCompile(`^` + anOrg + `/(?:\*|r-[0-9a-z]{4,32}/(?:ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}/)*(?:ou-)?\*?)$`)
)

func orgForm(name string) *regexp.Regexp {
	if hasPaths(name) {
		return orgPaths
	}
	return orgID
}

// Policy variables that are not the caller's to choose, in the version of policies
// that has variables.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
var (
	resourceAccount = regexp.MustCompile(`(?i)\$\{aws:ResourceAccount\}`)
	resourceOrg     = regexp.MustCompile(`(?i)\$\{aws:ResourceOrgID\}`)
)

// text is the value with marks for what is not literal.
func (s *statement) text(value any) string {
	marked := text(value)
	if s.of.variables {
		marked = resourceAccount.ReplaceAllString(marked, template.AccountMark)
		marked = resourceOrg.ReplaceAllString(marked, orgMark)
	}
	return marked
}

// isAccount reports whether the value is the id of an account, also without quotes as
// in YAML.
func isAccount(value any) bool { return account.MatchString(text(value)) }

// forServices reports whether only services can use the statement: it names only
// them, or a condition asks for a key that only their calls have.
func (s *statement) forServices() bool {
	_, only := s.services()
	return only || s.when(func(c condition) bool {
		switch {
		case c.name == "aws:principalisawsservice":
			return c.demands(set("bool", "stringequals"), func(value any) bool { return says(value, true) })
		case serviceKeys[c.name] && c.base == "null":
			return !slices.ContainsFunc(c.values, func(value any) bool { return !says(value, false) })
		}
		demanded := func(any) bool { return true }
		return serviceKeys[c.name] && (c.demands(inText, demanded) || c.demands(inARNs, demanded))
	})
}
