package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/shared-queue/address"
	"example.com/shared-queue/spec"
)

// No time makes a queue lose every message, and where messages that fail may be
// lost, a note says so.
func TestTimesThatLoseMessages(t *testing.T) {
	for name, c := range map[string]struct {
		retention, delay, visibility time.Duration
		receives                     int
		refused, noted               string
	}{
		"the defaults":                   {4 * 24 * time.Hour, 0, 30 * time.Second, 10, "", ""},
		"expires while it is delayed":    {time.Minute, 15 * time.Minute, 0, 10, `got "1m", allowed: more than the DeliveryDelay of 15m, as every message would expire before anybody can receive it; lengthen it, or shorten DeliveryDelay`, ""},
		"expires as the delay ends":      {15 * time.Minute, 15 * time.Minute, 0, 10, `got "15m", allowed: more than the DeliveryDelay of 15m, as every message`, ""},
		"a second after the delay":       {15*time.Minute + time.Second, 15 * time.Minute, 0, 10, "", ""},
		"expires while it is hidden":     {time.Hour, 0, 12 * time.Hour, 10, `got "1h", allowed: more than the VisibilityTimeout of 12h, as a message that fails once would never come back; lengthen it, or shorten VisibilityTimeout`, ""},
		"expires as it comes back":       {time.Hour, 0, time.Hour, 1, "allowed: more than the VisibilityTimeout of 1h", ""},
		"delayed, and then hidden":       {20 * time.Minute, 15 * time.Minute, 5 * time.Minute, 10, "allowed: more than DeliveryDelay and VisibilityTimeout together, 20m, as a message", ""},
		"comes back, but not ten times":  {10 * time.Minute, 0, 5 * time.Minute, 10, "", "10 receives with a visibility timeout of 5m take 50m, and the retention period is 10m."},
		"the tenth time as it expires":   {50 * time.Minute, 0, 5 * time.Minute, 10, "", "take 50m, and the retention period is 50m."},
		"ten times, and a second":        {50*time.Minute + time.Second, 0, 5 * time.Minute, 10, "", ""},
		"ten times, but for the delay":   {50*time.Minute + time.Second, time.Minute, 5 * time.Minute, 10, "", "a delivery delay of 1m and 10 receives with a visibility timeout of 5m take 51m"},
		"never hidden":                   {time.Minute, 0, 0, 1000, "", ""},
		"the most that SQS takes of all": {14 * 24 * time.Hour, 15 * time.Minute, 12 * time.Hour, 1000, "", "1000 receives"},
	} {
		t.Run(name, func(t *testing.T) {
			path, err := address.ParsePath(dev)
			if err != nil {
				t.Fatal(err)
			}
			q := spec.Queue{QueueName: "work", KeyAlias: "app", Senders: []address.Path{path},
				Retention: &c.retention, DeliveryDelay: &c.delay, VisibilityTimeout: &c.visibility, MaxReceiveCount: &c.receives}
			err = q.Check("111111111111", "us-east-1")
			if got := fmt.Sprint(err); (err != nil) != (c.refused != "") || !strings.Contains(got, c.refused) {
				t.Errorf("got %s, want %q", got, c.refused)
			}
			if err != nil {
				return
			}
			notes := q.Notes()
			if got := fmt.Sprint(notes); (len(notes) > 0) != (c.noted != "") || !strings.Contains(got, c.noted) {
				t.Errorf("got %s, want %q", got, c.noted)
			}
		})
	}
}

// AWS takes 2,048 characters of a trust policy by default, and 4,096 on request.
func TestLongTrustPolicies(t *testing.T) {
	for name, c := range map[string]struct {
		roles          int
		refused, noted bool
	}{
		"short":               {1, false, false},
		"within the default":  {29, false, false},
		"over the default":    {30, false, true},
		"within the highest":  {61, false, true},
		"over what is to get": {62, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			role := spec.Role{RoleName: "sender", Queue: address.Queue{Region: "us-east-1", Account: "111111111111", Name: "work", Alias: "app"}}
			for i := range c.roles {
				principal, err := address.ParsePrincipal(fmt.Sprintf("arn:aws:iam::222222222222:role/one-of-many-roles-which-send-%02d", i))
				if err != nil {
					t.Fatal(err)
				}
				role.AssumedBy = append(role.AssumedBy, principal)
			}
			size := role.TrustPolicy("222222222222").Size()
			if got := role.Check("222222222222") != nil; got != c.refused {
				t.Errorf("%d characters: refused is %t", size, got)
			}
			if got := len(role.Notes()) > 0; got != c.noted {
				t.Errorf("%d characters: noted is %t", size, got)
			}
		})
	}
}
