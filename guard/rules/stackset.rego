# A stack set has its template as a text, JSON or YAML, which CDK's engine does
# not read.
package shared_queue.guard

import rego.v1

problem contains {
	"rule": "Guard-Unreadable",
	"at": whole_policy(name, "Properties.TemplateBody"),
	"wrong": sprintf("of an %s is in the template of a stack set, where nothing is seen of it", [type]),
	"cure": "deploy the queue or key in a stack, or acknowledge this when the policy is reviewed",
} if {
	some name, resource in input.resources
	resource.resourceType == "AWS::CloudFormation::StackSet"
	some type in object.keys(holders)
	contains(json.marshal(resource.properties.TemplateBody), type)
}
