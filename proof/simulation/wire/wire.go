package wire

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

type object = map[string]any

// A Protocol is how a request and its answer are written. The types of the SDK
// are the shapes of both: their fields have the names that AWS has on the wire.
type Protocol interface {
	// Operation is what is asked for. The service is empty where the signature alone has it.
	Operation() (service, name string)
	// Read reads the request into an input of the SDK, or some other struct with the
	// names of its fields.
	Read(in any) error
	// Write answers with an output of the SDK.
	Write(w http.ResponseWriter, out any)
	Refuse(w http.ResponseWriter, e *Error)
}

// Of tells the protocols apart, as the services do.
func Of(r *http.Request, body []byte) Protocol {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, name, _ := strings.Cut(target, ".")
		return jsonProtocol{services[prefix], name, body}
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		return restProtocol{r.URL.Path, body}
	}
	text := string(body)
	if r.Method == http.MethodGet {
		text = r.URL.RawQuery
	}
	form, err := url.ParseQuery(text)
	return query{form, err}
}

// services are the names that the targets of AWS JSON have for them.
var services = map[string]string{"AmazonSQS": "sqs", "TrentService": "kms", "AWSOrganizationsV20161128": "organizations", "AmazonSSM": "ssm"}

// jsonProtocol is AWS JSON 1.0 of SQS and 1.1 of the others.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
type jsonProtocol struct {
	service, name string
	body          []byte
}

func (p jsonProtocol) Operation() (string, string) { return p.service, p.name }

func (p jsonProtocol) Read(in any) error { return readJSON(p.body, in) }

func (p jsonProtocol) Write(w http.ResponseWriter, out any) { p.send(w, http.StatusOK, jsonValue(out)) }

func (p jsonProtocol) Refuse(w http.ResponseWriter, e *Error) {
	if p.service == "sqs" {
		// SQS gives the code of its query protocol in a header.
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
		w.Header().Set("x-amzn-query-error", e.Code+";Sender")
	}
	p.send(w, e.Status, object{"__type": e.shape(p.service), "message": e.Message})
}

func (p jsonProtocol) send(w http.ResponseWriter, status int, value any) {
	version := "1.1"
	if p.service == "sqs" {
		version = "1.0"
	}
	sendJSON(w, "application/x-amz-json-"+version, status, value)
}

// restProtocol is REST with JSON, of services that only scripts answer for.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
type restProtocol struct {
	path string
	body []byte
}

func (p restProtocol) Operation() (string, string) { return "", p.path } // the signature has the service

func (p restProtocol) Read(in any) error { return readJSON(p.body, in) }

func (p restProtocol) Write(w http.ResponseWriter, out any) {
	sendJSON(w, "application/json", http.StatusOK, lowered(jsonValue(out)))
}

func (p restProtocol) Refuse(w http.ResponseWriter, e *Error) {
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	sendJSON(w, "application/json", e.Status, object{"message": e.Message})
}

func readJSON(body []byte, in any) error {
	if len(body) == 0 {
		return nil
	}
	if err := json.Unmarshal(body, in); err != nil {
		return Invalid("MalformedInput", "%v", err)
	}
	return nil
}

func sendJSON(w http.ResponseWriter, kind string, status int, value any) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("x-amzn-RequestId", requestID())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that is gone needs no answer
}

// jsonValue is an output of the SDK as JSON has it: without what is nil, and without
// what only the SDK knows.
func jsonValue(out any) any {
	text, err := json.Marshal(out)
	if err != nil {
		return object{}
	}
	var value any
	_ = json.Unmarshal(text, &value) // just written
	return withoutNil(value)
}

func withoutNil(value any) any {
	switch value := value.(type) {
	case object:
		for name, v := range value {
			if value[name] = withoutNil(v); value[name] == nil || name == "ResultMetadata" || value[name] == "" {
				delete(value, name)
			}
		}
	case []any:
		for i, v := range value {
			value[i] = withoutNil(v)
		}
	}
	return value
}

// lowered is the value with names in lower camel case, as REST with JSON has them.
func lowered(value any) any {
	switch value := value.(type) {
	case object:
		small := object{}
		for name, v := range value {
			first, size := utf8.DecodeRuneInString(name)
			small[string(unicode.ToLower(first))+name[size:]] = lowered(v)
		}
		return small
	case []any:
		for i, v := range value {
			value[i] = lowered(v)
		}
	}
	return value
}

// Discard is a writer for an answer that is lost.
func Discard() http.ResponseWriter { return discard{http.Header{}} }

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func requestID() string { return rand.Text() }
