package rules

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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
		return c.name == "aws:securetransport" && c.demands(set("bool", "stringequals", "stringequalsignorecase", "stringlike"), func(value any) bool { return says(value, true) })
	})
}

// deniesPlainHTTP is true of a Deny of sending over plain HTTP to everyone, on no
// further condition.
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
	operators, _ := s.elements["Condition"].(map[string]any)
	if len(operators) != 1 || len(s.conditions) != 1 {
		return false
	}
	for _, keys := range operators {
		if keys, ok := keys.(map[string]any); !ok || len(keys) != 1 {
			return false
		}
		for _, values := range keys.(map[string]any) {
			c := s.conditions[0]
			if c.name != "aws:securetransport" || c.set != "" {
				return false
			}
			switch c.base {
			case "bool", "stringequals", "stringequalsignorecase", "stringlike":
				return slices.ContainsFunc(template.Certain(values), func(value any) bool { return says(value, false) })
			case "stringnotequals", "stringnotequalsignorecase", "stringnotlike":
				return len(c.values) > 0 && !slices.ContainsFunc(c.values, func(value any) bool { return !says(value, true) })
			}
		}
	}
	return false
}

// deniedLikewise is true if a Deny has the same Resource, whatever queue that is.
func (s *statement) deniedLikewise() bool {
	wanted := s.listed("Resource")
	return slices.ContainsFunc(s.of.denies, func(deny *statement) bool {
		denied := template.Certain(deny.elements["Resource"])
		has := func(value any) bool {
			return slices.ContainsFunc(denied, func(other any) bool { return fmt.Sprintf("%#v", value) == fmt.Sprintf("%#v", other) })
		}
		all := slices.ContainsFunc(denied, func(value any) bool { name, _ := template.String(value); return name == "*" })
		return all || len(wanted) > 0 && !slices.ContainsFunc(wanted, func(value any) bool { return !has(value) })
	})
}

// A queue as far as it can be seen: a resource, or what a URL says. What is not
// known is empty.
type queue struct {
	id                    string // of the resource, with its template
	region, account, name string
}

// queueOf is the queue that an element of Queues names: by Ref, or by its URL.
func (d *document) queueOf(value any) queue {
	written, _ := value.(template.Text)
	if part, ok := written.Whole(); ok && part.Kind == template.Attribute {
		return d.queueResource(part)
	}
	if last := len(written) - 1; last >= 0 && written[last].Attribute == "QueueName" {
		return d.queueResource(written[last])
	}
	url := strings.Split(regexp.MustCompile(`^https?://`).ReplaceAllString(written.Marked(), ""), "/")
	if len(url) != 3 || !account.MatchString(url[1]) || !queueName.MatchString(url[2]) {
		return queue{}
	}
	q := queue{account: url[1], name: url[2]}
	for _, host := range hosts {
		if match := host.FindStringSubmatch(url[0]); match != nil {
			q.region = match[1]
		}
	}
	return q
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// hosts of SQS: of the Region, FIPS and dual-stack, legacy, and of VPC endpoints.
// https://docs.aws.amazon.com/general/latest/gr/sqs-service.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-internetwork-traffic-privacy.html
var hosts = []*regexp.Regexp{
	regexp.MustCompile(`^(?:vpce-[a-z0-9-]+\.)?sqs(?:-fips)?\.([a-z]{2}[a-z0-9-]+-\d)\.`),
	regexp.MustCompile(`^([a-z]{2}[a-z0-9-]+-\d)\.queue\.`),
}

func (d *document) queueResource(part template.Part) queue {
	q := queue{id: part.Text + " " + part.Resource, region: d.template.Region, account: d.template.Account}
	if d.template.Has(part) {
		properties, _ := d.template.Resources[part.Resource].Properties.(map[string]any)
		if name, ok := template.String(d.template.Resolve(properties["QueueName"], d.world)); ok {
			q.name = name
		}
	}
	return q
}

// isOfOthers is true of a statement on other queues alone, for which this policy
// says nothing.
func (s *statement) isOfOthers(q queue) bool {
	places := s.listed("Resource")
	return len(places) > 0 && !slices.ContainsFunc(places, func(place any) bool { return !s.of.namesAnother(place, q) })
}

// covers is true of a Deny that is on the queue for sure.
func (s *statement) covers(q queue) bool {
	if s.has("NotResource") {
		return !slices.ContainsFunc(s.listed("NotResource"), func(place any) bool { return !s.of.namesAnother(place, q) })
	}
	return slices.ContainsFunc(template.Certain(s.elements["Resource"]), func(place any) bool { return s.of.names(place, q) })
}

func (d *document) namesAnother(place any, q queue) bool {
	text, _ := place.(template.Text)
	if part, ok := text.Whole(); ok && part.Kind == template.Attribute && part.Attribute == "Arn" {
		other := d.queueResource(part)
		return q.id != "" && q.id != other.id && d.template.Resources[part.Resource].Type == "AWS::SQS::Queue" ||
			q.id == "" && q.name != "" && other.name != "" && q.name != other.name
	}
	_, literal := template.String(place)
	return literal && q.name != "" && !d.names(place, q)
}

// names is true of a Resource that is the queue, or a pattern that covers it.
func (d *document) names(place any, q queue) bool {
	text, _ := place.(template.Text)
	if part, ok := text.Whole(); ok && part.Kind == template.Attribute && part.Attribute == "Arn" {
		other := d.queueResource(part)
		return other.id == q.id || other.name != "" && other.name == q.name && like(other.account, q.account) && like(other.region, q.region)
	}
	pattern := text.Marked()
	if last := len(text) - 1; last > 0 && text[last].Attribute == "QueueName" {
		other := d.queueResource(text[last])
		if other.id != q.id {
			return false
		}
		pattern = strings.TrimSuffix(pattern, template.PartMark) + unsure
		q.name = unsure
	}
	return glob(pattern, q.arn(pattern))
}

func like(one, other string) bool { return one == "" || other == "" || one == other }

// arn is the queue's ARN. What is not known of it is taken to be what the pattern
// has, if that is no wildcard; but for the name.
func (q queue) arn(pattern string) string {
	parts := strings.Split(pattern, ":")
	part := func(i int, known string) string {
		written := ""
		if i < len(parts) && !strings.ContainsAny(parts[i], "*?"+template.UnknownMark+template.PartMark) {
			written = parts[i]
		}
		switch {
		case written == template.AccountMark || written == template.PseudoMark: // the stack's own
			return written
		case known != "":
			return known
		case written != "":
			return written
		}
		return unsure
	}
	name := q.name
	if name == "" {
		name = unsure
	}
	return strings.Join([]string{"arn", part(1, ""), "sqs", part(3, q.region), part(4, q.account), name}, ":")
}
