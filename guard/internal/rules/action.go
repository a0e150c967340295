package rules

import (
	"fmt"
	"regexp"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// Guard-Action: everyone may do nothing by a wildcard, and no administration.
// Actions that AWS adds later would be in a wildcard, too.
func action(s *statement) (flaws []flaw) {
	if !s.public() {
		return nil
	}
	for _, what := range s.tooMuch() {
		flaws = append(flaws, flaw{
			fmt.Sprintf("allows everyone %s", what),
			fmt.Sprintf("list the actions of use one by one, like %s", map[string]string{"kms": "kms:Decrypt and kms:GenerateDataKey", "sqs": "sqs:SendMessage"}[s.of.service]),
		})
	}
	return flaws
}

func (s *statement) tooMuch() (what []string) {
	if s.has("NotAction") {
		return []string{"all actions but NotAction"}
	}
	for _, value := range s.listed("Action") {
		name, ok := template.String(value)
		switch {
		case !ok:
			what = append(what, "an action that is not known before deployment")
		case strings.ContainsAny(name, "*?"):
			what = append(what, name+", which has a wildcard")
		case administration[strings.ToLower(name)]:
			what = append(what, name+", which is administration")
		}
	}
	return what
}

// administration has the actions that administer a key or a queue, or let the
// caller hand it on.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html#key-policy-default-allow-administrators
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
var administration = set(
	"kms:cancelkeydeletion", "kms:creategrant", "kms:deleteimportedkeymaterial", "kms:disablekey", "kms:disablekeyrotation",
	"kms:enablekey", "kms:enablekeyrotation", "kms:getparametersforimport", "kms:importkeymaterial", "kms:putkeypolicy",
	"kms:replicatekey", "kms:retiregrant", "kms:revokegrant", "kms:rotatekeyondemand", "kms:schedulekeydeletion",
	"kms:synchronizemultiregionkey", "kms:tagresource", "kms:untagresource", "kms:createalias", "kms:deletealias",
	"kms:updatealias", "kms:updatekeydescription", "kms:updateprimaryregion",
	"sqs:addpermission", "sqs:cancelmessagemovetask", "sqs:deletequeue", "sqs:listmessagemovetasks", "sqs:purgequeue",
	"sqs:removepermission", "sqs:setqueueattributes", "sqs:startmessagemovetask", "sqs:tagqueue", "sqs:untagqueue",
)

// covers reports whether an action, or a pattern of actions, includes the one of this
// name.
func covers(action any, name string) bool {
	pattern, ok := template.String(action)
	return ok && glob(strings.ToLower(pattern), strings.ToLower(name))
}

// unsure stands for a text that is not known, which only * matches.
const unsure = "~"

// glob matches as IAM does: * is any text and ? any one character.
func glob(pattern, text string) bool {
	if !strings.ContainsAny(pattern, "*?") {
		return pattern == text
	}
	var b strings.Builder
	for _, r := range pattern {
		switch r {
		case '*':
			b.WriteString(".*")
		case '?':
			b.WriteString("[^" + unsure + "]")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	matched, err := regexp.MatchString("^(?s:"+b.String()+")$", text)
	return err == nil && matched
}
