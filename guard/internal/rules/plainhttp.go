package rules

import (
	"slices"

	"example.com/shared-queue/guard/internal/template"
)

// Guard-PlainHTTP: a queue that can be sent to denies plain HTTP. Either the policy
// denies it to everyone on the same queue, or each Allow asks for TLS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html#enforce-encryption-data-in-transit
//
// AWS's services speak TLS: what only they can use passes.
func plainHTTP(s *statement) []flaw {
	if s.of.service != "sqs" || s.denies() || !s.sends() || s.forServices() || s.demandsTLS() || s.deniedLikewise() {
		return nil
	}
	queues := s.of.queues
	if len(queues) == 0 {
		queues = []any{nil}
	}
	for _, value := range queues {
		q := s.of.queueOf(value)
		if !s.isOfOthers(q) && !slices.ContainsFunc(s.of.denies, func(deny *statement) bool { return deny.covers(q) }) {
			return []flaw{{
				"allows sqs:SendMessage, and no statement of the policy denies it over plain HTTP on the same queue",
				"set EnforceSSL of the queue in awssqs.QueueProps; of an imported queue or an L1 policy, " +
					`add a statement with Effect Deny, Principal "*", Action sqs:*, the same Resource and the Condition Bool aws:SecureTransport false`,
			}}
		}
	}
	return nil
}

const send = "sqs:SendMessage"

func (s *statement) sends() bool {
	if s.has("NotAction") {
		return !slices.ContainsFunc(template.Certain(s.elements["NotAction"]), func(a any) bool { return covers(a, send) })
	}
	return slices.ContainsFunc(s.listed("Action"), func(action any) bool {
		_, known := template.String(action)
		return !known || covers(action, send)
	})
}

func (s *statement) demandsTLS() bool {
	return s.when(func(c condition) bool {
		isTrue := func(value any) bool { return says(value, true) }
		return c.name == "aws:securetransport" && (c.demands(set("bool"), isTrue) || c.demands(inText, isTrue))
	})
}

// deniesPlainHTTP reports whether the statement denies everyone sending over plain
// HTTP, on no further condition.
func (s *statement) deniesPlainHTTP() bool {
	return s.seen && s.denies() && s.namesEveryone() && s.deniesSending() && s.holdsOfPlainHTTP()
}

func (s *statement) namesEveryone() bool {
	named := s.elements["Principal"]
	if byKind, ok := named.(map[string]any); ok {
		named = byKind["AWS"]
	}
	return slices.ContainsFunc(template.Certain(named), func(value any) bool { name, _ := template.String(value); return name == "*" })
}

func (s *statement) deniesSending() bool {
	if s.has("NotAction") {
		return !slices.ContainsFunc(s.listed("NotAction"), func(action any) bool {
			_, known := template.String(action)
			return !known || covers(action, send)
		})
	}
	return slices.ContainsFunc(template.Certain(s.elements["Action"]), func(a any) bool { return covers(a, send) })
}

func (s *statement) holdsOfPlainHTTP() bool {
	if !s.has("Condition") {
		return true
	}
	if len(s.conditions) != 1 || !s.allRead {
		return false
	}
	c := s.conditions[0]
	switch {
	case c.name != "aws:securetransport" || c.set != "":
		return false
	case c.base == "bool" || inText[c.base]:
		return slices.ContainsFunc(c.certain, func(value any) bool { return says(value, false) })
	case notInText[c.base]:
		return len(c.values) > 0 && !slices.ContainsFunc(c.values, func(value any) bool { return !says(value, true) })
	}
	return false
}

// deniedLikewise reports whether a Deny has the same Resource, whatever queue that is.
func (s *statement) deniedLikewise() bool {
	wanted := s.listed("Resource")
	return slices.ContainsFunc(s.of.denies, func(deny *statement) bool {
		denied := template.Certain(deny.elements["Resource"])
		has := func(value any) bool {
			wanted, _ := value.(template.Text)
			return slices.ContainsFunc(denied, func(other any) bool { text, ok := other.(template.Text); return ok && slices.Equal(wanted, text) })
		}
		all := slices.ContainsFunc(denied, func(value any) bool { name, _ := template.String(value); return name == "*" })
		return all || len(wanted) > 0 && !slices.ContainsFunc(wanted, func(value any) bool { return !has(value) })
	})
}

// isOfOthers reports whether the statement is on other queues alone, for which this
// policy has no effect.
func (s *statement) isOfOthers(q queue) bool {
	places := s.listed("Resource")
	return len(places) > 0 && !slices.ContainsFunc(places, func(place any) bool { return !s.of.namesAnother(place, q) })
}

// covers reports whether the statement, a Deny, certainly is on the queue.
func (s *statement) covers(q queue) bool {
	if s.has("NotResource") {
		return !slices.ContainsFunc(s.listed("NotResource"), func(place any) bool { return !s.of.namesAnother(place, q) })
	}
	return slices.ContainsFunc(template.Certain(s.elements["Resource"]), func(place any) bool { return s.of.names(place, q) })
}
