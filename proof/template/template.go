// Package template reads the templates of a cloud assembly: the keys, queues and
// roles that they deploy, with their policies.
package template

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/world"
)

// Read reads what the stacks deploy, and what their constructs were asked for. It resolves their intrinsic functions. A policy
// that it cannot resolve or does not know is among the world's Unknown, so that
// nothing passes that was not evaluated.
func Read(stacks []assembly.Stack) (*world.World, *asked.App, error) {
	r := read(stacks)
	app, err := asked.Read(stacks, r.resolve)
	return r.world, app, err
}

// resolve is what a value of the stack comes to on deployment.
func (r *reader) resolve(stack string, value any) (any, error) {
	for _, s := range r.stacks {
		if s.Path == stack {
			return s.resolve(value)
		}
	}
	return nil, fmt.Errorf("no stack %s", stack)
}

func read(stacks []assembly.Stack) *reader {
	r := &reader{world: &world.World{}}
	for _, s := range stacks {
		r.addStack(s, nil, nil)
	}
	for _, s := range r.stacks {
		s.all = r.stacks
	}
	for _, s := range r.stacks {
		r.expand(s)
	}
	// In this order, since each refers to what stands before.
	for _, pass := range []map[string]func(*stack, string) error{
		{"AWS::KMS::Key": r.key, "AWS::KMS::ReplicaKey": r.key, "AWS::SQS::Queue": r.queue, "AWS::IAM::Role": r.identity, "AWS::IAM::User": r.identity, "AWS::IAM::Group": r.group},
		{"AWS::KMS::Alias": r.alias, "AWS::SQS::QueuePolicy": r.queuePolicy, "AWS::SQS::QueueInlinePolicy": r.queuePolicy,
			"AWS::IAM::Policy": r.attach, "AWS::IAM::RolePolicy": r.attach, "AWS::IAM::UserPolicy": r.attach, "AWS::IAM::GroupPolicy": r.attach, "AWS::IAM::ManagedPolicy": r.attach,
			"AWS::CloudFormation::Stack": r.nestedStack, "AWS::CloudFormation::StackSet": r.stackSet},
	} {
		for _, s := range r.stacks {
			for _, id := range slices.Sorted(maps.Keys(s.resources)) {
				if read, ok := pass[s.kind(id)]; ok {
					if err := read(s, id); err != nil {
						r.unknown(s, id, err)
					}
				}
			}
		}
	}
	return r
}

// expand leaves out the resources that the stack does not make. What CloudFormation
// writes into a template at deployment is not known.
func (r *reader) expand(s *stack) {
	for _, macro := range world.List(s.Template["Transform"]) {
		if name, ok := macro.(string); !ok || !strings.HasPrefix(name, "AWS::") || name == "AWS::Include" {
			r.world.Unknown = append(r.world.Unknown, world.Unknown{What: s.Path, Why: fmt.Sprintf("the macro %v may change its template at deployment: -deployed sees what is then in force", macro)})
		}
	}
	kept := map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		made, err := s.made(id)
		switch {
		case strings.HasPrefix(id, "Fn::") || object(s.resources[id])["Fn::Transform"] != nil:
			err = errors.New("resources that CloudFormation writes at deployment")
		case err == nil && !made:
			continue
		}
		if err != nil {
			r.unknown(s, id, err)
		}
		kept[id] = s.resources[id]
	}
	s.resources = kept
}

type reader struct {
	world  *world.World
	stacks []*stack
}

func (r *reader) unknown(s *stack, id string, err error) {
	r.world.Unknown = append(r.world.Unknown, world.Unknown{What: s.place(id).Construct, Why: err.Error()})
}

// place is where a resource is written: the path of its construct, or what names it
// in the template.
func (s *stack) place(id string) world.Place {
	path, ok := object(object(s.resources[id])["Metadata"])["aws:cdk:path"].(string)
	if !ok {
		path = s.Path + ": " + id
	}
	return world.Place{Construct: path, Stack: s.Path, LogicalID: id}
}

// policy is a document of the resource.
func (s *stack) policy(what, id string, document any) (*world.Policy, error) {
	if object(document) == nil {
		return nil, fmt.Errorf("%s: no document", what)
	}
	resolved, err := s.resolve(document)
	if err != nil {
		if resolved, err = s.resolve(s.asked(document)); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	place := s.place(id)
	return &world.Policy{ID: what + " of " + strings.TrimSuffix(place.Construct, "/Resource"), Document: object(resolved), Place: place}, nil
}

// asked is a document without the statements that cannot be resolved and have to do
// with nothing that is asked about: each of their actions is one of another service.
func (s *stack) asked(document any) any {
	var kept []any
	for _, statement := range world.List(object(document)["Statement"]) {
		if _, err := s.resolve(statement); err == nil || !slices.ContainsFunc(world.List(object(statement)["Action"]), isOfAnotherService) ||
			slices.ContainsFunc(world.List(object(statement)["Action"]), func(action any) bool { return !isOfAnotherService(action) }) {
			kept = append(kept, statement)
		}
	}
	changed := maps.Clone(object(document))
	changed["Statement"] = kept
	return changed
}

func isOfAnotherService(action any) bool {
	text, _ := action.(string)
	service, name, ok := strings.Cut(strings.ToLower(text), ":")
	return ok && !strings.ContainsAny(service+name, "*?") && !slices.Contains([]string{"iam", "kms", "sqs", "sts"}, service)
}

func (r *reader) key(s *stack, id string) error {
	arn, err := s.text(map[string]any{"Fn::GetAtt": []any{id, "Arn"}})
	if err != nil {
		return err
	}
	k := &world.Key{ARN: arn, Account: s.Account, Region: s.region, Place: s.place(id)}
	r.world.Keys = append(r.world.Keys, k)
	document, ok := s.properties(id)["KeyPolicy"]
	if !ok { // the default of KMS
		document = map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{
			"Effect": "Allow", "Principal": map[string]any{"AWS": s.region.AccountARN(s.Account)}, "Action": "kms:*", "Resource": "*"}}}
	}
	if enabled, ok := s.properties(id)["Enabled"]; ok {
		if text, err := s.text(enabled); err != nil || text != "true" {
			k.State = "Disabled"
		}
	}
	k.Policy, err = s.policy("key policy", id, document)
	k.Unread = err != nil
	return err
}

func (r *reader) alias(s *stack, id string) error {
	name, err := s.text(s.properties(id)["AliasName"])
	if err != nil {
		return err
	}
	target, err := s.text(s.properties(id)["TargetKeyId"])
	if err != nil {
		return err
	}
	for _, k := range r.world.Keys {
		if k.ARN == target || k.Account == s.Account && k.Region == s.region && strings.HasSuffix(k.ARN, "/"+target) {
			k.Aliases = append(k.Aliases, name)
		}
	}
	return nil
}

func (r *reader) queue(s *stack, id string) error {
	name, err := s.nameOf(id)
	if err != nil {
		return err
	}
	resolved, err := s.resolve(s.properties(id))
	if err != nil {
		return err
	}
	attributes := object(resolved)
	q := &world.Queue{ARN: s.queue(name).ARN(), Account: s.Account, Region: s.region, Name: name, Attributes: attributes, Place: s.place(id)}
	q.Key, _ = attributes["KmsMasterKeyId"].(string)
	redrive := decoded(attributes["RedrivePolicy"])
	q.DeadLetter, _ = redrive["deadLetterTargetArn"].(string)
	allow := decoded(attributes["RedriveAllowPolicy"])
	q.AnySource = allow["redrivePermission"] == nil || allow["redrivePermission"] == "allowAll"
	for _, source := range world.List(allow["sourceQueueArns"]) {
		q.Sources = append(q.Sources, fmt.Sprint(source))
	}
	r.world.Queues = append(r.world.Queues, q)
	return nil
}

// decoded is a JSON object, which a template may also have as text.
func decoded(value any) map[string]any {
	if text, ok := value.(string); ok {
		var inner any
		if json.Unmarshal([]byte(text), &inner) == nil {
			return object(inner)
		}
	}
	return object(value)
}

func (r *reader) queuePolicy(s *stack, id string) error {
	properties := s.properties(id)
	queues := world.List(properties["Queues"])
	if queue, ok := properties["Queue"]; ok {
		queues = append(queues, queue)
	}
	policy, unread := s.policy("queue policy", id, properties["PolicyDocument"])
	for _, queue := range queues {
		url, err := s.text(queue)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(r.world.Queues, func(q *world.Queue) bool { return s.isQueue(q, url) })
		if i < 0 {
			continue // of no stack of the assembly
		}
		q := r.world.Queues[i]
		if q.Policy != nil {
			q.Unread = true
			return fmt.Errorf("%s has another policy, %s: a queue keeps the one that is set last", q.Name, q.Policy.ID)
		}
		q.Policy, q.Unread = policy, unread != nil
	}
	return unread
}

var regionIn = regexp.MustCompile(`\b[a-z]{2,3}(-[a-z]+)+-[0-9]\b`)

// isQueue reports whether the queue has the URL, name or ARN.
func (s *stack) isQueue(q *world.Queue, named string) bool {
	in := regionIn.FindString(named) // older URLs have none, which is us-east-1
	return named == q.ARN || strings.HasSuffix(named, "/"+q.Account+"/"+q.Name) && (in == "" && q.Region == "us-east-1" || in == string(q.Region)) ||
		named == q.Name && q.Account == s.Account && q.Region == s.region
}

// addStack adds a stack and those that are nested in it, with what their parents give.
func (r *reader) addStack(of assembly.Stack, parent *stack, parameters map[string]any) *stack {
	s := newStack(of)
	s.parent, s.parameters = parent, parameters
	r.stacks = append(r.stacks, s)
	for id, nested := range of.Nested {
		s.nested[id] = r.addStack(nested, s, object(s.properties(id)["Parameters"]))
	}
	return s
}

// nestedStack reports a nested stack whose template is not in the assembly.
func (r *reader) nestedStack(s *stack, id string) error {
	if s.nested[id] == nil {
		return errors.New("a nested stack, whose template is no file of the assembly")
	}
	return nil
}
