# Condition operators and keys.
package shared_queue.guard

import rego.v1

# conditions are the lines of a Condition: an operator, a key and its values.
# AWS does not tell operators and keys apart by case: name, operator, set and
# base are in lower case, key and written are as they stand.
conditions(statement) := [condition |
	block := member(statement, "Condition")
	is_object(block.value)
	not unknown(block.value)
	some written in object.keys(block.value)
	keys := member(block, written)
	is_object(keys.value)
	not unknown(keys.value)
	some key in object.keys(keys.value)
	operator := lower(written)
	condition := object.union(member(keys, key), {
		"written": written,
		"operator": operator,
		"set": set_of(operator),
		"base": trim_suffix(base_of(operator), "ifexists"),
		"if_exists": endswith(operator, "ifexists"),
		"key": key,
		"name": lower(key),
	})
]

set_of(operator) := split(operator, ":")[0] if contains(operator, ":")

set_of(operator) := "" if not contains(operator, ":")

base_of(operator) := substring(operator, indexof(operator, ":") + 1, -1)

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
known_operators := {
	"stringequals", "stringnotequals", "stringequalsignorecase", "stringnotequalsignorecase", "stringlike", "stringnotlike",
	"numericequals", "numericnotequals", "numericlessthan", "numericlessthanequals", "numericgreaterthan", "numericgreaterthanequals",
	"dateequals", "datenotequals", "datelessthan", "datelessthanequals", "dategreaterthan", "dategreaterthanequals",
	"bool", "binaryequals", "ipaddress", "notipaddress",
	"arnequals", "arnlike", "arnnotequals", "arnnotlike",
	"null",
}

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
known_sets := {"", "foranyvalue", "forallvalues"}

# The condition keys of these families that AWS has; other families are not
# looked at. SQS has none of its own. kms:ResourceAliases is of IAM policies
# alone: in a key policy it never matches. "<any>" ends a key that goes on freely.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
families := {"kms:", "sqs:", "aws:principalorg"}

known_keys := {
	"aws:PrincipalOrgID",
	"aws:PrincipalOrgPaths",
	"kms:BypassPolicyLockoutSafetyCheck",
	"kms:CallerAccount",
	"kms:CustomerMasterKeySpec",
	"kms:CustomerMasterKeyUsage",
	"kms:DataKeyPairSpec",
	"kms:EncryptionAlgorithm",
	"kms:EncryptionContext:<any>",
	"kms:EncryptionContextKeys",
	"kms:ExpirationModel",
	"kms:GrantConstraintSourceArn",
	"kms:GrantConstraintType",
	"kms:GranteePrincipal",
	"kms:GranteeServicePrincipal",
	"kms:GrantIsForAWSResource",
	"kms:GrantOperations",
	"kms:KeyAgreementAlgorithm",
	"kms:KeyOrigin",
	"kms:KeySpec",
	"kms:KeyUsage",
	"kms:MacAlgorithm",
	"kms:MessageType",
	"kms:MultiRegion",
	"kms:MultiRegionKeyType",
	"kms:PrimaryRegion",
	"kms:RecipientAttestation:<any>",
	"kms:ReEncryptOnSameKey",
	"kms:ReplicaRegion",
	"kms:RequestAlias",
	"kms:RetiringPrincipal",
	"kms:RetiringServicePrincipal",
	"kms:RotationPeriodInDays",
	"kms:ScheduleKeyDeletionPendingWindowInDays",
	"kms:SigningAlgorithm",
	"kms:TrailingDaysWithoutKeyUsage",
	"kms:ValidTo",
	"kms:ViaService",
	"kms:WrappingAlgorithm",
	"kms:WrappingKeySpec",
}

problem contains {
	"rule": "Guard-Condition",
	"at": statement,
	"wrong": sprintf("has the condition operator %s, which AWS does not have", [condition.written]),
	"cure": "correct the operator's spelling",
} if {
	some statement in readable
	some condition in statement.conditions
	not known_operator(condition)
}

known_operator(condition) if {
	condition.set in known_sets
	condition.base in known_operators
	condition.operator != "nullifexists"
}

problem contains {
	"rule": "Guard-Condition",
	"at": statement,
	"wrong": sprintf("has the condition key %s, which AWS does not have in a resource policy", [condition.key]),
	"cure": "correct the key's spelling, or take another",
} if {
	some statement in readable
	some condition in statement.conditions
	some family in families
	startswith(condition.name, family)
	not known_key(condition.name)
}

known_key(name) if {
	some key in known_keys
	lower(key) == name
}

known_key(name) if {
	some key in known_keys
	endswith(key, "<any>")
	stem := lower(trim_suffix(key, "<any>"))
	startswith(name, stem)
	name != stem
}

# ForAllValues is true of a caller that has no value at all, like one of no
# organization. To one that is named, it only allows less than all.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
problem contains {
	"rule": "Guard-Operator",
	"at": statement,
	"wrong": sprintf("allows by %s, which is also true of callers that have no %s", [condition.written, condition.key]),
	"cure": "write ForAnyValue for a key of many values, or no set operator for a key of one",
} if {
	some statement in public
	some condition in statement.conditions
	condition.set == "forallvalues"
}

# So are IfExists, the negated operators and Null.
problem contains {
	"rule": "Guard-Operator",
	"at": statement,
	"wrong": sprintf("allows by %s %s, which callers of other organizations or of none can match", [condition.written, condition.key]),
	"cure": "write StringEquals aws:PrincipalOrgID or ForAnyValue:StringLike aws:PrincipalOrgPaths",
} if {
	some statement in public
	some condition in statement.conditions
	org_keys[condition.name]
	open_ended(condition)
}

open_ended(condition) if condition.if_exists

open_ended(condition) if contains(condition.base, "not")

open_ended(condition) if condition.base == "null"

# Of a key of many values there is no telling which is compared, without a set
# operator.
problem contains {
	"rule": "Guard-Operator",
	"at": statement,
	"wrong": sprintf("has %s %s, a key of many values, with no set operator", [condition.written, condition.key]),
	"cure": sprintf("write ForAnyValue:%s", [condition.written]),
} if {
	some statement in readable
	some condition in statement.conditions
	condition.name in many_valued
	condition.set == ""
	condition.base != "null"
}
