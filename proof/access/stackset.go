package access

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"

	"example.com/shared-queue/spec"
)

// RoleTemplate is the template with a publisher's role: that of its stack, or the
// one inside the stack set that its stack holds. It fails on a stack set that does
// not make the role in every account of the OUs, and nowhere else.
func RoleTemplate(decoded any, e spec.Environment, p spec.Publisher) (any, error) {
	if !p.EveryAccount {
		return decoded, nil
	}
	resources := object(object(decoded)["Resources"])
	if len(resources) != 1 {
		return nil, fmt.Errorf("%d resources, not one stack set", len(resources))
	}
	for id, resource := range resources {
		if resourceKind(resource) != "AWS::CloudFormation::StackSet" {
			return nil, fmt.Errorf("%s is an %s, no stack set", id, resourceKind(resource))
		}
		properties := object(object(resource)["Properties"])
		if err := checkStackSet(properties, e); err != nil {
			return nil, fmt.Errorf("%s: %w", id, err)
		}
		body, _ := properties["TemplateBody"].(string)
		var inner any
		if err := json.Unmarshal([]byte(body), &inner); err != nil {
			return nil, fmt.Errorf("%s: TemplateBody: %w", id, err)
		}
		return inner, nil
	}
	return nil, errors.New("no stack set")
}

// checkStackSet reports a stack set that is not deployed by AWS Organizations to
// all accounts of the sending OUs, new ones too, once in each.
func checkStackSet(properties map[string]any, e spec.Environment) error {
	var ous []any
	for _, path := range e.Queue.Senders {
		inAnother := false
		for _, other := range e.Queue.Senders {
			inAnother = inAnother || other != path && other.Contains(path)
		}
		if !inAnother {
			ous = append(ous, path.OU())
		}
	}
	for name, want := range map[string]any{
		"PermissionModel": "SERVICE_MANAGED",
		"Capabilities":    []any{"CAPABILITY_NAMED_IAM"},
		"Parameters":      nil,
		"TemplateURL":     nil,
		"StackInstancesGroup": []any{map[string]any{
			"DeploymentTargets": map[string]any{"OrganizationalUnitIds": ous},
			"Regions":           []any{string(e.Region)},
		}},
	} {
		if got := properties[name]; !reflect.DeepEqual(got, want) {
			return fmt.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	if object(properties["AutoDeployment"])["Enabled"] != true {
		return errors.New("AutoDeployment is off: new accounts get no role")
	}
	return nil
}

func resourceKind(resource any) string {
	name, _ := object(resource)["Type"].(string)
	return name
}
