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
	"regexp"
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
	r := &reader{}
	fields := r.topLevel(value)
	var environments []spec.Environment
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		at := environmentPath(name)
		if o, ok := r.object(at, fields[name]); ok {
			environments = append(environments, r.environment(name, o))
		}
		r.problems.Add(at, checkName(name))
	}
	r.problems.Add("", checkTogether(environments))
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return environments, nil
}

func environmentPath(name string) string { return problem.Join(ContextKey, problem.Name(name)) }

func (r *reader) environment(name string, o *object) spec.Environment {
	e := spec.Environment{Name: name, Tags: map[string]string{}}
	o.required("region", &e.Region)
	o.required("senders", &e.Queue.Senders)
	o.optional("services", &e.Queue.Services)
	if shared, ok := o.object("shared"); ok {
		shared.required("account", &e.Account)
		shared.fields(&e.Queue, "Senders", "Services")
		shared.fields(&e.Roles)
		shared.done()
		r.add(o.path, e.Queue.Check(e.Account, e.Region), ofEnvironment)
		r.add(shared.path, e.Roles.Check(e.QueueAddress()), nil)
	}
	if alarms, ok := o.optionalObject("alarms"); ok {
		alarms.fields(&e.Alarms)
		alarms.done()
	}
	r.add(o.at("alarms"), e.Alarms.Check(e.Queue, e.QueueAddress()), nil)
	o.optional("tags", &e.Tags)
	r.problems.Add(o.at("tags"), checkTags(e.Tags))
	e.Tags[environmentTag] = name
	organization, hasOrganization := o.optionalObject("organization")
	if hasOrganization {
		r.organization(organization, &e.Organization)
	}
	if publishers, ok := o.object("publishers"); ok {
		for _, key := range publishers.names() {
			if publisher, ok := publishers.object(key); ok {
				e.Publishers = append(e.Publishers, r.publisher(key, publisher, e))
			}
			r.problems.Add(publishers.at(key), checkName(key))
		}
	}
	o.done()
	if i := slices.IndexFunc(e.Publishers, func(p spec.Publisher) bool { return p.EveryAccount }); i >= 0 && !hasOrganization {
		r.problems.Add(o.at("organization"), problem.New(nil, record.allowed,
			"add it, with the account that owns stack sets: publisher "+e.Publishers[i].Name+" is in every account"))
	}
	return e
}

func (r *reader) organization(o *object, into *spec.Organization) {
	o.required("account", &into.Account)
	r.problems.Add(o.at("account"), address.CheckAccount(into.Account))
	o.fields(&into.Options)
	o.done()
	r.add(o.path, into.Options.Check(), nil)
}

func (r *reader) publisher(name string, o *object, e spec.Environment) spec.Publisher {
	p := spec.Publisher{Name: name, Role: spec.Role{Queue: e.QueueAddress(), SenderMayAlso: e.Queue.SenderMayAlso}}
	o.optional("everyAccount", &p.EveryAccount)
	o.fields(&p.Role, "Queue", "SenderMayAlso")
	if p.EveryAccount {
		r.everyAccount(o, e, p)
	} else {
		o.required("account", &p.Account)
		r.problems.Add(o.at("account"), address.CheckAccount(p.Account))
		r.add(o.path, p.Role.Check(p.Account), nil)
	}
	o.done()
	return p
}

// everyAccount checks a publisher that is in every account.
func (r *reader) everyAccount(o *object, e spec.Environment, p spec.Publisher) {
	if o.optional("account", new(string)) {
		r.problems.Add(o.at("account"), problem.New(o.values["account"], "no account where everyAccount is true", "remove one of the two"))
	}
	set := e.StackSet(p)
	r.add(o.path, set.CheckRole(), nil)
	r.add(o.at("everyAccount"), set.CheckOUs(), nil)
}

// ofEnvironment is where an environment has a property of its queue: Region,
// senders and services are its own, the rest is shared's.
func ofEnvironment(property string) string {
	name, _, _ := strings.Cut(property, "[")
	if slices.Contains([]string{"region", "senders", "services"}, name) {
		return property
	}
	return "shared." + property
}

// Names of environments and publishers are parts of stack names.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
var stackNamePart = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

func checkName(name string) error {
	if stackNamePart.MatchString(name) {
		return nil
	}
	return problem.New(name, "a name of letters, digits and -, first a letter", "rename it: stacks are named after it")
}
