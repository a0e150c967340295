# Reading: the resource policies of a template and their statements.
#
# Everything is carried as a place: what stands where in which policy, as
# {"of": policy, "path": property path, "value": value}. A policy is read once in
# every world, which says of each condition of the template that is used in the
# resource whether it holds. So no Fn::If is left to think of in the rules: what
# is wrong in one world is wrong.
package shared_queue.guard

import rego.v1

# The resource types that hold a policy, the property that it is in, the service
# that reads it, and the property that says of which queues it is.
holders := {
	"AWS::SQS::QueuePolicy": {"property": "PolicyDocument", "service": "sqs", "queues": "Queues"},
	"AWS::SQS::QueueInlinePolicy": {"property": "PolicyDocument", "service": "sqs", "queues": "Queue"},
	"AWS::KMS::Key": {"property": "KeyPolicy", "service": "kms"},
	"AWS::KMS::ReplicaKey": {"property": "KeyPolicy", "service": "kms"},
}

held contains name if {
	some name, resource in input.resources
	holders[resource.resourceType]
}

policies contains policy if {
	some name in held
	resource := input.resources[name]
	holder := holders[resource.resourceType]
	some world in worlds(resource, relevant(resource))
	place := pick({
		"of": {"resource": name, "world": world, "text": false},
		"value": resource.properties[holder.property],
		"path": concat(".", ["Properties", holder.property]),
	})
	place.value != null
	policy := {
		"of": {"resource": name, "world": world, "text": is_string(place.value), "service": holder.service, "policy": place.path},
		"path": place.path,
		"value": document(place),
		"written": place.value,
	}
}

# A policy may be an object, or a string of JSON. It is null if it is neither, or
# not to be seen.
document(place) := place.value if {
	is_object(place.value)
	not unknown(place.value)
} else := parsed if {
	is_string(place.value)
	not computed(place)
	json.is_valid(place.value)
	parsed := json.unmarshal(place.value)
	is_object(parsed)
} else := null

max_conditions := 5

powers_of_two := [1, 2, 4, 8, 16, 32]

# worlds are those that can be: CDK's engine knows of conditions that exclude one
# another, and of the stack's account and Region.
worlds(resource, properties) := {world |
	names := condition_names(resource, properties)
	some number in numbers.range(0, powers_of_two[count(names)] - 1)
	world := {name: holds |
		some i, name in names
		holds := odd(floor(number / powers_of_two[i]))
	}
	is_satisfiable(world)
	object.get(world, resource.condition, true) == true
}

odd(number) := (number % 2) == 1

condition_names(resource, properties) := sort({name |
	some name in array.concat(used_conditions(resource, properties), [resource.condition])
	name != null
})

used_conditions(resource, properties) := used if {
	count(resource.conditionRefs) > 0
	text := json.marshal(properties)
	used := [name |
		some name in resource.conditionRefs
		contains(text, sprintf(`"__conditional":"%s"`, [name]))
	]
} else := []

# The properties that are looked at.
relevant(resource) := [value |
	some name in ["PolicyDocument", "KeyPolicy", "Queues", "Queue"]
	value := resource.properties[name]
]

problem contains {
	"rule": "Guard-Unreadable",
	"at": whole_policy(name, concat(".", ["Properties", holders[input.resources[name].resourceType].property])),
	"wrong": sprintf("depends on more than %d conditions of the template", [max_conditions]),
	"cure": "write the policy with fewer Fn::If",
} if {
	some name in held
	resource := input.resources[name]
	count(condition_names(resource, relevant(resource))) > max_conditions
}

whole_policy(resource, path) := {"of": {"resource": resource}, "path": path, "name": "policy"}

# A statement's name is its Sid, or its number from 1 if it has none.
statements contains statement if {
	some policy in policies
	some i, place in slots(member(policy, "Statement"))
	place.value != null
	statement := object.union(place, {
		"name": statement_name(place.value, i + 1),
		"principals": principals(place),
		"conditions": conditions(place),
	})
}

statement_name(value, number) := value.Sid if {
	is_object(value)
	is_string(value.Sid)
	id_part(value.Sid) != ""
} else := sprintf("%d", [number])

# An effect that is absent, or not to be seen, counts as Allow.
allows contains statement if {
	some statement in readable
	not denies(statement)
}

denies(statement) if {
	effect := member(statement, "Effect")
	effect.value == "Deny"
	settled(effect)
}

# The statements of a policy in one world.
statements_of[policy] contains statement if {
	some statement in readable
	policy := statement.of
}

readable contains statement if {
	some statement in statements
	is_object(statement.value)
	not unknown(statement.value)
}

# What a macro makes has no properties yet.
problem contains {
	"rule": "Guard-Unreadable",
	"at": whole_policy(name, "Properties"),
	"wrong": "is made at deployment, so that nothing can be seen of it now",
	"cure": "write the policy in the template, as an object",
} if {
	some name in held
	resource := input.resources[name]
	made_later(resource.properties, holders[resource.resourceType])
}

made_later(properties, _) if unknown(properties)

made_later(properties, holder) if {
	holder.service == "sqs"
	not properties[holder.property]
}

problem contains {
	"rule": "Guard-Unreadable",
	"at": whole_policy(policy.of.resource, policy.path),
	"wrong": "is made at deployment, so that nothing can be seen of it now",
	"cure": "write the policy in the template, as an object",
} if {
	some policy in policies
	not has_statements(policy)
}

has_statements(policy) if has(policy, "Statement")

problem contains {
	"rule": "Guard-Unreadable",
	"at": statement,
	"wrong": "is made at deployment, so that nothing can be seen of it now",
	"cure": "write the statement in the template, as an object",
} if {
	some statement in (statements - readable)
}

# An element whose name AWS does not have, as in another case, could hide what
# the policy says.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
document_elements := {"Version", "Id", "Statement"}

statement_elements := {
	"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}

problem contains {
	"rule": "Guard-Unreadable",
	"at": whole_policy(policy.of.resource, policy.path),
	"wrong": sprintf("has the element %s, which no policy has", [name]),
	"cure": "write the names of elements as AWS does, like Version and Statement",
} if {
	some policy in policies
	is_object(policy.value)
	some name in object.keys(policy.value)
	not name in document_elements
}

problem contains {
	"rule": "Guard-Unreadable",
	"at": statement,
	"wrong": sprintf("has the element %s, which no statement has", [name]),
	"cure": "write the names of elements as AWS does, like Effect and Principal",
} if {
	some statement in readable
	some name in object.keys(statement.value)
	not name in statement_elements
}

# Of a name that is written twice in one object of JSON text, readers take the
# first, the last, or none.
problem contains {
	"rule": "Guard-Unreadable",
	"at": whole_policy(policy.of.resource, policy.path),
	"wrong": "is JSON text with a name twice in one object",
	"cure": "write each name once",
} if {
	some policy in policies
	policy.of.text
	policy.value != null
	names_written(policy.written) != names_written(json.marshal(policy.value))
}

names_written(json_text) := count([token |
	some token in regex.find_n(`"(?:[^"\\]|\\.)*"(?:\s*:)?`, json_text, -1)
	endswith(token, ":")
])
