package wire

import (
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

// query is the protocol of STS and IAM: a form, and XML.
// https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
type query struct {
	form  url.Values
	wrong error // with the form
}

// Versions tell the services of the query protocol apart.
var queryServices = map[string]string{"2011-06-15": "sts", "2010-05-08": "iam"}

const sqsVersion = "2012-11-05"

func (p query) Operation() (string, string) {
	return queryServices[p.form.Get("Version")], p.form.Get("Action")
}

// Read sets the fields of an input, but for lists, which no operation of the
// simulation has.
func (p query) Read(in any) error {
	action, version := p.form.Get("Action"), p.form.Get("Version")
	switch {
	case p.wrong != nil:
		return Invalid("MalformedQueryString", "%v", p.wrong)
	case action == "":
		return Invalid("MissingAction", "The request must contain the parameter Action.")
	case version == sqsVersion:
		return Invalid("InvalidAction", "The simulation of AWS speaks the JSON protocol of SQS only, as clients do since November 2023.")
	case queryServices[version] == "":
		return Invalid("InvalidAction", "Could not find operation %s for version %s", action, version)
	}
	for key := range p.form {
		if name, _, isList := strings.Cut(key, "."); isList {
			return Invalid("InvalidAction", "The simulation of AWS does not do %s with %s.", action, name)
		}
	}
	v := reflect.ValueOf(in).Elem()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || !p.form.Has(f.Name) {
			continue
		}
		text := p.form.Get(f.Name)
		switch field := v.Field(i).Addr().Interface().(type) {
		case **string:
			*field = &text
		case **int32:
			n, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return Invalid("MalformedInput", "%s: %v", f.Name, err)
			}
			n32 := int32(n)
			*field = &n32
		}
	}
	return nil
}

func (p query) Write(w http.ResponseWriter, out any) {
	service, action := p.Operation()
	var b strings.Builder
	fmt.Fprintf(&b, `<%sResponse xmlns="https://%s.amazonaws.com/doc/%s/">`, action, service, p.form.Get("Version"))
	writeElement(&b, action+"Result", jsonValue(out))
	fmt.Fprintf(&b, `<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></%sResponse>`, requestID(), action)
	p.send(w, http.StatusOK, b.String())
}

func writeElement(b *strings.Builder, name string, value any) {
	b.WriteString("<" + name + ">")
	switch value := value.(type) {
	case object:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			writeElement(b, key, value[key])
		}
	case []any:
		for _, element := range value {
			writeElement(b, "member", element)
		}
	default:
		_ = xml.EscapeText(b, []byte(fmt.Sprint(value))) // a Builder takes all
	}
	b.WriteString("</" + name + ">")
}

func (p query) Refuse(w http.ResponseWriter, e *Error) {
	var b strings.Builder
	b.WriteString("<ErrorResponse>")
	writeElement(&b, "Error", object{"Code": e.Code, "Message": e.Message, "Type": "Sender"})
	writeElement(&b, "RequestId", requestID())
	b.WriteString("</ErrorResponse>")
	p.send(w, e.Status, b.String())
}

func (p query) send(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // a client that is gone needs no answer
}
