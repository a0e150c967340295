# Values: what can be known of them before deployment.
#
# The engine has put the values of intrinsic functions in their places as far as
# it can, those of parameters by their defaults. What it cannot know is an object
# with a key that begins with "__". An Fn::If is one with both sides.
package shared_queue.guard

import rego.v1

at(place, value, step) := {"of": place.of, "path": concat(".", [place.path, step]), "value": value}

# pick is the side of an Fn::If that holds in the place's world, null for
# AWS::NoValue. An Fn::If that is nested deeper than four stays, as an unknown
# value.
pick(place) := side(side(side(side(place))))

side(place) := at(place, place.value.__if_true, "Fn::If.1") if {
	chosen(place) == true
} else := at(place, place.value.__if_false, "Fn::If.2") if {
	chosen(place) == false
} else := place

chosen(place) := place.of.world[place.value.__conditional] if is_object(place.value)

# member is what stands under a name, undefined if nothing does.
member(place, name) := found if {
	is_object(place.value)
	found := pick(at(place, place.value[name], name))
	found.value != null
}

has(place, name) if member(place, name)

# elements are those of a list, or a lone value as if it were a list of one.
elements(place) := [element | some element in slots(place); element.value != null]

# slots are elements with null in the place of those that are AWS::NoValue.
slots(place) := list if {
	is_array(place.value)
	list := [slot | some i, value in place.value; slot := pick(at(place, value, sprintf("%d", [i])))]
} else := [place]

# listed is what stands under a name, as a list: empty if nothing does.
listed(place, name) := elements(member(place, name)) if {
	has(place, name)
} else := []

# An unknown value is an object that the engine has for one, or an intrinsic
# function that it does not know.
unknown(value) if {
	is_object(value)
	some key in object.keys(value)
	regex.match(`^(__|Fn::|Ref$)`, key)
}

# A computed place is one that has an intrinsic function in it, or is made by one.
computed(place) if made_by(sources, place)

made_by(paths, place) if {
	not place.of.text
	some path in paths[place.of.resource]
	overlap(path, place.path)
}

overlap(one, other) if one == other

overlap(one, other) if startswith(one, concat("", [other, "."]))

overlap(one, other) if startswith(other, concat("", [one, "."]))

# The engine says where it has put in values: also in the arguments of a
# function, which all make what the function stands for.
sources[source.resourceId] contains outermost(source.propertyPath) if {
	some source in input.resolutionSources
	source.resourceId in of_interest
}

outermost(path) := regex.replace(path, `\.Fn::(?:[A-HJ-Z]|I[^f]).*$`, "")

of_interest := held | {name | some name, resource in input.resources; resource.resourceType == "AWS::SQS::Queue"}

# A variable place depends on a parameter: it is another in another deployment.
variable(place) if made_by(parameters, place)

parameters[name] contains outermost(ref.sourcePath) if {
	some name in of_interest
	some ref in input.resources[name].outgoingRefs
	input.parameters[ref.target]
	not chooses(ref.sourcePath)
}

parameters[source.resourceId] contains outermost(source.propertyPath) if {
	some source in input.resolutionSources
	source.resourceId in of_interest
	startswith(source.source, "Parameters/")
	not chooses(source.propertyPath)
}

# A key of an Fn::FindInMap only chooses between what the template has.
chooses(path) if regex.match(`\.Fn::FindInMap\.[12]`, path)

# A mapped place is from an Fn::FindInMap by a key that is computed: it can be
# another entry in another deployment.
mapped(place) if made_by(mappings, place)

mappings[source.resourceId] contains outermost(source.propertyPath) if {
	some source in input.resolutionSources
	source.resourceId in of_interest
	contains(source.propertyPath, ".Fn::FindInMap.")
}

# A fixed place is the same in every deployment to the stack's account and Region.
fixed(place) if {
	not variable(place)
	not mapped(place)
}

# A settled place is a string that is fixed.
settled(place) if {
	is_string(place.value)
	fixed(place)
}

# identity is how the value is written, in the engine's own notation, like
# expr:Fn::Sub("${Topic}"). It is "" of one that is written in JSON text.
identity(place) := value_identity(place.of.resource, place.path) if {
	not place.of.text
} else := ""

# referred is the name of the resource that the value is an attribute of.
referred(place) := place.value.__ref if {
	is_object(place.value)
	place.value.__ref
} else := split(identity(place), `"`)[1] if {
	is_object(place.value)
	regex.match(`^expr:(Ref\("[^"]+"\)|Fn::GetAtt\("[^"]+","[^"]+"\))$`, identity(place))
}

# names_one is true of what names one thing, whatever it is: an attribute of a
# resource, or what another stack exports, as CDK writes roles, topics, and so on.
names_one(place) if {
	resource := input.resources[referred(place)]
	not deployer(resource.resourceType)
}

names_one(place) if {
	is_object(place.value)
	startswith(place.value.__dynamic, "cross-stack ")
}

# What these return is decided at deployment. CDK reads exports of another
# Region by one of its own.
deployer(type) if type in {"AWS::SSM::Parameter", "AWS::CloudFormation::CustomResource"}

deployer(type) if {
	startswith(type, "Custom::")
	type != "Custom::CrossRegionExportReader"
}

# lead is the text that a value begins with, for sure, with an @ for pseudo
# parameters, which are those of the stack.
lead(place) := place.value if {
	settled(place)
} else := text if {
	written := identity(place)
	regex.match(`^expr:(str:|Fn::Sub\(|Fn::Join\(str:"",\[str:)"`, written)
	text := regex.replace(
		regex.replace(written, `",Ref\("AWS::[A-Za-z]+"\),str:"|\$\{AWS::[A-Za-z]+\}`, "@"),
		`^expr:(str:|Fn::Sub\(|Fn::Join\(str:"",\[str:)"`, "",
	)
}
