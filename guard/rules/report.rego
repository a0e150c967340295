# How problems become findings. All problems of one statement under one rule are
# one finding.
#
# CDK keeps one text for each rule id, that of the first finding in the app, and
# every property path. So the path has the text too, on lines of its own, and
# package guard takes it out again. It also puts the stack into the id.
package shared_queue.guard

import rego.v1

violation contains finding if {
	some [rule, resource, path, name, unless] in {[p.rule, p.at.of.resource, p.at.path, p.at.name, unless_in(p)] | some p in problem}
	found := {p | some p in problem; p.rule == rule; p.at.of.resource == resource; p.at.path == path; unless_in(p) == unless}
	wrong := sprintf("%s %s", [title(name), concat("; ", sort({p.wrong | some p in found}))])
	cure := concat("; ", sort({p.cure | some p in found}))
	finding := make_diag_full(
		concat(".", [rule, resource, id_part(name)]),
		"ERROR",
		resource,
		concat("\n", [path, wrong, cure, unless]),
		wrong,
		cure,
		"",
	)
}

unless_in(p) := object.get(p, "unless", "")

# An id has letters, digits, '.', '-' and '_', a Sid of a key policy also spaces.
id_part(name) := trim(regex.replace(name, `[^A-Za-z0-9]+`, "-"), "-")

title(name) := "the policy" if {
	name == "policy"
} else := sprintf("statement %s", [name])
