# Who may decrypt with the key of a queue that an organization sends to.
package shared_queue.guard

import rego.v1

# CDK's triggers and grants of messages let a role decrypt directly, whatever is
# encrypted with the key: the bound of kms:ViaService ends there.
problem contains {
	"rule": "Guard-Decrypt",
	"at": statement,
	"wrong": "allows kms:Decrypt on the key of a queue that an organization sends to, on no condition, and so not only through SQS",
	"cure": concat("", [
		"trigger a function by eventsource.Add(queue, fn, props), let a role consume by GrantConsume,",
		" or add StringEquals kms:ViaService with the service, like sqs.us-east-1.amazonaws.com",
	]),
} if {
	some statement in identity_statements
	member(statement, "Effect").value == "Allow"
	not has(statement, "Condition")
	some action in listed(statement, "Action")
	covers(action, "kms:decrypt")
	some place in listed(statement, "Resource")
	referred(place) in organization_keys
}

# The keys of the template's queues that everyone of an organization may use
# through a service.
organization_keys contains key if {
	some statement in allows
	statement.of.service == "kms"
	key := statement.of.resource
	count(anyone(statement)) > 0
	of_one_organization(statement)
	via_service(statement)
	encrypts_queue(key)
}

encrypts_queue(key) if {
	some queue in input.resources
	queue.resourceType == "AWS::SQS::Queue"
	queue.properties.KmsMasterKeyId.__ref == key
}

identity_statements contains statement if {
	count(organization_keys) > 0
	some name, resource in input.resources
	resource.resourceType in {"AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"}
	some world in worlds(resource, relevant(resource))
	policy := pick({
		"of": {"resource": name, "world": world, "text": false, "service": "iam"},
		"path": "Properties.PolicyDocument",
		"value": resource.properties.PolicyDocument,
	})
	some i, place in slots(member(policy, "Statement"))
	is_object(place.value)
	statement := object.union(place, {"name": statement_name(place.value, i + 1)})
}
