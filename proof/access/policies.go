package access

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/spec"
)

// Ids of an environment's policies in a evaluate.World.
func keyPolicyID(environment string) string { return environment + "-shared: key policy" }
func queueID(environment string) string     { return environment + "-shared: queue policy" }
func deadLetterID(environment string) string {
	return environment + "-shared: dead-letter queue's policy"
}

// ResourceControlID is the id of the shared account's resource control policy. A
// evaluate.World has none unless one is added to it.
func ResourceControlID(environment string) string {
	return environment + "-shared: resource control policy"
}

func permissionsID(environment, publisher string) string {
	return environment + "-publisher-" + publisher + ": role's permissions"
}
func boundaryID(environment, publisher string) string {
	return environment + "-publisher-" + publisher + ": role's permissions boundary"
}
func trustID(environment, publisher string) string {
	return environment + "-publisher-" + publisher + ": role's trust policy"
}

func rolePermissionsID(environment, role string) string {
	return environment + "-shared: permissions of " + role
}

// Policies reads every policy that decides from the templates, which are decoded
// JSON by stack name, and resolves their intrinsic functions. It fails on an
// intrinsic function or a kind of policy that it does not know, so that every policy
// is evaluated.
func Policies(environments []spec.Environment, templates map[string]any) (evaluate.World, error) {
	world := maps.Clone(ownPolicies)
	for _, e := range inAnAccount(environments) {
		shared := newTemplate(templates[e.StackName()], e.Account, e)
		if err := shared.sharedPolicies(world, e); err != nil {
			return nil, fmt.Errorf("%s: %w", e.StackName(), err)
		}
		world[leftToIAM(e.Account)] = leaveToIAM(e.Account, e)
		for _, p := range e.Publishers {
			stack := e.PublisherStackName(p)
			template, err := RoleTemplate(templates[stack], e, p)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", stack, err)
			}
			t := newTemplate(template, p.Account, e)
			if err := t.publisherPolicies(world, e, p); err != nil {
				return nil, fmt.Errorf("%s: %w", stack, err)
			}
			world[leftToIAM(p.Account)] = leaveToIAM(p.Account, e)
		}
	}
	return world, nil
}

func leaveToIAM(account string, e spec.Environment) map[string]any {
	return evaluate.Document(map[string]any{
		"Effect": "Allow", "Action": "*", "Resource": "*",
		"Principal": map[string]any{"AWS": "arn:" + e.Region.Partition() + ":iam::" + account + ":root"},
	})
}

// template is a CloudFormation template and what its intrinsic functions
// resolve to.
type template struct {
	resources map[string]any
	arns      map[string]string // by logical id
	Values
}

func newTemplate(decoded any, account string, e spec.Environment) *template {
	t := &template{
		resources: object(decoded, "Resources"),
		arns:      map[string]string{},
		Values:    NewValues(account, e.Region),
	}
	q := e.QueueAddress()
	for id, r := range t.resources {
		switch kind(r) {
		case "AWS::KMS::Key":
			t.arns[id] = keyARN(q)
		case "AWS::SQS::Queue":
			name, _ := object(r, "Properties")["QueueName"].(string)
			q := q
			q.Name = name
			t.arns[id] = q.ARN()
		}
	}
	for id, arn := range t.arns {
		t.Attributes[id+".Arn"] = arn
	}
	return t
}

func (t *template) sharedPolicies(world evaluate.World, e spec.Environment) error {
	queue := e.QueueAddress().ARN()
	for id, r := range t.resources {
		properties := object(r, "Properties")
		switch kind(r) {
		case "AWS::KMS::Key":
			if err := t.put(world, keyPolicyID(e.Name), properties["KeyPolicy"]); err != nil {
				return err
			}
		case "AWS::SQS::QueuePolicy":
			queues, _ := properties["Queues"].([]any)
			if len(queues) != 1 {
				return fmt.Errorf("%s is the policy of %d queues, not one", id, len(queues))
			}
			policyID := deadLetterID(e.Name)
			if logicalID, _ := object(queues[0])["Ref"].(string); t.arns[logicalID] == queue {
				policyID = queueID(e.Name)
			}
			if err := t.put(world, policyID, properties["PolicyDocument"]); err != nil {
				return err
			}
		case "AWS::IAM::Policy":
			roles, _ := properties["Roles"].([]any)
			if len(roles) != 1 || properties["Users"] != nil || properties["Groups"] != nil {
				return fmt.Errorf("%s is the policy of more than one role", id)
			}
			role, _ := roles[0].(string)
			if !slices.ContainsFunc(workers(e), func(w worker) bool { return w.name == role }) {
				return fmt.Errorf("%s is the policy of %v, no consumer or operator", id, roles[0])
			}
			if err := t.put(world, rolePermissionsID(e.Name, role), properties["PolicyDocument"]); err != nil {
				return err
			}
		case "AWS::SQS::Queue":
			// Only the key's policy asks for the OU: a queue without the key is open to the
			// organization.
			if key, err := t.Resolve(properties["KmsMasterKeyId"]); err != nil || key != keyARN(e.QueueAddress()) {
				return fmt.Errorf("%s is not encrypted with the key, but with %v", id, properties["KmsMasterKeyId"])
			}
			if err := t.checkRedrive(id, properties, e.QueueAddress()); err != nil {
				return err
			}
		case "AWS::KMS::Alias":
			// Senders' policies know the key by its alias.
			key, err := t.Resolve(properties["TargetKeyId"])
			if alias := e.QueueAddress().KeyAlias(); err != nil || key != keyARN(e.QueueAddress()) || properties["AliasName"] != alias {
				return fmt.Errorf("%s is not the alias %s of the key", id, alias)
			}
		case "AWS::CloudWatch::Alarm": // no policy in it
		default:
			return fmt.Errorf("%s is an %s, which nothing here evaluates", id, kind(r))
		}
	}
	for _, id := range []string{keyPolicyID(e.Name), queueID(e.Name), deadLetterID(e.Name)} {
		if world[id] == nil {
			return fmt.Errorf("no %s", id)
		}
	}
	if !t.has("AWS::KMS::Alias") {
		return errors.New("no alias of the key")
	}
	return nil
}

// checkRedrive reports a queue that is neither of the two, or whose messages go to
// another queue.
func (t *template) checkRedrive(id string, properties map[string]any, q address.Queue) error {
	dead := q.DeadLetter().ARN()
	switch t.arns[id] {
	case q.ARN():
		target, err := t.Resolve(object(properties["RedrivePolicy"])["deadLetterTargetArn"])
		if err != nil || target != dead {
			return fmt.Errorf("%s sends dead letters to %v, not to %s", id, target, dead)
		}
	case dead:
		sources, _ := object(properties["RedriveAllowPolicy"])["sourceQueueArns"].([]any)
		if properties["RedrivePolicy"] != nil || len(sources) != 1 || sources[0] != q.ARN() {
			return fmt.Errorf("%s takes dead letters of %v, not of %s alone", id, sources, q.ARN())
		}
	default:
		return fmt.Errorf("%s is %s, neither the queue nor its dead-letter queue", id, t.arns[id])
	}
	return nil
}

func (t *template) publisherPolicies(world evaluate.World, e spec.Environment, p spec.Publisher) error {
	for id, r := range t.resources {
		properties := object(r, "Properties")
		policyID, document := "", any(nil)
		switch kind(r) {
		case "AWS::IAM::Role":
			for _, other := range []string{"ManagedPolicyArns", "Policies"} {
				if properties[other] != nil {
					return fmt.Errorf("%s has %s, which nothing here evaluates", id, other)
				}
			}
			if err := t.putBoundary(world, boundaryID(e.Name, p.Name), properties["PermissionsBoundary"]); err != nil {
				return fmt.Errorf("%s: PermissionsBoundary: %w", id, err)
			}
			if properties["RoleName"] != p.Role.RoleName {
				return fmt.Errorf("%s is named %v, not %s", id, properties["RoleName"], p.Role.RoleName)
			}
			policyID, document = trustID(e.Name, p.Name), properties["AssumeRolePolicyDocument"]
		case "AWS::IAM::Policy":
			roles, _ := properties["Roles"].([]any)
			if len(roles) != 1 || properties["Users"] != nil || properties["Groups"] != nil {
				return fmt.Errorf("%s is the policy of more than one role", id)
			}
			if logicalID, _ := object(roles[0])["Ref"].(string); kind(t.resources[logicalID]) != "AWS::IAM::Role" {
				return fmt.Errorf("%s is the policy of %v, not of the stack's role", id, roles[0])
			}
			policyID, document = permissionsID(e.Name, p.Name), properties["PolicyDocument"]
		case "AWS::IAM::ManagedPolicy":
			if !t.isBoundary(id) {
				return fmt.Errorf("%s is a managed policy that is no permissions boundary, which nothing here evaluates", id)
			}
			continue
		default:
			return fmt.Errorf("%s is an %s, which nothing here evaluates", id, kind(r))
		}
		if err := t.put(world, policyID, document); err != nil {
			return err
		}
	}
	for _, id := range []string{permissionsID(e.Name, p.Name), trustID(e.Name, p.Name)} {
		if world[id] == nil {
			return fmt.Errorf("no %s", id)
		}
	}
	return nil
}

// putBoundary takes the role's permissions boundary: the document of a managed
// policy of the template, or in its place one that allows everything and has the
// ARN of the policy as its Id, since what a policy elsewhere allows is not known
// here, and it can only take away.
func (t *template) putBoundary(world evaluate.World, id string, boundary any) error {
	if boundary == nil {
		return nil
	}
	if logicalID, _ := object(boundary)["Ref"].(string); kind(t.resources[logicalID]) == "AWS::IAM::ManagedPolicy" {
		return t.put(world, id, object(t.resources[logicalID], "Properties")["PolicyDocument"])
	}
	arn, err := t.Resolve(boundary)
	if err != nil {
		return err
	}
	unknown := evaluate.Document(map[string]any{"Effect": "Allow", "Action": "*", "Resource": "*"})
	unknown["Id"] = arn
	return t.put(world, id, unknown)
}

// isBoundary reports whether the managed policy is a role's boundary and nothing
// else.
func (t *template) isBoundary(id string) bool {
	properties := object(t.resources[id], "Properties")
	if properties["Roles"] != nil || properties["Users"] != nil || properties["Groups"] != nil {
		return false
	}
	for _, r := range t.resources {
		if object(r, "Properties", "PermissionsBoundary")["Ref"] == id {
			return true
		}
	}
	return false
}

func (t *template) has(resourceType string) bool {
	for _, r := range t.resources {
		if kind(r) == resourceType {
			return true
		}
	}
	return false
}

func (t *template) put(world evaluate.World, id string, document any) error {
	if world[id] != nil {
		return fmt.Errorf("two of %s", id)
	}
	if object(document) == nil {
		return fmt.Errorf("no document for %s", id)
	}
	resolved, err := t.Resolve(document)
	if err != nil {
		return fmt.Errorf("%s: %w", id, err)
	}
	world[id] = resolved
	return nil
}

// object is the JSON object at the path, nil if there is none.
func object(value any, path ...string) map[string]any {
	o, _ := value.(map[string]any)
	for _, name := range path {
		o, _ = o[name].(map[string]any)
	}
	return o
}

func kind(resource any) string {
	name, _ := object(resource)["Type"].(string)
	return name
}
