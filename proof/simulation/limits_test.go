package simulation_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const mebibyte = 1 << 20

func text(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
}

func numeric(value string) types.MessageAttributeValue {
	return types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: &value}
}

func attribute(name string, value types.MessageAttributeValue) map[string]types.MessageAttributeValue {
	return map[string]types.MessageAttributeValue{name: value}
}

// What SQS takes and refuses of a message: no code is that it takes it.
func TestMessages(t *testing.T) {
	start(t)
	eleven := map[string]types.MessageAttributeValue{}
	for i := range 11 {
		eleven[fmt.Sprint("a", i)] = text("x")
	}
	const (
		value    = "InvalidParameterValue"
		contents = "InvalidMessageContents"
	)
	for name, c := range map[string]struct {
		in   sqs.SendMessageInput
		want string
	}{
		"1 MiB":                                    {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", mebibyte))}, ""},
		"1 MiB of é":                               {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("é", mebibyte/2))}, ""},
		"1 MiB of quotes":                          {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat(`"`, mebibyte))}, ""},
		"1 MiB of line ends":                       {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("\n", mebibyte))}, ""},
		"1 MiB of emoji":                           {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("😀", mebibyte/4))}, ""},
		"a byte more than 1 MiB":                   {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", mebibyte+1))}, value},
		"1 MiB and an attribute":                   {sqs.SendMessageInput{MessageBody: aws.String(strings.Repeat("x", mebibyte)), MessageAttributes: attribute("a", text("x"))}, value},
		"nothing":                                  {sqs.SendMessageInput{MessageBody: aws.String("")}, "MissingParameter"},
		"U+0001":                                   {sqs.SendMessageInput{MessageBody: aws.String("a\x01")}, contents},
		"U+FFFE":                                   {sqs.SendMessageInput{MessageBody: aws.String("a\ufffe")}, contents},
		"a tab and U+FFFD":                         {sqs.SendMessageInput{MessageBody: aws.String("a\t\ufffd")}, ""},
		"no queue":                                 {sqs.SendMessageInput{QueueUrl: aws.String(""), MessageBody: aws.String("a")}, "MissingParameter"},
		"delayed for 15 minutes":                   {sqs.SendMessageInput{DelaySeconds: 900}, ""},
		"delayed for more":                         {sqs.SendMessageInput{DelaySeconds: 901}, value},
		"delayed for less than nothing":            {sqs.SendMessageInput{DelaySeconds: -1}, value},
		"a group, for fair queues":                 {sqs.SendMessageInput{MessageGroupId: aws.String("tenant")}, ""},
		"a group of 129 letters":                   {sqs.SendMessageInput{MessageGroupId: aws.String(strings.Repeat("x", 129))}, value},
		"a group with a space":                     {sqs.SendMessageInput{MessageGroupId: aws.String("a b")}, value},
		"a deduplication id, in no FIFO queue":     {sqs.SendMessageInput{MessageDeduplicationId: aws.String("a")}, value},
		"11 attributes":                            {sqs.SendMessageInput{MessageAttributes: eleven}, value},
		"an attribute with a label":                {sqs.SendMessageInput{MessageAttributes: attribute("a.b", types.MessageAttributeValue{DataType: aws.String("Number.int"), StringValue: aws.String("1")})}, ""},
		"a type that is none":                      {sqs.SendMessageInput{MessageAttributes: attribute("a", types.MessageAttributeValue{DataType: aws.String("Foo"), StringValue: aws.String("1")})}, value},
		"a type of 257 letters":                    {sqs.SendMessageInput{MessageAttributes: attribute("a", types.MessageAttributeValue{DataType: aws.String("String." + strings.Repeat("x", 250)), StringValue: aws.String("1")})}, value},
		"an empty text":                            {sqs.SendMessageInput{MessageAttributes: attribute("a", text(""))}, value},
		"an empty binary":                          {sqs.SendMessageInput{MessageAttributes: attribute("a", types.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: []byte{}})}, value},
		"a binary":                                 {sqs.SendMessageInput{MessageAttributes: attribute("a", types.MessageAttributeValue{DataType: aws.String("Binary"), BinaryValue: []byte{0}})}, ""},
		"a binary that is a text":                  {sqs.SendMessageInput{MessageAttributes: attribute("a", types.MessageAttributeValue{DataType: aws.String("Binary"), StringValue: aws.String("a")})}, value},
		"a list":                                   {sqs.SendMessageInput{MessageAttributes: attribute("a", types.MessageAttributeValue{DataType: aws.String("String"), StringListValues: []string{"a"}})}, value},
		"a text with U+0001":                       {sqs.SendMessageInput{MessageAttributes: attribute("a", text("\x01"))}, contents},
		"a number":                                 {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric("-0012.50e3"))}, ""},
		"a number of 38 digits":                    {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric(strings.Repeat("1", 38)))}, ""},
		"a number of 39 digits":                    {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric(strings.Repeat("1", 39)))}, value},
		"a number that is none":                    {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric("abc"))}, value},
		"infinity":                                 {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric("Inf"))}, value},
		"a number above 10^126":                    {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric("1e127"))}, value},
		"a number below 10^-128":                   {sqs.SendMessageInput{MessageAttributes: attribute("a", numeric("1e-129"))}, value},
		"a name of AWS":                            {sqs.SendMessageInput{MessageAttributes: attribute("AWS.x", text("a"))}, value},
		"a name of Amazon, in small letters":       {sqs.SendMessageInput{MessageAttributes: attribute("amazon.x", text("a"))}, value},
		"a name that ends with a period":           {sqs.SendMessageInput{MessageAttributes: attribute("a.", text("a"))}, value},
		"a name with two periods":                  {sqs.SendMessageInput{MessageAttributes: attribute("a..b", text("a"))}, value},
		"a name of 257 letters":                    {sqs.SendMessageInput{MessageAttributes: attribute(strings.Repeat("x", 257), text("a"))}, value},
		"a trace header":                           {sqs.SendMessageInput{MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1-5e3d83c1-e6a0db584850d61342823d4c")}}}, ""},
		"a trace header that is a number":          {sqs.SendMessageInput{MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("Number"), StringValue: aws.String("1")}}}, value},
		"a system attribute that is SQS's to give": {sqs.SendMessageInput{MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"SenderId": {DataType: aws.String("String"), StringValue: aws.String("a")}}}, value},
	} {
		t.Run(name, func(t *testing.T) {
			if c.in.QueueUrl == nil {
				c.in.QueueUrl = aws.String(queueURL)
			}
			if c.in.MessageBody == nil {
				c.in.MessageBody = aws.String("hi")
			}
			_, err := sqs.NewFromConfig(as(t, "dev-insider")).SendMessage(within(t), &c.in)
			got, _, _ := strings.Cut(code(err), ":")
			if got != c.want {
				t.Errorf("got %s, want %s", code(err), c.want)
			}
		})
	}
}

func TestBatchesThatSQSRefuses(t *testing.T) {
	start(t)
	ctx := within(t)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: aws.String(id), MessageBody: aws.String(body)}
	}
	large := strings.Repeat("x", 600<<10)
	for name, c := range map[string]struct {
		entries []types.SendMessageBatchRequestEntry
		want    string
	}{
		"empty":                 {[]types.SendMessageBatchRequestEntry{}, "EmptyBatchRequest"},
		"eleven":                {slices.Repeat([]types.SendMessageBatchRequestEntry{entry("a", "hi")}, 11), "TooManyEntriesInBatchRequest"},
		"an id twice":           {slices.Repeat([]types.SendMessageBatchRequestEntry{entry("a", "hi")}, 2), "BatchEntryIdsNotDistinct"},
		"an id with a space":    {[]types.SendMessageBatchRequestEntry{entry("a b", "hi")}, "InvalidBatchEntryId"},
		"an id of 81 letters":   {[]types.SendMessageBatchRequestEntry{entry(strings.Repeat("a", 81), "hi")}, "InvalidBatchEntryId"},
		"more than 1 MiB":       {[]types.SendMessageBatchRequestEntry{entry("a", large), entry("b", large)}, "BatchRequestTooLong"},
		"1 MiB in two halves":   {[]types.SendMessageBatchRequestEntry{entry("a", large[:mebibyte/2]), entry("b", large[:mebibyte/2])}, ""},
		"a letter more than it": {[]types.SendMessageBatchRequestEntry{entry("a", large[:mebibyte/2]), entry("b", large[:mebibyte/2]+"x")}, "BatchRequestTooLong"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sqs.NewFromConfig(as(t, "dev-insider")).SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: aws.String(queueURL), Entries: c.entries})
			got, _, _ := strings.Cut(code(err), ":")
			if strings.TrimPrefix(got, "AWS.SimpleQueueService.") != c.want {
				t.Errorf("got %s, want %s", code(err), c.want)
			}
		})
	}
}

// What SQS refuses of other requests.
func TestRequestsThatSQSRefuses(t *testing.T) {
	start(t)
	ctx, url := within(t), aws.String(queueURL)
	consumer := sqs.NewFromConfig(as(t, "dev-consumer"))
	receive := func(in sqs.ReceiveMessageInput) error {
		in.QueueUrl = url
		_, err := consumer.ReceiveMessage(ctx, &in)
		return err
	}
	hide := func(handle string, seconds int32) error {
		_, err := consumer.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: &handle, VisibilityTimeout: seconds})
		return err
	}
	remove := func(handle string) error {
		_, err := consumer.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: &handle})
		return err
	}
	attributes := func(name types.QueueAttributeName) error {
		_, err := consumer.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{name}})
		return err
	}
	find := func(name string) error {
		_, err := sqs.NewFromConfig(as(t, "dev-insider")).GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
		return err
	}
	if err := send(t, "dev-insider"); err != nil {
		t.Fatal(err)
	}
	got, err := consumer.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	handle := *got.Messages[0].ReceiptHandle
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"eleven messages":                  {receive(sqs.ReceiveMessageInput{MaxNumberOfMessages: 11}), "InvalidParameterValue: Value 11 for parameter MaxNumberOfMessages is invalid."},
		"hidden for more than 12 hours":    {receive(sqs.ReceiveMessageInput{VisibilityTimeout: 43201}), "InvalidParameterValue: Value 43201 for parameter VisibilityTimeout is invalid."},
		"a wait of 21 seconds":             {receive(sqs.ReceiveMessageInput{WaitTimeSeconds: 21}), "InvalidParameterValue: Value 21 for parameter WaitTimeSeconds is invalid."},
		"an attribute that no message has": {receive(sqs.ReceiveMessageInput{MessageSystemAttributeNames: []types.MessageSystemAttributeName{"Foo"}}), "InvalidAttributeName: Unknown Attribute Foo."},
		"an attribute that no queue has":   {attributes("Foo"), "InvalidAttributeName: Unknown Attribute Foo."},
		"hidden for longer than 12 hours":  {hide(handle, 43201), "InvalidParameterValue: Value 43201 for parameter VisibilityTimeout"},
		"hidden for 12 hours from now":     {hide(handle, 43200), "InvalidParameterValue: Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout"},
		"hidden for less than nothing":     {hide(handle, -1), "InvalidParameterValue: Value -1 for parameter VisibilityTimeout"},
		"a handle that is none":            {hide("none", 0), "ReceiptHandleIsInvalid: "},
		"no handle":                        {remove(""), "MissingParameter: The request must contain the parameter ReceiptHandle."},
		"a handle to delete that is none":  {remove("none"), "ReceiptHandleIsInvalid: "},
		"a handle of no message":           {hide("no/message", 0), "InvalidParameterValue: Value no/message for parameter ReceiptHandle is invalid."},
		"no name of a queue":               {find(""), "InvalidParameterValue: Can only include alphanumeric characters"},
		"a name of 81 letters":             {find(strings.Repeat("x", 81)), "InvalidParameterValue: Can only include alphanumeric characters"},
		"a queue that is not there":        {find("none"), "AWS.SimpleQueueService.NonExistentQueue: "},
	} {
		t.Run(name, func(t *testing.T) {
			if got := code(c.err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// What KMS and STS refuse, and what the simulation does not do.
func TestRequestsThatKMSAndSTSRefuse(t *testing.T) {
	start(t)
	ctx := within(t)
	keys, roles := kms.NewFromConfig(as(t, "dev-admin")), sts.NewFromConfig(as(t, "dev-admin"))
	encrypt := func(size int) error {
		_, err := keys.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(keyAlias), Plaintext: make([]byte, size)})
		return err
	}
	decrypt := func(size int) error {
		_, err := keys.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: make([]byte, size)})
		return err
	}
	describe := func(id string) error {
		_, err := keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &id})
		return err
	}
	dataKey := func(in kms.GenerateDataKeyInput) error {
		in.KeyId = aws.String(keyAlias)
		_, err := keys.GenerateDataKey(ctx, &in)
		return err
	}
	assume := func(in sts.AssumeRoleInput) error {
		if in.RoleArn == nil {
			in.RoleArn = aws.String("arn:aws:iam::222222222222:role/shared-app-publisher")
		}
		if in.RoleSessionName == nil {
			in.RoleSessionName = aws.String("test")
		}
		_, err := roles.AssumeRole(ctx, &in)
		return err
	}
	const failed = "ValidationException: 1 validation error detected: Value"
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"4,097 bytes to encrypt":     {encrypt(4097), failed + " at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096"},
		"no byte to encrypt":         {encrypt(0), failed + " at 'plaintext' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		"6,145 bytes to decrypt":     {decrypt(6145), failed + " at 'ciphertextBlob'"},
		"noise to decrypt":           {decrypt(100), "InvalidCiphertextException: "},
		"no key":                     {describe(""), failed + " '' at 'keyId'"},
		"a key of too long a name":   {describe(strings.Repeat("x", 2049)), failed + " at 'keyId'"},
		"a key that is not there":    {describe("00000000-0000-0000-0000-000000000000"), "NotFoundException: Key "},
		"a data key of no size":      {dataKey(kms.GenerateDataKeyInput{}), "ValidationException: Please specify either number of bytes or key spec."},
		"a data key of two sizes":    {dataKey(kms.GenerateDataKeyInput{KeySpec: kmstypes.DataKeySpecAes256, NumberOfBytes: aws.Int32(32)}), "ValidationException: Please specify either number of bytes or key spec."},
		"a data key of 1,025 bytes":  {dataKey(kms.GenerateDataKeyInput{NumberOfBytes: aws.Int32(1025)}), failed + " '1025' at 'numberOfBytes'"},
		"a data key of no bytes":     {dataKey(kms.GenerateDataKeyInput{NumberOfBytes: aws.Int32(0)}), failed + " '0' at 'numberOfBytes'"},
		"a data key of another kind": {dataKey(kms.GenerateDataKeyInput{KeySpec: "AES_512"}), failed + " 'AES_512' at 'keySpec'"},
		"a role that is none":        {assume(sts.AssumeRoleInput{RoleArn: aws.String("shared-app-publisher")}), "ValidationError: shared-app-publisher is invalid"},
		"a session with a space":     {assume(sts.AssumeRoleInput{RoleSessionName: aws.String("a b")}), "ValidationError: 1 validation error detected: Value 'a b' at 'roleSessionName'"},
		"a session of five minutes":  {assume(sts.AssumeRoleInput{DurationSeconds: aws.Int32(300)}), "ValidationError: 1 validation error detected: Value '300' at 'durationSeconds'"},
		"a session policy":           {assume(sts.AssumeRoleInput{Policy: aws.String("{}")}), "InvalidAction: The simulation of AWS does not do sts:AssumeRole with a session policy or MFA."},
		"MFA":                        {assume(sts.AssumeRoleInput{SerialNumber: aws.String("arn:aws:iam::111111111111:mfa/me"), TokenCode: aws.String("123456")}), "InvalidAction: The simulation of AWS does not do sts:AssumeRole with a session policy or MFA."},
		"tags of a session":          {assume(sts.AssumeRoleInput{TransitiveTagKeys: []string{"team"}}), "InvalidAction: The simulation of AWS does not do AssumeRole with TransitiveTagKeys."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := code(c.err); !strings.HasPrefix(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// KMS gives back what it encrypted, the longest plaintext too.
func TestTheLongestPlaintext(t *testing.T) {
	start(t)
	ctx := within(t)
	keys := kms.NewFromConfig(as(t, "dev-admin"))
	plaintext, encryptionContext := bytes.Repeat([]byte{7}, 4096), map[string]string{"for": strings.Repeat("x", 2000)}
	out, err := keys.Encrypt(ctx, &kms.EncryptInput{KeyId: aws.String(keyAlias), Plaintext: plaintext, EncryptionContext: encryptionContext})
	if err != nil {
		t.Fatal(err)
	}
	back, err := keys.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: out.CiphertextBlob, EncryptionContext: encryptionContext})
	if err != nil || !bytes.Equal(back.Plaintext, plaintext) {
		t.Error(err)
	}
}
