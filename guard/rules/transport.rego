# A queue that can be sent to must refuse plain HTTP.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html#enforce-encryption-data-in-transit
package shared_queue.guard

import rego.v1

# CDK's engine does not tell rules the account of the stack, so that one finding
# says in which accounts there is none.
problem contains {
	"rule": "Guard-PlainHTTP",
	"at": statement,
	"wrong": "allows sqs:SendMessage, and no statement of the policy denies it over plain HTTP on the same queue",
	"cure": `add a statement with Effect Deny, Principal "*", Action sqs:*, the same Resource and the Condition Bool aws:SecureTransport false`,
	"unless": concat(",", accounts),
} if {
	some statement in allows
	statement.of.service == "sqs"
	sends(statement)
	not demands_https(statement)
	not same_resources_denied(statement)
	some queue in queues(statement)
	not another_queue(statement, queue)
	accounts := accounts_denied(statement, queue)
	not any_account in accounts
}

any_account := "~"

# accounts_denied are those in which plain HTTP is denied on the queue, if it is
# of one of them.
accounts_denied(statement, queue) := {account |
	some account in ({any_account} | accounts_named(statement))
	plain_http_denied(statement, object.union({"account": account}, queue))
}

accounts_named(statement) := {account |
	some deny in denies_of(statement)
	some place in array.concat(listed(deny, "Resource"), listed(deny, "NotResource"))
	some account in regex.find_n(`\d{12}`, json.marshal(place.value), -1)
}

sends(statement) if {
	has(statement, "NotAction")
	not spares_send(statement)
}

sends(statement) if {
	some action in listed(statement, "Action")
	not settled(action)
}

sends(statement) if {
	some action in listed(statement, "Action")
	covers(action, "sqs:sendmessage")
}

spares_send(statement) if {
	some action in listed(statement, "NotAction")
	covers(action, "sqs:sendmessage")
}

demands_https(statement) if {
	some condition in statement.conditions
	condition.name == "aws:securetransport"
	compares(condition, exact | {"bool", "stringlike"})
	every place in elements(condition) { says(place, true) }
}

says(place, truth) if {
	place.value in {truth, json.marshal(truth)}
	fixed(place)
}

# What denies sending over plain HTTP in the policy of a statement, to everyone
# and on no further condition.
denies_of(statement) := [deny |
	some deny in statements_of[statement.of]
	denies(deny)
	denies_everyone(deny)
	denies_sending(deny)
	denies_plain_http(deny)
]

denies_everyone(deny) if {
	some principal in deny.principals
	principal.type == "AWS"
	principal.value == "*"
	settled(principal)
}

denies_sending(deny) if {
	some action in listed(deny, "Action")
	covers(action, "sqs:sendmessage")
}

denies_sending(deny) if {
	has(deny, "NotAction")
	every action in listed(deny, "NotAction") { spares(action, "sqs:sendmessage") }
}

spares(action, name) if {
	settled(action)
	not covers(action, name)
}

denies_plain_http(deny) if not has(deny, "Condition")

denies_plain_http(deny) if {
	block := member(deny, "Condition")
	is_object(block.value)
	count(object.keys(block.value)) == 1
	all := deny.conditions
	count(all) == 1
	all[0].name == "aws:securetransport"
	true_of_plain_http(all[0])
}

true_of_plain_http(condition) if {
	condition.set == ""
	condition.base in (exact | {"bool", "stringlike"})
	some place in elements(condition)
	says(place, false)
}

true_of_plain_http(condition) if {
	condition.set == ""
	condition.base in {"stringnotequals", "stringnotequalsignorecase", "stringnotlike"}
	every place in elements(condition) { says(place, true) }
}

# Whatever queue it is: the Deny has the same Resource.
same_resources_denied(statement) if {
	some deny in denies_of(statement)
	wanted := listed(statement, "Resource")
	count(wanted) > 0
	every place in wanted { place_in(place, listed(deny, "Resource")) }
}

same_resources_denied(statement) if {
	some deny in denies_of(statement)
	some place in listed(deny, "Resource")
	place.value == "*"
	settled(place)
}

place_in(place, list) if {
	some other in list
	other.value == place.value
	same_text(place, other)
}

same_text(one, other) if {
	settled(one)
	settled(other)
}

same_text(one, other) if {
	identity(one) == identity(other)
	identity(one) != ""
}

# The queues that a policy is of, as far as it can be seen: a resource of the
# template, with its name if that is settled, or what a URL says.
queues(statement) := list if {
	resource := input.resources[statement.of.resource]
	property := holders[resource.resourceType].queues
	whole := pick({
		"of": statement.of,
		"path": concat(".", ["Properties", property]),
		"value": resource.properties[property],
	})
	list := [queue | some place in elements(whole); queue := queue_at(place)]
} else := [{}]

queue_at(place) := object.union({"id": referred(place)}, queue_named(place)) if {
	referred(place)
} else := {"region": parts[2], "account": parts[3], "name": parts[4]} if {
	settled(place)
	parts := split(regex.replace(place.value, `^https://(?:sqs\.)?([a-z0-9-]+)\.[^/]+/(\d{12})/([A-Za-z0-9_.-]+)$`, "url/sqs/$1/$2/$3"), "/")
	parts[0] == "url"
} else := {}

queue_named(place) := object.union(own_region, {"name": name.value}) if {
	resource := input.resources[referred(place)]
	name := pick({
		"of": {"resource": referred(place), "world": place.of.world, "text": false},
		"path": "Properties.QueueName",
		"value": resource.properties.QueueName,
	})
	settled(name)
} else := own_region

own_region := {"region": stack_region} if {
	stack_region != null
} else := {}

# The statement is of other queues alone, for which this policy says nothing.
another_queue(statement, queue) if {
	places := listed(statement, "Resource")
	count(places) > 0
	every place in places { names_another(place, queue) }
}

names_another(place, queue) if {
	settled(place)
	queue.name
	not glob(place.value, arn_of(queue, place.value))
}

names_another(place, queue) if {
	queue.id
	referred(place) != queue.id
	input.resources[referred(place)].resourceType == "AWS::SQS::Queue"
}

plain_http_denied(statement, queue) if {
	some deny in denies_of(statement)
	some place in listed(deny, "Resource")
	names(place, queue)
}

plain_http_denied(statement, queue) if {
	some deny in denies_of(statement)
	has(deny, "NotResource")
	every place in listed(deny, "NotResource") { names_another(place, queue) }
}

names(place, queue) if {
	settled(place)
	glob(place.value, arn_of(queue, place.value))
}

names(place, queue) if {
	referred(place) == queue.id
	regex.match(`"Arn"\)$|^$`, identity(place))
}

names(place, queue) if {
	not variable(place)
	contains(identity(place), "QueueName")
	pattern := regex.replace(place.value.__dynamic, `^(?:Join|Sub):|\{ref:[^}]*\}|\$\{[^}]*\}`, "")
	contains(place.value.__dynamic, queue.id)
	glob(concat("", [pattern, "~"]), arn_of(object.union(queue, {"name": "~"}), pattern))
}

# arn_of is the ARN of the queue. What is not known of it is taken to be what the
# pattern has, if that is literal, and else a ~, which only a wildcard matches.
arn_of(queue, pattern) := concat(":", [
	"arn",
	part(queue, "partition", pattern, 1),
	"sqs",
	part(queue, "region", pattern, 3),
	part(queue, "account", pattern, 4),
	object.get(queue, "name", "~"),
])

part(queue, name, _, _) := queue[name]

part(queue, name, pattern, i) := literal_part(pattern, i) if not queue[name]

literal_part(pattern, i) := text if {
	text := split(pattern, ":")[i]
	regex.match(`^[a-z0-9-]+$`, text)
} else := "~"
