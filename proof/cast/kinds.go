package cast

import (
	"encoding/json"
	"fmt"
	"strings"

	"example.com/shared-queue/proof/asked"
	"example.com/shared-queue/proof/world"
)

// A kind is grantees whose policies are the same but for the account and the name of
// the role: one stands for all, so that a thousand are computed as one.
type kind struct {
	first asked.Grantee
	more  []asked.Grantee
}

// names are those of the others, as the first is called.
func (k kind) names(name func(asked.Grantee) string) []string {
	var names []string
	for _, g := range k.more {
		names = append(names, name(g))
	}
	return names
}

func (l *list) kinds(grantees []asked.Grantee) []kind { return l.kindsBy(grantees, l.form) }

// kindsBy tells grantees apart by the form.
func (l *list) kindsBy(grantees []asked.Grantee, by func(asked.Grantee) string) []kind {
	var kinds []kind
	at := map[string]int{}
	for _, g := range grantees {
		form := by(g)
		if i, seen := at[form]; seen {
			kinds[i].more = append(kinds[i].more, g)
			continue
		}
		at[form] = len(kinds)
		kinds = append(kinds, kind{first: g})
	}
	return kinds
}

// form is the text of a grantee's own policies, without its account and name.
func (l *list) form(g asked.Grantee) string {
	i := l.identity(g)
	if i == nil {
		return g.ARN // is in no template: by itself
	}
	var documents []any
	for _, p := range i.Policies {
		documents = append(documents, p.Document)
	}
	boundary := any(i.UnknownBoundary)
	if i.Boundary != nil {
		boundary = i.Boundary.Document
	}
	text, err := json.Marshal([]any{documents, boundary, i.UnknownPolicies, len(g.OUs), g.Kinds, g.SenderMayAlso, l.elsewhereGranted(g)})
	if err != nil {
		return g.ARN
	}
	form := l.anonymous(string(text), i)
	if len(g.Kinds) > 0 && g.Account() == l.q.At.Account { // workers are few, and each has its own line
		form += fmt.Sprint(g.ARN)
	}
	return form
}

// elsewhereGranted is what the grantee was granted on other queues, by their ARNs.
func (l *list) elsewhereGranted(g asked.Grantee) map[string][]any {
	all := map[string][]any{}
	for _, other := range l.granting[strings.ToLower(g.ARN)] {
		if whole := other.Whole(g); other != l.q && len(whole.Kinds) > 0 {
			all[other.At.ARN()] = []any{whole.Kinds, whole.SenderMayAlso}
		}
	}
	return all
}

// anonymous is a text without the identity's ARN and account.
func (l *list) anonymous(text string, i *world.Identity) string {
	text = strings.ReplaceAll(text, i.ARN, "the role")
	if i.Account == l.q.At.Account {
		return text
	}
	return strings.ReplaceAll(text, i.Account, "the account")
}

// trustForm is the text of a role's trust policy and of whom it was asked to trust,
// without its account and name.
func (l *list) trustForm(g asked.Grantee) string {
	i := l.identity(g)
	if i == nil || i.Trust == nil {
		return g.ARN
	}
	text, err := json.Marshal([]any{i.Trust.Document, fmt.Sprint(g.AssumedBy), i.OUs, g.OUs})
	if err != nil {
		return g.ARN
	}
	return l.anonymous(string(text), i)
}
