package template

import (
	"encoding/json"
	"fmt"
)

// condition is whether a condition of the template holds.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-conditions.html
func (s *stack) condition(name string) (holds bool, err error) {
	definition, ok := object(s.Template["Conditions"])[name]
	if !ok {
		return false, fmt.Errorf("unknown condition %s", name)
	}
	_, err = s.once("condition "+name, func() (any, error) {
		holds, err = s.test(definition)
		return nil, err
	})
	return holds, err
}

// test is whether a condition's definition holds.
func (s *stack) test(definition any) (bool, error) {
	function := object(definition)
	if len(function) != 1 {
		return false, fmt.Errorf("unknown form of a condition: %v", definition)
	}
	for name, argument := range function {
		arguments, _ := argument.([]any)
		switch {
		case name == "Condition":
			return s.condition(fmt.Sprint(argument))
		case name == "Fn::Equals" && len(arguments) == 2:
			return s.equal(arguments[0], arguments[1])
		case name == "Fn::Not" && len(arguments) == 1:
			holds, err := s.test(arguments[0])
			return !holds, err
		case (name == "Fn::And" || name == "Fn::Or") && len(arguments) > 0:
			for _, each := range arguments {
				holds, err := s.test(each)
				if err != nil || holds == (name == "Fn::Or") {
					return holds, err
				}
			}
			return name == "Fn::And", nil
		}
	}
	return false, fmt.Errorf("unknown form of a condition: %v", definition)
}

func (s *stack) equal(a, b any) (bool, error) {
	left, err := s.text(a)
	if err != nil {
		return false, err
	}
	right, err := s.text(b)
	return left == right, err
}

// either is the value of Fn::If.
func (s *stack) either(argument any) (any, error) {
	list, _ := argument.([]any)
	if len(list) != 3 {
		return nil, fmt.Errorf("unknown form of Fn::If: %v", argument)
	}
	holds, err := s.condition(fmt.Sprint(list[0]))
	if err != nil {
		return nil, err
	}
	if holds {
		return s.resolve(list[1])
	}
	return s.resolve(list[2])
}

func (s *stack) jsonText(argument any) (any, error) {
	resolved, err := s.resolve(argument)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(resolved)
	return string(text), err
}

// made reports whether the stack makes the resource: its condition holds, if it has one.
func (s *stack) made(id string) (bool, error) {
	name, ok := object(s.resources[id])["Condition"]
	if !ok {
		return true, nil
	}
	holds, err := s.condition(fmt.Sprint(name))
	if err != nil {
		return false, fmt.Errorf("condition %v: %w", name, err)
	}
	return holds, nil
}
