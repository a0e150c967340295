package main

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// What the fake AWS gives out and must not be seen again.
const (
	roleSecret = "role/Secret+Key0000000000000000000000000"
	roleToken  = "FwoGZXIvYXdzEJr//role+session/token=="
	envSecret  = "profile/Secret+Key00000000000000000000000"
)

const (
	callerKey   = "AKIACALLER0000000000"
	roleKey     = "ASIAROLE000000000000"
	outsiderKey = "AKIAOUTSIDER00000000"
	consumerKey = "AKIACONSUMER00000000"
)

const roleSession = "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove"

// A reply is what the fake answers to a step: an error if there is a code.
type reply struct {
	code, message string
	status        int
	location      string            // a redirect
	dropped       bool              // the connection ends without an answer
	values        map[string]string // instead of an answer's own
	after         func()
}

// A fakeAWS speaks as much of SQS, KMS and STS as the command uses. It knows
// the steps by who calls what, and answers as AWS would where the stacks are
// deployed, except for the replies that a test sets by the names of steps.
type fakeAWS struct {
	URL     string
	replies map[string]reply
	accept  bool // everything, whoever asks
	tlsOnly bool

	mu     sync.Mutex
	calls  []string         // the steps, as they came
	bodies []map[string]any // of the messages that it was sent
	queue  []map[string]any // messages that can be received
	hidden []map[string]any
	put    []string // messages that were put back
	gone   []string // messages that were deleted
}

// refusal texts, in the form that the IAM User Guide gives.
func byIdentity(action string) string {
	return "User: " + roleSession + " is not authorized to perform: " + action +
		" on resource: arn:aws:x because no identity-based policy allows the " + action + " action"
}

func byResource(action string) string {
	return "User: " + roleSession + " is not authorized to perform: " + action +
		" on resource: arn:aws:x because no resource-based policy allows the " + action + " action"
}

func byDeny(action string) string {
	return "User: " + roleSession + " is not authorized to perform: " + action +
		" on resource: arn:aws:x with an explicit deny in a resource-based policy"
}

const keyMaybeNotThere = "User: " + roleSession + " is not authorized to perform: kms:Decrypt on resource: arn:aws:kms:us-east-1:111111111111:key/1 because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"

// asDeployed is what AWS refuses where the stacks are deployed.
var asDeployed = map[string]reply{
	"receive":              {code: "AccessDenied", message: byIdentity("sqs:receivemessage")},
	"generate data key":    {code: "AccessDeniedException", message: byIdentity("kms:GenerateDataKey")},
	"decrypt":              {code: "AccessDeniedException", message: keyMaybeNotThere},
	"send over plain HTTP": {code: "AccessDenied", message: byDeny("sqs:sendmessage")},
	"send to prod":         {code: "AccessDenied", message: byIdentity("sqs:sendmessage")},
	"send as outsider":     {code: "KMS.AccessDeniedException", message: byResource("kms:GenerateDataKey")},
}

var credential = regexp.MustCompile(`Credential=([A-Z0-9]+)/`)

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	who := ""
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		who = m[1]
	}
	service, operation, in := "", "", map[string]any{}
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		service, operation, _ = strings.Cut(target, ".")
		if err := json.Unmarshal(body, &in); err != nil {
			panic(err)
		}
	} else {
		form, _ := url.ParseQuery(string(body))
		service, operation = "STS", form.Get("Action")
	}

	f.mu.Lock()
	defer f.mu.Unlock()
	step := f.step(who, operation, in, r.TLS != nil)
	f.calls = append(f.calls, step)
	answer, set := f.replies[step]
	if !set && !f.accept {
		answer = asDeployed[step]
	}
	if answer.after != nil {
		defer answer.after()
	}
	switch {
	case answer.dropped:
		panic(http.ErrAbortHandler)
	case answer.location != "":
		w.Header().Set("Location", answer.location)
		w.WriteHeader(http.StatusPermanentRedirect)
	case answer.code != "":
		answer.refuse(w, service)
	case service == "STS":
		f.sts(w, operation, who, answer)
	case service == "AmazonSQS":
		f.sqs(w, operation, step, in, answer)
	default:
		write(w, map[string]any{"KeyId": in["KeyId"], "Plaintext": "c2VjcmV0", "CiphertextBlob": "c2VjcmV0"})
	}
}

func (f *fakeAWS) step(who, operation string, in map[string]any, secure bool) string {
	names := map[string]string{callerKey: "caller", roleKey: "caller", outsiderKey: "outsider", consumerKey: "consumer"}
	switch operation {
	case "GetCallerIdentity":
		return names[who]
	case "AssumeRole":
		return "role"
	case "GenerateDataKey":
		return "generate data key"
	case "Decrypt":
		return "decrypt"
	case "ReceiveMessage":
		if who == consumerKey {
			return "receive as consumer"
		}
		return "receive"
	case "DeleteMessage":
		return "delete"
	case "ChangeMessageVisibility":
		return "put back"
	}
	switch {
	case !secure && strings.HasPrefix(f.URL, "https:"):
		return "send over plain HTTP"
	case who == outsiderKey:
		return "send as outsider"
	case strings.Contains(in["QueueUrl"].(string), "333333333333"):
		return "send to prod"
	}
	return "send"
}

func (r reply) refuse(w http.ResponseWriter, service string) {
	status := r.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if service == "STS" {
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, r.code, r.message)
		return
	}
	// SQS gives the code of its old protocol in a header.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
	kind := r.code
	if service == "AmazonSQS" {
		w.Header().Set("x-amzn-query-error", r.code+";Sender")
		kind = map[string]string{
			"KMS.AccessDeniedException":               "com.amazonaws.sqs#KmsAccessDenied",
			"AWS.SimpleQueueService.NonExistentQueue": "com.amazonaws.sqs#QueueDoesNotExist",
		}[r.code]
		if kind == "" {
			kind = "com.amazonaws.sqs#" + r.code
		}
	}
	w.WriteHeader(status)
	write(w, map[string]any{"__type": kind, "message": r.message})
}

func (f *fakeAWS) sts(w http.ResponseWriter, operation, who string, answer reply) {
	if operation == "AssumeRole" {
		fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>%s</Arn><AssumedRoleId>x:prove</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
			roleSession, roleKey, roleSecret, roleToken)
		return
	}
	arns := map[string]string{
		callerKey:   "arn:aws:iam::222222222222:user/alice",
		roleKey:     "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/lambda",
		outsiderKey: "arn:aws:iam::999999999999:user/mallory",
		consumerKey: "arn:aws:iam::111111111111:user/carol",
	}
	arn := arns[who]
	if answer.values["arn"] != "" {
		arn = answer.values["arn"]
	}
	fmt.Fprintf(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>%s</Arn><UserId>x</UserId><Account>%s</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`,
		arn, strings.Split(arn, ":")[4])
}

func (f *fakeAWS) sqs(w http.ResponseWriter, operation, step string, in map[string]any, answer reply) {
	switch operation {
	case "SendMessage":
		f.bodies = append(f.bodies, in)
		id := fmt.Sprintf("id-%d", len(f.bodies))
		if strings.Contains(in["QueueUrl"].(string), "111111111111") {
			body := in["MessageBody"]
			if answer.values["body"] != "" {
				body = answer.values["body"]
			}
			f.queue = append(f.queue, map[string]any{"MessageId": id, "Body": body, "ReceiptHandle": "handle of " + id})
		}
		write(w, map[string]any{"MessageId": id})
	case "ReceiveMessage":
		if step == "receive" {
			write(w, map[string]any{"Messages": f.queue})
			return
		}
		n := min(len(f.queue), 2) // fewer than asked for, as SQS does
		write(w, map[string]any{"Messages": f.queue[:n]})
		f.hidden, f.queue = append(f.hidden, f.queue[:n]...), f.queue[n:]
	case "DeleteMessage":
		f.gone = append(f.gone, strings.TrimPrefix(in["ReceiptHandle"].(string), "handle of "))
		write(w, map[string]any{})
	case "ChangeMessageVisibility":
		if in["VisibilityTimeout"] != 0.0 {
			panic("put back later")
		}
		f.put = append(f.put, strings.TrimPrefix(in["ReceiptHandle"].(string), "handle of "))
		write(w, map[string]any{})
	}
}

func write(w io.Writer, value any) {
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err)
	}
}

// start serves f on one port over TLS and, as the endpoints of SQS do, without.
// The environment of the test is one that knows nothing but f.
func (f *fakeAWS) start(t *testing.T) {
	t.Helper()
	certified := httptest.NewTLSServer(nil)
	certified.Close()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(f)
	server.Listener.Close()
	server.Listener = both{inner, certified.TLS, &f.tlsOnly}
	server.Start()
	t.Cleanup(server.Close)
	f.URL = "https://" + inner.Addr().String()

	bundle := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certified.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
}

// both is a listener whose connections are of TLS if they begin so.
type both struct {
	net.Listener
	config  *tls.Config
	tlsOnly *bool // answers what is not TLS with an alert
}

type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

func (l both) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	p := peeked{conn, bufio.NewReader(conn)}
	if first, err := p.r.Peek(1); err == nil && first[0] == 0x16 { // a handshake
		return tls.Server(p, l.config), nil
	}
	if *l.tlsOnly {
		if r, err := http.ReadRequest(p.r); err == nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		_, _ = p.Write([]byte{0x15, 3, 1, 0, 2, 2, 70}) // fatal: protocol version
		p.Close()
	}
	return p, nil
}
