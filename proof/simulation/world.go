package simulation

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/access"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

// A world is what has been deployed: keys, queues and roles by ARN.
type world struct {
	keys    map[string]*key
	aliases map[string]string // ARNs of keys by those of their aliases
	queues  map[string]*queue
	roles   map[string]*role
}

type key struct {
	arn, account string
	policy       any
}

type role struct {
	arn, account string
	trust        any
	policies     []any
}

// administrator is the managed policy AdministratorAccess, the only one that
// the simulation has.
var administrator = object{"Version": "2012-10-17", "Statement": []any{
	object{"Effect": "Allow", "Action": "*", "Resource": "*"},
}}

const administratorARN = ":iam::aws:policy/AdministratorAccess"

type object = map[string]any

func newWorld() *world {
	return &world{keys: map[string]*key{}, aliases: map[string]string{}, queues: map[string]*queue{}, roles: map[string]*role{}}
}

// AnyAccount is the account of the OUs in which a stack set's role is shown.
const AnyAccount = "666666666666"

// A stack is a template on its way to an account.
type stack struct {
	*world
	name, account string
	region        address.Region
	resources     object
	values        access.Values
	policies      evaluate.World // all of them, by a name for messages
}

// deploy adds the stacks of the environments. Roles of the shared accounts that
// the settings name are there before. It fails where AWS would refuse to deploy.
func deploy(environments []spec.Environment, templates map[string]any) (*world, evaluate.World, error) {
	w, policies := newWorld(), evaluate.World{}
	for _, e := range environments {
		e = e.WithAccount(AnyAccount)
		for _, g := range e.Grants() {
			if g.Kind != spec.Send { // a publisher's role comes with its stack
				w.addRole(&role{arn: g.Role.ARN(), account: g.Role.Account})
			}
		}
		accounts := map[string]string{e.StackName(): e.Account}
		roles := map[string]any{}
		for _, p := range e.Publishers {
			stack := e.PublisherStackName(p)
			accounts[stack] = p.Account
			role, err := access.RoleTemplate(templates[stack], e, p)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", stack, err)
			}
			roles[stack] = role
		}
		for _, name := range slices.Sorted(maps.Keys(accounts)) {
			template, ok := templates[name].(object)
			if role, is := roles[name]; is {
				template, ok = role.(object)
			}
			if !ok {
				return nil, nil, fmt.Errorf("%s: no template", name)
			}
			s := &stack{world: w, name: name, account: accounts[name], region: e.Region,
				values: access.NewValues(accounts[name], e.Region), policies: policies}
			s.resources, _ = template["Resources"].(object)
			if err := s.deploy(); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return w, policies, nil
}

// addRole adds a role unless it is there: two environments may name the same.
func (w *world) addRole(r *role) *role {
	if there := w.roles[r.arn]; there != nil {
		return there
	}
	w.roles[r.arn] = r
	return r
}

// kinds are the resources that decide something, in the order of what they refer
// to.
var kinds = []struct {
	name   string
	deploy func(s *stack, id string, properties object) error
}{
	{"AWS::KMS::Key", (*stack).key},
	{"AWS::KMS::Alias", (*stack).alias},
	{"AWS::SQS::Queue", (*stack).queue},
	{"AWS::SQS::QueuePolicy", (*stack).queuePolicy},
	{"AWS::IAM::Role", (*stack).role},
	{"AWS::IAM::Policy", (*stack).rolePolicy},
}

func (s *stack) deploy() error {
	ids := slices.Sorted(maps.Keys(s.resources))
	known := map[string]bool{"AWS::CloudWatch::Alarm": true}
	for _, kind := range kinds {
		known[kind.name] = true
	}
	for _, id := range ids {
		kind, _ := s.resource(id)["Type"].(string)
		if !known[kind] {
			return fmt.Errorf("%s is an %s, which the simulation does not know", id, kind)
		}
		s.names(id, kind)
	}
	for _, kind := range kinds {
		for _, id := range ids {
			if s.resource(id)["Type"] != kind.name {
				continue
			}
			resolved, err := s.values.Resolve(s.resource(id)["Properties"])
			if err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
			properties, _ := resolved.(object)
			if err := kind.deploy(s, id, properties); err != nil {
				return fmt.Errorf("%s: %w", id, err)
			}
		}
	}
	return nil
}

func (s *stack) resource(id string) object {
	r, _ := s.resources[id].(object)
	return r
}

// names says what Ref and Fn::GetAtt of a resource come to.
func (s *stack) names(id, kind string) {
	properties, _ := s.resource(id)["Properties"].(object)
	physical := func(property string) string {
		name, _ := properties[property].(string)
		if name == "" {
			name = s.name + "-" + id // as CloudFormation makes one up
		}
		return name
	}
	set := func(ref, arn string) {
		s.values.Refs[id], s.values.Attributes[id+".Arn"] = ref, arn
	}
	switch kind {
	case "AWS::KMS::Key":
		keyID := madeUpID(s.name + "/" + id)
		set(keyID, s.arn("kms", "key/"+keyID))
	case "AWS::SQS::Queue":
		q := address.Queue{Region: s.region, Account: s.account, Name: physical("QueueName")}
		set(q.URL(), q.ARN())
		s.values.Attributes[id+".QueueName"] = q.Name
	case "AWS::IAM::Role":
		name := physical("RoleName")
		path, _ := properties["Path"].(string)
		set(name, address.Role{Partition: s.region.Partition(), Account: s.account, Path: cmp.Or(path, "/"), Name: name}.ARN())
	}
}

func (s *stack) arn(service, resource string) string {
	return s.region.ARN(service, s.account, resource)
}

// root is the statement that a key has whose template gives it no policy.
func (s *stack) root() object {
	return object{"Effect": "Allow", "Action": "kms:*", "Resource": "*",
		"Principal": object{"AWS": s.region.AccountARN(s.account)}}
}

func (s *stack) key(id string, properties object) error {
	policy := properties["KeyPolicy"]
	if policy == nil {
		policy = object{"Version": "2012-10-17", "Statement": []any{s.root()}}
	}
	arn := s.values.Attributes[id+".Arn"]
	s.keys[arn] = &key{arn: arn, account: s.account, policy: policy}
	s.policies[s.name+": policy of the key "+id] = policy
	return nil
}

func (s *stack) alias(_ string, properties object) error {
	name, _ := properties["AliasName"].(string)
	target, _ := properties["TargetKeyId"].(string)
	if k := s.keys[target]; k == nil || k.account != s.account {
		return fmt.Errorf("AliasName %s has no key %s in the account", name, target)
	}
	s.aliases[s.arn("kms", name)] = target
	return nil
}

func (s *stack) queue(id string, properties object) error {
	attributes := map[string]string{}
	for name, value := range properties {
		if name == "QueueName" || name == "Tags" {
			continue
		}
		text, err := attribute(value)
		if err != nil {
			return err
		}
		attributes[name] = text
	}
	q, err := newQueue(address.Queue{Region: s.region, Account: s.account, Name: s.values.Attributes[id+".QueueName"]}, attributes)
	if err != nil {
		return err
	}
	if s.queues[q.ARN()] != nil {
		return fmt.Errorf("there is a queue %s already", q.Name)
	}
	s.queues[q.ARN()] = q
	return nil
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

func (s *stack) queuePolicy(id string, properties object) error {
	urls, _ := properties["Queues"].([]any)
	if len(urls) == 0 {
		return fmt.Errorf("a policy of no queue")
	}
	for _, url := range urls {
		found := false
		for _, q := range s.queues {
			if q.URL() == url {
				q.policy, found = properties["PolicyDocument"], true
			}
		}
		if !found {
			return fmt.Errorf("no queue %v", url)
		}
	}
	s.policies[s.name+": policy of the queue "+id] = properties["PolicyDocument"]
	return nil
}

func (s *stack) role(id string, properties object) error {
	arn := s.values.Attributes[id+".Arn"]
	if s.roles[arn] != nil {
		return fmt.Errorf("there is a role %s already", arn)
	}
	r := &role{arn: arn, account: s.account, trust: properties["AssumeRolePolicyDocument"]}
	managed, _ := properties["ManagedPolicyArns"].([]any)
	for _, policy := range managed {
		if policy != "arn:"+s.region.Partition()+administratorARN {
			return fmt.Errorf("no managed policy %v", policy)
		}
		r.policies = append(r.policies, administrator)
	}
	s.roles[arn] = r
	s.policies[s.name+": trust policy of "+id] = r.trust
	return nil
}

func (s *stack) rolePolicy(id string, properties object) error {
	for _, others := range []string{"Users", "Groups"} {
		if properties[others] != nil {
			return fmt.Errorf("no %s %v", strings.ToLower(others), properties[others])
		}
	}
	names, _ := properties["Roles"].([]any)
	for _, name := range names {
		r := s.roleNamed(fmt.Sprint(name))
		if r == nil {
			return fmt.Errorf("no role %v", name)
		}
		r.policies = append(r.policies, properties["PolicyDocument"])
	}
	s.policies[s.name+": "+id] = properties["PolicyDocument"]
	return nil
}

// roleNamed is the account's role of that name, whatever its path.
func (s *stack) roleNamed(name string) *role {
	for _, r := range s.roles {
		if r.account == s.account && strings.HasSuffix(r.arn, "/"+name) {
			return r
		}
	}
	return nil
}

// aliasesOf are the names of a key's aliases.
func (w *world) aliasesOf(k *key) []string {
	var names []string
	for alias, target := range w.aliases {
		if target == k.arn {
			names = append(names, alias[strings.LastIndex(alias, ":")+1:])
		}
	}
	slices.Sort(names)
	return names
}

// dataKeyReuse is how long SQS uses a data key for a caller.
func (q *queue) dataKeyReuse() time.Duration {
	return q.seconds("KmsDataKeyReusePeriodSeconds", *defaults.DataKeyReuse)
}
