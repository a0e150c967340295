package queue

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"example.com/shared-queue/proof/simulation/wire"
)

// Limits of SQS.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	MaxMessage = 1 << 20 // bytes, also of a batch

	maxAttributes = 10
	maxName       = 256 // of an attribute, and its type
	maxBatch      = 10
	maxDelay      = 900   // seconds
	maxVisibility = 43200 // seconds
	maxWait       = 20    // seconds
)

// Missing is the error for a parameter that a request must have.
func Missing(parameter string) *wire.Error {
	return wire.Invalid("MissingParameter", "The request must contain the parameter %s.", parameter)
}

func invalidValue(value any, parameter, reason string) *wire.Error {
	return wire.Invalid("InvalidParameterValue", "Value %v for parameter %s is invalid. Reason: %s.", value, parameter, reason)
}

// CheckRange checks an optional number.
func CheckRange(parameter string, n *int32, least, most int32) error {
	if n == nil || least <= *n && *n <= most {
		return nil
	}
	return invalidValue(*n, parameter, fmt.Sprintf("Must be >= %d and <= %d, if provided", least, most))
}

// checkText checks that a text has only characters that XML allows, as SQS requires.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func checkText(what, text string) error {
	const all = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
	for _, r := range text {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return wire.Invalid("InvalidMessageContents", "Invalid binary character '#x%X' was found in the %s, the set of allowed characters is %s", r, what, all)
		}
	}
	return nil
}

// groupID is a message group id or a deduplication id: letters, digits and punctuation.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
var groupID = regexp.MustCompile(`^[!-~]{1,128}$`)

// Check checks a message that somebody sends to the queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func (q *Queue) Check(m *Message, in *Entry) error {
	const otherType = "The request include parameter that is not valid for this queue type"
	switch {
	case m.body == "":
		return Missing("MessageBody")
	case q.FIFO() && m.group == "":
		return Missing("MessageGroupId")
	case q.FIFO() && m.dedup == "":
		return wire.Invalid("InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly")
	case !q.FIFO() && m.dedup != "":
		return invalidValue(m.dedup, "MessageDeduplicationId", otherType)
	case q.FIFO() && aws.ToInt32(in.DelaySeconds) != 0:
		return invalidValue(*in.DelaySeconds, "DelaySeconds", otherType)
	case m.group != "" && !groupID.MatchString(m.group):
		return invalidValue(m.group, "MessageGroupId", "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length")
	case m.dedup != "" && !groupID.MatchString(m.dedup):
		return invalidValue(m.dedup, "MessageDeduplicationId", "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length")
	case aws.ToInt32(in.DelaySeconds) < 0 || aws.ToInt32(in.DelaySeconds) > maxDelay:
		return invalidValue(*in.DelaySeconds, "DelaySeconds", "DelaySeconds must be >= 0 and <= 900")
	}
	if err := checkText("message body", m.body); err != nil {
		return err
	}
	if err := checkAttributes(m.attributes); err != nil {
		return err
	}
	if err := checkSystemAttributes(in.MessageSystemAttributes); err != nil {
		return err
	}
	if m.size() > q.maxMessage() {
		return wire.Invalid("InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.maxMessage())
	}
	return nil
}

// size is in bytes, and includes the attributes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-message-attributes
func (m *Message) size() int {
	n := len(m.body)
	for name, value := range m.attributes {
		n += len(name) + len(aws.ToString(value.DataType)) + len(aws.ToString(value.StringValue)) + len(value.BinaryValue)
	}
	return n
}

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#message-attribute-components
var (
	attributeName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)
	attributeType = regexp.MustCompile(`^(String|Number|Binary)(\.[^\x00-\x1f]+)?$`)
	reserved      = regexp.MustCompile(`(?i)^(aws|amazon)\.`)
)

func checkAttributes(attributes map[string]types.MessageAttributeValue) error {
	if n := len(attributes); n > maxAttributes {
		return wire.Invalid("InvalidParameterValue", "Number of message attributes [%d] exceeds the allowed maximum [%d].", n, maxAttributes)
	}
	for name, value := range attributes {
		if err := checkAttribute(name, value); err != nil {
			return err
		}
	}
	return nil
}

func checkAttribute(name string, value types.MessageAttributeValue) error {
	wrong := func(format string, values ...any) error {
		return wire.Invalid("InvalidParameterValue", "The message attribute '"+name+"' "+format, values...)
	}
	kind, _, _ := strings.Cut(aws.ToString(value.DataType), ".")
	switch {
	case reserved.MatchString(name):
		return wire.Invalid("InvalidParameterValue", "You can't use message attribute names beginning with 'AWS.' or 'Amazon.'. These strings are reserved for internal use.")
	case len(name) > maxName || !attributeName.MatchString(name):
		return wrong("has an invalid name: it can have up to %d of A-Z, a-z, 0-9, underscore, hyphen and, inside it and alone, period.", maxName)
	case kind == "":
		return wrong("must contain a message attribute type.")
	case len(*value.DataType) > maxName || !attributeType.MatchString(*value.DataType):
		return wrong("has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.")
	case value.StringListValues != nil || value.BinaryListValues != nil:
		return wrong("has a list of values, which SQS does not support.")
	case kind == "Binary" && len(value.BinaryValue) == 0, kind != "Binary" && aws.ToString(value.StringValue) == "":
		return wrong("must contain a non-empty value of type '%s'.", kind)
	case kind == "Binary" && value.StringValue != nil, kind != "Binary" && value.BinaryValue != nil:
		return wrong("must contain a value of type '%s' and no other.", kind)
	case kind == "Number" && !isNumber(*value.StringValue):
		return wire.Invalid("InvalidParameterValue", "Can't cast the value of message attribute '%s' to a number.", name)
	}
	return checkText("message attribute '"+name+"'", aws.ToString(value.StringValue))
}

var number = regexp.MustCompile(`^[+-]?0*(\d*)(?:\.(\d*?)0*)?(?:[eE][+-]?\d+)?$`)

// isNumber reports whether the text is a number of at most 38 digits, between 10^-128
// and 10^126.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#message-attribute-data-types
func isNumber(text string) bool {
	m := number.FindStringSubmatch(text)
	f, err := strconv.ParseFloat(text, 64)
	if m == nil || err != nil || len(m[1])+len(m[2]) > 38 {
		return false
	}
	return f == 0 || math.Abs(f) >= 1e-128 && math.Abs(f) <= 1e126
}

// checkSystemAttributes allows the one that senders may set.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_MessageSystemAttributeValue.html
func checkSystemAttributes(attributes map[string]types.MessageSystemAttributeValue) error {
	for name, value := range attributes {
		if name != string(types.MessageSystemAttributeNameForSendsAWSTraceHeader) {
			return invalidValue(name, "MessageSystemAttributes", "Only AWSTraceHeader can be set")
		}
		if aws.ToString(value.DataType) != "String" || aws.ToString(value.StringValue) == "" {
			return invalidValue(name, "MessageSystemAttributes", "Its type must be String, and its value non-empty")
		}
		if err := checkText("message system attribute '"+name+"'", *value.StringValue); err != nil {
			return err
		}
	}
	return nil
}

// CheckTotal checks the size of the messages of a batch.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
func CheckTotal(entries []Entry) error {
	total := 0
	for _, e := range entries {
		total += (&Message{body: aws.ToString(e.MessageBody), attributes: e.MessageAttributes}).size()
	}
	if total > MaxMessage {
		return wire.Invalid(wire.SimpleQueueService+"BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", MaxMessage, total)
	}
	return nil
}

// batchID is the id of an entry of a batch.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatchRequestEntry.html
var batchID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$|^[A-Za-z0-9_-]{1,75}\.fifo$`)

// CheckName checks the name of a queue of any type.
func CheckName(name string) error {
	if !queueName.MatchString(name) {
		return wire.Invalid("InvalidParameterValue", "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length")
	}
	return nil
}

// CheckBatch checks a batch as a whole.
func CheckBatch[E any](entries []E, id func(*E) *string) error {
	switch {
	case len(entries) == 0:
		return wire.Invalid(wire.SimpleQueueService+"EmptyBatchRequest", "There should be at least one entry in the request.")
	case len(entries) > maxBatch:
		return wire.Invalid(wire.SimpleQueueService+"TooManyEntriesInBatchRequest",
			"Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(entries))
	}
	seen := map[string]bool{}
	for i := range entries {
		name := aws.ToString(id(&entries[i]))
		if !batchID.MatchString(name) {
			return wire.Invalid(wire.SimpleQueueService+"InvalidBatchEntryId",
				"A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[name] {
			return wire.Invalid(wire.SimpleQueueService+"BatchEntryIdsNotDistinct", "Id %s repeated.", name)
		}
		seen[name] = true
	}
	return nil
}

// checkHandle checks the form of a receipt handle.
func checkHandle(handle *string) error {
	switch {
	case aws.ToString(handle) == "":
		return Missing("ReceiptHandle")
	case !strings.Contains(*handle, "/"):
		return wire.Invalid("ReceiptHandleIsInvalid", "The input receipt handle \"%s\" is not a valid receipt handle.", *handle)
	}
	return nil
}

// CheckNames checks the names of the attributes that a caller asks for.
func CheckNames[N ~string](names, known []N) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return wire.Invalid("InvalidAttributeName", "Unknown Attribute %s.", name)
		}
	}
	return nil
}
