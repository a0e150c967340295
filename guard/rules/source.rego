# A service acts for whoever has told it to: for anybody's topic or bucket, unless
# a condition names the source.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
package shared_queue.guard

import rego.v1

problem contains {
	"rule": "Guard-Source",
	"at": statement,
	"wrong": sprintf("allows the service %s %s, for resources of any account", [service, deeds[statement.of.service].what]),
	"cure": "add ArnEquals aws:SourceArn with the ARN of the source, or StringEquals aws:SourceAccount with its account, or aws:SourceOrgID",
} if {
	some statement in allows
	acts(statement)
	some principal in statement.principals
	principal.type == "Service"
	service := service_name(principal)
	not of_one_source(statement)
	not granted_for_resources(statement)
	not of_event_data_stores(statement)
}

service_name(principal) := principal.value if {
	settled(principal)
} else := "that is not known before deployment"

# Services may read about a queue or key, and sign with it, without a source.
deeds := {
	"kms": {
		"what": "to use the key",
		"actions": {
			"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
			"GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo",
		},
	},
	"sqs": {
		"what": "to work with the queue",
		"actions": {"ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage", "SendMessage"},
	},
}

acts(statement) if has(statement, "NotAction")

acts(statement) if {
	some action in listed(statement, "Action")
	not settled(action)
}

acts(statement) if {
	service := statement.of.service
	some action in listed(statement, "Action")
	some deed in (deeds[service].actions | administration[service])
	covers(action, lower(concat(":", [service, deed])))
}

source_keys := {
	"aws:sourceaccount", "aws:sourcearn",
	# Of logs and trails, KMS is told which it is for, and AWS's own statements
	# have nothing else.
	# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
	# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
	"kms:encryptioncontext:aws:cloudtrail:arn", "kms:encryptioncontext:aws:logs:arn",
}

of_one_source(statement) if {
	some condition in statement.conditions
	condition.name in source_keys
	one_account(condition)
}

of_one_source(statement) if through_organization(statement)

# A grant that only a service's own resources can use.
# https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-configuring-dnssec-cmk-requirements.html
granted_for_resources(statement) if {
	every action in listed(statement, "Action") { makes_grants(action) }
	some condition in statement.conditions
	condition.name == "kms:grantisforawsresource"
	condition.operator == "bool"
	every place in elements(condition) { says(place, true) }
}

makes_grants(action) if {
	settled(action)
	lower(action.value) == "kms:creategrant"
}

# The default of CloudTrail Lake has no condition.
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/default-kms-key-policy.html
of_event_data_stores(statement) if {
	statement.of.service == "kms"
	{principal.value | some principal in statement.principals} == {"cloudtrail.amazonaws.com"}
	not has(statement, "NotAction")
	every action in listed(statement, "Action") { action.value in {"kms:Decrypt", "kms:GenerateDataKey"} }
}
