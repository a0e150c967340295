package prove

import (
	"bufio"
	"crypto/tls"
	"encoding/json"
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

	"example.com/shared-queue/proof/simulation"
)

// What the fake AWS gives out and must not be seen again.
const (
	roleSecret = "role/Secret+Key0000000000000000000000000"
	roleToken  = "FwoGZXIvYXdzEJr//role+session/token=="
	envSecret  = "profile/Secret+Key00000000000000000000000"
)

// The fake knows who calls by the key that signs.
const (
	callerKey   = "AKIACALLER0000000000" // alice, who may assume the role
	roleKey     = "ASIAROLE000000000000" // web, who has it
	insiderKey  = "AKIAINSIDER000000000" // ingrid, all-powerful in the OU
	siblingKey  = "AKIASIBLING000000000" // mallory, of another OU of the organization
	foreignKey  = "AKIAFOREIGN000000000" // eve, of another organization
	consumerKey = "AKIACONSUMER00000000" // carol
	managerKey  = "AKIAMANAGER000000000" // mia, of the management account
)

var people = map[string]struct{ name, arn string }{
	callerKey:   {"caller", "arn:aws:iam::222222222222:user/alice"},
	roleKey:     {"caller", "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/lambda"},
	insiderKey:  {"insider", "arn:aws:iam::666666666666:user/ingrid"},
	siblingKey:  {"outsider mallory", "arn:aws:iam::999999999999:user/mallory"},
	foreignKey:  {"outsider eve", "arn:aws:iam::888888888888:user/eve"},
	consumerKey: {"consumer", "arn:aws:iam::111111111111:user/carol"},
	managerKey:  {"organization", "arn:aws:iam::777777777777:user/mia"},
}

const (
	roleSession    = "arn:aws:sts::222222222222:assumed-role/shared-app-publisher/prove"
	organizationID = "o-abc1234567"
	senders        = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"
	ownQueue       = "https://sqs.us-east-1.amazonaws.com/888888888888/mine"
)

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
	bare    bool // SQS gives the codes of the JSON protocol only, as some emulators do

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

const (
	keyMaybeNotThere = "User: " + roleSession + " is not authorized to perform: kms:Decrypt on this resource because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"
	noReason         = "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."
)

// asDeployed is what AWS refuses where the stacks are deployed.
var asDeployed = map[string]reply{
	"receive":                            {code: "AccessDenied", message: byIdentity("sqs:receivemessage")},
	"generate data key":                  {code: "AccessDeniedException", message: byIdentity("kms:GenerateDataKey")},
	"decrypt":                            {code: "AccessDeniedException", message: byIdentity("kms:Decrypt")},
	"send over plain HTTP":               {code: "AccessDenied", message: byDeny("sqs:sendmessage")},
	"send to prod":                       {code: "AccessDenied", message: byIdentity("sqs:sendmessage")},
	"receive as insider":                 {code: "AccessDenied", message: byResource("sqs:receivemessage")},
	"delete as insider":                  {code: "AccessDenied", message: byResource("sqs:deletemessage")},
	"send a dead letter as insider":      {code: "AccessDenied", message: byResource("sqs:sendmessage")},
	"receive dead letters as insider":    {code: "AccessDenied", message: byResource("sqs:receivemessage")},
	"generate data key as insider":       {code: "AccessDeniedException", message: byResource("kms:GenerateDataKey")},
	"decrypt as insider":                 {code: "AccessDeniedException", message: keyMaybeNotThere},
	"encrypt as insider":                 {code: "AccessDeniedException", message: byResource("kms:Encrypt")},
	"use the key through SSM as insider": {code: "AccessDeniedException", message: byResource("kms:Encrypt")},
	"send to prod as insider":            {code: "KMS.AccessDeniedException", message: byResource("kms:GenerateDataKey")},
	"send as outsider mallory":           {code: "KMS.AccessDeniedException", message: byResource("kms:GenerateDataKey")},
	"send as outsider eve":               {code: "AccessDenied", message: noReason},
}

var credential = regexp.MustCompile(`Credential=([A-Z0-9]+)/`)

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	who := ""
	if m := credential.FindStringSubmatch(r.Header.Get("Authorization")); m != nil {
		who = m[1]
	}
	service, operation, in := "", "", map[string]any{}
	switch target := r.Header.Get("X-Amz-Target"); {
	case target != "":
		service, operation, _ = strings.Cut(target, ".")
	case strings.HasPrefix(r.URL.Path, "/policy/"):
		service, operation = "AccessAnalyzer", strings.TrimPrefix(r.URL.Path, "/policy/")
	default:
		form, _ := url.ParseQuery(string(body))
		service, operation = "STS", form.Get("Action")
	}
	if service != "STS" {
		if err := json.Unmarshal(body, &in); err != nil {
			panic(err)
		}
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
		answer.refuse(w, service, f.bare)
	case service == "STS":
		f.sts(w, operation, who, answer)
	case service == "AmazonSQS":
		f.sqs(w, operation, step, in, answer)
	case service == "AWSOrganizationsV20161128":
		f.organizations(w, operation, who, in, answer)
	case service == "AccessAnalyzer":
		f.accessAnalyzer(w, operation, answer)
	default:
		write(w, map[string]any{"KeyId": in["KeyId"], "Plaintext": "c2VjcmV0", "CiphertextBlob": "c2VjcmV0"})
	}
}

func (f *fakeAWS) step(who, operation string, in map[string]any, secure bool) string {
	queue, _ := in["QueueUrl"].(string)
	as := ""
	switch who {
	case insiderKey, siblingKey, foreignKey:
		as = " as " + people[who].name
	}
	switch operation {
	case "GetCallerIdentity":
		return people[who].name
	case "AssumeRole":
		return "role"
	case "GenerateDataKey":
		return "generate data key" + as
	case "Decrypt", "Encrypt":
		return strings.ToLower(operation) + as
	case "PutParameter":
		return "use the key through SSM" + as
	case "ReceiveMessage":
		switch {
		case who == consumerKey:
			return "receive as consumer"
		case strings.Contains(queue, "-dlq"):
			return "receive dead letters" + as
		}
		return "receive" + as
	case "DeleteMessage":
		return "delete" + as
	case "ChangeMessageVisibility":
		return "put back"
	case "SendMessage":
	default:
		return operation + as
	}
	switch {
	case !secure && strings.HasPrefix(f.URL, "https:"):
		return "send over plain HTTP"
	case strings.Contains(queue, "333333333333"):
		return "send to prod" + as
	case strings.Contains(queue, "-dlq"):
		return "send a dead letter" + as
	case queue == ownQueue:
		return "send to its own queue"
	}
	return "send" + as
}

func (r reply) refuse(w http.ResponseWriter, service string, bare bool) {
	status := r.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	switch service {
	case "STS": // the query protocol
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>1</RequestId></ErrorResponse>`, r.code, r.message)
	case "AmazonSQS": // the JSON protocol, with the code of the query protocol in a header
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
		if !bare {
			w.Header().Set("x-amzn-query-error", r.code+";Sender")
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		w.WriteHeader(status)
		write(w, map[string]any{"__type": sqsType(r.code), "message": r.message})
	case "AccessAnalyzer": // REST
		w.Header().Set("X-Amzn-ErrorType", r.code)
		w.WriteHeader(status)
		write(w, map[string]any{"message": r.message})
	default:
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		write(w, map[string]any{"__type": r.code, "Message": r.message})
	}
}

// sqsType is the error's shape in SQS's model; what the model does not have is
// the framework's.
func sqsType(code string) string {
	shape := map[string]string{
		"KMS.AccessDeniedException":               "KmsAccessDenied",
		"KMS.DisabledException":                   "KmsDisabled",
		"KMS.InvalidStateException":               "KmsInvalidState",
		"KMS.NotFoundException":                   "KmsNotFound",
		"KMS.OptInRequired":                       "KmsOptInRequired",
		"KMS.ThrottlingException":                 "KmsThrottled",
		"AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
	}[code]
	switch {
	case shape != "":
		return "com.amazonaws.sqs#" + shape
	case code == "AccessDenied":
		return "com.amazon.coral.service#AccessDeniedException"
	}
	return "com.amazonaws.sqs#" + code
}

func (f *fakeAWS) sts(w http.ResponseWriter, operation, who string, answer reply) {
	if operation == "AssumeRole" {
		fmt.Fprintf(w, `<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>%s</Arn><AssumedRoleId>x:prove</AssumedRoleId></AssumedRoleUser><Credentials><AccessKeyId>%s</AccessKeyId><SecretAccessKey>%s</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
			roleSession, roleKey, roleSecret, roleToken)
		return
	}
	arn := people[who].arn
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
		if queue := in["QueueUrl"].(string); strings.Contains(queue, "111111111111") && !strings.Contains(queue, "-dlq") {
			body := in["MessageBody"]
			if answer.values["body"] != "" {
				body = answer.values["body"]
			}
			f.queue = append(f.queue, map[string]any{"MessageId": id, "Body": body, "ReceiptHandle": "handle of " + id})
		}
		write(w, map[string]any{"MessageId": id})
	case "ReceiveMessage":
		if step != "receive as consumer" {
			write(w, map[string]any{"Messages": f.queue})
			return
		}
		n := min(len(f.queue), 2) // fewer than asked for, as SQS does
		write(w, map[string]any{"Messages": f.queue[:n]})
		f.hidden, f.queue = append(f.hidden, f.queue[:n]...), f.queue[n:]
	case "DeleteMessage":
		if id, ok := strings.CutPrefix(in["ReceiptHandle"].(string), "handle of "); ok {
			f.gone = append(f.gone, id)
		}
		write(w, map[string]any{})
	case "ChangeMessageVisibility":
		if in["VisibilityTimeout"] != 0.0 {
			panic("put back later")
		}
		f.put = append(f.put, strings.TrimPrefix(in["ReceiptHandle"].(string), "handle of "))
		write(w, map[string]any{})
	}
}

// organizations answers as the organization of the settings would: eve is of
// another one, and only mia may look things up.
func (f *fakeAWS) organizations(w http.ResponseWriter, operation, who string, in map[string]any, answer reply) {
	id := organizationID
	if who == foreignKey {
		id = "o-zzzzzzzzzz"
	}
	if answer.values["id"] != "" {
		id = answer.values["id"]
	}
	path := senders
	switch in["AccountId"] {
	case "888888888888":
		reply{code: "AccountNotFoundException", message: "You specified an account that doesn't exist."}.refuse(w, "", false)
		return
	case "999999999999":
		path = "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd"
	case "111111111111":
		path = "o-abc1234567/r-wxyz"
	}
	if answer.values["path"] != "" {
		path = answer.values["path"]
	}
	switch operation {
	case "DescribeOrganization":
		write(w, map[string]any{"Organization": map[string]any{"Id": id}})
	case "DescribeOrganizationalUnit":
		write(w, map[string]any{"OrganizationalUnit": map[string]any{"Id": in["OrganizationalUnitId"], "Name": "Dev", "Path": strings.TrimPrefix(path+"/", "none/")}})
	case "DescribeAccount":
		write(w, map[string]any{"Account": map[string]any{"Id": in["AccountId"], "Paths": []string{fmt.Sprintf("%s/%s/", path, in["AccountId"])}}})
	}
}

func (f *fakeAWS) accessAnalyzer(w http.ResponseWriter, operation string, answer reply) {
	if operation == "validation" {
		findings := []any{}
		if kind := answer.values["finding"]; kind != "" {
			findings = append(findings, map[string]any{"findingType": kind, "issueCode": "SOME_ISSUE", "findingDetails": "Look here.", "learnMoreLink": "x", "locations": []any{}})
		}
		write(w, map[string]any{"findings": findings})
		return
	}
	result := "PASS"
	if answer.values["result"] != "" {
		result = answer.values["result"]
	}
	write(w, map[string]any{"result": result, "reasons": []any{map[string]any{"description": "Anybody may.", "statementId": "SendersSendMessages"}}})
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
	config, certificate, err := simulation.NewCertificate()
	if err != nil {
		t.Fatal(err)
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(f)
	server.Listener.Close()
	server.Listener = both{inner, config, &f.tlsOnly}
	server.Start()
	t.Cleanup(server.Close)
	f.URL = "https://" + inner.Addr().String()

	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
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
