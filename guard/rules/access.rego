# What everyone may do, and through what, once bound to an organization.
package shared_queue.guard

import rego.v1

# Actions that administer a key or a queue, or let the caller hand it on.
# https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-administrators
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
administration := {
	"kms": {
		"CancelKeyDeletion", "CreateGrant", "DeleteImportedKeyMaterial", "DisableKey", "DisableKeyRotation", "EnableKey",
		"EnableKeyRotation", "GetParametersForImport", "ImportKeyMaterial", "PutKeyPolicy", "ReplicateKey", "RetireGrant",
		"RevokeGrant", "RotateKeyOnDemand", "ScheduleKeyDeletion", "SynchronizeMultiRegionKey", "TagResource",
		"UntagResource", "CreateAlias", "DeleteAlias", "UpdateAlias", "UpdateKeyDescription", "UpdatePrimaryRegion",
	},
	"sqs": {
		"AddPermission", "CancelMessageMoveTask", "DeleteQueue", "ListMessageMoveTasks", "PurgeQueue", "RemovePermission",
		"SetQueueAttributes", "StartMessageMoveTask", "TagQueue", "UntagQueue",
	},
}

problem contains {
	"rule": "Guard-Action",
	"at": statement,
	"wrong": sprintf("allows everyone %s", [what]),
	"cure": sprintf("list the actions of use one by one, like %s", [example[statement.service]]),
} if {
	some statement in allows
	count(anyone(statement)) > 0
	some what in too_much(statement)
}

example := {"kms": "kms:Decrypt and kms:GenerateDataKey", "sqs": "sqs:SendMessage"}

too_much(statement) := {"all actions but NotAction"} if {
	has(statement, "NotAction")
} else := found if {
	found := {what | some action in listed(statement, "Action"); some what in refused(statement, action)}
}

refused(statement, action) := {"an action that is not known before deployment"} if {
	not known(statement, action)
} else := {sprintf("%s, which has a wildcard", [action.value])} if {
	regex.match(`[*?]`, action.value)
} else := {sprintf("%s, which is administration", [action.value])} if {
	some name in administration[statement.service]
	lower(action.value) == lower(concat(":", [statement.service, name]))
} else := set()

known(statement, place) if {
	is_string(place.value)
	not parameter(statement, place)
}

# Without kms:ViaService the key can be used directly, on any ciphertext.
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
problem contains {
	"rule": "Guard-ViaService",
	"at": statement,
	"wrong": "allows everyone to use the key directly, not only through a service",
	"cure": "add StringEquals kms:ViaService with the service, like sqs.us-east-1.amazonaws.com",
} if {
	some statement in allows
	statement.service == "kms"
	count(anyone(statement)) > 0
	not via_service(statement)
}

via_service(statement) if {
	some condition in conditions(statement)
	condition.name == "kms:viaservice"
	condition.operator in {"stringequals", "stringlike"}
	places := items(condition)
	count(places) > 0
	every place in places { one_service(statement, place) }
}

# The service is the first label of the value, and no policy variable, which the
# caller can set by a tag. The Region may come of a function.
one_service(statement, place) if {
	always(statement, place)
	known(statement, place)
	not regex.match(`^[^.]*[*?$]`, place.value)
}

# A queue's policy names its queue. A key's policy has "*", which is the key.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-creating-custom-policies-access-policy-examples.html
problem contains {
	"rule": "Guard-Resource",
	"at": statement,
	"wrong": sprintf("allows everyone on %s", [what]),
	"cure": "write the queue's ARN as Resource",
} if {
	some statement in allows
	statement.service == "sqs"
	count(anyone(statement)) > 0
	some what in vague(statement)
}

vague(statement) := {"all resources but NotResource"} if {
	has(statement, "NotResource")
} else := {"no Resource"} if {
	count(listed(statement, "Resource")) == 0
} else := found if {
	found := {sprintf("%s, which has a wildcard", [place.value]) |
		some place in listed(statement, "Resource")
		is_string(place.value)
		regex.match(`[*?]`, place.value)
	}
}
