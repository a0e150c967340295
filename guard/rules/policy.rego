# Reading: the resource policies of a template and their statements.
#
# The engine has put the values of intrinsic functions in their places as far as
# it can, those of parameters by their defaults. What it cannot know is an
# object with a key that begins with "__", and an Fn::If one with both sides.
#
# Everything is carried as a place: {"value": …, "path": …}, where path is the
# property path in the template, which the engine also uses to say where each
# value is from.
package shared_queue.guard

import rego.v1

# The resource types that hold a policy, the property that it is in, and the
# service that reads it.
holders := {
	"AWS::SQS::QueuePolicy": {"property": "PolicyDocument", "service": "sqs"},
	"AWS::SQS::QueueInlinePolicy": {"property": "PolicyDocument", "service": "sqs"},
	"AWS::KMS::Key": {"property": "KeyPolicy", "service": "kms"},
	"AWS::KMS::ReplicaKey": {"property": "KeyPolicy", "service": "kms"},
}

whole_policy := "policy"

policies contains policy if {
	some name, resource in input.resources
	holder := holders[resource.resourceType]
	property := {"value": resource.properties[holder.property], "path": concat(".", ["Properties", holder.property])}
	some place in branches(property)
	policy := {
		"resource": name,
		"service": holder.service,
		"path": place.path,
		"document": document({"resource": name, "path": place.path}, place),
	}
}

# A policy may be an object, or a string of JSON. It is null if it is neither, or
# not to be seen.
document(holder, place) := place.value if {
	is_object(place.value)
	not unknown(place.value)
} else := parsed if {
	literal(holder, place)
	is_string(place.value)
	json.is_valid(place.value)
	parsed := json.unmarshal(place.value)
	is_object(parsed)
} else := null

# A statement's name is its Sid, or its number from 1 if it has none.
statements contains statement if {
	some policy in policies
	policy.document != null
	some list in field({"value": policy.document, "path": policy.path}, "Statement")
	some i, element in elements(list)
	some place in branches(element)
	statement := {
		"resource": policy.resource,
		"service": policy.service,
		"policy": policy.path,
		"path": place.path,
		"statement": statement_name(place.value, i + 1),
		"value": place.value,
	}
}

statement_name(value, _) := value.Sid if named(value)

statement_name(value, number) := sprintf("%d", [number]) if not named(value)

named(value) if {
	is_object(value)
	is_string(value.Sid)
	id_part(value.Sid) != ""
}

# An effect that is absent, or not to be seen, counts as Allow.
allows contains statement if {
	some statement in readable
	not denies(statement)
}

denies(statement) if {
	statement.value.Effect == "Deny"
	not parameter(statement, {"path": concat(".", [statement.path, "Effect"])})
}

readable contains statement if {
	some statement in statements
	is_object(statement.value)
	not unknown(statement.value)
}

problem contains {
	"rule": "Guard-Unreadable",
	"at": {"resource": policy.resource, "path": policy.path, "statement": whole_policy},
	"wrong": "is made at deployment, so that nothing can be seen of it now",
	"cure": "write the policy in the template, as an object",
} if {
	some policy in policies
	not has_statements(policy)
}

has_statements(policy) if {
	count(field({"value": policy.document, "path": policy.path}, "Statement")) > 0
}

problem contains {
	"rule": "Guard-Unreadable",
	"at": statement,
	"wrong": "is made at deployment, so that nothing can be seen of it now",
	"cure": "write the statement in the template, as an object",
} if {
	some statement in statements - readable
}

# An element whose name AWS does not have, as in another case, could hide what
# the statement says.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
element_names := {
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

problem contains {
	"rule": "Guard-Unreadable",
	"at": statement,
	"wrong": sprintf("has the element %s, which no statement has", [name]),
	"cure": "write the names of elements as AWS does, like Effect and Principal",
} if {
	some statement in readable
	some name in object.keys(statement.value)
	not name in element_names
}

# branches are the values that a value can have: itself, or those on both sides
# of an Fn::If, without AWS::NoValue. An Fn::If that is nested deeper than three
# stays, as an unknown value.
branches(place) := [leaf |
	some outer in sides(place)
	some middle in sides(outer)
	some leaf in sides(middle)
	leaf.value != null
]

sides(place) := [
	{"value": place.value.__if_true, "path": concat(".", [place.path, "Fn::If.1"])},
	{"value": place.value.__if_false, "path": concat(".", [place.path, "Fn::If.2"])},
] if {
	conditional(place.value)
} else := [place]

conditional(value) if {
	is_object(value)
	"__conditional" in object.keys(value)
}

# elements are those of a list, or a lone value as if it were a list of one.
elements(place) := listed_elements if {
	is_array(place.value)
	listed_elements := [{"value": value, "path": sprintf("%s.%d", [place.path, i])} | some i, value in place.value]
} else := [place]

# items are elements with the Fn::If inside them opened.
items(place) := [item |
	some whole in branches(place)
	some element in elements(whole)
	some item in branches(element)
]

# field is every value that a field of an object can have, none if it is absent.
field(place, name) := branches({"value": place.value[name], "path": concat(".", [place.path, name])}) if {
	is_object(place.value)
	name in object.keys(place.value)
} else := []

# listed is what a field of a statement lists, like the actions of Action.
listed(statement, name) := [item | some place in field(statement, name); some item in items(place)]

has(statement, name) if name in object.keys(statement.value)

# An unknown value is an object that the engine has for one, or an intrinsic
# function that it does not know.
unknown(value) if {
	is_object(value)
	some key in object.keys(value)
	regex.match(`^(__|Fn::|Ref$)`, key)
}

# A literal place has no intrinsic function in it, and no Fn::If around it in its
# statement or policy. Others may look like a string here, but are another string
# in another deployment.
literal(holder, place) if {
	always(holder, place)
	not computed(holder, place)
}

always(holder, place) if not contains(trim_prefix(place.path, holder.path), ".Fn::If.")

computed(holder, place) if {
	some source in input.resolutionSources
	source.resourceId == holder.resource
	within(source.propertyPath, place.path)
}

# From a parameter a value can be anything.
parameter(holder, place) if {
	some source in input.resolutionSources
	source.resourceId == holder.resource
	within(source.propertyPath, place.path)
	startswith(source.source, "Parameters/")
}

within(inner, outer) if inner == outer

within(inner, outer) if startswith(inner, concat("", [outer, "."]))
