package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

// Guard-Decrypt: no role decrypts directly with the key of a queue that an
// organization sends to. CDK's triggers and grants of messages let a role do so,
// whatever is encrypted with the key: the bound of kms:ViaService ends there.
//
// keys are those of the app. A wildcard is taken for those of the same template.
func decrypt(t *template.Template, keys map[string]bool) (problems []problem) {
	if len(keys) == 0 {
		return nil
	}
	own := false
	for id := range t.Resources {
		own = own || keys[t.ID(id)]
	}
	for _, d := range identityPolicies(t) {
		for _, f := range d.flaws {
			if own {
				problems = append(problems, problem{"Guard-Unreadable", d, nil, f})
			}
		}
		sends := slices.ContainsFunc(d.statements, func(s *statement) bool { return s.seen && !s.denies() && s.sends() && !s.receives() })
		for _, s := range d.statements {
			if s.seen && !s.denies() && s.decrypts() && !s.decryptsThrough() && (s.onOne(keys) || own && s.onAny()) {
				problems = append(problems, problem{"Guard-Decrypt", d, s, flaw{
					"allows kms:Decrypt on the key of a queue that an organization sends to, and not only through SQS",
					s.decryptCure(sends),
				}})
			}
		}
	}
	return problems
}

// decryptCure names what does not write such a statement, as nobody can edit one of
// CDK's. It gives no Sid.
func (s *statement) decryptCure(sends bool) string {
	cure := "trigger a function by eventsource.Add and let a role consume by GrantConsume of the shared queue"
	if sends {
		cure = "let a role send by publisher.GrantSend"
	}
	cure += "; for another queue, grant by a statement of your own with StringEquals kms:ViaService, like sqs.us-east-1.amazonaws.com"
	if path := s.of.template.Resources[s.of.resource].Path(); s.sid == "" && path != "" {
		return fmt.Sprintf("CDK wrote the statement for %s: %s", strings.TrimSuffix(strings.TrimSuffix(path, "/Resource"), "/DefaultPolicy"), cure)
	}
	return cure
}

// organizationKeys are the keys of the template's queues that everyone of an
// organization may use through a service.
func organizationKeys(t *template.Template, documents []*document) map[string]bool {
	keys := map[string]bool{}
	isQueue := func(id string) bool { return t.Resources[id].Type == "AWS::SQS::Queue" }
	for _, d := range documents {
		if d.service != "kms" || !slices.ContainsFunc(d.encrypts, isQueue) {
			continue
		}
		for _, s := range d.statements {
			if s.seen && !s.denies() && len(s.everyone()) > 0 && s.ofOneOrganization() && s.viaService() {
				keys[t.ID(d.resource)] = true
			}
		}
	}
	return keys
}

// encrypted are the resources that each key of the template encrypts, by the key's
// logical id: those that name it by its id or ARN, or by an alias.
func encrypted(t *template.Template) map[string][]string {
	aliases := map[string][]string{} // the keys of an alias, by its logical id and its name
	for id, r := range t.Resources {
		if properties, ok := r.Properties.(map[string]any); ok && r.Type == "AWS::KMS::Alias" {
			keys := t.References(properties["TargetKeyId"])
			aliases[id] = keys
			if name, ok := template.String(t.Resolve(properties["AliasName"], nil)); ok {
				aliases[name] = append(aliases[name], keys...)
			}
		}
	}
	by := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		properties, _ := t.Resources[id].Properties.(map[string]any)
		named, ok := properties["KmsMasterKeyId"]
		if !ok {
			continue
		}
		for _, other := range t.References(named) {
			for _, key := range append(aliases[other], other) {
				by[key] = append(by[key], id)
			}
		}
		marked := text(t.Resolve(named, nil))
		if at := strings.Index(marked, "alias/"); at >= 0 {
			for _, key := range aliases[marked[at:]] {
				by[key] = append(by[key], id)
			}
		}
	}
	return by
}

// identityPolicies are those that the template gives to roles, users and groups.
func identityPolicies(t *template.Template) (documents []*document) {
	for _, name := range slices.Sorted(maps.Keys(t.Resources)) {
		r := t.Resources[name]
		properties, _ := r.Properties.(map[string]any)
		switch r.Type {
		case "AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::UserPolicy", "AWS::IAM::GroupPolicy":
			documents = append(documents, readIdentity(t, name, "Properties.PolicyDocument", properties["PolicyDocument"])...)
		case "AWS::IAM::Role", "AWS::IAM::User", "AWS::IAM::Group":
			inline, _ := properties["Policies"].([]any)
			for i, raw := range inline {
				documents = append(documents, readIdentity(t, name, fmt.Sprintf("Properties.Policies.%d", i), raw)...)
			}
		case "AWS::SSO::PermissionSet":
			documents = append(documents, readIdentity(t, name, "Properties.InlinePolicy", properties["InlinePolicy"])...)
		}
	}
	return documents
}

// readIdentity reads a policy of IAM, or an object that has one under
// PolicyDocument.
func readIdentity(t *template.Template, name, path string, raw any) (documents []*document) {
	worlds, ok := t.Worlds(t.Resources[name], raw)
	if !ok {
		return []*document{{template: t, resource: name, path: path, service: "iam", flaws: []flaw{tooMany}}}
	}
	for _, world := range worlds {
		picked := template.Pick(raw, world)
		if object, ok := picked.(map[string]any); ok && object["PolicyDocument"] != nil {
			picked = template.Pick(object["PolicyDocument"], world)
		}
		if picked == nil {
			continue
		}
		d := &document{template: t, resource: name, path: path, service: "iam", world: world}
		d.read(picked)
		documents = append(documents, d)
	}
	return documents
}

func (s *statement) decrypts() bool {
	if s.has("NotAction") {
		return !slices.ContainsFunc(template.Certain(s.elements["NotAction"]), func(a any) bool { return covers(a, "kms:Decrypt") })
	}
	return slices.ContainsFunc(s.listed("Action"), func(a any) bool { return covers(a, "kms:Decrypt") })
}

func (s *statement) receives() bool {
	return slices.ContainsFunc(s.listed("Action"), func(a any) bool { return covers(a, "sqs:ReceiveMessage") })
}

// decryptsThrough reports whether the statement lets decrypt only through one service,
// or only what was encrypted for one queue, by a condition on the encryption context.
func (s *statement) decryptsThrough() bool {
	return s.viaService() || s.when(func(c condition) bool {
		return strings.HasPrefix(c.name, "kms:encryptioncontext:") &&
			c.demands(exactly, func(value any) bool { return !template.IsUnknown(value) || namesOne(value) })
	})
}

// onOne reports whether the statement is on one of the keys: its Resource is an
// attribute of the key, or an ARN with one in it.
func (s *statement) onOne(keys map[string]bool) bool {
	return slices.ContainsFunc(s.listed("Resource"), func(place any) bool {
		written, _ := place.(template.Text)
		return slices.ContainsFunc(written, func(part template.Part) bool { return part.Kind == template.Attribute && keys[part.ID()] })
	})
}

// onAny reports whether the statement is on any key of the stack's account, by a
// wildcard.
func (s *statement) onAny() bool {
	if s.has("NotResource") {
		return true
	}
	return slices.ContainsFunc(s.listed("Resource"), func(place any) bool {
		pattern := text(place)
		if !strings.ContainsAny(pattern, "*?") {
			return false
		}
		before, id, ok := strings.Cut(pattern, ":key/")
		if !ok { // like * or arn:aws:kms:*
			return glob(pattern, "arn:aws:kms:us-east-1:111111111111:key/"+unsure) || strings.Contains(pattern, ":kms:") && strings.HasSuffix(pattern, "*")
		}
		owner := before[strings.LastIndex(before, ":")+1:]
		known := s.of.template.Account
		return strings.ContainsAny(id, "*?") && (known == "" || owner == known || !account.MatchString(owner) || owner == template.AccountMark)
	})
}
