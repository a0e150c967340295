package template

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/assembly"
)

// A stack is a template and what its intrinsic functions come to on deployment.
type stack struct {
	assembly.Stack
	all       []*stack // of the assembly
	region    address.Region
	resources map[string]any
	resolving map[string]bool // references on the way, to end in a circle

	parent     *stack         // of a nested stack
	parameters map[string]any // that it gives, in its own terms
	nested     map[string]*stack
}

// unknownAccount stands for the account of a stack that does not say which.
const unknownAccount = "000000000000"

func newStack(s assembly.Stack) *stack {
	if s.Account == "" {
		s.Account = unknownAccount
	}
	if s.Region == "" {
		s.Region = "us-east-1"
	}
	return &stack{Stack: s, region: address.Region(s.Region), resources: object(s.Template["Resources"]), resolving: map[string]bool{}, nested: map[string]*stack{}}
}

// resolve replaces the intrinsic functions in a value by what they come to. Names
// and ids that AWS makes up on deployment are made up here, the same each time.
// What depends on a parameter without a default is an error.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
func (s *stack) resolve(value any) (any, error) {
	switch value := value.(type) {
	case []any:
		list := make([]any, 0, len(value))
		for _, element := range value {
			resolved, err := s.resolve(element)
			if err != nil {
				return nil, err
			}
			if resolved != noValue {
				list = append(list, resolved)
			}
		}
		return list, nil
	case map[string]any:
		if len(value) == 1 {
			for name, argument := range value {
				if called, known, err := s.call(name, argument); known {
					return called, err
				}
			}
		}
		resolved := map[string]any{}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if strings.HasPrefix(key, "Fn::") {
				return nil, fmt.Errorf("unknown intrinsic function %s", key)
			}
			inner, err := s.resolve(value[key])
			if err != nil {
				return nil, err
			}
			if inner != noValue {
				resolved[key] = inner
			}
		}
		return resolved, nil
	}
	return value, nil
}

// noValue is what AWS::NoValue comes to: the property or element is not there.
const noValue = noneType("no value")

type noneType string

// call is what an intrinsic function comes to; known is false for other objects.
func (s *stack) call(name string, argument any) (value any, known bool, err error) {
	known = true
	switch name {
	case "Ref":
		value, err = s.ref(fmt.Sprint(argument))
	case "Fn::GetAtt":
		value, err = s.getAtt(argument)
	case "Fn::Sub":
		value, err = s.sub(argument)
	case "Fn::Join":
		value, err = s.join(argument)
	case "Fn::Select":
		value, err = s.choose(argument)
	case "Fn::Split":
		value, err = s.split(argument)
	case "Fn::ImportValue":
		value, err = s.importValue(argument)
	case "Fn::FindInMap":
		value, err = s.findInMap(argument)
	case "Fn::Base64":
		value, err = s.base64(argument)
	case "Fn::If":
		value, err = s.either(argument)
	case "Fn::ToJsonString":
		value, err = s.jsonText(argument)
	default:
		known = false
	}
	return value, known, err
}

// text is a value that must come to text.
func (s *stack) text(value any) (string, error) {
	resolved, err := s.resolve(value)
	if err != nil {
		return "", err
	}
	switch resolved := resolved.(type) {
	case string:
		return resolved, nil
	case float64:
		return strconv.FormatFloat(resolved, 'f', -1, 64), nil
	case bool:
		return strconv.FormatBool(resolved), nil
	}
	return "", fmt.Errorf("%v is no text", resolved)
}

func (s *stack) ref(name string) (any, error) {
	switch name {
	case "AWS::AccountId":
		return s.Account, nil
	case "AWS::Partition":
		return s.region.Partition(), nil
	case "AWS::Region":
		return s.Stack.Region, nil
	case "AWS::URLSuffix":
		return s.region.DNSSuffix(), nil
	case "AWS::StackName":
		return s.Name, nil
	case "AWS::NoValue":
		return noValue, nil
	case "AWS::StackId":
		return s.region.ARN("cloudformation", s.Account, "stack/"+s.Name+"/"+madeUpID(s.Path)), nil
	}
	if value, ok := s.parameters[name]; ok {
		return s.parent.resolve(value)
	}
	if parameter := object(object(s.Template["Parameters"])[name]); parameter != nil {
		if value, ok := parameter["Default"]; ok {
			return value, nil
		}
		return nil, fmt.Errorf("parameter %s has no default", name)
	}
	if s.resources[name] == nil {
		return nil, fmt.Errorf("unknown reference to %s", name)
	}
	return s.once("Ref "+name, func() (any, error) { return s.refOf(name) })
}

// once resolves a reference that must not lead back to itself.
func (s *stack) once(reference string, resolve func() (any, error)) (any, error) {
	if s.resolving[reference] {
		return nil, fmt.Errorf("%s refers to itself", reference)
	}
	s.resolving[reference] = true
	defer delete(s.resolving, reference)
	return resolve()
}

func (s *stack) getAtt(argument any) (any, error) {
	names := strings.SplitN(fmt.Sprint(argument), ".", 2)
	if list, ok := argument.([]any); ok && len(list) == 2 {
		names = []string{fmt.Sprint(list[0]), fmt.Sprint(list[1])}
	}
	if len(names) != 2 || s.resources[names[0]] == nil {
		return nil, fmt.Errorf("unknown attribute %v", argument)
	}
	if output, ok := strings.CutPrefix(names[1], "Outputs."); ok && s.nested[names[0]] != nil {
		inner := s.nested[names[0]]
		return inner.resolve(object(object(inner.Template["Outputs"])[output])["Value"])
	}
	return s.once("GetAtt "+names[0]+"."+names[1], func() (any, error) { return s.attributeOf(names[0], names[1]) })
}

func (s *stack) sub(argument any) (any, error) {
	text, values := argument, map[string]any(nil)
	if list, ok := argument.([]any); ok && len(list) == 2 {
		text, values = list[0], object(list[1])
	}
	rest, ok := text.(string)
	if !ok {
		return nil, fmt.Errorf("unknown form of Fn::Sub: %v", argument)
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(rest, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, found := strings.Cut(after, "}")
		if !found {
			return nil, fmt.Errorf("unclosed reference in %v", text)
		}
		rest = after
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			b.WriteString("${" + literal + "}")
			continue
		}
		value, err := s.named(name, values)
		if err != nil {
			return nil, err
		}
		b.WriteString(value)
	}
}

// named is what a name in the text of an Fn::Sub comes to.
func (s *stack) named(name string, values map[string]any) (string, error) {
	if value, ok := values[name]; ok {
		return s.text(value)
	}
	if strings.Contains(name, ".") {
		return s.text(map[string]any{"Fn::GetAtt": name})
	}
	return s.text(map[string]any{"Ref": name})
}

func (s *stack) join(argument any) (any, error) {
	pair, _ := argument.([]any)
	if len(pair) != 2 {
		return nil, fmt.Errorf("unknown form of Fn::Join: %v", argument)
	}
	separator, err := s.text(pair[0])
	if err != nil {
		return nil, err
	}
	resolved, err := s.resolve(pair[1])
	if err != nil {
		return nil, err
	}
	list, ok := resolved.([]any)
	if !ok {
		return nil, fmt.Errorf("Fn::Join of %v, which is no list", resolved)
	}
	var parts []string
	for _, element := range list {
		part, err := s.text(element)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, separator), nil
}

func (s *stack) choose(argument any) (any, error) {
	pair, _ := argument.([]any)
	if len(pair) != 2 {
		return nil, fmt.Errorf("unknown form of Fn::Select: %v", argument)
	}
	text, err := s.text(pair[0])
	if err != nil {
		return nil, err
	}
	i, err := strconv.Atoi(text)
	if err != nil {
		return nil, fmt.Errorf("Fn::Select: %w", err)
	}
	resolved, err := s.resolve(pair[1])
	if err != nil {
		return nil, err
	}
	list, _ := resolved.([]any)
	if i < 0 || i >= len(list) {
		return nil, fmt.Errorf("Fn::Select: no element %d in %v", i, resolved)
	}
	return list[i], nil
}

func (s *stack) split(argument any) (any, error) {
	pair, _ := argument.([]any)
	if len(pair) != 2 {
		return nil, fmt.Errorf("unknown form of Fn::Split: %v", argument)
	}
	separator, err := s.text(pair[0])
	if err != nil {
		return nil, err
	}
	text, err := s.text(pair[1])
	if err != nil {
		return nil, err
	}
	var list []any
	for _, part := range strings.Split(text, separator) {
		list = append(list, part)
	}
	return list, nil
}

// importValue is what another stack of the assembly exports.
func (s *stack) importValue(argument any) (any, error) {
	name, err := s.text(argument)
	if err != nil {
		return nil, err
	}
	for _, other := range s.all {
		if other.Account != s.Account || other.Stack.Region != s.Stack.Region {
			continue
		}
		for _, output := range object(other.Template["Outputs"]) {
			exported, ok := object(object(output)["Export"])["Name"]
			if !ok {
				continue
			}
			if is, err := other.text(exported); err == nil && is == name {
				return other.resolve(object(output)["Value"])
			}
		}
	}
	return nil, fmt.Errorf("no stack exports %s", name)
}

func (s *stack) findInMap(argument any) (any, error) {
	list, _ := argument.([]any)
	if len(list) < 3 {
		return nil, fmt.Errorf("unknown form of Fn::FindInMap: %v", argument)
	}
	at := any(s.Template["Mappings"])
	for _, element := range list[:3] {
		name, err := s.text(element)
		if err != nil {
			return nil, err
		}
		at = object(at)[name]
	}
	if at == nil {
		if len(list) == 4 {
			if fallback, ok := object(list[3])["DefaultValue"]; ok {
				return s.resolve(fallback)
			}
		}
		return nil, fmt.Errorf("Fn::FindInMap: nothing at %v", list[:3])
	}
	return at, nil
}

func (s *stack) base64(argument any) (any, error) {
	text, err := s.text(argument)
	return base64.StdEncoding.EncodeToString([]byte(text)), err
}

// madeUpID has the form of a UUID and is the same for the same text.
func madeUpID(text string) string {
	sum := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// object is a JSON object, nil if the value is none.
func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}
