// Package settings reads the app's settings from the CDK context into package
// spec, and checks them, all of them, before anything else happens. It imports
// no CDK.
//
// The settings are in cdk.json under context, key environments: for each
// environment its Region, its senders, its shared account's queue and the roles
// of its publishers. docs/settings.md documents every one.
package settings

import (
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/spec"
)

// ContextKey is the key of the CDK context that holds the settings.
const ContextKey = "environments"

// Parse reads the value of the context key environments: an object with one
// field for each environment, or the same as JSON text. Environments and
// publishers come back sorted by name. The error has a line for every setting
// that is wrong, with its path, its value, what is allowed and the cure.
func Parse(value any) ([]spec.Environment, error) {
	r := &reader{written: map[string]any{}}
	fields := r.topLevel(value)
	var environments []spec.Environment
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		o := &object{path: environmentPath(name), r: r}
		err := as(fields[name], &o.values)
		r.problems.Add(o.path, err)
		if err == nil {
			environments = append(environments, r.environment(name, o))
		}
	}
	r.checkAcrossEnvironments(environments)
	r.sendToOthers(environments, slices.Sorted(maps.Keys(fields)))
	r.checkNames(environments)
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return environments, nil
}

func environmentPath(name string) string { return problem.Join(ContextKey, problem.Name(name)) }

func publisherPath(environment, name string) string {
	return problem.Join(environmentPath(environment)+".publishers", problem.Name(name))
}

func (r *reader) topLevel(value any) map[string]any {
	const allowed = `an object of environments, like {"dev": {…}}`
	if text, ok := value.(string); ok {
		var err error
		if value, err = decode(text); err != nil {
			r.problems.Add(ContextKey, problem.New(text, "JSON text", cureOf(text, err)))
			return nil
		}
	}
	fields, ok := value.(map[string]any)
	switch {
	case value == nil:
		r.problems.Add(ContextKey, problem.New(nil, allowed, `add it to "context" in cdk.json or give it with -c`))
	case !ok:
		r.problems.Add(ContextKey, problem.New(value, allowed, "write it so"))
	case len(fields) == 0:
		r.problems.Add(ContextKey, problem.New(value, allowed, "add an environment"))
	case unnamed(fields, environmentProperties):
		r.problems.Add(ContextKey, problem.New(value, allowed, "put it under the environment's name"))
		return nil
	case len(fields) == 1 && (isObject(fields["context"]) || isObject(fields[ContextKey])):
		r.problems.Add(ContextKey, problem.New(value, allowed, "give only what is under "+ContextKey))
		return nil
	}
	return fields
}

func isObject(value any) bool {
	_, is := value.(map[string]any)
	return is
}

// unnamed reports whether an object that should have environments or publishers under
// their names is itself one: it has two of the properties, or more, that are no objects.
func unnamed(values map[string]any, properties []string) bool {
	settings := 0
	for _, name := range spelt(properties) {
		if value, there := values[name]; there && !isObject(value) {
			settings++
		}
	}
	return settings > 1
}

// The fields of an environment that are objects, and what is in them.
var (
	queueProperties, queueRequired = properties(spec.Queue{}, "Senders", "Services", "Key")
	rolesProperties, _             = properties(spec.Roles{})
	alarmsProperties, _            = properties(spec.Alarms{})
	optionsProperties, _           = properties(spec.StackSetOptions{})
	roleProperties, roleRequired   = properties(spec.Role{}, "Queue", "SenderMayAlso", "AlsoSendsTo")

	environmentRequired   = []string{"Region", "Senders", "Shared", "Publishers"}
	environmentProperties = append([]string{"Services", "Alarms", "Tags", "Organization"}, environmentRequired...)
	sharedProperties      = slices.Concat([]string{"Account"}, queueProperties, rolesProperties)
	sharedRequired        = append([]string{"Account"}, queueRequired...)
	publisherProperties   = append([]string{"Account", "EveryAccount", "SendsTo"}, roleProperties...)
)

func (r *reader) environment(name string, o *object) spec.Environment {
	e := spec.Environment{Name: name, Tags: map[string]string{}}
	r.findMisplaced(o)
	o.expect(environmentProperties, environmentRequired)
	o.field("Region", &e.Region)
	o.field("Senders", &e.Queue.Senders)
	o.field("Services", &e.Queue.Services)
	shared, ok := o.object("Shared")
	if ok {
		r.shared(shared, &e, misplacedIn(o, "shared"))
	} else {
		shared.unread = slices.Concat(queueProperties, rolesProperties)
	}
	unread := slices.Concat(o.unread, shared.unread)
	r.add(o.path, e.Queue.Check(e.Account, e.Region, unread...), jsonPath)
	r.add(shared.path, e.Roles.Check(e.QueueAddress(), unread...), nil)

	alarms, ok := o.object("Alarms")
	if ok {
		alarms.expect(alarmsProperties, nil)
		alarms.fields(&e.Alarms)
		alarms.done(misplacedIn(o, "alarms"))
	}
	r.add(alarms.path, e.Alarms.Check(e.Queue, e.QueueAddress(), append(unread, alarms.unread...)...), nil)
	o.field("Tags", &e.Tags)
	r.problems.Add(o.at("tags"), checkTags(e.Tags))
	e.Tags[environmentTag] = name
	organization, hasOrganization := o.object("Organization")
	if hasOrganization {
		r.organization(organization, &e.Organization, misplacedIn(o, "organization"))
	}
	publishers, ok := o.object("Publishers")
	switch {
	case ok && unnamed(publishers.values, publisherProperties):
		r.problems.Add(publishers.path, problem.New(publishers.values, `an object of publishers, like {"web": {…}}`, "put it under the publisher's name"))
	case ok:
		for _, key := range publishers.names() {
			publisher := &object{path: publishers.at(key), r: r}
			err := as(publishers.values[key], &publisher.values)
			r.problems.Add(publisher.path, err)
			if err == nil {
				e.Publishers = append(e.Publishers, r.publisher(key, publisher, e))
			}
		}
	}
	o.done(misplacedIn(o, ""))
	r.checkStackSets(o, e, hasOrganization)
	return e
}

func (r *reader) shared(o *object, into *spec.Environment, elsewhere func(string) string) {
	o.expect(sharedProperties, sharedRequired)
	o.field("Account", &into.Account)
	o.fields(&into.Queue, "Senders", "Services", "Key")
	o.fields(&into.Roles)
	o.done(elsewhere)
}

func (r *reader) organization(o *object, into *spec.Organization, elsewhere func(string) string) {
	account := []string{"Account"}
	o.expect(append(account, optionsProperties...), account)
	o.field("Account", &into.Account)
	r.problems.Add(o.at("account"), address.CheckAccount(into.Account))
	o.fields(&into.Options)
	o.done(elsewhere)
	r.add(o.path, into.Options.Check(), nil)
}

func (r *reader) publisher(name string, o *object, e spec.Environment) spec.Publisher {
	p := spec.Publisher{Name: name, Role: spec.Role{Queue: e.QueueAddress(), SenderMayAlso: e.Queue.SenderMayAlso}}
	o.expect(publisherProperties, roleRequired)
	o.field("EveryAccount", &p.EveryAccount)
	known := r.problems.Sound(o.at("everyAccount"))
	if known && !p.EveryAccount {
		o.required = append(o.required, "Account")
	}
	o.field("Account", &p.Account)
	o.field("SendsTo", &p.SendsTo)
	o.fields(&p.Role, "Queue", "SenderMayAlso", "AlsoSendsTo")
	switch {
	case !known: // nothing is concluded from it
		if o.has("account") {
			r.problems.Add(o.at("account"), address.CheckAccount(p.Account))
		}
		r.add(o.path, p.Role.Check("", o.unread...), nil)
	case p.EveryAccount:
		if o.has("account") {
			r.problems.Add(o.at("account"), problem.New(o.values["account"], "no account where everyAccount is true", "remove one of the two"))
		}
		r.add(o.path, e.StackSet(p).CheckRole(o.unread...), nil)
	default:
		r.problems.Add(o.at("account"), address.CheckAccount(p.Account))
		r.add(o.path, p.Role.Check(p.Account, o.unread...), nil)
	}
	o.done(func(string) string { return "" })
	return p
}

// checkStackSets reports what an environment lacks for publishers in every account.
func (r *reader) checkStackSets(o *object, e spec.Environment, hasOrganization bool) {
	i := slices.IndexFunc(e.Publishers, func(p spec.Publisher) bool { return p.EveryAccount })
	if i < 0 {
		return
	}
	if !hasOrganization {
		r.problems.Add(o.at("organization"), problem.New(nil, record.allowed,
			"add it, with the account that owns stack sets: publisher "+problem.Name(e.Publishers[i].Name)+" is in every account"))
	}
	r.problems.Add(o.at("senders"), e.StackSet(e.Publishers[i]).CheckOUs())
}

// jsonPath is where an environment has a property of its queue: Region, senders
// and services are its own, the rest is shared's.
func jsonPath(property string) string {
	name, _, _ := strings.Cut(property, "[")
	if slices.Contains([]string{"region", "senders", "services"}, name) {
		return property
	}
	return "shared." + property
}

// homes are the objects of an environment, "" for itself, each with the names of
// settings that belong in it alone.
var homes = map[string][]string{
	"":             spelt(environmentProperties),
	"shared":       spelt(sharedProperties[1:]), // account is in others too
	"alarms":       spelt(alarmsProperties),
	"organization": spelt(optionsProperties),
}

// home is the one object in which the name belongs; ok is false if there is none.
func home(name string) (place string, ok bool) {
	for place, names := range homes {
		if slices.Contains(names, name) {
			return place, true
		}
	}
	return "", false
}

// inner is an object of the environment, "" for itself.
func inner(environment *object, place string) map[string]any {
	if place == "" {
		return environment.values
	}
	values, _ := environment.values[place].(map[string]any)
	return values
}

// findMisplaced puts a setting in doubt that is in the wrong object of the environment:
// one line says where it belongs, and none that it is missing there.
func (r *reader) findMisplaced(environment *object) {
	for place := range homes {
		for name := range inner(environment, place) {
			belongs, ok := home(name)
			if !ok || belongs == place {
				continue
			}
			if _, there := inner(environment, belongs)[name]; !there {
				r.problems.Doubt(problem.Join(problem.Join(environment.path, belongs), name))
			}
		}
	}
}

// misplacedIn returns a function that says where a name belongs that was found in the
// place; empty if it belongs there, nowhere, or is in its right place too.
func misplacedIn(environment *object, place string) func(name string) string {
	return func(name string) string {
		belongs, ok := home(name)
		switch {
		case !ok || belongs == place:
			return ""
		case inner(environment, belongs)[name] != nil:
			return ""
		}
		return problem.Join(environment.path, belongs)
	}
}

// Names of environments and publishers are parts of stack names.
var stackNamePart = spec.Name.Pattern

func checkName(name string) error {
	if stackNamePart.MatchString(name) {
		return nil
	}
	return problem.New(name, "a name of letters, digits and -, first a letter", "rename it: stacks are named after it")
}

// checkNames reports wrong names of environments and publishers: at the end, as
// they hide nothing that is in them.
func (r *reader) checkNames(environments []spec.Environment) {
	for _, e := range environments {
		for _, p := range e.Publishers {
			r.problems.Add(publisherPath(e.Name, p.Name), checkName(p.Name))
		}
		r.problems.Add(environmentPath(e.Name), checkName(e.Name))
	}
}
