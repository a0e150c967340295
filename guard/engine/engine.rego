# The functions that CDK's engine has for rules, for opa check, which does not know
# them. The engine does not get this file.
package shared_queue.guard

import rego.v1

# A finding: rule id, severity, logical id, property path, message, fix, URL.
make_diag_full(rule, severity, resource, path, message, fix, url) := {
	"ruleId": rule,
	"severity": severity,
	"resource": resource,
	"propertyPath": path,
	"message": message,
	"fix": fix,
	"url": url,
}

# How a value is written, like expr:Fn::Sub("${Topic}") or value:str:"*".
value_identity(resource, path) := sprintf("expr:%s.%s", [resource, path])

# Whether the conditions of the template can turn out like this together.
is_satisfiable(conditions) if is_object(conditions)

stack_region := null
