# What binds a statement that lets everyone in: one account, one network, or one
# organization.
package shared_queue.guard

import rego.v1

# Statements that let everyone in and are not bound to one account. One that is
# bound to an account is as one that names the account as its Principal.
public contains statement if {
	some statement in allows
	count(anyone(statement)) > 0
	not of_one_account(statement)
}

problem contains {
	"rule": "Guard-Organization",
	"at": statement,
	"wrong": sprintf("allows %s, and no condition binds it to an organization, an account or a network", [everyone]),
	"cure": binding_cure(statement),
} if {
	some statement in public
	some everyone in anyone(statement)
	not of_one_organization(statement)
	not of_one_network(statement)
}

binding_cure(statement) := "name the role that it gets as Principal" if {
	some principal in statement.principals
	principal.type == "Federated"
} else := `name the service as Principal, like {"Service": "sns.amazonaws.com"}, and its resource by aws:SourceArn, with the account in it` if {
	some condition in statement.conditions
	condition.name in service_keys
} else := `name the account as Principal, like {"AWS": "arn:aws:iam::111111111111:root"}` if {
	some condition in statement.conditions
	condition.name in (account_keys | arn_keys)
} else := "write the id of the endpoint or network as a literal, like vpce-1a2b3c4d5e6f7890a, or refer to the resource" if {
	some condition in statement.conditions
	condition.name in network_keys
} else := concat("", [
	"add StringEquals aws:PrincipalOrgID with the organization's id, or ForAnyValue:StringLike aws:PrincipalOrgPaths with paths like o-…/r-…/ou-…/*,",
	" or name the accounts or the service as Principal",
])

# The keys of calls that services make.
service_keys := {
	"aws:principalisawsservice", "aws:principalservicename",
	"aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths",
}

# Ids as the Organizations API defines them.
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
#
# A path goes on after the organization with a root and any number of OUs. The
# slash before the wildcard keeps out a sibling whose id only begins the same.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
org_forms := {
	"id": {"form": `^o-[a-z0-9]{10,32}$`, "called": "an organization's id"},
	"paths": {
		"form": `^o-[a-z0-9]{10,32}/(\*|r-[0-9a-z]{4,32}/(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}/)*\*?)$`,
		"called": "an organization's path",
	},
}

principal_org_keys := {
	"aws:principalorgid": org_forms.id,
	"aws:principalorgpaths": org_forms.paths,
}

source_org_keys := {
	"aws:sourceorgid": org_forms.id,
	"aws:sourceorgpaths": org_forms.paths,
}

org_keys := object.union(principal_org_keys, source_org_keys)

problem contains {
	"rule": "Guard-Organization",
	"at": statement,
	"wrong": sprintf("has %s %s, which is not %s", [condition.key, json.marshal(place.value), org_keys[condition.name].called]),
	"cure": sprintf("write %s whole, with no wildcard in an id", [org_keys[condition.name].called]),
} if {
	some statement in public
	some condition in statement.conditions
	org_keys[condition.name]
	condition.base != "null"
	some place in elements(condition)
	is_string(place.value)
	not computed(place)
	not regex.match(org_keys[condition.name].form, place.value)
}

problem contains {
	"rule": "Guard-Organization",
	"at": statement,
	"wrong": sprintf("has %s with a value that is not known before deployment", [condition.key]),
	"cure": sprintf("write %s as a literal", [org_keys[condition.name].called]),
} if {
	some statement in public
	some condition in statement.conditions
	org_keys[condition.name]
	some place in elements(condition)
	unseen(place)
}

unseen(place) if computed(place)

unseen(place) if unknown(place.value)

# Keys that are absent, as for callers of no organization, match nothing.
of_one_organization(statement) if {
	some condition in statement.conditions
	principal_org_keys[condition.name]
	one_organization(condition)
}

of_one_organization(statement) if through_organization(statement)

# Only services say on whose behalf they call.
through_organization(statement) if {
	some condition in statement.conditions
	source_org_keys[condition.name]
	one_organization(condition)
}

one_organization(condition) if {
	compares(condition, exact | {"stringlike"})
	every place in elements(condition) {
		is_string(place.value)
		not computed(place)
		regex.match(org_keys[condition.name].form, place.value)
	}
	set_that_fits(condition)
}

set_that_fits(condition) if not condition.name in many_valued

set_that_fits(condition) if condition.set == "foranyvalue"

many_valued := {"aws:principalorgpaths", "aws:sourceorgpaths"}

exact := {"stringequals", "stringequalsignorecase"}

# compares is true of a condition that holds only if the key is there and equals
# one of the values.
compares(condition, operators) if {
	condition.base in operators
	condition.set in {"", "foranyvalue"}
	not condition.if_exists
	count(elements(condition)) > 0
}

# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
account_keys := {"aws:principalaccount", "aws:sourceaccount", "kms:calleraccount"}

arn_keys := {"aws:principalarn", "aws:sourcearn"}

of_one_account(statement) if {
	some condition in statement.conditions
	condition.name in (account_keys | arn_keys)
	one_account(condition)
}

one_account(condition) if {
	condition.name in account_keys
	compares(condition, exact | {"stringlike"})
	every place in elements(condition) {
		fixed(place)
		regex.match(`^"?\d{12}"?$`, json.marshal(place.value))
	}
}

one_account(condition) if {
	not condition.name in account_keys
	compares(condition, exact | {"stringlike", "arnequals", "arnlike"})
	every place in elements(condition) { arn_of_one_account(condition, place) }
}

arn_of_one_account(_, place) if names_one(place)

# In a string a wildcard also stands for colons, so that there may be none before
# the account.
arn_of_one_account(_, place) if regex.match(`^arn:[^:*?$"]+:[^:*?$"]+:[^:*?$"]*:(\d{12}|@):`, lead(place))

# The names of what calls on behalf of somebody have no colons.
arn_of_one_account(condition, place) if {
	condition.name != "aws:principalarn"
	regex.match(`^arn:[^:*?$"]+:[^:*?$"]+:\*:(\d{12}|@):`, lead(place))
}

arn_of_one_account(condition, place) if {
	startswith(condition.base, "arn")
	regex.match(`^arn:[^:$"]+:[^:$"]+:[^:$"]*:(\d{12}|@):`, lead(place))
}

# The ARN of a bucket has no account, and its name is of one bucket in the world.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
arn_of_one_account(_, place) if {
	settled(place)
	regex.match(`^arn:[^:*?$]+:s3:\*?:\*?:[^:*?$/]+$`, place.value)
}

arn_of_one_account(_, place) if {
	not variable(place)
	form := `^(?:Join:arn:[^:*?]+:s3:::\{ref:|Sub:arn:[^:*?]+:s3:::\$\{)([A-Za-z0-9]+)[^}]*\}$`
	regex.match(form, place.value.__dynamic)
	bucket := input.resources[regex.replace(place.value.__dynamic, form, "$1")]
	not deployer(bucket.resourceType)
}

network_keys := {"aws:sourcevpc", "aws:sourcevpce"}

of_one_network(statement) if {
	some condition in statement.conditions
	condition.name in network_keys
	compares(condition, exact | {"stringlike"})
	every place in elements(condition) { one_network(place) }
}

one_network(place) if names_one(place)

one_network(place) if {
	settled(place)
	regex.match(`^vpce?-[0-9a-f]{8,17}$`, place.value)
}
