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
	"cure": sprintf("list the actions of use one by one, like %s", [example[statement.of.service]]),
} if {
	some statement in public
	some what in too_much(statement)
}

example := {"kms": "kms:Decrypt and kms:GenerateDataKey", "sqs": "sqs:SendMessage"}

too_much(statement) := {"all actions but NotAction"} if {
	has(statement, "NotAction")
} else := found if {
	found := {what | some action in listed(statement, "Action"); what := refused(action)}
}

refused(action) := "an action that is not known before deployment" if {
	not settled(action)
} else := sprintf("%s, which has a wildcard", [action.value]) if {
	regex.match(`[*?]`, action.value)
} else := sprintf("%s, which is administration", [action.value]) if {
	some name in administration[action.of.service]
	lower(action.value) == lower(concat(":", [action.of.service, name]))
}

# covers is true of an action, or a pattern of actions, that stands for the one of
# this name, in lower case.
covers(action, name) if {
	settled(action)
	glob(lower(action.value), name)
}

# glob is IAM's: * is any text and ? any one character.
glob(pattern, text) if {
	regex.match(`^[A-Za-z0-9:*?._/~-]+$`, pattern)
	regex.match(sprintf("^%s$", [replace(replace(replace(pattern, ".", `\.`), "*", ".*"), "?", ".")]), text)
}

# Without kms:ViaService the key can be used directly, on any ciphertext.
# https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
#
# One network or source calls KMS itself, so that there is no service to name.
problem contains {
	"rule": "Guard-ViaService",
	"at": statement,
	"wrong": "allows everyone to use the key directly, not only through a service",
	"cure": "add StringEquals kms:ViaService with the service, like sqs.us-east-1.amazonaws.com",
} if {
	some statement in public
	statement.of.service == "kms"
	not via_service(statement)
	not of_one_network(statement)
	not through_organization(statement)
}

via_service(statement) if {
	some condition in statement.conditions
	condition.name == "kms:viaservice"
	compares(condition, exact | {"stringlike"})
	every place in elements(condition) { one_service(place) }
}

# The service is the first label of the value, and no policy variable, which the
# caller can set by a tag. The Region may come of a function.
one_service(place) if {
	settled(place)
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
	some statement in public
	statement.of.service == "sqs"
	some what in vague(statement)
}

vague(statement) := {"all resources but NotResource"} if {
	has(statement, "NotResource")
} else := {"no Resource"} if {
	not has(statement, "Resource")
} else := found if {
	found := {sprintf("%s, which has a wildcard", [place.value]) |
		some place in listed(statement, "Resource")
		is_string(place.value)
		regex.match(`[*?]`, place.value)
	}
}
