package simulation_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/assembly"
	"example.com/shared-queue/internal/fixture"
	"example.com/shared-queue/proof/evaluate"
	"example.com/shared-queue/proof/simulation"
	"example.com/shared-queue/proof/template"
	"example.com/shared-queue/proof/world"
	"example.com/shared-queue/spec"
)

const (
	root     = "../.."
	queueURL = "https://sqs.us-east-1.amazonaws.com/111111111111/shared-app-work"
	queueARN = "arn:aws:sqs:us-east-1:111111111111:shared-app-work"
	keyAlias = "arn:aws:kms:us-east-1:111111111111:alias/shared-app"
)

// A stage is a simulation of the fixture's stacks, with profiles of callers around them.
type stage struct {
	*simulation.Simulation
	environments []spec.Environment
	world        *world.World
	decisions    []simulation.Decision
}

var evaluator *evaluate.Evaluator

func TestMain(m *testing.M) {
	var err error
	if evaluator, err = evaluate.Start(root); err != nil {
		panic(err)
	}
	code := m.Run()
	evaluator.Close()
	os.Exit(code)
}

// limit is for whatever a test waits for.
const limit = 2 * time.Minute

// within is a context that ends after the limit.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, stop := context.WithTimeoutCause(t.Context(), limit, fmt.Errorf("the simulation has not answered within %v", limit))
	t.Cleanup(stop)
	return ctx
}

func start(t testing.TB) *stage {
	t.Helper()
	environments, err := settings.Parse(fixture.Settings)
	if err != nil {
		t.Fatal(err)
	}
	f := &stage{environments: environments, world: readWorld(t)}
	if f.Simulation, err = simulation.Start(evaluator); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := f.Deploy(f.world); err != nil {
		t.Fatal(err)
	}
	f.Watch(func(d simulation.Decision) { f.decisions = append(f.decisions, d) })
	file, err := f.WriteConfig(t.TempDir(), f.AddProfiles(f.environments))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"AWS_CONFIG_FILE": file, "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
		"AWS_ACCESS_KEY_ID": "", "AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_CA_BUNDLE": ""} {
		if b, ok := t.(*testing.T); ok {
			b.Setenv(name, value)
		}
	}
	return f
}

// readWorld is what the fixture's stacks deploy.
func readWorld(t testing.TB) *world.World {
	t.Helper()
	stacks, err := assembly.Read(fixture.Assembly())
	if err != nil {
		t.Fatal(err)
	}
	w, _, err := template.Read(stacks)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// as is the configuration of AWS's SDK for a profile, as any program has it.
func as(t *testing.T, profile string) aws.Config {
	t.Helper()
	c, err := config.LoadDefaultConfig(within(t), config.WithSharedConfigProfile(profile))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func send(t *testing.T, profile string) error {
	t.Helper()
	_, err := sqs.NewFromConfig(as(t, profile)).SendMessage(within(t), &sqs.SendMessageInput{
		QueueUrl: aws.String(queueURL), MessageBody: aws.String("Hello from " + profile),
	})
	return err
}

func TestAMessageGoesFromThePublisherToTheConsumer(t *testing.T) {
	start(t)
	ctx := within(t)
	sent, err := sqs.NewFromConfig(as(t, "dev-publisher-web")).SendMessage(ctx, &sqs.SendMessageInput{
		QueueUrl: aws.String(queueURL), MessageBody: aws.String("Hello <from> & publisher account!"),
		MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("greeting")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	consumer := sqs.NewFromConfig(as(t, "dev-consumer"))
	got, err := consumer.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MessageAttributeNames: []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, WaitTimeSeconds: 1})
	if err != nil || len(got.Messages) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	m := got.Messages[0]
	if *m.MessageId != *sent.MessageId || *m.Body != "Hello <from> & publisher account!" || *m.MessageAttributes["kind"].StringValue != "greeting" ||
		m.Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("got %+v", m)
	}
	if _, err := consumer.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queueURL), ReceiptHandle: m.ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	attributes, err := consumer.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(queueURL), AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := attributes.Attributes; a["ApproximateNumberOfMessages"] != "0" || a["ApproximateNumberOfMessagesNotVisible"] != "0" || a["QueueArn"] != queueARN {
		t.Errorf("got %v", a)
	}
}

// Who may send, and which policy stops who may not, as AWS says it.
func TestWhoMaySend(t *testing.T) {
	start(t)
	for profile, want := range map[string]string{
		"dev-publisher-web":    "",
		"dev-publisher-events": "",
		"dev-insider":          "",
		"dev-consumer":         "AccessDenied: User: arn:aws:sts::111111111111:assumed-role/shared-app-worker/demo is not authorized to perform: sqs:sendmessage on resource: " + queueARN + " with an explicit deny in an identity-based policy",
		"dev-sibling-ou":       "because no resource-based policy allows the kms:GenerateDataKey action",
		"prod-insider":         "KMS.AccessDeniedException: User: arn:aws:sts::900000000006:assumed-role/admin/demo is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:111111111111:key/",
		"prod-publisher-web":   "because no identity-based policy allows the sqs:sendmessage action",
		// Across organizations AWS gives no reason.
		"dev-near-organization":  "AccessDenied: User: arn:aws:sts::900000000003:assumed-role/admin/demo is not authorized to perform: sqs:sendmessage on resource: " + queueARN,
		"dev-other-organization": "AccessDenied: User: arn:aws:sts::900000000004:assumed-role/admin/demo is not authorized to perform: sqs:sendmessage on resource: " + queueARN,
		"dev-no-organization":    "AccessDenied: User: arn:aws:sts::900000000005:assumed-role/admin/demo is not authorized to perform: sqs:sendmessage on resource: " + queueARN,
	} {
		t.Run(profile, func(t *testing.T) {
			got := code(send(t, profile))
			if !strings.Contains(got, want) || (want == "") != (got == "") {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestAnAnonymousCallerMayNotSend(t *testing.T) {
	start(t)
	c := as(t, "dev-insider")
	c.Credentials = aws.AnonymousCredentials{}
	_, err := sqs.NewFromConfig(c).SendMessage(within(t), &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hi")})
	if want := "AccessDenied: Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."; code(err) != want {
		t.Errorf("got %v, want %s", code(err), want)
	}
}

func TestPlainHTTPIsRefusedByTheQueue(t *testing.T) {
	start(t)
	c := as(t, "dev-insider")
	_, err := sqs.NewFromConfig(c, func(o *sqs.Options) {
		o.BaseEndpoint = aws.String(strings.Replace(*c.BaseEndpoint, "https", "http", 1))
	}).SendMessage(within(t), &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hi")})
	if want := "with an explicit deny in a resource-based policy"; !strings.HasSuffix(code(err), want) {
		t.Errorf("got %v, want %s", code(err), want)
	}
}

func TestTheKeyAloneIsRefused(t *testing.T) {
	start(t)
	ctx := within(t)
	for profile, want := range map[string]string{
		"dev-publisher-web":   "AccessDeniedException: User: arn:aws:sts::222222222222:assumed-role/shared-app-publisher/demo is not authorized to perform: kms:GenerateDataKey on resource: arn:aws:kms:us-east-1:111111111111:key/",
		"dev-insider":         "because no resource-based policy allows the kms:GenerateDataKey action",
		"dev-no-organization": "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
		"dev-admin":           "DryRunOperationException: The request would have succeeded, but the DryRun option is set.",
	} {
		t.Run(profile, func(t *testing.T) {
			_, err := kms.NewFromConfig(as(t, profile)).GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String(keyAlias),
				KeySpec: kmstypes.DataKeySpecAes256, EncryptionContext: map[string]string{"aws:sqs:arn": queueARN}, DryRun: aws.Bool(true)})
			if !strings.Contains(code(err), want) {
				t.Errorf("got  %s\nwant %s", code(err), want)
			}
		})
	}
}

func TestKeysEncryptAndDecryptForTheirAccount(t *testing.T) {
	start(t)
	ctx := within(t)
	client := kms.NewFromConfig(as(t, "dev-admin"))
	made, err := client.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: aws.String("alias/shared-app"), KeySpec: kmstypes.DataKeySpecAes256})
	if err != nil {
		t.Fatal(err)
	}
	back, err := client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: made.CiphertextBlob})
	if err != nil || string(back.Plaintext) != string(made.Plaintext) || len(back.Plaintext) != 32 {
		t.Errorf("%v, %v", back, err)
	}
	_, err = client.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: made.CiphertextBlob, EncryptionContext: map[string]string{"another": "context"}})
	if !strings.HasPrefix(code(err), "InvalidCiphertextException") {
		t.Errorf("got %s", code(err))
	}
	described, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: made.KeyId})
	if err != nil || *described.KeyMetadata.AWSAccountId != "111111111111" {
		t.Errorf("%v, %v", described, err)
	}
	_, err = client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/none")})
	if !strings.HasPrefix(code(err), "NotFoundException") {
		t.Errorf("got %s", code(err))
	}
}

func TestRolesAreAssumedByWhomTheyTrust(t *testing.T) {
	f := start(t)
	ctx := within(t)
	assume := func(c aws.Config) (*sts.AssumeRoleOutput, error) {
		return sts.NewFromConfig(c).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::222222222222:role/shared-app-publisher"),
			RoleSessionName: aws.String("test")})
	}
	c := as(t, "dev-insider")
	if _, err := assume(c); !strings.HasPrefix(code(err), "AccessDenied: User: arn:aws:sts::900000000001:assumed-role/admin/demo is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/shared-app-publisher") {
		t.Errorf("got %s", code(err))
	}
	lambda := f.NewCredentials("lambda", "lambda.amazonaws.com", "")
	c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return lambda, nil })
	out, err := assume(c)
	if err != nil {
		t.Fatal(err)
	}
	role := aws.Credentials{AccessKeyID: *out.Credentials.AccessKeyId, SecretAccessKey: *out.Credentials.SecretAccessKey, SessionToken: *out.Credentials.SessionToken}
	c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return role, nil })
	who, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Arn != "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/test" || *who.Account != "222222222222" {
		t.Errorf("%v, %v", who, err)
	}
	if _, err := sqs.NewFromConfig(c).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hi")}); err != nil {
		t.Error(err)
	}
}

func TestOnlyWhoHasTheSecretIsBelieved(t *testing.T) {
	start(t)
	for name, c := range map[string]struct {
		change func(*aws.Credentials)
		want   string
	}{
		"another secret":     {func(c *aws.Credentials) { c.SecretAccessKey = "guessed" }, "SignatureDoesNotMatch"},
		"another access key": {func(c *aws.Credentials) { c.AccessKeyID = "AKIAGUESSED000000000" }, "InvalidClientTokenId"},
		"no session token":   {func(c *aws.Credentials) { c.SessionToken = "" }, "InvalidClientTokenId"},
	} {
		t.Run(name, func(t *testing.T) {
			config := as(t, "dev-insider")
			credentials, err := config.Credentials.Retrieve(within(t))
			if err != nil {
				t.Fatal(err)
			}
			c.change(&credentials)
			config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return credentials, nil })
			_, err = sqs.NewFromConfig(config).SendMessage(within(t), &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hi")})
			if !strings.HasPrefix(code(err), c.want) {
				t.Errorf("got %s, want %s", code(err), c.want)
			}
		})
	}
}

// SQS asks KMS once, and then uses the data key again.
func TestDataKeysAreReused(t *testing.T) {
	f := start(t)
	for _, want := range []string{"sqs:SendMessage kms:GenerateDataKey kms:Decrypt", "sqs:SendMessage"} {
		f.decisions = nil
		if err := send(t, "dev-publisher-web"); err != nil {
			t.Fatal(err)
		}
		var asked []string
		for _, d := range f.decisions {
			asked = append(asked, d.Action)
		}
		if got := strings.Join(asked, " "); got != want {
			t.Errorf("asked for %s, want %s", got, want)
		}
	}
	// What is deployed again asks again.
	if err := f.Deploy(f.world); err != nil {
		t.Fatal(err)
	}
	f.decisions = nil
	if err := send(t, "dev-publisher-web"); err != nil || len(f.decisions) != 3 {
		t.Errorf("asked %v, %v", f.decisions, err)
	}
}

// SQS calls KMS as the sender, with what KMS's policies ask for.
func TestWhoIsAskedAbout(t *testing.T) {
	f := start(t)
	if err := send(t, "dev-sibling-ou"); err == nil {
		t.Fatal("accepted")
	}
	var got []string
	for _, d := range f.decisions {
		got = append(got, strings.Join([]string{d.Caller.Name, d.Action, d.Through, d.By()}, "|"))
	}
	want := "dev-sibling-ou|sqs:SendMessage|| dev-sibling-ou|kms:GenerateDataKey|sqs.us-east-1.amazonaws.com|the key's policy"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %v\nwant %s", got, want)
	}
}

func TestDeadLettersAndTheirWayBack(t *testing.T) {
	start(t)
	ctx := within(t)
	if err := send(t, "dev-publisher-web"); err != nil {
		t.Fatal(err)
	}
	consumer := sqs.NewFromConfig(as(t, "dev-consumer"))
	receive := func(client *sqs.Client, queueURL string) []types.Message {
		out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range out.Messages {
			if _, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: &queueURL, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		}
		return out.Messages
	}
	for range 10 { // maxReceiveCount
		if len(receive(consumer, queueURL)) != 1 {
			t.Fatal("the message has gone too early")
		}
	}
	if len(receive(consumer, queueURL)) != 0 {
		t.Fatal("the message is still there")
	}
	if _, err := consumer.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL + "-dlq")}); !strings.HasPrefix(code(err), "AccessDenied") {
		t.Errorf("the consumer reads dead letters: %s", code(err))
	}
	operator := sqs.NewFromConfig(as(t, "dev-operator"))
	dead, err := sqs.NewFromConfig(as(t, "dev-admin")).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL + "-dlq"),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"DeadLetterQueueSourceArn"}})
	if err != nil || len(dead.Messages) != 1 || dead.Messages[0].Attributes["DeadLetterQueueSourceArn"] != queueARN {
		t.Errorf("%+v, %v", dead, err)
	}
	if _, err := operator.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN + "-dlq")}); err != nil {
		t.Fatal(err)
	}
	if len(receive(consumer, queueURL)) != 1 {
		t.Error("the message is not back")
	}
}

func TestBatches(t *testing.T) {
	start(t)
	ctx := within(t)
	client := sqs.NewFromConfig(as(t, "dev-publisher-web"))
	entries := func(ids ...string) *sqs.SendMessageBatchInput {
		in := &sqs.SendMessageBatchInput{QueueUrl: aws.String(queueURL)}
		for _, id := range ids {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: aws.String(id), MessageBody: aws.String(strings.TrimPrefix(id, "empty"))})
		}
		return in
	}
	out, err := client.SendMessageBatch(ctx, entries("a", "b", "empty"))
	if err != nil || len(out.Successful) != 2 || len(out.Failed) != 1 || *out.Failed[0].Code != "MissingParameter" {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := client.SendMessageBatch(ctx, entries("a", "a")); !strings.HasPrefix(code(err), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct") {
		t.Errorf("got %s", code(err))
	}
	consumer := sqs.NewFromConfig(as(t, "dev-consumer"))
	got, err := consumer.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL), MaxNumberOfMessages: 10})
	if err != nil || len(got.Messages) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	gone, err := consumer.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: aws.String(queueURL), Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("1"), ReceiptHandle: got.Messages[0].ReceiptHandle}, {Id: aws.String("2"), ReceiptHandle: aws.String("none")}}})
	if err != nil || len(gone.Successful) != 1 || len(gone.Failed) != 1 {
		t.Errorf("%+v, %v", gone, err)
	}
}

// Clients of before November 2023 spoke another protocol, and are told in it.
func TestTheQueryProtocolOfSQSIsRefused(t *testing.T) {
	f := start(t)
	c := as(t, "dev-insider")
	response, err := c.HTTPClient.Do(post(t, f.URL+"/111111111111/shared-app-work", "application/x-www-form-urlencoded",
		"Action=SendMessage&Version=2012-11-05&MessageBody=Hello"))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if want := "<ErrorResponse><Error><Code>InvalidAction</Code><Message>The simulation of AWS speaks the JSON protocol of SQS only"; !strings.HasPrefix(string(text), want) {
		t.Errorf("got  %s\nwant %s", text, want)
	}
}

func post(t *testing.T, url, kind, body string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(within(t), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", kind)
	return request
}

// SDKs tell errors apart by their types too.
func TestTypesOfErrors(t *testing.T) {
	start(t)
	ctx := within(t)
	client := sqs.NewFromConfig(as(t, "dev-consumer"))
	_, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: aws.String(queueURL + "x")})
	if missing := (*types.QueueDoesNotExist)(nil); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: aws.String(queueURL), ReceiptHandle: aws.String("none")})
	if handle := (*types.ReceiptHandleIsInvalid)(nil); !errors.As(err, &handle) {
		t.Errorf("got %v", err)
	}
	if denied := (*types.KmsAccessDenied)(nil); !errors.As(send(t, "dev-sibling-ou"), &denied) {
		t.Error("not told as KMS's refusal")
	}
	_, err = kms.NewFromConfig(as(t, "dev-admin")).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/none")})
	if missing := (*kmstypes.NotFoundException)(nil); !errors.As(err, &missing) {
		t.Errorf("got %v", err)
	}
}

// What the simulation cannot do is decided all the same, and then said.
func TestWhatItDoesNotDo(t *testing.T) {
	start(t)
	for profile, want := range map[string]string{
		"dev-publisher-web": "AccessDenied: ",
		"dev-admin":         "AWS.SimpleQueueService.UnsupportedOperation: The simulation of AWS does not do sqs:SetQueueAttributes.",
	} {
		_, err := sqs.NewFromConfig(as(t, profile)).SetQueueAttributes(within(t), &sqs.SetQueueAttributesInput{
			QueueUrl: aws.String(queueURL), Attributes: map[string]string{"Policy": ""}})
		if !strings.HasPrefix(code(err), want) {
			t.Errorf("%s: got %s, want %s", profile, code(err), want)
		}
	}
}

func BenchmarkSend(b *testing.B) {
	f := start(b)
	var c aws.Config
	for _, p := range f.AddProfiles(f.environments) {
		if p.Name == "dev-publisher-web" {
			c = aws.Config{Region: string(p.Region), BaseEndpoint: aws.String("http://" + strings.TrimPrefix(f.URL, "https://")), Credentials: aws.CredentialsProviderFunc(
				func(context.Context) (aws.Credentials, error) { return p.Credentials, nil })}
		}
	}
	for b.Loop() {
		_, err := sqs.NewFromConfig(c).SendMessage(within(b), &sqs.SendMessageInput{QueueUrl: aws.String(queueURL), MessageBody: aws.String("hi")})
		if err == nil {
			b.Fatal("plain HTTP was accepted")
		}
	}
}
