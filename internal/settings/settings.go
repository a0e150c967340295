// Package settings reads the app's settings from the CDK context and checks
// them, all of them, before anything else happens. It imports no CDK.
//
// The settings stand in cdk.json under context, key environments: for each
// environment its Region, its senders, its shared account's queue and the
// roles of its publishers. The README documents every field.
package settings

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
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
	environments := r.environments(value)
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	return environments, nil
}

// Names of environments and publishers are parts of stack names.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-using-console-create-stack-parameters.html
var name = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]*$`)

const maxStackName = 128

func (r *reader) environments(value any) []spec.Environment {
	fields := r.topLevel(value)
	var environments []spec.Environment
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		at := problem.Join(ContextKey, problem.Name(key))
		r.checkName(at, key)
		if o, ok := r.object(at, fields[key]); ok {
			environments = append(environments, r.environment(key, o))
		}
	}
	r.checkTogether(environments)
	return environments
}

func (r *reader) environment(name string, o *object) spec.Environment {
	region, _ := get[string](o, "region", required)
	e := spec.Environment{Name: name, Region: address.Region(region)}
	r.problems.Add(o.at("region"), e.Region.Check())
	e.Queue.Senders = parseList(o, "senders", address.ParsePath)
	if shared, ok := o.object("shared"); ok {
		r.shared(shared, &e)
		r.problems.Add("", queueProblems(o, shared, e))
		if placed(e) {
			r.problems.Add(shared.path, e.Roles.Check(e.QueueAddress()))
		}
	}
	if alarms, ok := o.optionalObject("alarms"); ok {
		e.Alarms.MaxAge = alarms.duration("maxAge")
		e.Alarms.TopicARN, _ = get[string](alarms, "topicArn", optional)
		alarms.done()
	}
	if e.Queue.CheckRetention() == nil {
		r.problems.Add(o.at("alarms"), e.Alarms.CheckAge(e.Queue.KeptFor()))
	}
	if placed(e) {
		r.problems.Add(o.at("alarms"), e.Alarms.CheckTopic(e.QueueAddress()))
	}
	e.Tags = r.tags(o)
	e.Tags["environment"] = name
	if publishers, ok := o.object("publishers"); ok {
		for _, key := range publishers.names() {
			r.checkName(publishers.at(key), key)
			if publisher, ok := publishers.object(key); ok {
				e.Publishers = append(e.Publishers, r.publisher(key, publisher, e))
			}
		}
	}
	o.done()
	return e
}

// placed reports whether account and Region are right, so that ARNs can be
// compared with them. If not, what is wrong with ARNs would only follow.
func placed(e spec.Environment) bool {
	return address.CheckAccount(e.Account) == nil && e.Region.Check() == nil
}

func (r *reader) shared(o *object, e *spec.Environment) {
	e.Account, _ = get[string](o, "account", required)
	q := &e.Queue
	q.QueueName, _ = get[string](o, "queueName", required)
	q.KeyAlias, _ = get[string](o, "keyAlias", required)
	q.FIFO, _ = get[bool](o, "fifo", optional)
	q.ContentBasedDeduplication, _ = get[bool](o, "contentBasedDeduplication", optional)
	q.OrgPathsOnQueue, _ = get[bool](o, "orgPathsOnQueue", optional)
	q.VisibilityTimeout = o.duration("visibilityTimeout")
	q.Retention = o.duration("retention")
	q.DataKeyReuse = o.duration("dataKeyReuse")
	q.MaxReceiveCount = o.count("maxReceiveCount")
	if policy, ok := get[string](o, "removalPolicy", optional); ok {
		q.RemovalPolicy = spec.RemovalPolicy(policy)
		r.problems.Add(o.at("removalPolicy"), spec.CheckRemovalPolicy(q.RemovalPolicy))
	}
	e.Roles.Consumers = optionalList(o, "consumers")
	e.Roles.Operators = optionalList(o, "operators")
	o.done()
}

// tags are those that the user chose.
func (r *reader) tags(o *object) spec.Tags {
	tags := spec.Tags{}
	if chosen, ok := o.optionalObject("tags"); ok {
		for _, key := range chosen.names() {
			tags[key], _ = get[string](chosen, key, required)
		}
		r.problems.Add(chosen.path, tags.Check())
	}
	return tags
}

// queueProblems are those of the queue, under the paths that the settings have
// for them: Region and senders are the environment's, the rest is shared's.
func queueProblems(environment, shared *object, e spec.Environment) error {
	var found, placed problem.List
	found.Add("", e.Queue.Check(e.Account, e.Region))
	for _, p := range found {
		place := shared
		if p.Setting == "region" || strings.HasPrefix(p.Setting, "senders") {
			place = environment
		}
		placed.Add(place.path, p)
	}
	return placed.Err()
}

func (r *reader) publisher(name string, o *object, e spec.Environment) spec.Publisher {
	p := spec.Publisher{Name: name, Role: spec.Role{Queue: e.QueueAddress()}}
	p.Account, _ = get[string](o, "account", required)
	r.problems.Add(o.at("account"), address.CheckAccount(p.Account))
	p.Role.RoleName, _ = get[string](o, "roleName", required)
	p.Role.AssumedBy = parseList(o, "assumedBy", address.ParsePrincipal)
	r.problems.Add(o.path, p.Role.Check())
	o.done()
	return p
}

func (r *reader) checkName(at, key string) {
	if !name.MatchString(key) {
		r.problems.Add(at, problem.New(key, "a name of letters, digits and -, first a letter", "rename it: stacks are named after it"))
	}
}

// checkTogether reports what two environments or publishers both claim.
func (r *reader) checkTogether(environments []spec.Environment) {
	queues, aliases, roles, stacks := claims{}, claims{}, claims{}, claims{}
	inline := map[string]int{} // characters, by the ARN of a role that is there already
	existing := existingRoles(environments)
	for _, e := range environments {
		at := problem.Join(ContextKey, problem.Name(e.Name))
		q := e.QueueAddress()
		place := fmt.Sprintf("in account %s and Region %s", e.Account, e.Region)

		r.problems.Add(at+".shared.queueName", queues.take(q.ARN(), at, q.Name, "queue names that no other environment has "+place))
		r.problems.Add(at+".shared.queueName", queues.take(q.DeadLetter().ARN(), at, q.Name, "queue names whose dead-letter queue is no other environment's queue "+place))
		r.problems.Add(at+".shared.keyAlias", aliases.take(q.KeyARNs()+q.KeyAlias(), at, q.Alias, "key aliases that no other environment has "+place))
		r.problems.Add(at, stacks.take(e.StackName(), at, e.Name, "names that make each stack's name once, not "+e.StackName()+" twice"))
		r.checkStackName(at, e.Name, e.StackName())
		r.checkInline(inline, at+".shared.consumers", e.Roles.Consumers, policy.Consume(q, q.KeyARNs()+keyID))
		r.checkInline(inline, at+".shared.operators", e.Roles.Operators, policy.Redrive(q, q.KeyARNs()+keyID))
		for _, p := range e.Publishers {
			at := problem.Join(at+".publishers", problem.Name(p.Name))
			// IAM does not tell names apart by case.
			role := p.Account + strings.ToLower(p.Role.RoleName)
			if by, there := existing[role]; there {
				r.problems.Add(at+".roleName", problem.New(p.Role.RoleName,
					"names of roles that are not there yet, this is one of "+by, "rename it: a consumer may not send, and an operator is no publisher"))
			}
			r.problems.Add(at+".roleName", roles.take(role, at, p.Role.RoleName, "role names that no other publisher has in account "+p.Account))
			r.problems.Add(at, stacks.take(e.PublisherStackName(p), at, p.Name, "names that make each stack's name once, not "+e.PublisherStackName(p)+" twice"))
			r.checkStackName(at, p.Name, e.PublisherStackName(p))
		}
	}
}

// existingRoles says which setting names each role that is there already, by
// account and name.
func existingRoles(environments []spec.Environment) map[string]string {
	existing := map[string]string{}
	for _, e := range environments {
		for setting, arns := range map[string][]string{"consumers": e.Roles.Consumers, "operators": e.Roles.Operators} {
			for _, arn := range arns {
				if parsed, ok := address.ParseIAM(arn); ok {
					existing[parsed.Account+strings.ToLower(parsed.Name)] = problem.Join(ContextKey, problem.Name(e.Name)) + ".shared." + setting
				}
			}
		}
	}
	return existing
}

// keyID is as long as the key ids of KMS.
const keyID = "00000000-0000-0000-0000-000000000000"

// The limit on a role's inline policies together, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const maxInline = 10_240

// checkInline adds the grant to what each role has from all environments. A
// publisher's role has one grant only, which always fits.
func (r *reader) checkInline(sizes map[string]int, at string, roles []string, grant policy.Document) {
	for i, arn := range roles {
		sizes[arn] += grant.Size()
		if sizes[arn] > maxInline {
			r.problems.Add(fmt.Sprintf("%s[%d]", at, i), problem.New(arn,
				fmt.Sprintf("roles whose inline policies stay within %d characters in all environments together, it would have %d", maxInline, sizes[arn]),
				"take another role here"))
		}
	}
}

func (r *reader) checkStackName(at, key, stack string) {
	if len(stack) > maxStackName {
		r.problems.Add(at, problem.New(key, fmt.Sprintf("stack names of at most %d characters, %s… has %d", maxStackName, stack[:20], len(stack)), "shorten it"))
	}
}

// claims are the holders of things that only one can have.
type claims map[string]string

func (c claims) take(thing, by, got, allowed string) error {
	if holder, taken := c[thing]; taken {
		return problem.New(got, allowed, "rename it here or in "+holder)
	}
	c[thing] = by
	return nil
}
