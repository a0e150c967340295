package simulation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/role"
	"example.com/shared-queue/proof/world"
)

type object = map[string]any

// deployed is a world, and the messages in its queues.
type deployed struct {
	*world.World
	queues map[string]*queue.Queue // by ARN
}

func nothing() *deployed { return &deployed{World: &world.World{}, queues: map[string]*queue.Queue{}} }

// deploy is the world as AWS would have it. It fails where AWS would refuse to deploy,
// and where the world has something that its loader could not read.
func deploy(w *world.World) (*deployed, error) {
	if len(w.Unknown) > 0 {
		return nil, fmt.Errorf("%s: %s", w.Unknown[0].What, w.Unknown[0].Why)
	}
	copied := *w
	copied.Identities = slices.Clone(w.Identities) // some are changed below
	d := &deployed{World: &copied, queues: map[string]*queue.Queue{}}
	if err := checkARNs(d.World); err != nil {
		return nil, err
	}
	for _, q := range d.Queues {
		made, err := makeQueue(q)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.ARN, err)
		}
		d.queues[q.ARN] = made
	}
	for _, q := range d.queues {
		if err := d.checkDeadLetters(q); err != nil {
			return nil, fmt.Errorf("%s: %w", q.ARN(), err)
		}
	}
	for i, who := range d.Identities {
		for _, policy := range who.UnknownPolicies {
			parsed, _ := arn.Parse(who.ARN)
			if policy != role.AdministratorARN(parsed.Partition) {
				return nil, fmt.Errorf("%s: the simulation does not have the managed policy %s", who.ARN, policy)
			}
			with := *who
			with.UnknownPolicies = nil
			with.Policies = append(slices.Clone(who.Policies), role.Administrator())
			d.Identities[i] = &with
		}
	}
	return d, nil
}

// checkARNs looks for two resources of one name.
func checkARNs(w *world.World) error {
	seen := map[string]bool{}
	check := func(arn string) error {
		if seen[arn] {
			return fmt.Errorf("there is %s already", arn)
		}
		seen[arn] = true
		return nil
	}
	for _, k := range w.Keys {
		if err := check(k.ARN); err != nil {
			return err
		}
		for _, alias := range k.Aliases {
			if err := check(k.Region.ARN("kms", k.Account, alias)); err != nil {
				return err
			}
		}
	}
	for _, q := range w.Queues {
		if err := check(q.ARN); err != nil {
			return err
		}
	}
	for _, who := range w.Identities {
		if err := check(strings.ToLower(who.ARN)); err != nil {
			return err
		}
	}
	return nil
}

// makeQueue is an empty queue with the attributes as SQS has them.
func makeQueue(q *world.Queue) (*queue.Queue, error) {
	attributes := map[string]string{}
	for name, value := range q.Attributes {
		if name == "QueueName" || name == "Tags" {
			continue
		}
		text, err := attribute(value)
		if err != nil {
			return nil, err
		}
		attributes[name] = text
	}
	delete(attributes, "KmsMasterKeyId")
	if q.Key != "" {
		attributes["KmsMasterKeyId"] = q.Key
	}
	made, err := queue.New(address.Queue{Region: q.Region, Account: q.Account, Name: q.Name}, attributes)
	if err == nil && q.Policy != nil {
		made.Policy = q.Policy.Document
	}
	return made, err
}

// attribute is a property as SetQueueAttributes takes it.
func attribute(value any) (string, error) {
	switch value := value.(type) {
	case string:
		return value, nil
	case float64:
		return strconv.FormatFloat(value, 'f', -1, 64), nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

// checkDeadLetters checks that the queue may give its dead letters to the other one.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
func (d *deployed) checkDeadLetters(q *queue.Queue) error {
	if q.Target == "" {
		return nil
	}
	dead := d.queues[q.Target]
	switch {
	case dead == nil || dead.Account != q.Account || dead.Region != q.Region:
		return fmt.Errorf("RedrivePolicy: there is no queue %s in its account and Region", q.Target)
	case dead.FIFO() != q.FIFO():
		return fmt.Errorf("RedrivePolicy: %s is of another type", q.Target)
	case !d.Queue(q.Target).AnySource && !slices.Contains(d.Queue(q.Target).Sources, q.ARN()):
		return fmt.Errorf("RedrivePolicy: the RedriveAllowPolicy of %s does not have the queue", q.Target)
	}
	return nil
}

// identity is the role or user with the ARN. One that was imported has no path in the
// templates, and a name is unique in an account.
func (d *deployed) identity(at string) *world.Identity {
	if who := d.Identity(at); who != nil {
		return who
	}
	named := world.Identity{ARN: at}
	if who := d.Named(accountOf(at), named.Kind(), named.Name()); who != nil && who.Imported {
		return who
	}
	return nil
}

// documents are all policies of the world, by their ids.
func (d *deployed) documents() evaluate.World {
	all := evaluate.World{}
	for _, p := range d.Policies() {
		all[p.ID] = p.Document
	}
	return all
}

// keyPolicy is the key's policy, and its grants as statements of it. A grant is no
// policy, and needs none of its grantee: here a grantee of another account needs its
// own policy too.
// https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
func keyPolicy(k *world.Key) any {
	if len(k.Grants) == 0 {
		return k.Policy.Document
	}
	document := maps.Clone(k.Policy.Document)
	statements := slices.Clone(world.List(document["Statement"]))
	for _, g := range k.Grants {
		kind := "AWS"
		if !strings.HasPrefix(g.Grantee, "arn:") {
			kind = "Service"
		}
		var actions []any
		for _, operation := range g.Operations {
			actions = append(actions, "kms:"+operation)
		}
		s := object{"Effect": "Allow", "Principal": object{kind: g.Grantee}, "Action": actions, "Resource": "*"}
		if len(g.Context) > 0 {
			equals := object{}
			for name, value := range g.Context {
				equals["kms:EncryptionContext:"+name] = value
			}
			s["Condition"] = object{"StringEquals": equals}
		}
		statements = append(statements, s)
	}
	document["Statement"] = statements
	return document
}
