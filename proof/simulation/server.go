package simulation

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/simulation/queue"
	"example.com/shared-queue/proof/simulation/wire"
)

// An operation answers one kind of request. Read reads its input.
type operation func(c *call, read func(in any) error) (out any, err error)

func on[In, Out any](f func(*call, *In) (*Out, error)) operation {
	return func(c *call, read func(any) error) (any, error) {
		in := new(In)
		if err := read(in); err != nil {
			return nil, err
		}
		return f(c, in)
	}
}

// operations are all that the simulation does, by service and name.
var operations = map[string]operation{
	"iam.GetPolicy":                            on((*call).getPolicy),
	"iam.GetPolicyVersion":                     on((*call).getPolicyVersion),
	"iam.GetRole":                              on((*call).getRole),
	"iam.GetRolePolicy":                        on((*call).getRolePolicy),
	"iam.ListAttachedRolePolicies":             on((*call).listAttachedRolePolicies),
	"iam.ListRolePolicies":                     on((*call).listRolePolicies),
	"kms.Decrypt":                              on((*call).decrypt),
	"kms.DescribeKey":                          on((*call).describeKey),
	"kms.Encrypt":                              on((*call).encrypt),
	"kms.GenerateDataKey":                      on((*call).generateDataKey),
	"kms.GetKeyPolicy":                         on((*call).getKeyPolicy),
	"kms.ListAliases":                          on((*call).listAliases),
	"kms.ListGrants":                           on((*call).listGrants),
	"kms.ListKeyPolicies":                      on((*call).listKeyPolicies),
	"organizations.DescribeAccount":            on((*call).describeAccount),
	"organizations.DescribeOrganization":       on((*call).describeOrganization),
	"organizations.DescribeOrganizationalUnit": on((*call).describeOrganizationalUnit),
	"organizations.DescribePolicy":             on((*call).describePolicy),
	"organizations.ListParents":                on((*call).listParents),
	"organizations.ListPoliciesForTarget":      on((*call).listPoliciesForTarget),
	"sqs.ChangeMessageVisibility":              on((*call).changeVisibility),
	"sqs.ChangeMessageVisibilityBatch":         on((*call).changeVisibilityBatch),
	"sqs.DeleteMessage":                        on((*call).deleteMessage),
	"sqs.DeleteMessageBatch":                   on((*call).deleteMessageBatch),
	"sqs.GetQueueAttributes":                   on((*call).getQueueAttributes),
	"sqs.GetQueueUrl":                          on((*call).getQueueURL),
	"sqs.PurgeQueue":                           on((*call).purgeQueue),
	"sqs.ReceiveMessage":                       on((*call).receiveMessage),
	"sqs.SendMessage":                          on((*call).sendMessage),
	"sqs.SendMessageBatch":                     on((*call).sendMessageBatch),
	"sqs.StartMessageMoveTask":                 on((*call).startMessageMoveTask),
	"ssm.DeleteParameter":                      on((*call).deleteParameter),
	"ssm.PutParameter":                         on((*call).putParameter),
	"sts.AssumeRole":                           on((*call).assumeRole),
	"sts.GetCallerIdentity":                    on((*call).getCallerIdentity),
}

// unsupported decides a request that the simulation cannot do.
func unsupported(service, name string) operation {
	type input struct{ QueueUrl, KeyId *string }
	return on(func(c *call, in *input) (*struct{}, error) {
		var err error
		switch {
		case in.QueueUrl != nil:
			_, err = c.queue(in.QueueUrl, service+":"+name)
		case in.KeyId != nil:
			_, err = c.key(in.KeyId, service+":"+name, nil)
		}
		if err != nil {
			return nil, err
		}
		code := "InvalidAction"
		if service == "sqs" {
			code = wire.SimpleQueueService + "UnsupportedOperation"
		}
		return nil, wire.Invalid(code, "The simulation of AWS does not do %s:%s.", service, name)
	})
}

// maxBody is room for the largest message, each letter of which may be written as six,
// like \u000a, and for what goes with it.
const maxBody = 6*queue.MaxMessage + 1<<20

// ServeHTTP answers a request of any of the services.
func (s *Simulation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, refused := s.readBody(w, r)
	p := wire.Of(r, body)
	if refused != nil {
		w.Header().Set("Connection", "close") // the rest of it is not read
		p.Refuse(w, refused)
		return
	}
	c, sig, unsigned := s.signer(r, body)
	service, name := p.Operation()
	service = cmp.Or(service, sig.Service)
	answer := func(w http.ResponseWriter, r *http.Request) {
		var out any
		err := unsigned
		if err == nil {
			out, err = s.answer(&call{Simulation: s, world: s.deployed(), ctx: r.Context(), caller: c, region: address.Region(sig.Region),
				secure: r.TLS != nil}, p, service, name, sig)
		}
		if err == nil {
			p.Write(w, out)
			return
		}
		p.Refuse(w, wire.AsError(err))
	}
	s.scripted(Request{Caller: c, Service: service, Operation: name, Resource: resourceOf(p), Secure: r.TLS != nil,
		protocol: p, answer: answer}).ServeHTTP(w, r)
}

// readBody waits for the body as long as a client on this machine may need.
func (s *Simulation) readBody(w http.ResponseWriter, r *http.Request) ([]byte, *wire.Error) {
	tooLarge := &wire.Error{Code: "RequestEntityTooLarge", Status: http.StatusRequestEntityTooLarge,
		Message: fmt.Sprintf("HTTP content length exceeded %d bytes.", maxBody)}
	if r.ContentLength > maxBody {
		return nil, tooLarge
	}
	connection := http.NewResponseController(w)
	_ = connection.SetReadDeadline(time.Now().Add(s.bodyTimeout)) // a server's writer can
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	large := (*http.MaxBytesError)(nil)
	switch {
	case errors.As(err, &large):
		return nil, tooLarge
	case err != nil:
		return nil, &wire.Error{Code: "RequestTimeout", Status: http.StatusRequestTimeout,
			Message: fmt.Sprintf("The body of the request did not arrive within %v.", s.bodyTimeout)}
	case !utf8.Valid(body):
		return nil, &wire.Error{Code: "MalformedInput", Status: http.StatusBadRequest, Message: "The body of the request is not UTF-8."}
	}
	_ = connection.SetReadDeadline(time.Time{}) // else it stays, as what follows is not waited for
	return body, nil
}

func (s *Simulation) answer(c *call, p wire.Protocol, service, name string, sig wire.Signature) (any, error) {
	if sig.Service != "" && sig.Service != service {
		return nil, &wire.Error{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden,
			Message: "Credential should be scoped to correct service: '" + service + "'."}
	}
	do, ok := operations[service+"."+name]
	if !ok {
		do = unsupported(service, name)
	}
	return do(c, p.Read)
}
