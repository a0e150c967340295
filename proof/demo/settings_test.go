package demo

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shared-queue/internal/app/settings"
)

// environments are what else users may set, without any of CDK's feature flags.
func environments() string {
	const (
		dev  = "o-abc1234567/r-wxyz/ou-wxyz-jklm1dev"
		team = dev + "/ou-wxyz-km23jdev"
	)
	environment := func(name, region, account, senders, shared, rest string) string {
		return fmt.Sprintf(`"%s": {"region": "%s", "senders": ["%s"], "shared": {"account": "%s", "queueName": "%s", "keyAlias": "%s"%s}, %s}`,
			name, region, senders, account, name, name, shared, rest)
	}
	web := func(account string) string {
		return fmt.Sprintf(`"web": {"account": "%s", "roleName": "web", "assumedBy": ["lambda.amazonaws.com"]}`, account)
	}
	everywhere := `"organization": {"account": "888888888888"},
		"publishers": {"any": {"everyAccount": true, "roleName": "any", "assumedBy": ["account"]}}`
	var twenty []string
	for i := range 20 {
		twenty = append(twenty, fmt.Sprintf(`"web%02d": {"account": "2222222222%02d", "roleName": "web", "assumedBy": ["lambda.amazonaws.com"]}`, i, i))
	}
	return "{" + strings.Join([]string{
		environment("delayed", "us-east-1", "111111111111", dev, `, "deliveryDelay": "15m", "maxReceiveCount": 1, "receiveWaitTime": "20s"`, `"publishers": {`+web("222222222222")+"}"),
		environment("same-account", "us-east-1", "111111111111", team, "", `"publishers": {`+strings.Replace(web("222222222222"), `"roleName": "web"`, `"roleName": "team"`, 1)+"}"),
		environment("silent", "eu-west-1", "333333333333", dev, "", `"publishers": {}`),
		environment("government", "us-gov-west-1", "444444444444", dev, `, "consumers": ["arn:aws-us-gov:iam::444444444444:role/ops/worker"]`, `"publishers": {`+web("555555555555")+"}"),
		environment("everywhere", "us-east-1", "666666666666", dev, "", everywhere),
		environment("everywhere-else", "us-east-1", "777777777777", "o-abc1234567/r-wxyz/ou-wxyz-nopq1prd", "", everywhere),
		environment("twenty", "us-east-1", "999999999999", dev, "", `"publishers": {`+strings.Join(twenty, ", ")+"}"),
	}, ",\n") + "}"
}

// built is a link to the app's program. The program's own time is new after each build:
// by the link and this look at the sources, go test reuses a result until they change.
func built(t *testing.T) string {
	t.Helper()
	for _, folder := range []string{"address", "policy", "spec", "shared", "publisher", "internal", "main.go", "go.mod"} {
		if err := filepath.WalkDir(filepath.Join(root, folder), func(_ string, _ fs.DirEntry, err error) error { return err }); err != nil {
			t.Fatal(err)
		}
	}
	program, err := filepath.Abs(root + "/bin/shared-queue")
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "app")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	return link
}

// What the app writes for any valid settings can be shown.
func TestEverySetting(t *testing.T) {
	program := built(t)
	file := filepath.Join(t.TempDir(), "cdk.json")
	if err := os.WriteFile(file, []byte(`{"context": {"environments": `+environments()+`}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	w, app, err := synthesize(within(t, "the app"), options{settings: file, app: program})
	if err != nil {
		t.Fatalf("make test builds the app: %v", err)
	}
	all, err := settings.FromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	showEach(t, start(t), all, w, app)
}
