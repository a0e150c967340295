# Everyone must be bound to an organization.
#
# A principal of "*" is every identity in the world, of any account, until a
# condition says otherwise.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
package shared_queue.guard

import rego.v1

org_id := "aws:principalorgid"

org_paths := "aws:principalorgpaths"

org_keys := {org_id, org_paths}

# Ids as the Organizations API defines them.
# https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
org_id_form := `^o-[a-z0-9]{10,32}$`

# A path goes on after the root with any number of OUs. The slash before the
# wildcard keeps out a sibling whose id only begins the same.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalorgpaths
org_path_form := `^o-[a-z0-9]{10,32}/r-[0-9a-z]{4,32}/(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}/)*\*?$`

bind := "add StringEquals aws:PrincipalOrgID with the organization's id, or ForAnyValue:StringLike aws:PrincipalOrgPaths with paths like o-…/r-…/ou-…/*"

problem contains {
	"rule": "Guard-Organization",
	"at": statement,
	"wrong": sprintf("allows %s, and no condition binds it to an organization", [everyone]),
	"cure": bind,
} if {
	some statement in allows
	some everyone in anyone(statement)
	not bound(statement)
}

problem contains {
	"rule": "Guard-Organization",
	"at": statement,
	"wrong": sprintf("has %s %s, which is not %s", [condition.key, json.marshal(place.value), org_forms[condition.name].called]),
	"cure": sprintf("write %s whole, with no wildcard in an id", [org_forms[condition.name].called]),
} if {
	some statement in allows
	some condition in conditions(statement)
	condition.name in org_keys
	condition.base != "null"
	some place in items(condition)
	is_string(place.value)
	literal(statement, place)
	not regex.match(org_forms[condition.name].form, place.value)
}

problem contains {
	"rule": "Guard-Organization",
	"at": statement,
	"wrong": sprintf("has %s with a value that is not known before deployment", [condition.key]),
	"cure": sprintf("write %s as a literal", [org_forms[condition.name].called]),
} if {
	some statement in allows
	count(anyone(statement)) > 0
	some condition in conditions(statement)
	condition.name in org_keys
	some place in items(condition)
	unseen(statement, place)
}

unseen(statement, place) if not literal(statement, place)

unseen(_, place) if unknown(place.value)

org_forms := {
	org_id: {"form": org_id_form, "called": "an organization's id"},
	org_paths: {"form": org_path_form, "called": "an organization's path"},
}

# anyone is how the statement lets everyone in, if it does.
anyone(statement) := {"everyone but NotPrincipal"} if {
	has(statement, "NotPrincipal")
} else := ways if {
	ways := {way | some principal in principals(statement); some way in opened(statement, principal)}
}

# The whole of Principal can be "*", or a map of lists by type. A canonical user
# is one that exists.
principals(statement) := array.concat(
	[place | some place in field(statement, "Principal"); whole_principal(place.value)],
	[item |
		some place in field(statement, "Principal")
		not whole_principal(place.value)
		some type in object.keys(place.value)
		type != "CanonicalUser"
		some types in field(place, type)
		some item in items(types)
		not deployed(type, item.value)
	],
)

whole_principal(value) if not is_object(value)

whole_principal(value) if unknown(value)

# AWS makes up the names of services as it goes: one not seen is not everyone.
deployed(type, value) if {
	type != "AWS"
	unknown(value)
}

opened(statement, principal) := {"everyone"} if {
	is_string(principal.value)
	contains(principal.value, "*")
} else := {"a principal that is not known before deployment, and may be everyone"} if {
	not names_someone(principal.value)
} else := {"a principal that is a parameter, and may be everyone"} if {
	some source in input.resolutionSources
	source.resourceId == statement.resource
	source.propertyPath == principal.path
	startswith(source.source, "Parameters/")
	not names_someone_by_join(principal.value)
} else := set()

names_someone(value) if is_string(value)

# The attribute of a resource, of this stack or another: as CDK writes a role.
names_someone(value) if value.__ref

names_someone(value) if startswith(value.__dynamic, "cross-stack ")

names_someone(value) if names_someone_by_join(value)

names_someone_by_join(value) if regex.match(`^(Join|Sub):arn:`, value.__dynamic)

# Bound by a literal on the organization's id, or by literals on paths. Keys that
# are absent, as for callers of no organization, match neither.
bound(statement) if {
	some condition in conditions(statement)
	condition.name == org_id
	condition.operator == "stringequals"
	well_formed(statement, condition)
}

bound(statement) if {
	some condition in conditions(statement)
	condition.name == org_paths
	condition.operator in {"foranyvalue:stringlike", "foranyvalue:stringequals"}
	well_formed(statement, condition)
}

well_formed(statement, condition) if {
	places := items(condition)
	count(places) > 0
	every place in places {
		is_string(place.value)
		literal(statement, place)
		regex.match(org_forms[condition.name].form, place.value)
	}
}
