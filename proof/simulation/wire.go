package simulation

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// A protocol is how a request and its answer are written. The types of the SDK
// are the shapes of both: their fields have the names that AWS has on the wire.
type protocol interface {
	operation() (service, name string)
	read(in any) error
	write(w http.ResponseWriter, out any)
	refuse(w http.ResponseWriter, e *apiError)
}

// jsonProtocol is AWS JSON 1.0 of SQS and 1.1 of KMS.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
type jsonProtocol struct {
	service, name string
	body          []byte
}

func (p jsonProtocol) operation() (string, string) { return p.service, p.name }

func (p jsonProtocol) read(in any) error {
	if err := json.Unmarshal(p.body, in); err != nil {
		return &apiError{code: "MalformedInput", kind: coral + "SerializationException", message: err.Error()}
	}
	return nil
}

func (p jsonProtocol) write(w http.ResponseWriter, out any) {
	p.send(w, http.StatusOK, plain(out))
}

func (p jsonProtocol) refuse(w http.ResponseWriter, e *apiError) {
	kind := e.kind
	if kind == "" {
		kind = e.code
	}
	if p.service == "sqs" {
		// SQS gives the code of its old protocol in a header.
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-json-faqs.html
		w.Header().Set("x-amzn-query-error", e.code+";Sender")
	}
	p.send(w, e.status, object{"__type": kind, "message": e.message})
}

func (p jsonProtocol) send(w http.ResponseWriter, status int, value any) {
	version := map[string]string{"sqs": "1.0"}[p.service]
	if version == "" {
		version = "1.1"
	}
	w.Header().Set("Content-Type", "application/x-amz-json-"+version)
	w.Header().Set("x-amzn-RequestId", newID())
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // a client that is gone needs no answer
}

// plain is an output of the SDK as JSON has it: without what is nil, and without
// what only the SDK knows.
func plain(out any) any {
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

// query is the protocol of STS and of older clients of SQS: a form, and XML.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type query struct {
	service string
	form    url.Values
}

// Versions tell the services apart where nobody signs for one.
const (
	stsVersion = "2011-06-15"
	sqsVersion = "2012-11-05"
)

func newQuery(r *http.Request, body []byte) (query, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return query{}, err
	}
	maps.Copy(form, r.URL.Query())
	if form.Get("QueueUrl") == "" && len(r.URL.Path) > 1 {
		form.Set("QueueUrl", r.URL.Path) // it was sent to the queue itself
	}
	service := "sqs"
	if form.Get("Version") == stsVersion {
		service = "sts"
	}
	return query{service, form}, nil
}

func (p query) operation() (string, string) { return p.service, p.form.Get("Action") }

func (p query) read(in any) error {
	return p.fill(reflect.ValueOf(in).Elem(), "")
}

// singular is what one element of a list or map is called in a form and in XML.
var singular = map[string]string{
	"Attributes":                  "Attribute",
	"AttributeNames":              "AttributeName",
	"MessageAttributes":           "MessageAttribute",
	"MessageAttributeNames":       "MessageAttributeName",
	"MessageSystemAttributes":     "MessageSystemAttribute",
	"MessageSystemAttributeNames": "MessageSystemAttributeName",
	"Messages":                    "Message",
}

// fill sets the fields of a value from the form, where their names begin with
// the prefix.
func (p query) fill(v reflect.Value, prefix string) error {
	text, given := p.form.Get(prefix), p.form.Has(prefix)
	switch v.Kind() {
	case reflect.Pointer:
		if !given {
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		return p.fill(v.Elem(), prefix)
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if err := p.fill(v.Field(i), join(prefix, p.element(field.Name))); err != nil {
				return err
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			bytes, err := base64.StdEncoding.DecodeString(text)
			if given {
				v.SetBytes(bytes)
			}
			return p.wrong(prefix, err)
		}
		for i := 1; p.has(join(prefix, strconv.Itoa(i))); i++ {
			element := reflect.New(v.Type().Elem()).Elem()
			if err := p.fill(element, join(prefix, strconv.Itoa(i))); err != nil {
				return err
			}
			v.Set(reflect.Append(v, element))
		}
	case reflect.Map:
		for i := 1; p.has(join(prefix, strconv.Itoa(i))); i++ {
			at := join(prefix, strconv.Itoa(i))
			element := reflect.New(v.Type().Elem()).Elem()
			if err := p.fill(element, join(at, "Value")); err != nil {
				return err
			}
			if v.IsNil() {
				v.Set(reflect.MakeMap(v.Type()))
			}
			v.SetMapIndex(reflect.ValueOf(p.form.Get(join(at, "Name"))), element)
		}
	case reflect.String:
		v.SetString(text)
	case reflect.Int32:
		if !given {
			return nil
		}
		n, err := strconv.ParseInt(text, 10, 32)
		v.SetInt(n)
		return p.wrong(prefix, err)
	case reflect.Bool:
		v.SetBool(text == "true")
	}
	return nil
}

func (p query) wrong(name string, err error) error {
	if err == nil {
		return nil
	}
	return invalid("MalformedInput", "%s: %v", name, err)
}

func (p query) element(field string) string {
	if field == "Entries" {
		return p.form.Get("Action") + "RequestEntry"
	}
	if name, ok := singular[field]; ok {
		return name
	}
	return field
}

func join(prefix, name string) string {
	if prefix == "" {
		return name
	}
	return prefix + "." + name
}

// has reports whether the form has the name or one that goes on after it.
func (p query) has(name string) bool {
	for key := range p.form {
		if key == name || strings.HasPrefix(key, name+".") {
			return true
		}
	}
	return false
}

func (p query) write(w http.ResponseWriter, out any) {
	action, version, host := p.form.Get("Action"), sqsVersion, "http://queue.amazonaws.com"
	if p.service == "sts" {
		version, host = stsVersion, "https://sts.amazonaws.com"
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<%sResponse xmlns="%s/doc/%s/">`, action, host, version)
	p.put(&b, action+"Result", plain(out))
	fmt.Fprintf(&b, `<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`, newID(), action)
	p.send(w, http.StatusOK, b.String())
}

func (p query) put(b *strings.Builder, name string, value any) {
	switch value := value.(type) {
	case object:
		pairs, isMap := singular[name]
		if !isMap {
			b.WriteString("<" + name + ">")
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if !isMap {
				p.put(b, key, value[key])
				continue
			}
			b.WriteString("<" + pairs + ">")
			p.put(b, "Name", key)
			p.put(b, "Value", value[key])
			b.WriteString("</" + pairs + ">")
		}
		if !isMap {
			b.WriteString("</" + name + ">")
		}
	case []any:
		one := map[string]string{"Messages": "Message", "Successful": p.form.Get("Action") + "ResultEntry", "Failed": "BatchResultErrorEntry"}[name]
		for _, element := range value {
			p.put(b, one, element)
		}
	default:
		b.WriteString("<" + name + ">")
		_ = xml.EscapeText(b, []byte(fmt.Sprint(value))) // a Builder takes all
		b.WriteString("</" + name + ">")
	}
}

func (p query) refuse(w http.ResponseWriter, e *apiError) {
	var b strings.Builder
	b.WriteString("<ErrorResponse><Error><Type>Sender</Type>")
	p.put(&b, "Code", e.code)
	p.put(&b, "Message", e.message)
	fmt.Fprintf(&b, "</Error><RequestId>%s</RequestId></ErrorResponse>", newID())
	p.send(w, e.status, b.String())
}

func (p query) send(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a client that is gone needs no answer
}
