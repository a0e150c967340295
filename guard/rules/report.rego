# How problems become findings.
#
# CDK keeps one text for each rule id, that of the first finding, and forgives
# an acknowledged id in the whole app. So an id here names the rule, the policy
# and the statement, and nothing is ever said of one statement that was found
# in another. All problems of one statement under one rule are one finding.
package shared_queue.guard

import rego.v1

violation contains finding if {
	some [rule, resource, path, statement] in {[p.rule, p.at.resource, p.at.path, p.at.statement] | some p in problem}
	found := {p | some p in problem; p.rule == rule; p.at.resource == resource; p.at.path == path}
	finding := make_diag_full(
		concat(".", [rule, resource, id_part(statement)]),
		"ERROR",
		resource,
		path,
		sprintf("%s %s", [title(statement), concat("; ", sort({p.wrong | some p in found}))]),
		concat("; ", sort({p.cure | some p in found})),
		"",
	)
}

# An id has letters, digits, '.', '-' and '_', a Sid of a key policy also spaces.
id_part(statement) := trim(regex.replace(statement, `[^A-Za-z0-9]+`, "-"), "-")

title(statement) := "the policy" if {
	statement == whole_policy
} else := sprintf("statement %s", [statement])
