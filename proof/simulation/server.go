package simulation

import (
	"errors"
	"io"
	"net/http"
	"strings"

	"example.com/shared-queue/address"
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
	"sqs.ChangeMessageVisibility":        on((*call).changeVisibility),
	"sqs.ChangeMessageVisibilityBatch":   on((*call).changeVisibilityBatch),
	"sqs.DeleteMessage":                  on((*call).deleteMessage),
	"sqs.DeleteMessageBatch":             on((*call).deleteMessageBatch),
	"sqs.GetQueueAttributes":             on((*call).getQueueAttributes),
	"sqs.GetQueueUrl":                    on((*call).getQueueURL),
	"sqs.PurgeQueue":                     on((*call).purgeQueue),
	"sqs.ReceiveMessage":                 on((*call).receiveMessage),
	"sqs.SendMessage":                    on((*call).sendMessage),
	"sqs.SendMessageBatch":               on((*call).sendMessageBatch),
	"sqs.StartMessageMoveTask":           on((*call).startMessageMoveTask),
	"kms.Decrypt":                        on((*call).decrypt),
	"kms.DescribeKey":                    on((*call).describeKey),
	"kms.Encrypt":                        on((*call).encrypt),
	"kms.GenerateDataKey":                on((*call).generateDataKey),
	"organizations.DescribeOrganization": on((*call).describeOrganization),
	"ssm.DeleteParameter":                on((*call).deleteParameter),
	"ssm.PutParameter":                   on((*call).putParameter),
	"sts.AssumeRole":                     on((*call).assumeRole),
	"sts.GetCallerIdentity":              on((*call).getCallerIdentity),
}

// other decides a request that the simulation cannot do.
func other(service, name string) operation {
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
		return nil, &apiError{code: "AWS.SimpleQueueService.UnsupportedOperation", kind: sqsKind + "UnsupportedOperation",
			message: "The simulation of AWS does not do " + service + ":" + name + "."}
	})
}

// services are the names that protocols have for them.
var services = map[string]string{"AmazonSQS": "sqs", "TrentService": "kms", "AWSOrganizationsV20161128": "organizations", "AmazonSSM": "ssm"}

const maxBody = 2 * maxMessage

// ServeHTTP answers a request of any of the services.
func (s *Simulation) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	p, err := protocolOf(r, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	out, err := s.answer(r, body, p)
	if err == nil {
		p.write(w, out)
		return
	}
	refused := (*apiError)(nil)
	if !errors.As(err, &refused) {
		refused = &apiError{code: "InternalFailure", message: err.Error(), status: http.StatusInternalServerError}
	}
	if refused.status == 0 {
		refused.status = http.StatusBadRequest
	}
	p.refuse(w, refused)
}

func (s *Simulation) answer(r *http.Request, body []byte, p protocol) (any, error) {
	who, sig, err := s.signer(r, body)
	if err != nil {
		return nil, err
	}
	service, name := p.operation()
	if service == "" {
		service = sig.service
	}
	if sig.service != "" && sig.service != service {
		return nil, &apiError{code: "SignatureDoesNotMatch", kind: coral + "InvalidSignatureException", status: http.StatusForbidden,
			message: "Credential should be scoped to correct service: '" + service + "'."}
	}
	do, ok := operations[service+"."+name]
	if !ok {
		do = other(service, name)
	}
	c := &call{Simulation: s, world: s.deployed(), ctx: r.Context(), caller: who, region: address.Region(sig.region), secure: r.TLS != nil}
	return do(c, p.read)
}

// protocolOf tells the JSON protocol of SQS and KMS from the query protocol of
// STS and older clients of SQS.
func protocolOf(r *http.Request, body []byte) (protocol, error) {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		prefix, name, _ := strings.Cut(target, ".")
		return jsonProtocol{services[prefix], name, body}, nil
	}
	return newQuery(r, body)
}
