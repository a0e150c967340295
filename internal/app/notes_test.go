package app

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/constructs-go/constructs/v10"

	"example.com/shared-queue/internal/app/settings"
	"example.com/shared-queue/internal/cdktest"
)

// What is taken, but may surprise, is a warning of CDK on the construct, which the
// CLI prints and a user can acknowledge.
func TestNotesAreWarnings(t *testing.T) {
	var roles []any
	for i := range 30 {
		roles = append(roles, fmt.Sprintf("arn:aws:iam::222222222222:role/one-of-many-roles-which-send-%02d", i))
	}
	for name, c := range map[string]struct {
		set  map[string]any
		want map[string]string // by the path of the construct
	}{
		"nothing to say": {nil, nil},
		"a message may expire before it reaches the dead-letter queue": {
			map[string]any{"shared.retention": "10m", "shared.visibilityTimeout": "5m"},
			map[string]string{"dev-shared/SharedQueue": "10 receives with a visibility timeout of 5m take 50m, and the retention period is 10m"}},
		"a long trust policy": {
			map[string]any{"publishers.web.assumedBy": roles},
			map[string]string{"dev-publisher-web/Publisher": "The trust policy of the role sender has 20"}},
		"a long trust policy in a stack set": {
			map[string]any{"publishers.web.assumedBy": roles, "publishers.web.account": nil, "publishers.web.everyAccount": true, "organization.account": "888888888888"},
			map[string]string{"dev-publisher-web/Publisher": "The trust policy of the role sender has 20"}},
	} {
		t.Run(name, func(t *testing.T) {
			environments, err := settings.Parse(map[string]any{"dev": plainEnvironment(c.set)})
			if err != nil {
				t.Fatal(err)
			}
			app := cdktest.NewApp(t)
			if err := Define(app, environments); err != nil {
				t.Fatal(err)
			}
			got := map[string]string{}
			for _, construct := range *app.Node().FindAll(constructs.ConstructOrder_PREORDER) {
				for _, entry := range *construct.Node().Metadata() {
					if *entry.Type == "aws:cdk:warning" {
						got[*construct.Node().Path()] = fmt.Sprint(entry.Data)
					}
				}
			}
			for path, want := range c.want {
				if !strings.Contains(got[path], want) || !strings.Contains(got[path], "[ack: shared-queue:") {
					t.Errorf("%s: got %q, want %q", path, got[path], want)
				}
			}
			if len(got) != len(c.want) {
				t.Errorf("got %v", got)
			}
		})
	}
}
