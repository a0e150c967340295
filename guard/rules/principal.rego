# Whom a statement lets in.
package shared_queue.guard

import rego.v1

# A principal of "*" is every identity in the world, of any account, until a
# condition says otherwise.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous
#
# anyone is how the statement lets everyone in, if it does.
anyone(statement) := {"everyone but NotPrincipal"} if {
	has(statement, "NotPrincipal")
} else := ways if {
	ways := {way | some principal in statement.principals; way := opened(principal)}
}

# The whole of Principal can be "*", or a map of lists by type.
principals(statement) := list if {
	not by_type(statement)
	list := [object.union(place, {"type": "AWS"}) | some place in listed(statement, "Principal")]
} else := list if {
	map := member(statement, "Principal")
	list := [object.union(place, {"type": type}) |
		some type in object.keys(map.value)
		some place in listed(map, type)
	]
}

by_type(statement) if {
	map := member(statement, "Principal")
	is_object(map.value)
	not unknown(map.value)
}

opened(principal) := "everyone" if {
	is_string(principal.value)
	contains(principal.value, "*")
	not variable(principal)
} else := sprintf("everyone who signs in with %v", [principal.value]) if {
	principal.type == "Federated"
	sign_in_for_all(principal)
} else := "a principal that is not known before deployment, and may be everyone" if {
	not someone(principal)
}

# A provider that is a resource of IAM is of one account. With one that has a
# name, anybody gets a session in an account of their own.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-federated-web-identity
sign_in_for_all(principal) if {
	settled(principal)
	not startswith(principal.value, "arn:")
}

# A service is not everyone, and whom it acts for is asked by Guard-Source.
someone(principal) if principal.type == "Service"

someone(principal) if settled(principal)

# An account in YAML that has no quotes.
someone(principal) if {
	is_number(principal.value)
	fixed(principal)
}

someone(principal) if names_one(principal)

someone(principal) if startswith(lead(principal), "arn:")

someone(principal) if regex.match(`^expr:Fn::Join\(str:":",\[str:"arn"`, identity(principal))

# Whatever the entry, it is one of the template's.
someone(principal) if {
	is_string(principal.value)
	mapped(principal)
	not variable(principal)
	not everyone_mapped(input.resources[principal.of.resource])
}

everyone_mapped(resource) if {
	some name in resource.findInMapRefs
	some entry in input.mappings[name]
	some value in entry
	contains(json.marshal(value), "*")
}
