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

// A Queue is a shared queue, as it was asked for.
type Queue struct {
	Address         Address  `json:"address"`
	Senders         []string `json:"senders"` // paths of OUs
	Services        []string `json:"services,omitempty"`
	SenderMayAlso   []string `json:"senderMayAlso,omitempty"`
	OrgPathsOnQueue bool     `json:"orgPathsOnQueue,omitempty"`
	DataKeyReuse    string   `json:"dataKeyReuse"` // like 5m0s
	MaxReceiveCount int      `json:"maxReceiveCount"`
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

	// OUs are those in whose every account a stack set makes the role; Grantee is then
	// the ARN with the word account in the place of the account's id.
	OUs []string `json:"ous,omitempty"`
}

// A Declared statement is one that a user opened on purpose.
type Declared struct {
	Reason    string         `json:"reason"`
	Where     string         `json:"where"` // queue, dead-letter queue or key
	Statement map[string]any `json:"statement"`
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
