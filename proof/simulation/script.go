package simulation

import (
	"cmp"
	"net/http"

	"example.com/shared-queue/proof/simulation/wire"
)

// An Error is an error that AWS answers.
type Error = wire.Error

// A Request is what somebody asks of AWS, as a script sees it.
type Request struct {
	Caller    Caller // anonymous, if the signature is not valid
	Service   string // like sqs
	Operation string // like SendMessage
	Resource  string // the queue, key, role or policy, as the request names it; empty if it names none
	Secure    bool   // over TLS

	protocol wire.Protocol
	answer   http.HandlerFunc
}

// Script lets f answer in place of the simulation, which answers where f returns
// nil. F must be safe for concurrent use.
func (s *Simulation) Script(f func(Request) http.Handler) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = f
}

// Read reads the request into an input of the SDK, like *sqs.SendMessageInput.
func (r Request) Read(input any) error { return r.protocol.Read(input) }

// Refuse answers with the error, in the protocol that the caller speaks.
func (r Request) Refuse(e Error) http.Handler {
	e.Status = cmp.Or(e.Status, http.StatusBadRequest)
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { r.protocol.Refuse(w, &e) })
}

// Return answers with an output of the SDK, like *sqs.SendMessageOutput.
func (r Request) Return(output any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { r.protocol.Write(w, output) })
}

// Simulated is the simulation's own answer, for a script that does something
// before or after it.
func (r Request) Simulated() http.Handler { return r.answer }

// Lost does what the request asks for, and ends the connection without an answer.
func (r Request) Lost() http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, asked *http.Request) {
		r.answer(wire.Discard(), asked)
		panic(http.ErrAbortHandler)
	})
}

// scripted asks the script, if there is one, who answers.
func (s *Simulation) scripted(r Request) http.Handler {
	s.mu.Lock()
	script := s.script
	s.mu.Unlock()
	if script != nil {
		if h := script(r); h != nil {
			return h
		}
	}
	return r.answer
}

// resourceOf is what the request names, in whichever field its service has.
func resourceOf(p wire.Protocol) string {
	var in struct{ QueueUrl, QueueName, SourceArn, KeyId, TargetKeyId, RoleArn, RoleName, PolicyArn, PolicyId, TargetId, AccountId, Name *string }
	if p.Read(&in) != nil {
		return "" // whoever answers says what is wrong
	}
	if name := cmp.Or(in.QueueUrl, in.QueueName, in.SourceArn, in.KeyId, in.TargetKeyId, in.RoleArn, in.RoleName,
		in.PolicyArn, in.PolicyId, in.TargetId, in.AccountId, in.Name); name != nil {
		return *name
	}
	return ""
}
