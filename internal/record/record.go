// Package record is what the constructs write about themselves into the metadata of
// the cloud assembly: what a user asked for. It is in manifest.json, or in a file
// beside it, and in no template. Who can do what is computed from the policies in
// the templates, and compared with what a record promises.
package record

import (
	"encoding/json"
	"fmt"

	"example.com/shared-queue/address"
	"example.com/shared-queue/internal/assembly"
)

// The types of metadata.
const (
	QueueType    = assembly.Prefix + "queue"
	GrantType    = assembly.Prefix + "grant"
	DeclaredType = assembly.Prefix + "declared"
)

// A Queue is what was asked of a shared queue.
type Queue struct {
	Account         string   `json:"account"`
	Region          string   `json:"region"`
	QueueName       string   `json:"queueName"`
	KeyAlias        string   `json:"keyAlias"`
	Senders         []string `json:"senders"` // paths of OUs
	Services        []string `json:"services,omitempty"`
	SenderMayAlso   []string `json:"senderMayAlso,omitempty"`
	OrgPathsOnQueue bool     `json:"orgPathsOnQueue"`
	DataKeyReuse    string   `json:"dataKeyReuse"` // like 5m
	MaxReceiveCount int      `json:"maxReceiveCount"`

	// The resources, each as a Ref of the template.
	Queue           any `json:"queue"`
	DeadLetterQueue any `json:"deadLetterQueue"`
	Key             any `json:"key"`

	SharesKey bool `json:"sharesKey,omitempty"` // with other queues, by NewKey
}

// Address is the address of the queue.
func (q Queue) Address() address.Queue {
	return address.Queue{Region: address.Region(q.Region), Account: q.Account, Name: q.QueueName, Alias: q.KeyAlias}
}

// LogicalID is the id of a resource that is recorded as a Ref, empty for anything else.
func LogicalID(ref any) string {
	object, _ := ref.(map[string]any)
	id, _ := object["Ref"].(string)
	return id
}

// A Grant is one that was made to a role or user.
type Grant struct {
	Kind  string  `json:"kind"` // what the grantee is called, like consumer: see spec.GrantKind
	Queue Address `json:"queue"`

	// Grantee is the ARN of the role or user, as text or as an intrinsic function of the
	// template.
	Grantee any `json:"grantee"`

	SenderMayAlso []string `json:"senderMayAlso,omitempty"` // of a publisher

	// AssumedBy are who may assume the role, if the construct of a publisher's role
	// made it: accounts, ARNs and services.
	AssumedBy []string `json:"assumedBy,omitempty"`

	// OUs are set if a stack set makes the role in every account of theirs. Grantee then
	// is the ARN with the word account in the place of the account's id.
	OUs []string `json:"ous,omitempty"`
}

// The policies that a statement can be declared in.
const (
	WhereQueue      = "queue"
	WhereDeadLetter = "dead-letter queue"
	WhereKey        = "key"
)

// A Declared statement is one that a user opened on purpose.
type Declared struct {
	Reason    string         `json:"reason"`
	Where     string         `json:"where"`
	Statement map[string]any `json:"statement"`
}

// An Address is the address of a queue, as [address.Queue] has it.
type Address struct {
	Region  string `json:"region"`
	Account string `json:"account"`
	Name    string `json:"name"`
	Alias   string `json:"alias"`
}

// Of is the record of an address.
func Of(q address.Queue) Address { return Address{string(q.Region), q.Account, q.Name, q.Alias} }

// Queue is the address that is recorded.
func (a Address) Queue() address.Queue {
	return address.Queue{Region: address.Region(a.Region), Account: a.Account, Name: a.Name, Alias: a.Alias}
}

// Data is a record as CDK takes it.
func Data(record any) map[string]any {
	text, err := json.Marshal(record)
	data := map[string]any{}
	if err == nil {
		err = json.Unmarshal(text, &data)
	}
	if err != nil {
		data["error"] = err.Error() // never: a record is plain data
	}
	return data
}

// Read reads the record of an entry.
func Read[T any](e assembly.Entry) (record T, err error) {
	if err := json.Unmarshal(e.Data, &record); err != nil {
		return record, fmt.Errorf("%s: metadata %s: %w", e.Path, e.Type, err)
	}
	return record, nil
}
