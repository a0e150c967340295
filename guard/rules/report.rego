# How problems become findings. All problems of one statement under one rule are
# one finding.
#
# CDK keeps one text for each rule id, that of the first finding in the app, and
# every property path. So the path has the text too, on lines of its own, and
# package guard takes it out again. It also puts the stack into the id.
package shared_queue.guard

import rego.v1

violation contains finding if {
	some key, wrongs in wrong_with
	[rule, resource, path, name, unless] := key
	wrong := sprintf("%s %s", [title(name), concat("; ", sort(wrongs))])
	cure := concat("; ", sort(cures_of[key]))
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

# Of a template that it cannot read, the engine has findings of its own alone.
# Package guard takes this one for a sign that the rules have seen the template.
violation contains make_diag_full("Guard-Read", "WARN", "", "", "the rules have seen the template", "", "")

wrong_with[key] contains p.wrong if {
	some p in problem
	key := key_of(p)
}

cures_of[key] contains p.cure if {
	some p in problem
	key := key_of(p)
}

key_of(p) := [p.rule, p.at.of.resource, p.at.path, p.at.name, object.get(p, "unless", "")]

# An id has letters, digits, '.', '-' and '_', a Sid of a key policy also spaces.
id_part(name) := trim(regex.replace(name, `[^A-Za-z0-9]+`, "-"), "-")

title(name) := "the policy" if {
	name == "policy"
} else := sprintf("statement %s", [name])
