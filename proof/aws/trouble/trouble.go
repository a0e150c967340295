// Package trouble says what kept AWS from answering a call, and the cure: what
// the errors of the AWS SDK mean that have nothing to do with what was asked
// for. What a refusal means, only who asked can say.
package trouble

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"example.com/shared-queue/proof/aws/profile"
	"example.com/shared-queue/proof/aws/text"
)

// A Kind is what kind of trouble it is, in one to three words.
type Kind string

// The kinds of trouble.
const (
	NoCredentials  Kind = "no credentials"
	BadCredentials Kind = "bad credentials"
	NoCode         Kind = "no MFA code"
	BadCode        Kind = "wrong MFA code"
	Expired        Kind = "expired token"    // or a sign-in that has ended
	NotAssigned    Kind = "not assigned"     // IAM Identity Center gives the profile's role to somebody else
	NotAssumed     Kind = "role not assumed" // the profile's role may not be assumed
	NotActive      Kind = "account not active"
	WrongRegion    Kind = "wrong region"
	WrongClock     Kind = "wrong clock"
	Throttled      Kind = "throttled"
	Unavailable    Kind = "unavailable"
	NoAnswer       Kind = "no answer"
	NotAWS         Kind = "not AWS"
	Interrupted    Kind = "interrupted"
	TimedOut       Kind = "timed out"
	Refused        Kind = "refused" // by policies; its cure depends on what was asked for
	Other          Kind = "error"   // any other error of AWS, or of the program
)

// A Trouble is one call's. All of it is on one line and harmless to print.
type Trouble struct {
	Kind    Kind
	Service string // that answered with an error, as the SDK names it; empty if none did
	Code    string // of AWS's error, without what protocols put before it
	Message string // AWS's, or what happened in our words
	Cure    string // what to do; empty if none is known
}

// Error is what happened and the cure.
func (t Trouble) Error() string {
	said := t.Message
	switch {
	case t.Kind == Refused:
		said = "AWS refused: " + t.Message
	case t.Code != "":
		said = strings.TrimSuffix("AWS answered "+t.Code+": "+t.Message, ": ")
	}
	if t.Cure == "" {
		return said
	}
	return strings.TrimRight(said, ". ") + "; " + t.Cure
}

// Of reads an error of the AWS SDK or of package profile. Ctx is that of the
// whole run: if it has ended, that is the trouble.
func Of(ctx context.Context, err error) Trouble {
	var api smithy.APIError
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return Trouble{Kind: TimedOut, Message: "the time was up before AWS answered", Cure: "give it more time"}
	case ctx.Err() != nil:
		return Trouble{Kind: Interrupted, Message: "interrupted before AWS answered"}
	case errors.Is(err, profile.ErrNoTerminal):
		return Trouble{Kind: NoCode, Message: profile.ErrNoTerminal.Error(),
			Cure: "run the command in a terminal, or name a profile that needs none"}
	case errors.As(err, &api) && api.ErrorCode() != noMessage: // no error of AWS has this code
		return answered(err, api)
	case errors.Is(err, profile.ErrSignIn):
		return signIn(err)
	}
	return network(err)
}

// noMessage stands in the SDK's errors for a code or a message that is not there.
const noMessage = "UnknownError"

// answered is for an error that a service of AWS gave.
func answered(err error, api smithy.APIError) Trouble {
	t := Trouble{Kind: Other, Service: service(err), Code: Code(api), Message: text.Line(api.ErrorMessage())}
	if t.Message == noMessage {
		t.Message = ""
	}
	for _, a := range answers {
		if a.is(t, errors.Is(err, profile.ErrSignIn)) {
			t.Kind, t.Cure = a.kind, cures[a.kind]
			return t
		}
	}
	if response := (*smithyhttp.ResponseError)(nil); errors.As(err, &response) && response.HTTPStatusCode() >= 500 {
		t.Kind, t.Cure = Unavailable, cures[Unavailable]
	}
	return t
}

// Code is an error's code without the name of the service that protocols put
// before it.
func Code(api smithy.APIError) string {
	c := api.ErrorCode()
	if i := strings.LastIndex(c, "#"); i >= 0 {
		c = c[i+1:]
	}
	return text.Line(strings.TrimPrefix(c, "AWS.SimpleQueueService."))
}

// service is the one that answered: the innermost, as a call that is asked for
// can make others to find credentials.
func service(err error) string {
	name := ""
	for operation := (*smithy.OperationError)(nil); errors.As(err, &operation); err = operation.Err {
		name = operation.ServiceID
	}
	return name
}
