package shared

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/cdk"
	"example.com/shared-queue/internal/problem"
	"example.com/shared-queue/policy"
	"example.com/shared-queue/spec"
)

// A Key is a customer-managed KMS key that several shared queues of one stack have
// together, each with its dead-letter queue: Key of [QueueProps].
//
// Each queue adds statements of its own to the key's policy, for its senders and
// for itself: a sender of one queue is no sender of another. Each queue has an alias
// of its own too, by which senders' policies name the key, so that it can move to
// another key without them. By default an account allows a key 50 aliases:
// synthesis says so if there are more.
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
//
// A key that exists outside of the stack cannot be shared: what its policy lets
// others do is not known, and nothing can be added to it.
type Key struct {
	constructs.Construct
	Key awskms.Key

	inUse spec.KeyInUse
}

// KeyProps are the properties of a key for several queues. For all fields, nil or the
// zero value means the default.
type KeyProps struct {
	// RemovalPolicy is what happens to the key when it leaves the stack: Retain or
	// Destroy. With Destroy all of its queues have that too, as messages that stay could
	// not be read. Default: Retain.
	RemovalPolicy RemovalPolicy

	// KeyPendingWindow is how many days a deleted key can still be restored: 7 to 30.
	// Default: 30.
	KeyPendingWindow *int
}

// NewKey adds a key for several queues to the scope, whose stack must have an
// explicit account and Region. Before a queue has it, only the account's own IAM
// policies let anybody use it. The error has a line for each wrong property; nothing
// is built then.
func NewKey(scope constructs.Construct, id string, props *KeyProps) (*Key, error) {
	if props == nil {
		props = &KeyProps{}
	}
	account, region, err := cdk.Env(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, fmt.Errorf("key %s: %w", id, err)
	}
	key := spec.Key(*props)
	if err := key.Check(); err != nil {
		return nil, fmt.Errorf("key %s: %w", id, err)
	}
	k := &Key{inUse: spec.KeyInUse{Key: key, Account: account, Region: region}}
	constructs.NewConstruct_Override(k, scope, &id)
	k.Key = newKey(k, "Encrypts shared queues and their dead-letter queues", props.KeyPendingWindow, removalOf(key.WithDefaults().RemovalPolicy))
	return k, nil
}

// newKey adds a key with the policy that CDK gives it, with which the account
// administers it.
func newKey(scope constructs.Construct, description string, window *int, removal awscdk.RemovalPolicy) awskms.Key {
	return awskms.NewKey(scope, jsii.String("Key"), &awskms.KeyProps{
		Description:       &description,
		EnableKeyRotation: jsii.Bool(true),
		PendingWindow:     days(window),
		RemovalPolicy:     removal,
	})
}

// removalOf is the policy for CDK. A creation that fails must leave nothing, or the
// next would find the names taken.
func removalOf(policy RemovalPolicy) awscdk.RemovalPolicy {
	if policy == Destroy {
		return awscdk.RemovalPolicy_DESTROY
	}
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// InUse is what is known of the key, for the checks of its next queue.
func (k *Key) InUse() spec.KeyInUse {
	if k == nil {
		return spec.KeyInUse{}
	}
	return k.inUse
}

// use adds a queue.
func (k *Key) use(at address.Queue, allowed policy.Senders) {
	k.inUse.Queues = append(k.inUse.Queues, spec.KeyUser{At: at, Allowed: allowed})
	addKeyPolicy(k.Key, policy.UseSharedKey(at, allowed))
}

func addKeyPolicy(key awskms.Key, document policy.Document) {
	for _, s := range document {
		key.AddToResourcePolicy(cdk.Statement(s), nil)
	}
}

// checkStack returns an error if the props name a key for several queues that is of
// no stack or of another one: its policy would be out of reach.
func checkStack(scope constructs.Construct, key spec.SharedKey) error {
	if key == nil {
		return nil
	}
	ours := *awscdk.Stack_Of(scope).Node().Path()
	allowed, cure := "a key that NewKey has made in the queue's own stack "+ours, "make one there by NewKey"
	k, ok := key.(*Key)
	if !ok || k == nil || k.Construct == nil {
		return problem.New("a key that NewKey has not made", allowed, cure)
	}
	if theirs := *awscdk.Stack_Of(k).Node().Path(); theirs != ours {
		return problem.New("a key of the stack "+theirs, allowed, cure)
	}
	return nil
}
