package access

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/address"
)

// Values are those that the intrinsic functions of a template have on deployment.
type Values struct {
	Refs       map[string]string // by logical id or pseudo parameter
	Attributes map[string]string // by logical id, a dot and the attribute's name
}

// NewValues has the pseudo parameters of a stack in the account and Region.
func NewValues(account string, region address.Region) Values {
	return Values{
		Refs: map[string]string{
			"AWS::AccountId": account,
			"AWS::Partition": region.Partition(),
			"AWS::Region":    string(region),
		},
		Attributes: map[string]string{},
	}
}

// Resolve replaces the intrinsic functions in a value. One that it does not know
// is an error.
func (v Values) Resolve(value any) (any, error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, len(value))
		for i, element := range value {
			var err error
			if list[i], err = v.Resolve(element); err != nil {
				return nil, err
			}
		}
		return list, nil
	case map[string]any:
		if reference, ok := value["Ref"].(string); ok && len(value) == 1 {
			if text, ok := v.Refs[reference]; ok {
				return text, nil
			}
			return nil, fmt.Errorf("unknown reference to %s", reference)
		}
		if names, ok := value["Fn::GetAtt"].([]any); ok && len(value) == 1 && len(names) == 2 {
			attribute := fmt.Sprintf("%v.%v", names...)
			if text, ok := v.Attributes[attribute]; ok {
				return text, nil
			}
			return nil, fmt.Errorf("unknown attribute %s", attribute)
		}
		if text, ok := value["Fn::Sub"].(string); ok && len(value) == 1 {
			return v.substitute(text)
		}
		resolved := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if strings.HasPrefix(key, "Fn::") {
				return nil, fmt.Errorf("unknown intrinsic function %s", key)
			}
			var err error
			if resolved[key], err = v.Resolve(value[key]); err != nil {
				return nil, err
			}
		}
		return resolved, nil
	}
	return value, nil
}

// substitute replaces the references in a text.
func (v Values) substitute(text string) (any, error) {
	for name, value := range v.Refs {
		text = strings.ReplaceAll(text, "${"+name+"}", value)
	}
	if strings.Contains(text, "${") {
		return nil, fmt.Errorf("unknown references in %s", text)
	}
	return text, nil
}
