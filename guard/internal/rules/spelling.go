package rules

import (
	"fmt"
	"strings"
)

// Guard-Condition: condition operators and keys are those that AWS has. One that is
// misspelt never matches, so that a Deny of it denies nobody.
func spelling(s *statement) (flaws []flaw) {
	for _, c := range s.conditions {
		if !knownSets[c.set] || !knownOperators[c.base] || c.base == "null" && c.ifExist {
			flaws = append(flaws, flaw{
				fmt.Sprintf("has the condition operator %s, which AWS does not have", c.written),
				"correct the operator's spelling",
			})
		}
		if !knownKey(c.name) {
			flaws = append(flaws, flaw{
				fmt.Sprintf("has the condition key %s, which AWS does not have in a resource policy", c.key),
				"correct the key's spelling, or take another",
			})
		}
	}
	return flaws
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
var knownOperators = set(
	"stringequals", "stringnotequals", "stringequalsignorecase", "stringnotequalsignorecase", "stringlike", "stringnotlike",
	"numericequals", "numericnotequals", "numericlessthan", "numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals",
	"dateequals", "datenotequals", "datelessthan", "datelessthanequals", "dategreaterthan", "dategreaterthanequals",
	"bool", "binaryequals", "ipaddress", "notipaddress",
	"arnequals", "arnlike", "arnnotequals", "arnnotlike",
	"null",
)

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
var knownSets = set("", "foranyvalue", "forallvalues")

// families are the prefixes of condition keys of which all that AWS has are listed
// below. Others are not looked at. SQS has none of its own.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
var families = []string{"kms:", "sqs:", "aws:principalorg", "aws:sourceorg", "aws:vpce"}

// kms:ResourceAliases is of IAM policies alone: in a key policy it never matches.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var knownKeys = set(
	"aws:principalorgid", "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths",
	"aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
	"kms:bypasspolicylockoutsafetycheck", "kms:calleraccount", "kms:customermasterkeyspec", "kms:customermasterkeyusage",
	"kms:datakeypairspec", "kms:encryptionalgorithm", "kms:encryptioncontextkeys", "kms:expirationmodel",
	"kms:grantconstraintsourcearn", "kms:grantconstrainttype", "kms:granteeprincipal", "kms:granteeserviceprincipal",
	"kms:grantisforawsresource", "kms:grantoperations", "kms:keyagreementalgorithm", "kms:keyorigin", "kms:keyspec",
	"kms:keyusage", "kms:macalgorithm", "kms:messagetype", "kms:multiregion", "kms:multiregionkeytype", "kms:primaryregion",
	"kms:reencryptonsamekey", "kms:replicaregion", "kms:requestalias", "kms:retiringprincipal", "kms:retiringserviceprincipal",
	"kms:rotationperiodindays", "kms:schedulekeydeletionpendingwindowindays", "kms:signingalgorithm",
	"kms:trailingdayswithoutkeyusage", "kms:validto", "kms:viaservice", "kms:wrappingalgorithm", "kms:wrappingkeyspec",
)

// openKeys begin keys whose ends are not listed.
var openKeys = []string{"kms:encryptioncontext:", "kms:recipientattestation:"}

func knownKey(name string) bool {
	if knownKeys[name] {
		return true
	}
	for _, stem := range openKeys {
		if strings.HasPrefix(name, stem) && name != stem {
			return true
		}
	}
	for _, family := range families {
		if strings.HasPrefix(name, family) {
			return false
		}
	}
	return true
}
