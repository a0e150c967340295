package rules

import (
	"regexp"
	"strings"

	"example.com/shared-queue/guard/internal/template"
)

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
	_, address, _ := strings.Cut(written.Marked(), "://")
	url := strings.Split(address, "/")
	if len(url) != 3 || !account.MatchString(url[1]) || !queueName.MatchString(url[2]) {
		return queue{}
	}
	q := queue{account: url[1], name: url[2]}
	if url[0] == "queue.amazonaws.com" { // the first Region
		q.region = "us-east-1"
	}
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
	q := queue{id: part.ID(), region: d.template.Region, account: d.template.Account}
	if d.template.Has(part) {
		properties, _ := d.template.Resources[part.Resource].Properties.(map[string]any)
		if name, ok := template.String(d.template.Resolve(properties["QueueName"], d.world)); ok {
			q.name = name
		}
	}
	return q
}

// namesAnother reports whether the Resource certainly is another queue.
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

// names reports whether the Resource is the queue, or a pattern that covers it.
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

// arn is the queue's ARN. A part that is not known, but for the name, is taken from the
// pattern, if it has no wildcard there.
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
