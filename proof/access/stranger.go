package access

import (
	"fmt"
	"regexp"

	"example.com/shared-queue/spec"
)

// administrator is the name of a role that no setting is likely to have.
const administrator = "any-administrator-who-is-asked-about"

// strangers are two accounts that no setting names: one for callers in the OU and
// one for callers elsewhere.
func strangers(environments []spec.Environment) (insider, outsider string) {
	named := accounts(environments)
	return free(named, 666_666_666_666, 1), free(named, 999_999_999_999, -1)
}

// inAnAccount are the environments with each role that is in every account in one
// that no setting names.
func inAnAccount(environments []spec.Environment) []spec.Environment {
	insider, _ := strangers(environments)
	placed := make([]spec.Environment, len(environments))
	for i, e := range environments {
		placed[i] = e.WithAccount(insider)
	}
	return placed
}

var accountID = regexp.MustCompile(`[0-9]{12}`)

// accounts are those that the environments have, or name in a trust policy.
func accounts(environments []spec.Environment) map[string]bool {
	named := map[string]bool{}
	for _, e := range environments {
		named[e.Account] = true
		for _, p := range e.Publishers {
			named[p.Account] = true
			for _, principal := range p.Role.AssumedBy {
				named[accountID.FindString(principal.String())] = true
			}
		}
	}
	return named
}

// free is the first account from start, in steps, that is not named.
func free(named map[string]bool, start, step int) string {
	for n := start; ; n += step {
		if id := fmt.Sprintf("%012d", n); !named[id] {
			return id
		}
	}
}
