package rules

import (
	"fmt"
	"strings"
)

// Guard-Operator: an Allow for everyone does not hold by the absence of a condition
// key; and a key of many values is compared by a set operator, as there is no
// telling which value is compared without one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func operator(s *statement) (flaws []flaw) {
	public := s.public()
	for _, c := range s.conditions {
		// Of one that is named, ForAllValues only allows less than all.
		if public && c.set == "forallvalues" {
			flaws = append(flaws, flaw{
				fmt.Sprintf("allows by %s, which is also true of callers that have no %s", c.written, c.key),
				"write ForAnyValue for a key of many values, or no set operator for a key of one",
			})
		}
		if public && (principalOrgKeys[c.name] || sourceOrgKeys[c.name]) && (c.ifExist || c.base == "null" || strings.Contains(c.base, "not")) {
			flaws = append(flaws, flaw{
				fmt.Sprintf("allows by %s %s, which callers of other organizations or of none can match", c.written, c.key),
				"write StringEquals aws:PrincipalOrgID or ForAnyValue:StringLike aws:PrincipalOrgPaths",
			})
		}
		if isOrgKey(c.name) && hasPaths(c.name) && c.set == "" && c.base != "null" {
			flaws = append(flaws, flaw{
				fmt.Sprintf("has %s %s, a key of many values, with no set operator", c.written, c.key),
				"write ForAnyValue:" + c.written,
			})
		}
	}
	return flaws
}
