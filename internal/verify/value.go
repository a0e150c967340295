package verify

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"example.com/shared-queue/address"
)

// text is a value of the template as it will be at deployment, as far as that is
// known: names and ARNs of queues, accounts, Regions. Of two values that are the
// same the texts are the same. What is not known is told apart by where it comes
// from.
func (a *app) text(t *template, value any) string {
	switch value := value.(type) {
	case string:
		return value
	case map[string]any:
		for function, argument := range value {
			if len(value) == 1 {
				if text, known := a.call(t, function, argument); known {
					return text
				}
			}
		}
	case nil:
		return ""
	}
	return a.canonical(t, value)
}

// canonical is the JSON of a value, each part of it as text.
func (a *app) canonical(t *template, value any) string {
	encoded, err := json.Marshal(a.plain(t, value))
	if err != nil {
		return fmt.Sprint(value)
	}
	return strings.Trim(string(encoded), `"`)
}

func (a *app) plain(t *template, value any) any {
	switch value := value.(type) {
	case map[string]any:
		plain := map[string]any{}
		for name, inner := range value {
			if text, known := a.call(t, name, inner); known && len(value) == 1 {
				return text
			}
			plain[name] = a.plain(t, inner)
		}
		return plain
	case []any:
		plain := make([]any, len(value))
		for i, inner := range value {
			plain[i] = a.plain(t, inner)
		}
		return plain
	}
	return value
}

// call is what an intrinsic function of CloudFormation returns.
func (a *app) call(t *template, function string, argument any) (text string, known bool) {
	switch function {
	case "Ref":
		id, ok := argument.(string)
		return a.ref(t, id), ok
	case "Fn::GetAtt":
		if pair, ok := argument.([]any); ok && len(pair) == 2 {
			return a.attribute(t, fmt.Sprint(pair[0]), a.text(t, pair[1])), true
		}
		dotted, ok := argument.(string)
		id, name, _ := strings.Cut(dotted, ".")
		return a.attribute(t, id, name), ok
	case "Fn::Join":
		return a.join(t, argument)
	case "Fn::Sub":
		return a.substitute(t, argument)
	case "Fn::Select":
		return a.choose(t, argument)
	case "Fn::ImportValue":
		return a.output(a.exports, t.Account+" "+t.Region+" "+a.text(t, argument))
	case "Fn::GetStackOutput":
		of, _ := argument.(map[string]any)
		region, account := t.Region, t.Account
		if named := a.text(t, of["Region"]); named != "" {
			region = named
		}
		if role, err := address.ParseRole(a.text(t, of["RoleArn"])); err == nil {
			account = role.Account
		}
		return a.output(a.outputs, account+" "+region+" "+a.text(t, of["StackName"])+" "+a.text(t, of["OutputName"]))
	}
	return "", false
}

func (a *app) output(all map[string]output, name string) (text string, known bool) {
	o, known := all[name]
	if !known {
		return "", false
	}
	return a.text(o.of, o.value), true
}

func (a *app) join(t *template, argument any) (text string, known bool) {
	pair, ok := argument.([]any)
	if !ok || len(pair) != 2 {
		return "", false
	}
	list, ok := pair[1].([]any)
	if !ok {
		return "", false
	}
	parts := make([]string, len(list))
	for i, part := range list {
		parts[i] = a.text(t, part)
	}
	return strings.Join(parts, a.text(t, pair[0])), true
}

// choose is an Fn::Select, of a list or of an Fn::Split: so CDK takes ARNs apart.
func (a *app) choose(t *template, argument any) (text string, known bool) {
	pair, ok := argument.([]any)
	if !ok || len(pair) != 2 {
		return "", false
	}
	index, err := strconv.Atoi(fmt.Sprint(pair[0]))
	if err != nil {
		return "", false
	}
	var parts []string
	switch from := pair[1].(type) {
	case []any:
		for _, part := range from {
			parts = append(parts, a.text(t, part))
		}
	case map[string]any:
		split, ok := from["Fn::Split"].([]any)
		if !ok || len(split) != 2 {
			return "", false
		}
		parts = strings.Split(a.text(t, split[1]), a.text(t, split[0]))
	}
	if index < 0 || index >= len(parts) {
		return "", false
	}
	return parts[index], true
}

// variable matches one of an Fn::Sub. ${!Literal} is none.
var variable = regexp.MustCompile(`\$\{[^!}][^}]*\}`)

func (a *app) substitute(t *template, argument any) (text string, known bool) {
	var own map[string]any
	if pair, ok := argument.([]any); ok && len(pair) == 2 {
		argument = pair[0]
		own, _ = pair[1].(map[string]any)
	}
	body, ok := argument.(string)
	return variable.ReplaceAllStringFunc(body, func(variable string) string {
		name := strings.Trim(variable, "${}")
		if value, there := own[name]; there {
			return a.text(t, value)
		}
		if id, attribute, dotted := strings.Cut(name, "."); dotted {
			return a.attribute(t, id, attribute)
		}
		return a.ref(t, name)
	}), ok
}

// ref is a pseudo parameter, a parameter, or what a resource's Ref returns.
func (a *app) ref(t *template, id string) string {
	switch {
	case id == "AWS::AccountId" && t.Account != "":
		return t.Account
	case id == "AWS::Region" && t.Region != "":
		return t.Region
	case id == "AWS::Partition" && t.Region != "":
		return address.Region(t.Region).Partition()
	case id == "AWS::URLSuffix" && t.Region != "":
		return strings.TrimPrefix(address.Queue{Region: address.Region(t.Region)}.Host(), "sqs."+t.Region+".")
	case strings.HasPrefix(id, "AWS::"):
		return t.place(id)
	}
	if value, there := t.parameters[id]; there {
		return a.text(t.parent, value)
	}
	if queue, known := a.queue(t, id); known {
		return queue.URL()
	}
	if name, ok := t.resources[id].properties[identityName[t.resources[id].Type]].(string); ok {
		return name
	}
	return t.place(id)
}

// identityName is the property with the name that a Ref returns.
var identityName = map[string]string{"AWS::IAM::Role": "RoleName", "AWS::IAM::User": "UserName", "AWS::IAM::Group": "GroupName"}

// attribute is what Fn::GetAtt returns.
func (a *app) attribute(t *template, id, name string) string {
	if queue, known := a.queue(t, id); known {
		switch name {
		case "Arn":
			return queue.ARN()
		case "QueueName":
			return queue.Name
		case "QueueUrl":
			return queue.URL()
		}
	}
	if nested := t.nested[id]; nested != nil {
		env := nested.Account + " " + nested.Region + " " + nested.Name + " "
		if text, known := a.output(a.outputs, env+strings.TrimPrefix(name, "Outputs.")); known {
			return text
		}
	}
	return t.place(id) + "." + name
}

// queue is the address of a queue of the template whose name is known.
func (a *app) queue(t *template, id string) (queue address.Queue, known bool) {
	r := t.resources[id]
	name, literal := r.properties["QueueName"].(string)
	if r.Type != "AWS::SQS::Queue" || !literal || t.Account == "" || t.Region == "" {
		return address.Queue{}, false
	}
	return address.Queue{Region: address.Region(t.Region), Account: t.Account, Name: name}, true
}

// place names something of a template.
func (t *template) place(id string) string { return "${" + t.File + "#" + id + "}" }
