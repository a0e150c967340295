// Package deployed reads from AWS what is in force: queues, their keys, roles, and
// the organization's policies above their accounts. It fills the model that
// templates fill, too. What it could not read is among the world's Unknown, each
// with AWS's reason.
//
// It changes nothing, and asks for no message and no data key.
//
// It cannot see who else the accounts' own policies let in: roles that no policy of
// a queue or a key names and nobody asked for, users, groups, session policies and
// policies of VPC endpoints.
package deployed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"example.com/shared-queue/address"
	"example.com/shared-queue/proof/aws/text"
	"example.com/shared-queue/proof/aws/trouble"
	"example.com/shared-queue/proof/world"
)

// An Ask is what to read, and as whom.
type Ask struct {
	// Queues are read with the dead-letter queues that they have and that they
	// should have, the keys that they use and those of their aliases.
	Queues []address.Queue

	// Roles are the ARNs of roles to read, beside those that the policies name.
	Roles []string

	// Profiles are the configurations of accounts, by their ids.
	Profiles map[string]aws.Config

	// Organization is that of the management account or a delegated administrator.
	// If it is nil, the organization's policies are not looked at.
	Organization *aws.Config

	// Endpoint is asked instead of AWS. It may be empty.
	Endpoint string
}

// Read reads what is in force. What an account without a profile has is unknown. A
// role that is not there is no role of the world, and not unknown.
func Read(ctx context.Context, ask Ask) *world.World {
	r := &reader{Ask: ask, ctx: ctx, world: &world.World{}, documents: map[string]map[string]any{}}
	for _, q := range ask.Queues {
		r.shared(q)
	}
	for _, arn := range r.roles() {
		r.role(arn)
	}
	r.controls()
	return r.world
}

type reader struct {
	Ask
	ctx       context.Context
	world     *world.World
	documents map[string]map[string]any // of managed policies, by ARN
}

// unknown adds what could not be read, once.
func (r *reader) unknown(what string, err error) {
	why := trouble.Of(r.ctx, err).Error()
	if own := (reason{}); errors.As(err, &own) {
		why = own.Error()
	}
	if u := (world.Unknown{What: text.Line(what), Why: why}); !slices.Contains(r.world.Unknown, u) {
		r.world.Unknown = append(r.world.Unknown, u)
	}
}

// A reason is one that AWS did not give.
type reason struct{ error }

func because(format string, values ...any) error { return reason{fmt.Errorf(format, values...)} }

// profile is the configuration for the account.
func (r *reader) profile(account string) (aws.Config, error) {
	config, ok := r.Profiles[account]
	if !ok {
		return config, because("there is no profile of account %s", text.Name(account))
	}
	return config, nil
}

// endpoint goes before that of the environment.
func (r *reader) endpoint(other *string) *string {
	if r.Endpoint != "" {
		return &r.Endpoint
	}
	return other
}

// region is for services with one endpoint for a partition.
func (r *reader) region() string {
	if len(r.Queues) > 0 {
		return string(r.Queues[0].Region)
	}
	return "us-east-1"
}

// document reads a policy.
func document(id, text string) (*world.Policy, error) {
	p := &world.Policy{ID: id}
	if err := json.Unmarshal([]byte(text), &p.Document); err != nil || p.Document == nil {
		return nil, because("AWS gave no JSON object for it")
	}
	return p, nil
}

// encoded is a policy as IAM gives it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
func encoded(id string, text *string) (*world.Policy, error) {
	decoded, err := url.PathUnescape(aws.ToString(text))
	if err != nil {
		return nil, because("AWS gave it in another encoding than RFC 3986")
	}
	return document(id, decoded)
}

// named is a role as policies and grants name it, or a session of one.
var named = regexp.MustCompile(`^arn:(aws[a-z-]*):(?:iam::([0-9]{12}):role/([\w+=,.@/-]+)|sts::([0-9]{12}):assumed-role/([\w+=,.@-]+)/.+)$`)

// user is a user as they name it.
var user = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:user/[\w+=,.@/-]+$`)

// roles are those asked for, and those that policies and grants of queues and keys
// name.
func (r *reader) roles() []string {
	var found []string
	add := func(arn string) {
		if m := named.FindStringSubmatch(arn); m != nil && m[4] != "" {
			arn = "arn:" + m[1] + ":iam::" + m[4] + ":role/" + m[5]
		} else if user.MatchString(arn) {
			r.unknown(arn, because("the policies of users are not read"))
			return
		} else if m == nil {
			return
		}
		found = append(found, arn)
	}
	for _, p := range r.world.Policies() {
		each(p.Document, add)
	}
	for _, k := range r.world.Keys {
		for _, g := range k.Grants {
			add(g.Grantee)
		}
	}
	slices.Sort(found)
	var all []string
	for _, arn := range append(slices.Clone(r.Roles), found...) {
		if !slices.Contains(all, arn) {
			all = append(all, arn)
		}
	}
	return all
}

// each calls f with every text in a value of JSON.
func each(value any, f func(string)) {
	switch value := value.(type) {
	case string:
		f(value)
	case []any:
		for _, v := range value {
			each(v, f)
		}
	case map[string]any:
		for _, v := range value {
			each(v, f)
		}
	}
}
