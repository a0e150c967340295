# A queue that can be sent to must refuse plain HTTP.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html#enforce-encryption-data-in-transit
package shared_queue.guard

import rego.v1

problem contains {
	"rule": "Guard-PlainHTTP",
	"at": statement,
	"wrong": "allows sqs:SendMessage, and no statement of the policy denies it over plain HTTP on the same Resource",
	"cure": `add a statement with Effect Deny, Principal "*", Action sqs:*, the same Resource and the Condition Bool aws:SecureTransport false`,
} if {
	some statement in allows
	statement.service == "sqs"
	sends(statement)
	some resource in resources(statement)
	not encrypted(statement, resource)
}

sends(statement) if has(statement, "NotAction")

sends(statement) if {
	some action in listed(statement, "Action")
	not known(statement, action)
}

sends(statement) if covers_send(statement)

covers_send(statement) if {
	some action in listed(statement, "Action")
	is_string(action.value)
	regex.match(`^[A-Za-z:*?]+$`, action.value)
	pattern := replace(replace(lower(action.value), "*", ".*"), "?", ".")
	regex.match(sprintf("^%s$", [pattern]), "sqs:sendmessage")
}

# A statement with no Resource has one place to deny all the same.
resources(statement) := {"*"} if {
	count(listed(statement, "Resource")) == 0
} else := found if {
	found := {place.value | some place in listed(statement, "Resource")}
}

encrypted(statement, resource) if {
	some deny in readable
	deny.resource == statement.resource
	deny.policy == statement.policy
	denies_plain_http(deny)
	some place in listed(deny, "Resource")
	place.value in {"*", resource}
}

# The Deny holds for everyone, always, and on no further condition.
denies_plain_http(statement) if {
	denies(statement)
	always({"path": statement.policy}, statement)
	not parameter(statement, statement)
	statement.value.Principal in {"*", ["*"]} | {{"AWS": "*"}, {"AWS": ["*"]}}
	covers_send(statement)
	count(conditions(statement)) == 1
	count(object.keys(statement.value.Condition)) == 1
	some condition in conditions(statement)
	condition.operator in {"bool", "boolifexists"}
	condition.name == "aws:securetransport"
	condition.value in {"false", false} | {["false"], [false]}
}
